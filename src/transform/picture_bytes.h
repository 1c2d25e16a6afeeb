// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"

namespace trireme::transform {

// A picture as a client sends it in one element of a BYTES tensor or in a body: the file itself, or the same in Base64,
// with or without "data:image/jpeg;base64," in front. Either is told by how it begins.
class PictureBytes {
 public:
  // kInvalidArgument: Base64 with a mistake. Everything else is taken for the file itself, which DecodeImage judges.
  // `sent` must outlive it.
  static Result<PictureBytes> Of(std::string_view sent);

  std::span<const std::byte> view() const {
    const std::string_view bytes = decoded_.empty() ? sent_ : std::string_view(decoded_);
    return {reinterpret_cast<const std::byte*>(bytes.data()), bytes.size()};
  }

  // Memory of its own: what came as Base64, decoded.
  size_t copied_bytes() const { return decoded_.capacity(); }

 private:
  std::string_view sent_;
  std::string decoded_;  // empty: it came as it is
};

}  // namespace trireme::transform

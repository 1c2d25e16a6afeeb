// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace trireme::bench {

inline constexpr size_t kMaxRequestBytes = size_t{1} << 30;  // of all that is sent

// A file that is sent. The bytes are shared by the tensors that view them.
struct InputFile {
  std::string path;
  std::shared_ptr<const std::string> bytes;

  std::string name() const;  // without its folders
};

// All of --input, in their order. kNotFound: one cannot be read; kTooLarge: together they have more bytes.
Result<std::vector<InputFile>> ReadInputFiles(const std::vector<std::string>& paths,
                                              size_t max_bytes = kMaxRequestBytes);

// What a body is, as a client would say: a picture or a NumPy file by its first bytes; else by the ending of its name
// (.json, .csv, .txt, pictures'); JSON by its first letter; else application/octet-stream.
std::string_view MediaTypeOf(std::string_view path, std::string_view bytes);

}  // namespace trireme::bench

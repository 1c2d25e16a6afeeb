// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace trireme {

using Digest = std::array<uint8_t, 32>;

Digest Sha256(std::string_view bytes);

// The same of bytes that come in pieces. Not thread-safe.
class Sha256Stream {
 public:
  Sha256Stream();

  void Add(std::string_view bytes);

  // Once; nothing is added after it.
  Digest Finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* state) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> state_;
};

// Takes the same time whatever they are.
bool AreEqual(const Digest& a, const Digest& b);

// 64 digits, small letters.
std::string ToHex(const Digest& digest);
// From 64 digits, small or capital letters; nothing if it is anything else.
std::optional<Digest> DigestFromHex(std::string_view hex);

}  // namespace trireme

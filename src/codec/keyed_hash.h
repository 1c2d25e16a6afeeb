// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

struct evp_cipher_ctx_st;

namespace trireme {

using Hash128 = std::array<uint64_t, 2>;

// A hash of 128 bits with a random key of its own: AES-GMAC (NIST SP 800-38D) with one nonce for all messages.
//
// For any two messages that differ, however somebody chose them, the chance that they have the same hash is at most
// their length in blocks of 16 bytes over 2^128, as long as nobody sees hashes: that is what is proven of GHASH with a
// secret key. So a hash must not leave the process, in a log, an answer or a metric. Gigabytes a second where the
// processor multiplies without carries, as those of servers do. Thread-safe.
class KeyedHash {
 public:
  KeyedHash();

  // Of the pieces one behind the other; where one ends and the next begins is not part of it.
  Hash128 Of(std::span<const std::span<const std::byte>> pieces) const;

 private:
  struct Free {
    void operator()(evp_cipher_ctx_st* state) const;
  };
  std::unique_ptr<evp_cipher_ctx_st, Free> keyed_;  // only copied
};

}  // namespace trireme

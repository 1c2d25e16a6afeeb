// SPDX-License-Identifier: Apache-2.0
#include "codec/keyed_hash.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace trireme {
namespace {

constexpr size_t kKeyBytes = 16;
constexpr size_t kNonceBytes = 12;
constexpr size_t kMostAtOnce = size_t{1} << 30;  // OpenSSL counts in an int

void Add(evp_cipher_ctx_st* state, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const std::span<const std::byte> now = bytes.first(std::min(bytes.size(), kMostAtOnce));
    int length = 0;
    // Without a place for a cipher text: data that is authenticated alone.
    CHECK(EVP_EncryptUpdate(state, nullptr, &length, reinterpret_cast<const unsigned char*>(now.data()),
                            static_cast<int>(now.size())) == 1);
    bytes = bytes.subspan(now.size());
  }
}

}  // namespace

KeyedHash::KeyedHash() : keyed_(EVP_CIPHER_CTX_new()) {
  std::array<unsigned char, kKeyBytes> key;
  constexpr std::array<unsigned char, kNonceBytes> kNonce{};
  CHECK(keyed_ != nullptr && RAND_bytes(key.data(), static_cast<int>(key.size())) == 1);
  CHECK(EVP_EncryptInit_ex(keyed_.get(), EVP_aes_128_gcm(), nullptr, key.data(), kNonce.data()) == 1);
}

Hash128 KeyedHash::Of(std::span<const std::span<const std::byte>> pieces) const {
  const std::unique_ptr<evp_cipher_ctx_st, Free> state(EVP_CIPHER_CTX_new());
  CHECK(state != nullptr && EVP_CIPHER_CTX_copy(state.get(), keyed_.get()) == 1);
  for (const std::span<const std::byte> piece : pieces) Add(state.get(), piece);
  unsigned char nothing = 0;
  int length = 0;
  CHECK(EVP_EncryptFinal_ex(state.get(), &nothing, &length) == 1);
  Hash128 hash;
  CHECK(EVP_CIPHER_CTX_ctrl(state.get(), EVP_CTRL_AEAD_GET_TAG, sizeof(hash), hash.data()) == 1);
  return hash;
}

void KeyedHash::Free::operator()(evp_cipher_ctx_st* state) const {
  EVP_CIPHER_CTX_free(state);
}

}  // namespace trireme

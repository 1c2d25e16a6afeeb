// SPDX-License-Identifier: Apache-2.0
#include "codec/sha256.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/check.h"

namespace trireme {
namespace {

constexpr const char* kDigits = "0123456789abcdef";

// Looked up once: OpenSSL 3 takes locks and tens of times longer to find it by name for each digest.
const EVP_MD* Algorithm() {
  static const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> algorithm(EVP_MD_fetch(nullptr, "SHA256", nullptr),
                                                                         &EVP_MD_free);
  CHECK(algorithm != nullptr);
  return algorithm.get();
}

std::optional<uint8_t> DigitValue(char c) {
  if (c >= '0' && c <= '9') return static_cast<uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<uint8_t>(c - 'A' + 10);
  return std::nullopt;
}

}  // namespace

Digest Sha256(std::string_view bytes) {
  Digest digest;
  CHECK(EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, Algorithm(), nullptr) == 1);
  return digest;
}

Sha256Stream::Sha256Stream() : state_(EVP_MD_CTX_new()) {
  CHECK(state_ != nullptr && EVP_DigestInit_ex2(state_.get(), Algorithm(), nullptr) == 1);
}

void Sha256Stream::Add(std::string_view bytes) {
  CHECK(EVP_DigestUpdate(state_.get(), bytes.data(), bytes.size()) == 1);
}

Digest Sha256Stream::Finish() {
  Digest digest;
  CHECK(EVP_DigestFinal_ex(state_.get(), digest.data(), nullptr) == 1);
  return digest;
}

void Sha256Stream::Free::operator()(evp_md_ctx_st* state) const {
  EVP_MD_CTX_free(state);
}

bool AreEqual(const Digest& a, const Digest& b) {
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string ToHex(const Digest& digest) {
  std::string hex;
  hex.reserve(2 * digest.size());
  for (const uint8_t byte : digest) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

std::optional<Digest> DigestFromHex(std::string_view hex) {
  Digest digest{};
  if (hex.size() != 2 * digest.size()) return std::nullopt;
  for (size_t i = 0; i < digest.size(); ++i) {
    const std::optional<uint8_t> high = DigitValue(hex[2 * i]);
    const std::optional<uint8_t> low = DigitValue(hex[2 * i + 1]);
    if (!high || !low) return std::nullopt;
    digest[i] = static_cast<uint8_t>(*high << 4 | *low);
  }
  return digest;
}

}  // namespace trireme

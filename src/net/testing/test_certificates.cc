// SPDX-License-Identifier: Apache-2.0
#include "net/testing/test_certificates.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <memory>
#include <string_view>
#include <utility>

#include "base/check.h"

namespace trireme::net {
namespace {

using TextBio = std::unique_ptr<BIO, decltype(&BIO_free)>;

TextBio NewText() {
  return {BIO_new(BIO_s_mem()), &BIO_free};
}

std::string TextOf(const TextBio& bio) {
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(length)};
}

std::string PemOf(X509* certificate) {
  const TextBio bio = NewText();
  CHECK(PEM_write_bio_X509(bio.get(), certificate) == 1);
  return TextOf(bio);
}

std::string PemOf(EVP_PKEY* key) {
  const TextBio bio = NewText();
  CHECK(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return TextOf(bio);
}

PrivateKey NewKey() {
  return PrivateKey(EVP_EC_gen("P-256"));
}

void SetCommonName(X509* certificate, const std::string& name) {
  X509_NAME* const subject = X509_get_subject_name(certificate);
  CHECK(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(name.data()),
                                   static_cast<int>(name.size()), -1, 0) == 1);
}

// Without issuer and signature.
Certificate NewCertificate(const CertificateWish& wish, EVP_PKEY* key) {
  static std::atomic<long> serial = 1;  // two certificates of an authority must differ in it
  Certificate made(X509_new());
  X509* const certificate = made.get();
  CHECK(X509_set_version(certificate, X509_VERSION_3) == 1);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  constexpr std::chrono::hours kPast{-24 * 365};
  X509_gmtime_adj(X509_getm_notBefore(certificate), std::chrono::seconds(kPast).count());
  X509_gmtime_adj(X509_getm_notAfter(certificate), std::chrono::seconds(wish.valid_for).count());
  CHECK(X509_set_pubkey(certificate, key) == 1);
  SetCommonName(certificate, wish.common_name);
  return made;
}

void AddExtension(X509* certificate, int nid, const char* value) {
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value);
  CHECK(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

// By hand, so that a name may hold any byte.
void AddAlternativeNames(X509* certificate, const std::vector<std::string>& names) {
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> all(sk_GENERAL_NAME_new_null(),
                                                                          &GENERAL_NAMES_free);
  for (const std::string& name : names) {
    const size_t colon = name.find(':');
    const std::string_view kind = std::string_view(name).substr(0, colon);
    const int type = kind == "DNS" ? GEN_DNS : kind == "URI" ? GEN_URI : GEN_EMAIL;
    ASN1_IA5STRING* const text = ASN1_IA5STRING_new();
    CHECK(ASN1_STRING_set(text, name.data() + colon + 1, static_cast<int>(name.size() - colon - 1)) == 1);
    GENERAL_NAME* const entry = GENERAL_NAME_new();
    GENERAL_NAME_set0_value(entry, type, text);
    CHECK(sk_GENERAL_NAME_push(all.get(), entry) > 0);
  }
  if (!names.empty()) CHECK(X509_add1_ext_i2d(certificate, NID_subject_alt_name, all.get(), 0, 0) == 1);
}

}  // namespace

TestAuthority::TestAuthority(const std::string& name)
    : key_(NewKey()), certificate_(NewCertificate({.common_name = name}, key_.get())) {
  AddExtension(certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
  CHECK(X509_set_issuer_name(certificate_.get(), X509_get_subject_name(certificate_.get())) == 1);
  CHECK(X509_sign(certificate_.get(), key_.get(), EVP_sha256()) > 0);
}

std::string TestAuthority::certificate() const {
  return PemOf(certificate_.get());
}

IssuedCertificate TestAuthority::Issue(const CertificateWish& wish) const {
  const PrivateKey key = NewKey();
  const Certificate certificate = NewCertificate(wish, key.get());
  AddAlternativeNames(certificate.get(), wish.alternative_names);
  CHECK(X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate_.get())) == 1);
  CHECK(X509_sign(certificate.get(), key_.get(), EVP_sha256()) > 0);
  return {.certificate = PemOf(certificate.get()), .key = PemOf(key.get())};
}

std::string WithPassPhrase(const std::string& key) {
  const TextBio in(BIO_new_mem_buf(key.data(), static_cast<int>(key.size())), &BIO_free);
  const PrivateKey read(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
  std::string phrase = "secret";
  const TextBio out = NewText();
  CHECK(PEM_write_bio_PKCS8PrivateKey(out.get(), read.get(), EVP_aes_128_cbc(), phrase.data(),
                                      static_cast<int>(phrase.size()), nullptr, nullptr) == 1);
  return TextOf(out);
}

}  // namespace trireme::net

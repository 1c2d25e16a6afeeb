// SPDX-License-Identifier: Apache-2.0
#include "net/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/check.h"

namespace trireme::net {
namespace {

using std::filesystem::path;
using TextBio = std::unique_ptr<BIO, decltype(&BIO_free)>;

constexpr size_t kMaxFileBytes = 1 << 20;
constexpr size_t kReadAheadBytes = 64 << 10;

// AEAD with forward secrecy; those of TLS 1.3 are all like that.
constexpr char kTls12Ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

constexpr unsigned char kProtocols[] = "\x02h2\x08http/1.1";

constexpr unsigned char kSessionContext[] = "trireme";

Status WrongFile(std::string_view what, const path& file, std::string_view reason) {
  return InvalidArgument(std::string(what) + " '" + file.string() + "': " + std::string(reason));
}

Result<std::string> ReadTlsFile(std::string_view what, const path& file) {
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  std::string contents(kMaxFileBytes + 1, '\0');
  if (!in || (!in.read(contents.data(), static_cast<std::streamsize>(contents.size())) && !in.eof())) {
    return WrongFile(what, file, "cannot be read: " + std::generic_category().message(errno));
  }
  contents.resize(static_cast<size_t>(in.gcount()));
  if (contents.size() > kMaxFileBytes) return WrongFile(what, file, "expected at most 1 MiB of PEM, got more");
  return contents;
}

TextBio ReadingFrom(const std::string& text) {
  TextBio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free);
  CHECK(bio != nullptr);
  return bio;
}

// Asked for a pass phrase, OpenSSL would turn to the terminal.
int NoPassPhrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

Result<std::vector<Certificate>> ParseCertificates(std::string_view what, const path& file, const std::string& text) {
  const TextBio bio = ReadingFrom(text);
  std::vector<Certificate> certificates;
  bool asked = false;
  while (Certificate next{PEM_read_bio_X509(bio.get(), nullptr, &NoPassPhrase, &asked)}) {
    certificates.push_back(std::move(next));
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const std::string error = TakeOpensslError();
  if (!at_end) return WrongFile(what, file, "a certificate in it cannot be read: " + error);
  if (certificates.empty()) return WrongFile(what, file, "expected a certificate in PEM, found none");
  return certificates;
}

Result<PrivateKey> ParseKey(const path& file, const std::string& text) {
  const TextBio bio = ReadingFrom(text);
  bool asked = false;
  PrivateKey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &NoPassPhrase, &asked));
  const std::string error = TakeOpensslError();
  if (asked) return WrongFile("key", file, "expected one without a pass phrase, this one has one");
  if (key == nullptr) return WrongFile("key", file, "expected a private key in PEM, found none (" + error + ")");
  return key;
}

std::chrono::system_clock::time_point EndOf(const X509& certificate) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(&certificate), &parts) != 1)
    return std::chrono::system_clock::time_point::max();
  // Seconds of the year 9999 are more than the clock's nanoseconds can count.
  constexpr auto kLatest = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::time_point::max());
  const auto end =
      std::chrono::time_point<std::chrono::system_clock, std::chrono::seconds>(std::chrono::seconds(timegm(&parts)));
  return std::min(end, kLatest);
}

int ChooseProtocol(SSL*, const unsigned char** chosen, unsigned char* chosen_bytes, const unsigned char* offered,
                   unsigned int offered_bytes, void*) {
  unsigned char* protocol = nullptr;
  const int found =
      SSL_select_next_proto(&protocol, chosen_bytes, kProtocols, sizeof(kProtocols) - 1, offered, offered_bytes);
  *chosen = protocol;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

SslContext MakeEmptyContext() {
  SslContext made(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* const ssl = made.get();
  CHECK(ssl != nullptr);
  CHECK(SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION) == 1);
  CHECK(SSL_CTX_set_cipher_list(ssl, kTls12Ciphers) == 1);
  // An end without a word is an end: HTTP says itself where its messages are over.
  SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(ssl, 1);
  SSL_CTX_set_default_read_buffer_len(ssl, kReadAheadBytes);
  SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);  // clients keep their sessions, as tickets
  CHECK(SSL_CTX_set_session_id_context(ssl, kSessionContext, sizeof(kSessionContext) - 1) == 1);
  SSL_CTX_set_alpn_select_cb(ssl, &ChooseProtocol, nullptr);
  return made;
}

Status UseCertificates(const TlsOptions& options, const std::vector<Certificate>& chain, const PrivateKey& key,
                       TlsContext& context) {
  SSL_CTX* const ssl = context.ssl.get();
  if (SSL_CTX_use_certificate(ssl, chain.front().get()) != 1) {
    return WrongFile("certificate", options.certificate, "cannot be used: " + TakeOpensslError());
  }
  if (X509_check_private_key(chain.front().get(), key.get()) != 1 || SSL_CTX_use_PrivateKey(ssl, key.get()) != 1) {
    return WrongFile("key", options.key,
                     "expected that of the certificate '" + options.certificate.string() +
                         "', got another one: " + TakeOpensslError());
  }
  context.expires = EndOf(*chain.front());
  for (size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(ssl, chain[i].get()) != 1) {
      return WrongFile("certificate", options.certificate,
                       "certificate " + std::to_string(i + 1) + " in it cannot be used: " + TakeOpensslError());
    }
    context.expires = std::min(context.expires, EndOf(*chain[i]));
  }
  return {};
}

Status AskClients(const TlsOptions& options, const std::vector<Certificate>& authorities, SSL_CTX* ssl) {
  X509_STORE* const store = SSL_CTX_get_cert_store(ssl);
  for (const Certificate& authority : authorities) {
    if (X509_STORE_add_cert(store, authority.get()) != 1 || SSL_CTX_add_client_CA(ssl, authority.get()) != 1) {
      return WrongFile("client_ca", options.client_ca, "a certificate in it cannot be used: " + TakeOpensslError());
    }
  }
  // Whoever is named is trusted, also where somebody else has signed it.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return {};
}

}  // namespace

Result<TlsFiles> ReadTlsFiles(const TlsOptions& options) {
  TlsFiles files;
  ASSIGN_OR_RETURN(files.certificate, ReadTlsFile("certificate", options.certificate));
  ASSIGN_OR_RETURN(files.key, ReadTlsFile("key", options.key));
  if (!options.client_ca.empty()) {
    ASSIGN_OR_RETURN(files.client_ca, ReadTlsFile("client_ca", options.client_ca));
  }
  return files;
}

Result<TlsContext> MakeTlsContext(const TlsOptions& options, const TlsFiles& files) {
  if (options.client_ca.empty() && !options.client_names.empty()) {
    return InvalidArgument("client_names: expected a client_ca to go with them, got none");
  }
  ERR_clear_error();
  ASSIGN_OR_RETURN(const std::vector<Certificate> chain,
                   ParseCertificates("certificate", options.certificate, files.certificate));
  ASSIGN_OR_RETURN(const PrivateKey key, ParseKey(options.key, files.key));
  TlsContext context{.ssl = MakeEmptyContext(), .client_names = options.client_names};
  RETURN_IF_ERROR(UseCertificates(options, chain, key, context));
  if (!options.client_ca.empty()) {
    ASSIGN_OR_RETURN(const std::vector<Certificate> authorities,
                     ParseCertificates("client_ca", options.client_ca, files.client_ca));
    RETURN_IF_ERROR(AskClients(options, authorities, context.ssl.get()));
  }
  return context;
}

}  // namespace trireme::net

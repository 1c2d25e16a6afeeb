// SPDX-License-Identifier: Apache-2.0
#include "net/testing/tls_test_client.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <array>
#include <memory>
#include <utility>

#include "base/check.h"

namespace trireme::net {
namespace {

using TextBio = std::unique_ptr<BIO, decltype(&BIO_free)>;

TextBio ReadingFrom(const std::string& text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free};
}

void Use(const IssuedCertificate& issued, SSL_CTX* context) {
  const Certificate certificate(PEM_read_bio_X509(ReadingFrom(issued.certificate).get(), nullptr, nullptr, nullptr));
  const PrivateKey key(PEM_read_bio_PrivateKey(ReadingFrom(issued.key).get(), nullptr, nullptr, nullptr));
  CHECK(SSL_CTX_use_certificate(context, certificate.get()) == 1);
  CHECK(SSL_CTX_use_PrivateKey(context, key.get()) == 1);
}

SslContext MakeContext(const TlsTestClientOptions& options) {
  SslContext made(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* const context = made.get();
  if (options.only_tls_1_1) {
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_min_proto_version(context, TLS1_1_VERSION);
    SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
  }
  if (options.only_tls_1_2) SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
  if (!options.certificate.key.empty()) Use(options.certificate, context);
  std::string offered;
  for (const std::string& protocol : options.protocols) offered += static_cast<char>(protocol.size()) + protocol;
  SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(offered.data()),
                          static_cast<unsigned int>(offered.size()));
  return made;
}

}  // namespace

TlsTestClient::TlsTestClient(TestClient client, TlsTestClientOptions options)
    : raw_(std::move(client)), context_(MakeContext(options)), session_(SSL_new(context_.get())) {
  SSL_set_bio(session_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  BIO_set_mem_eof_return(SSL_get_rbio(session_.get()), -1);
  SSL_set_connect_state(session_.get());
}

std::string TlsTestClient::TakeOutgoing() {
  BIO* const bio = SSL_get_wbio(session_.get());
  std::string bytes(BIO_ctrl_pending(bio), '\0');
  if (!bytes.empty()) CHECK(BIO_read(bio, bytes.data(), static_cast<int>(bytes.size())) > 0);
  return bytes;
}

// What lies in between goes over, both ways.
void TlsTestClient::Pump() {
  const std::string out = TakeOutgoing();
  if (!out.empty()) raw_.Send(out);
  const std::string in = raw_.Receive();
  if (SSL_is_init_finished(session_.get()) == 1) CountRecords(in);
  if (!in.empty()) CHECK(BIO_write(SSL_get_rbio(session_.get()), in.data(), static_cast<int>(in.size())) > 0);
}

void TlsTestClient::CountRecords(std::string_view bytes) {
  constexpr size_t kHeaderBytes = 5;
  uncounted_ += bytes;
  size_t at = 0;
  while (uncounted_.size() - at >= kHeaderBytes) {
    const auto high = static_cast<unsigned char>(uncounted_[at + 3]);
    const auto low = static_cast<unsigned char>(uncounted_[at + 4]);
    const size_t length = size_t{high} * 256 + low;
    if (uncounted_.size() - at < kHeaderBytes + length) break;
    records_.push_back(length);
    at += kHeaderBytes + length;
  }
  uncounted_.erase(0, at);
}

bool TlsTestClient::ShakeHands(std::string_view first) {
  for (int i = 0; i < 4; ++i) {
    ERR_clear_error();
    const int done = SSL_do_handshake(session_.get());
    NoteError(done);
    if (done == 1 && !first.empty()) {
      CHECK(SSL_write(session_.get(), first.data(), static_cast<int>(first.size())) > 0);
    }
    Pump();
    if (done == 1) return true;
  }
  return false;
}

void TlsTestClient::NoteError(int result) {
  const int error = SSL_get_error(session_.get(), result);
  heard_goodbye_ |= error == SSL_ERROR_ZERO_RETURN;
  if (error == SSL_ERROR_SSL && error_.empty()) error_ = TakeOpensslError();
}

std::string TlsTestClient::Encrypted(std::string_view bytes) {
  CHECK(SSL_write(session_.get(), bytes.data(), static_cast<int>(bytes.size())) == static_cast<int>(bytes.size()));
  return TakeOutgoing();
}

std::string TlsTestClient::KeyUpdates(int count) {
  for (int i = 0; i < count; ++i) {
    CHECK(SSL_key_update(session_.get(), SSL_KEY_UPDATE_REQUESTED) == 1);
    CHECK(SSL_do_handshake(session_.get()) == 1);
  }
  return TakeOutgoing();
}

void TlsTestClient::Send(std::string_view bytes) {
  raw_.Send(Encrypted(bytes));
}

std::string TlsTestClient::Receive() {
  std::string received;
  std::array<char, 64 << 10> buffer;
  while (true) {
    Pump();
    const size_t before = received.size();
    ERR_clear_error();
    int got = SSL_read(session_.get(), buffer.data(), buffer.size());
    for (; got > 0; got = SSL_read(session_.get(), buffer.data(), buffer.size())) {
      received.append(buffer.data(), static_cast<size_t>(got));
    }
    NoteError(got);
    if (received.size() == before) return received;
  }
}

std::string TlsTestClient::Ask(std::string_view bytes) {
  Send(bytes);
  return Receive();
}

void TlsTestClient::SayGoodbye() {
  SSL_shutdown(session_.get());
  Pump();
}

std::string TlsTestClient::protocol() const {
  const unsigned char* chosen = nullptr;
  unsigned int length = 0;
  SSL_get0_alpn_selected(session_.get(), &chosen, &length);
  return {reinterpret_cast<const char*>(chosen), length};
}

std::string TlsTestClient::servers_certificate() const {
  const TextBio bio(BIO_new(BIO_s_mem()), &BIO_free);
  CHECK(PEM_write_bio_X509(bio.get(), SSL_get0_peer_certificate(session_.get())) == 1);
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(length)};
}

}  // namespace trireme::net

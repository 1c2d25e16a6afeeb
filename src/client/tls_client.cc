// SPDX-License-Identifier: Apache-2.0
#include "client/tls_client.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"

namespace trireme::client {
namespace {

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

// What OpenSSL says of the first error in its queue, which is emptied.
std::string ErrorText(std::string_view otherwise) {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? std::string(otherwise) : reason;
}

bool IsAddress(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> bytes;
  return inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 || inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

// A socket's BIO that raises no SIGPIPE where the server is gone, which OpenSSL's own would.
int SendQuietly(BIO* bio, const char* data, int bytes) {
  BIO_clear_retry_flags(bio);
  const ssize_t sent = send(static_cast<int>(reinterpret_cast<intptr_t>(BIO_get_data(bio))), data,
                            static_cast<size_t>(bytes), MSG_NOSIGNAL);
  if (sent < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int Receive(BIO* bio, char* data, int bytes) {
  BIO_clear_retry_flags(bio);
  const ssize_t received =
      recv(static_cast<int>(reinterpret_cast<intptr_t>(BIO_get_data(bio))), data, static_cast<size_t>(bytes), 0);
  if (received < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  return static_cast<int>(received);
}

long Control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

// Made once and never freed, as OpenSSL's own are.
const BIO_METHOD* QuietSocket() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "quiet socket");
    CHECK(made != nullptr);
    BIO_meth_set_write(made, SendQuietly);
    BIO_meth_set_read(made, Receive);
    BIO_meth_set_ctrl(made, Control);
    BIO_meth_set_create(made, [](BIO* bio) {
      BIO_set_init(bio, 1);
      return 1;
    });
    return made;
  }();
  return method;
}

class Stream final : public TlsStream {
 public:
  explicit Stream(SSL* ssl) : ssl_(ssl) {}

  Step Shake() override {
    const int result = SSL_connect(ssl_.get());
    if (result == 1) return Step::kDone;
    const Step step = StepOf(result);
    const long verdict = SSL_get_verify_result(ssl_.get());
    if (step == Step::kFailed && verdict != X509_V_OK) {
      error_ = std::string("the server's certificate: ") + X509_verify_cert_error_string(verdict);
    }
    if (step != Step::kEnd) return step;
    error_ = "the server closed the connection during the handshake";
    return Step::kFailed;
  }

  Step Read(std::span<char> room, size_t& bytes) override {
    const int result = SSL_read_ex(ssl_.get(), room.data(), room.size(), &bytes);
    return result == 1 ? Step::kDone : StepOf(result);
  }

  // Pieces are joined to records of their own: a frame's head alone would cost a record.
  Step Write(std::span<const iovec> pieces, size_t& bytes) override {
    if (staged_ == 0) Stage(pieces);
    if (staged_ == 0) return Step::kDone;
    const int result = SSL_write_ex(ssl_.get(), stage_.data(), staged_, &bytes);
    if (result != 1) return StepOf(result);
    staged_ = 0;
    return Step::kDone;
  }

  const std::string& error() const override { return error_; }

 private:
  static constexpr size_t kRecordBytes = 16 << 10;

  void Stage(std::span<const iovec> pieces) {
    for (const iovec& piece : pieces) {
      const size_t take = std::min(piece.iov_len, kRecordBytes - staged_);
      if (take > 0) std::memcpy(stage_.data() + staged_, piece.iov_base, take);
      staged_ += take;
      if (staged_ == kRecordBytes) return;
    }
  }

  Step StepOf(int result) {
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_WANT_READ:
        return Step::kWantsRead;
      case SSL_ERROR_WANT_WRITE:
        return Step::kWantsWrite;
      case SSL_ERROR_ZERO_RETURN:
        return Step::kEnd;
      case SSL_ERROR_SYSCALL:
        ERR_clear_error();
        if (errno == 0) return Step::kEnd;
        error_ = "the connection was lost";
        return Step::kFailed;
      default:
        error_ = ErrorText("the connection was lost");
        return Step::kFailed;
    }
  }

  std::unique_ptr<SSL, FreeSsl> ssl_;
  std::array<char, kRecordBytes> stage_;
  size_t staged_ = 0;
  std::string error_;
};

class Client final : public TlsClient {
 public:
  Client(std::unique_ptr<SSL_CTX, FreeContext> context, std::string host, bool verifies)
      : context_(std::move(context)), host_(std::move(host)), verifies_(verifies) {}

  std::unique_ptr<TlsStream> Begin(int fd, TlsProtocol protocol) const override {
    SSL* ssl = SSL_new(context_.get());
    CHECK(ssl != nullptr);
    BIO* bio = BIO_new(QuietSocket());
    CHECK(bio != nullptr);
    BIO_set_data(bio, reinterpret_cast<void*>(static_cast<intptr_t>(fd)));
    SSL_set_bio(ssl, bio, bio);
    const std::string_view protocols = protocol == TlsProtocol::kHttp2 ? "\x02h2" : "\x08http/1.1";
    SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(protocols.data()),
                        static_cast<unsigned>(protocols.size()));
    if (IsAddress(host_)) {
      if (verifies_) X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host_.c_str());
    } else {
      SSL_set_tlsext_host_name(ssl, host_.c_str());
      if (verifies_) SSL_set1_host(ssl, host_.c_str());
    }
    return std::make_unique<Stream>(ssl);
  }

 private:
  const std::unique_ptr<SSL_CTX, FreeContext> context_;
  const std::string host_;
  const bool verifies_;
};

Status UseCertificate(SSL_CTX* context, const TlsTrust& trust) {
  if (trust.certificate.empty()) return Status();
  if (SSL_CTX_use_certificate_chain_file(context, trust.certificate.c_str()) != 1) {
    return InvalidArgument("\"" + trust.certificate + "\": expected a certificate in PEM: " + ErrorText("unreadable"));
  }
  if (SSL_CTX_use_PrivateKey_file(context, trust.certificate_key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return InvalidArgument("\"" + trust.certificate_key + "\": expected the key of \"" + trust.certificate +
                           "\" in PEM: " + ErrorText("unreadable"));
  }
  return Status();
}

Status UseAuthorities(SSL_CTX* context, const TlsTrust& trust) {
  SSL_CTX_set_verify(context, trust.verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (trust.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(context);
    return Status();
  }
  if (SSL_CTX_load_verify_locations(context, trust.ca_file.c_str(), nullptr) == 1) return Status();
  return InvalidArgument("\"" + trust.ca_file + "\": expected certificates in PEM: " + ErrorText("unreadable"));
}

}  // namespace

Result<std::shared_ptr<const TlsClient>> TlsClient::Make(const TlsTrust& trust, const std::string& host) {
  std::unique_ptr<SSL_CTX, FreeContext> context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr) return Internal("TLS: " + ErrorText("no context"));
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  RETURN_IF_ERROR(UseAuthorities(context.get(), trust));
  RETURN_IF_ERROR(UseCertificate(context.get(), trust));
  return std::shared_ptr<const TlsClient>(std::make_shared<Client>(std::move(context), host, trust.verifies));
}

}  // namespace trireme::client

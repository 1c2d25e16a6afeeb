// SPDX-License-Identifier: Apache-2.0
#include "net/tls_handshake.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <utility>

#include "base/check.h"
#include "net/tls_names.h"

namespace trireme::net {
namespace {

SslSession MakeSession(const TlsContext& context) {
  SslSession session(SSL_new(context.ssl.get()));
  CHECK(session != nullptr);
  SSL_set_accept_state(session.get());
  return session;
}

std::string Joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

struct TlsHandshakeCalls {
  // Once for each certificate of a client's chain, its own last.
  static int Judge(int good_so_far, X509_STORE_CTX* chain) {
    if (good_so_far != 1 || X509_STORE_CTX_get_error_depth(chain) != 0) return good_so_far;
    void* const session = X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx());
    auto& handshake = *static_cast<TlsHandshake*>(SSL_get_app_data(static_cast<SSL*>(session)));
    if (handshake.Accepts(*X509_STORE_CTX_get_current_cert(chain))) return 1;
    X509_STORE_CTX_set_error(chain, X509_V_ERR_APPLICATION_VERIFICATION);
    return 0;
  }
};

TlsHandshake::TlsHandshake(std::shared_ptr<const TlsContext> context, FileDescriptor socket)
    : context_(std::move(context)),
      transport_(std::make_unique<TlsTransport>(std::move(socket), MakeSession(*context_))) {
  SSL* const session = &transport_->session();
  SSL_set_app_data(session, this);
  if (!context_->client_names.empty()) SSL_set_verify(session, SSL_get_verify_mode(session), &TlsHandshakeCalls::Judge);
}

bool TlsHandshake::Accepts(const x509_st& certificate) {
  const std::vector<std::string> names = NamesOf(certificate);
  if (MatchesAnyName(names, context_->client_names)) return true;
  error_ = "the client's certificate: expected a name like one of " + Joined(context_->client_names) + ", got " +
           (names.empty() ? "none" : Joined(names));
  return false;
}

Transport::Io TlsHandshake::Go() {
  const Transport::Io io = transport_->ShakeHands();
  if (io == Transport::Io::kDone) transport_->SetPeer(Peer());
  if (io == Transport::Io::kBroken && error_.empty()) error_ = WhyItFailed();
  if (io == Transport::Io::kBroken) ERR_clear_error();
  return io;
}

std::string TlsHandshake::WhyItFailed() {
  const long verified = SSL_get_verify_result(&transport_->session());
  if (verified != X509_V_OK) {
    return std::string("the client's certificate: ") + X509_verify_cert_error_string(verified);
  }
  const std::string error = TakeOpensslError();
  return error.empty() ? "the client hung up" : error;
}

std::shared_ptr<const TlsPeer> TlsHandshake::Peer() {
  SSL* const session = &transport_->session();
  SSL_set_app_data(session, nullptr);
  auto peer = std::make_shared<TlsPeer>();
  const unsigned char* protocol = nullptr;
  unsigned int length = 0;
  SSL_get0_alpn_selected(session, &protocol, &length);
  peer->protocol.assign(reinterpret_cast<const char*>(protocol), length);
  const X509* const certificate = SSL_get0_peer_certificate(session);
  if (certificate != nullptr) peer->names = NamesOf(*certificate);
  return peer;
}

}  // namespace trireme::net

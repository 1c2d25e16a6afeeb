// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "net/file_descriptor.h"
#include "net/tls.h"
#include "net/tls_context.h"
#include "net/tls_transport.h"

namespace trireme::net {

// The server's end of a handshake, by OpenSSL.
class TlsHandshake final : public TlsCertificates::Handshake {
 public:
  // `context` is shared by all connections that began with it.
  TlsHandshake(std::shared_ptr<const TlsContext> context, FileDescriptor socket);

  int fd() const override { return transport_->fd(); }
  Transport::Io Go() override;
  std::unique_ptr<Transport> Take() override { return std::move(transport_); }
  const std::string& error() const override { return error_; }

 private:
  friend struct TlsHandshakeCalls;  // by which OpenSSL asks what it thinks of a certificate

  bool Accepts(const x509_st& certificate);
  std::string WhyItFailed();
  std::shared_ptr<const TlsPeer> Peer();

  const std::shared_ptr<const TlsContext> context_;
  std::unique_ptr<TlsTransport> transport_;
  std::string error_;
};

}  // namespace trireme::net

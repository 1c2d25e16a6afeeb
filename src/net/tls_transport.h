// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "net/file_descriptor.h"
#include "net/tls_handles.h"
#include "net/transport.h"

namespace trireme::net {

// A socket through TLS, from its handshake on.
//
// What is to be sent is encrypted into a buffer first, several full records at a time, and goes out with one system
// call; small pieces share a record, large ones are encrypted from where they lie. What the socket does not take stays
// in the buffer, and the bytes it stands for do not count as written until it is gone: so whoever writes knows that
// "all is written" means that the kernel has it.
//
// Neither moves nor is copied: OpenSSL knows its address.
class TlsTransport final : public Transport {
 public:
  // `session` has not begun. `socket` does not block.
  TlsTransport(FileDescriptor socket, SslSession session);
  TlsTransport(const TlsTransport&) = delete;
  TlsTransport& operator=(const TlsTransport&) = delete;

  // As far as the socket allows; what it has to tell the peer is sent. With kBroken OpenSSL's record says why, where
  // there is more to say than that the peer has gone.
  Io ShakeHands();
  void SetPeer(std::shared_ptr<const TlsPeer> peer) { peer_ = std::move(peer); }
  ssl_st& session() { return *session_; }

  int fd() const override { return socket_.get(); }
  Moved Read(std::span<char> room) override;
  Moved Write(std::span<const iovec> pieces) override;
  void EndWriting() override;
  const std::shared_ptr<const TlsPeer>& tls() const override { return peer_; }

 private:
  friend struct TlsSocketCalls;  // by which OpenSSL reaches the socket
  class Records;

  int Receive(std::span<char> room);
  Io Flush();
  bool Encrypt(Records& records);

  FileDescriptor socket_;
  std::shared_ptr<const TlsPeer> peer_;  // shared with the requests of the connection
  std::string outgoing_;                 // encrypted, not sent
  size_t sent_ = 0;                      // of it, that were
  size_t ahead_ = 0;                     // bytes that were offered and encrypted, but lie in outgoing_
  bool socket_empty_ = false;            // since the last call, as far as is known
  bool ended_ = false;                   // the peer's end was read
  uint32_t key_updates_ = 0;             // by the peer
  bool broken_ = false;
  bool said_goodbye_ = false;
  SslSession session_;  // ends before what it reaches
};

}  // namespace trireme::net

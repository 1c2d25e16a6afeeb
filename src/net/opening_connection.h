// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/gate.h"
#include "net/connection.h"
#include "net/file_descriptor.h"
#include "net/first_bytes.h"
#include "net/http_error.h"
#include "net/surroundings.h"
#include "net/tls.h"
#include "net/transport.h"

namespace trireme::net {

// What an accepted socket is at first, until it is known what it speaks; then an Http1Connection or an HTTP/2 one takes
// its place in the loop.
//
//   first byte -> handshake -> (preface) -> replaced     where the reception has certificates
//   preface -> replaced                                  in the clear
//
// ALPN settles the protocol; without it the first bytes do, which are looked at and left where they are. A handshake
// must be through within head_timeout, and so must a preface that has begun. An HTTP/1.1 client at a port that speaks
// TLS is told so in the clear.
//
// On its loop's thread only.
class OpeningConnection final : public Connection {
 public:
  // `socket` does not block. `pass` goes on to the connection that comes after it, and so does being counted in
  // NetCounters::connections_open.
  OpeningConnection(const Surroundings& surroundings, FileDescriptor socket, std::string peer, Gate::Pass pass);
  ~OpeningConnection() override;

  int fd() const override { return fd_; }
  void OnEvents(uint32_t events) override;
  void OnAttention() override {}
  void OnDeadline(TimePoint) override;
  void Drain() override;
  void CutOff() override { End(); }

 private:
  enum class Stage { kFirstByte, kHandshake, kPreface, kOver };

  void Proceed();
  void LookAtFirstByte();
  void GoOnWithHandshake();
  void LookForPreface();
  void Peek();
  void ReadAhead();

  std::unique_ptr<Transport> TakeTransport();
  void BecomeHttp1(const std::optional<HttpError>& refusal = std::nullopt);
  void BecomeHttp2();
  void GiveWayTo(std::unique_ptr<Connection> successor);
  void HandshakeFailed(std::string_view reason);
  void End();
  TimePoint deadline() const;
  std::string_view first_bytes() const { return {first_bytes_.data(), seen_}; }

  const Surroundings surroundings_;
  const int fd_;
  std::string peer_;
  Gate::Pass pass_;
  Stage stage_;
  const TimePoint began_;
  TimePoint preface_began_ = kNever;
  uint32_t events_ = 0;  // all that were told

  // In the clear: looked at; under TLS: read, to be read again by who comes next.
  std::array<char, kHttp2Preface.size()> first_bytes_;
  size_t seen_ = 0;
  bool no_more_ = false;  // comes after them

  // One of the three, as it goes on.
  FileDescriptor socket_;
  std::unique_ptr<TlsCertificates::Handshake> handshake_;
  std::unique_ptr<Transport> transport_;
};

}  // namespace trireme::net

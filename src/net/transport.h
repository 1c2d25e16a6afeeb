// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/uio.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "net/file_descriptor.h"

namespace trireme::net {

// What a TLS handshake said of the other end. Immutable: shared by its connection and every request of it.
struct TlsPeer {
  std::string protocol;  // by ALPN: "h2", "http/1.1", or empty
  // Of a client's certificate that was verified: DNS names, URIs and e-mail addresses, and the common name if there are
  // none of these. Empty if it showed none.
  std::vector<std::string> names;
};

// The two directions of bytes of one connection, in the clear or through TLS. Never blocks, never throws.
//
// On its loop's thread only.
class Transport {
 public:
  enum class Io {
    kDone,     // some bytes
    kBlocked,  // not now: an event of the same direction will say when
    kEnd,      // the peer says nothing more (reading only)
    kBroken,   // the peer is gone, or broke the rules of TLS
  };
  struct Moved {
    Io io = Io::kBlocked;
    size_t bytes = 0;      // with kDone
    bool drained = false;  // with kDone, reading: nothing more is to be had until the next event
    // With kDone, reading: so many bytes could have been read for the work of it, if more than there were. Of a turn's
    // share it takes that many.
    size_t effort = 0;

    size_t share() const { return std::max(bytes, effort); }
  };

  virtual ~Transport() = default;

  virtual int fd() const = 0;

  // `room` is not empty.
  virtual Moved Read(std::span<char> room) = 0;

  // As many of the pieces as it takes, from the first on. What it did not take must be offered again, unchanged.
  virtual Moved Write(std::span<const iovec> pieces) = 0;

  // Says that nothing more will be written (TLS: close_notify; TCP: FIN); reading goes on.
  virtual void EndWriting() = 0;

  // Null on a connection in the clear.
  virtual const std::shared_ptr<const TlsPeer>& tls() const = 0;
};

// A socket as it is.
class PlainTransport final : public Transport {
 public:
  // `socket` does not block.
  explicit PlainTransport(FileDescriptor socket) : socket_(std::move(socket)) {}

  int fd() const override { return socket_.get(); }
  Moved Read(std::span<char> room) override;
  Moved Write(std::span<const iovec> pieces) override;
  void EndWriting() override;
  const std::shared_ptr<const TlsPeer>& tls() const override { return no_tls_; }

 private:
  FileDescriptor socket_;
  const std::shared_ptr<const TlsPeer> no_tls_;
};

}  // namespace trireme::net

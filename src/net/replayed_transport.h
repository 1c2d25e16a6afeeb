// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>

#include "net/transport.h"

namespace trireme::net {

// A transport of which some bytes were read already: they are read again first.
class ReplayedTransport final : public Transport {
 public:
  ReplayedTransport(std::string bytes, std::unique_ptr<Transport> transport)
      : bytes_(std::move(bytes)), transport_(std::move(transport)) {}

  int fd() const override { return transport_->fd(); }
  Moved Read(std::span<char> room) override;
  Moved Write(std::span<const iovec> pieces) override { return transport_->Write(pieces); }
  void EndWriting() override { transport_->EndWriting(); }
  const std::shared_ptr<const TlsPeer>& tls() const override { return transport_->tls(); }

 private:
  std::string bytes_;
  const std::unique_ptr<Transport> transport_;
};

}  // namespace trireme::net

// SPDX-License-Identifier: Apache-2.0
#include "net/replayed_transport.h"

namespace trireme::net {

Transport::Moved ReplayedTransport::Read(std::span<char> room) {
  if (bytes_.empty()) return transport_->Read(room);
  const size_t bytes = bytes_.copy(room.data(), room.size());
  bytes_.erase(0, bytes);
  return {.io = Io::kDone, .bytes = bytes};
}

}  // namespace trireme::net

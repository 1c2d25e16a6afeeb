// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_message.h"
#include "net/transport.h"

namespace trireme::net {

// What a connection has to say and has not sent yet, in order. Heads and small bodies are gathered in one piece; what
// is large is moved in and sent from where it lies.
//
// Not thread-safe.
class OutputQueue {
 public:
  enum class Sent { kAll, kSome, kBroken };  // kSome: it takes no more for now; kBroken: the peer is gone

  void Append(std::string_view text);  // copies
  void Append(std::string&& bytes);    // copies what is small, moves what is large
  void Append(BodyPart part);

  // Sends as much as `transport` takes; adds the bytes it took to `bytes_sent`.
  Sent SendTo(Transport& transport, size_t& bytes_sent);

  bool empty() const { return bytes_ == 0; }
  size_t bytes() const { return bytes_; }
  void Clear();

 private:
  // One of the two is used.
  struct Piece {
    std::string text;
    BodyPart part;
    size_t size() const { return text.size() + part.bytes.size(); }
    const void* data() const { return text.empty() ? static_cast<const void*>(part.bytes.data()) : text.data(); }
  };

  std::string& Text();
  void Drop(size_t bytes);

  std::vector<Piece> pieces_;
  size_t first_ = 0;       // piece that is not sent whole
  size_t first_sent_ = 0;  // bytes of it that are
  size_t bytes_ = 0;
};

}  // namespace trireme::net

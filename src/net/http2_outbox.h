// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "net/grpc_message.h"
#include "net/output_queue.h"

namespace trireme::net {

// The part of a stream's response body that flow control, or the other streams, have not let out yet, in order. Small
// text is copied into its frame; what is large goes out from where it lies, in as many frames as it takes.
//
// Not thread-safe.
class Http2Outbox {
 public:
  void Push(GrpcPayload&& data);

  // The next `bytes` of it (there are as many), behind what `output` holds.
  void MoveTo(OutputQueue& output, size_t bytes);

  size_t bytes() const { return bytes_; }
  void Clear();

 private:
  // One of the two is used.
  struct Piece {
    std::string text;
    BodyPart part;
  };

  void PushText(std::string&& text);
  void PushPart(BodyPart part);

  std::vector<Piece> pieces_;
  size_t first_ = 0;        // piece that is not moved whole
  size_t first_moved_ = 0;  // bytes of it that are
  size_t bytes_ = 0;
};

}  // namespace trireme::net

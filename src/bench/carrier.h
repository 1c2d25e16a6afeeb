// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/status.h"

namespace trireme::bench {

// How a call ended. The views are good while it is told.
struct CallEnd {
  bool ok = false;
  std::string_view kind;     // of a failure, to count it by: "HTTP 503", "gRPC UNAVAILABLE", "deadline exceeded"
  std::string_view message;  // of a failure
  uint64_t bytes = 0;        // of a success: what was received for it
  uint64_t responses = 1;    // none or several where the model says so
  std::string_view answer;   // of a success, where the carrier keeps answers: an HTTP body, or the first gRPC message
  std::string_view json_bytes;  // of an HTTP body, its JSON's length as the server said it; empty: it did not
};

class CarrierListener {
 public:
  virtual ~CarrierListener() = default;
  // A call has the first of its responses, and others follow.
  virtual void OnFirstResponse(size_t /*slot*/) {}
  // The slot is free again. The listener must not begin another call before the carrier's function has returned.
  virtual void OnEnd(size_t slot, const CallEnd& end) = 0;
};

// A connection that carries calls, whatever its protocol: one at a time (HTTP/1.1) or several (gRPC), each in a slot
// from 0 on. It never blocks and opens itself when it is needed. Single-threaded.
class Carrier {
 public:
  virtual ~Carrier() = default;

  // Connects ahead of the first call.
  virtual void Open() = 0;
  virtual void Close() = 0;
  virtual int fd() const = 0;  // -1: closed
  // Grows with each connection: whoever polls must begin anew.
  virtual uint64_t generation() const = 0;
  virtual bool WantsWrite() const = 0;

  // Puts a call with these requests of the workload (its `models`) on its way in a free slot. False: not now, since the
  // connection is about to end.
  virtual bool Begin(size_t slot, size_t requests) = 0;
  // Sends what was begun.
  virtual void Flush() = 0;
  // Gives a call up; it is told of no more. Others may end with it, where the protocol knows no other way.
  virtual void Cancel(size_t slot) = 0;
  // The socket is ready.
  virtual void Drive(std::span<char> scratch) = 0;
};

}  // namespace trireme::bench

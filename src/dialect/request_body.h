// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/memory_pool.h"
#include "base/status.h"
#include "dialect/content_coding.h"
#include "net/byte_budget.h"
#include "net/http_message.h"

namespace trireme {

// The settings that bound a body, also once it is inflated.
inline constexpr std::string_view kBodyLimitName = "--http-max-input-size, --max-body-in-flight or half of --budget";

// The body of a request as it was before its sender compressed it.
//
// Memory is taken as the body grows, out of what all inflated bodies together may hold, until this is destroyed. Used
// by one thread at a time.
class RequestBody {
 public:
  struct Options {
    ContentCoding coding = ContentCoding::kIdentity;
    uint64_t max_bytes = 0;            // inflated
    std::string_view limit_name = {};  // of the setting that max_bytes is, for messages
    size_t align_at = 0;               // this byte of an inflated body is to lie on a 64-byte boundary
  };
  // The pool must outlive it. `inflated` is shared with all other bodies: what they may hold together.
  RequestBody(MemoryPool& pool, const std::shared_ptr<net::ByteBudget>& inflated, const net::HttpRequest& http,
              const Options& options);
  ~RequestBody();
  RequestBody(const RequestBody&) = delete;
  RequestBody& operator=(const RequestBody&) = delete;

  // Reads as much as an event loop may; true if that was all. Else Finish() goes on, on a codec worker.
  Result<bool> Begin();

  // All of it. kInvalidArgument: it is no such stream. kTooLarge. kUnavailable: other bodies hold all there is.
  Status Finish();

  // Whole after Begin() has said so, or Finish(). The storage alone keeps the bytes alive.
  std::span<const std::byte> bytes() const { return bytes_; }
  std::string_view text() const { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }
  const std::shared_ptr<const void>& storage() const { return storage_; }

  // Forgets the bytes: who still needs them has their storage. What they hold is counted to the end.
  void Release();

 private:
  class Inflating;
  Result<bool> Go(size_t pause_at);

  std::span<const std::byte> bytes_;
  std::shared_ptr<const void> storage_;   // shared with the request, or with tensors that view an inflated body
  std::unique_ptr<Inflating> inflating_;  // of a body that is compressed
  bool whole_ = false;
};

}  // namespace trireme

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "net/http_error.h"

namespace trireme::net {

// Takes "Transfer-Encoding: chunked" (RFC 9112 section 7.1) apart. It holds no bytes: whoever calls keeps what was not
// consumed and shows it again with more behind it.
//
// Everything is bounded: a size line and a trailer line in length, trailers in total, chunks in number, the body in
// bytes. Chunk extensions and trailers are checked against their alphabet and dropped.
//
// One body; not thread-safe.
class ChunkedDecoder {
 public:
  static constexpr size_t kMaxSizeLineBytes = 256;  // the size with its extensions
  static constexpr size_t kMaxTrailerBytes = 4096;  // all trailers together
  static constexpr size_t kMaxChunks = 65'536;

  enum class State { kNeedsMore, kData, kDone, kFailed };

  struct Step {
    State state = State::kNeedsMore;
    size_t consumed = 0;    // of what was shown
    std::string_view data;  // on kData: a piece of the body, within what was consumed
  };

  explicit ChunkedDecoder(uint64_t max_body_bytes = 0) : max_body_bytes_(max_body_bytes) {}

  // One piece further. On kFailed, error() says why.
  Step Next(std::string_view bytes);

  const HttpError& error() const { return error_; }
  uint64_t max_body_bytes() const { return max_body_bytes_; }

 private:
  enum class Expect { kSize, kData, kDataEnd, kTrailer };

  Step Fail(int status, std::string text);
  Step ReadSize(std::string_view bytes);
  Step ReadData(std::string_view bytes);
  Step ReadDataEnd(std::string_view bytes);
  Step ReadTrailer(std::string_view bytes);
  Step BeginChunk(uint64_t size, size_t consumed);

  uint64_t max_body_bytes_;
  Expect expect_ = Expect::kSize;
  uint64_t chunk_left_ = 0;
  uint64_t body_bytes_ = 0;  // announced by the sizes so far
  size_t chunks_ = 0;
  size_t trailer_bytes_ = 0;
  HttpError error_;
};

}  // namespace trireme::net

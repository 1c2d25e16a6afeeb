// SPDX-License-Identifier: Apache-2.0
#include "net/grpc_message_reader.h"

#include <algorithm>
#include <new>
#include <string>
#include <utility>

#include "base/out_of_memory.h"

namespace trireme::net {
namespace {

// What of a message's beginning is enough to tell where its tensors begin.
constexpr size_t kBeginningBytes = 4096;

// Blocks up to this size are taken for the asking.
constexpr size_t kTrustedBytes = size_t{1} << 20;
constexpr size_t kLargestFirstBlock = size_t{4} << 20;
constexpr size_t kGrowth = 16;

std::string_view AsText(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

size_t FirstBlock(size_t length) {
  if (length <= kTrustedBytes) return length;
  return std::clamp(length / kGrowth, kTrustedBytes, kLargestFirstBlock);
}

}  // namespace

std::string TooLargeMessage(uint64_t max_bytes, std::string_view how, std::string_view got) {
  std::string text = "message: expected at most " + std::to_string(max_bytes) + " bytes";
  text.append(how).append(" (--http-max-input-size, --max-body-in-flight or half of --budget), got ").append(got);
  return text;
}

GrpcMessageReader::Event GrpcMessageReader::Read(std::span<const std::byte>& bytes) {
  std::span<const std::byte> data;
  while (true) {
    switch (framing_.Next(bytes, data)) {
      case GrpcFraming::Step::kNeedsMore:
        return Event::kNeedsMore;
      case GrpcFraming::Step::kFailed:
        return Fail(GrpcCode::kInvalidArgument, framing_.error());
      case GrpcFraming::Step::kEnd:
        return Event::kMessage;
      case GrpcFraming::Step::kMessage:
        if (!Begin()) return Event::kFailed;
        break;
      case GrpcFraming::Step::kData:
        try {
          Add(data);
        } catch (const std::bad_alloc&) {
          return Fail(GrpcCode::kResourceExhausted, std::string(kNoMemory));
        }
        break;
    }
  }
}

GrpcMessageReader::Event GrpcMessageReader::Fail(GrpcCode code, std::string text) {
  error_ = {.code = code, .message = std::move(text), .metadata = {}};
  return Event::kFailed;
}

GrpcStatus GrpcMessageReader::Incomplete() const {
  return {.code = GrpcCode::kInvalidArgument, .message = framing_.Incomplete(), .metadata = {}};
}

bool GrpcMessageReader::Begin() {
  body_ = {};
  placed_ = false;
  if (framing_.length() <= max_message_bytes_) return true;
  Fail(GrpcCode::kResourceExhausted, TooLargeMessage(max_message_bytes_, "", std::to_string(framing_.length())));
  return false;
}

// Where the message lies is decided by its beginning. What comes in crumbs is gathered until there is enough of it.
void GrpcMessageReader::Add(std::span<const std::byte> data) {
  const size_t length = framing_.length();
  if (!placed_) {
    const bool asks = align_at_ != nullptr && !framing_.compressed();
    const bool gathers = body_.size() > 0;
    if (gathers || (asks && data.size() < std::min(length, kBeginningBytes))) {
      if (!gathers) Place(0, std::min(length, kBeginningBytes));
      body_.Append(pool_, AsText(data));
      if (body_.size() < std::min(length, kBeginningBytes)) return;
      placed_ = true;
      Place(align_at_(body_.bytes()), std::max(FirstBlock(length), body_.size()));
      return;
    }
    placed_ = true;
    Place(asks ? align_at_(data) : 0, std::max(FirstBlock(length), data.size()));
  }
  if (body_.Room().size() < data.size()) {
    Place(align_body_at_, std::min(length, std::max(kGrowth * body_.size(), body_.size() + data.size())));
  }
  body_.Append(pool_, AsText(data));
}

// A block of that capacity, with what there is.
void GrpcMessageReader::Place(size_t align_at, size_t capacity) {
  const BodyBuffer old = std::exchange(body_, {});
  align_body_at_ = align_at;
  body_.Begin(pool_, capacity, align_at);
  if (old.size() > 0) body_.Append(pool_, AsText(old.bytes()));
}

}  // namespace trireme::net

// SPDX-License-Identifier: Apache-2.0
#include "net/grpc_inflation.h"

#include <algorithm>
#include <new>
#include <string>
#include <utility>

#include "base/out_of_memory.h"

namespace trireme::net {
namespace {

// What a loop does itself takes some 100 us.
constexpr size_t kLargeCompressedBytes = size_t{64} << 10;
constexpr size_t kLargeInflatedBytes = size_t{256} << 10;

// What is enough of the beginning to tell where the tensors begin.
constexpr size_t kBeginningBytes = 4096;

// Between two looks at whether anybody still waits.
constexpr size_t kStepBytes = size_t{4} << 20;

// Small ones are bounded by what a loop does at a time.
constexpr size_t kSmallBytes = size_t{64} << 10;

GrpcCode CodeOf(StatusCode code) {
  const bool exhausted = code == StatusCode::kTooLarge || code == StatusCode::kOverloaded;
  return exhausted ? GrpcCode::kResourceExhausted : GrpcCode::kInvalidArgument;
}

}  // namespace

GrpcInflation::GrpcInflation(BodyBuffer compressed, const Options& options, MemoryPool& pool, ByteBudget& budget)
    : compressed_(std::move(compressed)), options_(options), pool_(pool), budget_(budget), share_(budget) {
  Start(0);
  placed_ = options_.align_at == nullptr;
}

void GrpcInflation::Start(size_t align_at) {
  const DeflatedForm form = options_.encoding == GrpcEncoding::kGzip ? DeflatedForm::kGzip : DeflatedForm::kZlib;
  inflater_.emplace(compressed_.bytes(), form,
                    Inflater::Options{.max_bytes = options_.max_bytes,
                                      .align_at = align_at,
                                      .admit = [this](size_t bytes) { return Admit(bytes); }},
                    pool_);
}

Status GrpcInflation::Admit(size_t bytes) {
  if (bytes <= kSmallBytes || share_.Cover(std::min<uint64_t>(bytes, options_.max_bytes))) return {};
  return Overloaded(
      "expected at most " + std::to_string(budget_.max_bytes()) +
      " bytes of all calls together (--max-body-in-flight, or half of --budget), got more; try again later");
}

bool GrpcInflation::Begin() {
  if (compressed_.size() > kLargeCompressedBytes) return false;
  return Go(kLargeInflatedBytes);
}

void GrpcInflation::Finish(const Cancellation& cancellation) {
  for (size_t pause_at = kStepBytes; !cancellation.cancelled(); pause_at += kStepBytes) {
    if (Go(pause_at)) return;
  }
  status_ = {.code = GrpcCode::kCancelled, .message = "", .metadata = {}};
}

// Up to so many bytes; true at the end, good or bad.
bool GrpcInflation::Go(size_t pause_at) {
  try {
    return Inflate(pause_at);
  } catch (const std::bad_alloc&) {
    status_ = {.code = GrpcCode::kResourceExhausted, .message = std::string(kNoMemory), .metadata = {}};
    return true;
  }
}

bool GrpcInflation::Inflate(size_t pause_at) {
  Result<bool> done = inflater_->Run(placed_ ? pause_at : std::min(pause_at, kBeginningBytes));
  if (!done.ok()) {
    const std::string sent = std::to_string(compressed_.size()) + " bytes of " + std::string(Name(options_.encoding));
    std::string text = done.status().code() == StatusCode::kTooLarge
                           ? TooLargeMessage(options_.max_bytes, " once inflated", "more, out of " + sent)
                           : "message of " + sent + ": " + done.status().message();
    status_ = {.code = CodeOf(done.status().code()), .message = std::move(text), .metadata = {}};
    return true;
  }
  if (placed_) return *done;
  placed_ = true;
  // Now that the beginning is known, once more, so that the tensors are aligned.
  const size_t align_at = inflater_->bytes().empty() ? 0 : options_.align_at(inflater_->bytes());
  if (align_at % MemoryPool::kAlignment == 0) return *done || Inflate(pause_at);
  Start(align_at);
  return Inflate(pause_at);
}

}  // namespace trireme::net

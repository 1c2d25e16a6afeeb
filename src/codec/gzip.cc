// SPDX-License-Identifier: Apache-2.0
#include "codec/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "base/check.h"

namespace trireme {
namespace {

constexpr int kWindowBits = 15;
constexpr int kGzipWrapper = 16;
constexpr size_t kMostAtOnce = std::numeric_limits<uInt>::max();

int WindowBits(DeflatedForm form) {
  return kWindowBits + (form == DeflatedForm::kGzip ? kGzipWrapper : 0);
}

std::string_view Name(DeflatedForm form) {
  return form == DeflatedForm::kGzip ? "gzip" : "deflate (zlib)";
}

Bytef* AsZlib(const std::byte* bytes) {
  return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes));  // NOLINT: zlib reads it only
}

}  // namespace

void Inflater::EndStream::operator()(z_stream_s* stream) const {
  inflateEnd(stream);
  delete stream;  // NOLINT: made by make_unique
}

Inflater::Inflater(std::span<const std::byte> deflated, DeflatedForm form, Options options, MemoryPool& pool)
    : deflated_(deflated), form_(form), options_(std::move(options)), pool_(pool) {
  auto stream = std::make_unique<z_stream>();
  CHECK(inflateInit2(stream.get(), WindowBits(form)) == Z_OK);  // fails only without memory
  stream_.reset(stream.release());
}

Inflater::~Inflater() = default;

Status Inflater::Broken(std::string_view found) const {
  return InvalidArgument("expected a " + std::string(Name(form_)) + " stream, found " + std::string(found));
}

// In large steps, so that what is left behind is a small part: what is not written to is not memory yet. One byte more
// than is allowed shows that there is more.
Status Inflater::Grow() {
  constexpr size_t kFirstBytes = 4096;
  constexpr size_t kLikelyRatio = 2;
  constexpr size_t kStep = 4;
  constexpr size_t kAlignment = MemoryPool::kAlignment;
  const size_t most = options_.max_bytes == SIZE_MAX ? SIZE_MAX : options_.max_bytes + 1;
  const size_t wanted = capacity_ == 0 ? std::max(kFirstBytes, kLikelyRatio * deflated_.size()) : kStep * capacity_;
  const size_t bytes = std::min(wanted, most);
  if (options_.admit) RETURN_IF_ERROR(options_.admit(bytes));
  const size_t offset = (kAlignment - options_.align_at % kAlignment) % kAlignment;
  MemoryPool::Block larger = pool_.Take(offset + bytes);
  if (size_ > 0) std::memcpy(larger.data.get() + offset, block_.data.get() + offset_, size_);
  block_ = std::move(larger);
  offset_ = offset;
  capacity_ = bytes;
  return {};
}

Status Inflater::EndOfMember(bool& done) {
  in_first_member_ = false;
  done = read_ == deflated_.size();
  if (done) return {};
  if (form_ == DeflatedForm::kZlib) {
    return Broken(std::to_string(deflated_.size() - read_) + " bytes behind its end");
  }
  CHECK(inflateReset(stream_.get()) == Z_OK);
  return {};
}

// One call of zlib, for at most so many bytes; true at the end of everything.
Result<bool> Inflater::Step(size_t most_bytes) {
  if (size_ == capacity_) RETURN_IF_ERROR(Grow());
  const size_t in = std::min(deflated_.size() - read_, kMostAtOnce);
  const size_t out = std::min({capacity_ - size_, most_bytes, kMostAtOnce});
  stream_->next_in = AsZlib(deflated_.data() + read_);
  stream_->avail_in = static_cast<uInt>(in);
  stream_->next_out = AsZlib(block_.data.get() + offset_ + size_);
  stream_->avail_out = static_cast<uInt>(out);
  const int code = inflate(stream_.get(), Z_NO_FLUSH);
  read_ += in - stream_->avail_in;
  size_ += out - stream_->avail_out;
  if (size_ > options_.max_bytes) {
    return TooLarge("expected at most " + std::to_string(options_.max_bytes) + " bytes once inflated, found more");
  }
  if (code == Z_STREAM_END) {
    bool done = false;
    RETURN_IF_ERROR(EndOfMember(done));
    return done;
  }
  if (code != Z_OK && code != Z_BUF_ERROR) {
    if (!in_first_member_ && stream_->total_out == 0) return Broken("something else behind its end");
    return Broken(code == Z_NEED_DICT       ? "one that needs a dictionary"
                  : stream_->msg != nullptr ? std::string("an ") + stream_->msg + " at byte " + std::to_string(read_)
                                            : "something else");
  }
  if (read_ == deflated_.size() && stream_->avail_out > 0) {
    return Broken("its beginning: " + std::to_string(read_) + " bytes without the end");
  }
  return false;
}

Result<bool> Inflater::Run(size_t pause_at) {
  while (size_ < pause_at) {
    ASSIGN_OR_RETURN(const bool done, Step(pause_at - size_));
    if (done) return true;
  }
  return false;
}

std::string Deflate(std::span<const std::string_view> pieces, DeflatedForm form) {
  constexpr int kMemoryLevel = 8;
  z_stream stream{};
  CHECK(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, WindowBits(form), kMemoryLevel, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string deflated;
  const auto run = [&](int flush) {
    int code = Z_OK;
    do {
      constexpr size_t kStep = size_t{64} << 10;
      const size_t at = deflated.size();
      deflated.resize(at + kStep);
      stream.next_out = reinterpret_cast<Bytef*>(deflated.data() + at);
      stream.avail_out = kStep;
      code = deflate(&stream, flush);
      CHECK(code != Z_STREAM_ERROR);
      deflated.resize(at + kStep - stream.avail_out);
    } while (stream.avail_out == 0 && code != Z_STREAM_END);
  };
  for (std::string_view piece : pieces) {
    while (!piece.empty()) {
      const size_t taken = std::min(piece.size(), kMostAtOnce);
      stream.next_in = AsZlib(reinterpret_cast<const std::byte*>(piece.data()));
      stream.avail_in = static_cast<uInt>(taken);
      run(Z_NO_FLUSH);
      piece.remove_prefix(taken);
    }
  }
  run(Z_FINISH);
  deflateEnd(&stream);
  return deflated;
}

}  // namespace trireme

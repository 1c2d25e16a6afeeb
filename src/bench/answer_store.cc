// SPDX-License-Identifier: Apache-2.0
#include "bench/answer_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <span>
#include <system_error>
#include <utility>

#include "wire/kserve/infer_proto.h"

namespace trireme::bench {
namespace {

constexpr size_t kMostFailureBytes = 256;

Status Unwritable() {
  return Unavailable("cannot keep answers in a temporary file: " + std::generic_category().message(errno));
}

}  // namespace

class AnswerStore::File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() { close(fd_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  const int fd_;
};

Result<AnswerStore> AnswerStore::Make(size_t requests) {
  std::error_code error;
  std::string name = (std::filesystem::temp_directory_path(error) / "trireme-replay-XXXXXX").string();
  const int fd = mkostemp(name.data(), O_CLOEXEC);
  if (fd < 0) return Unwritable();
  unlink(name.c_str());
  return AnswerStore(requests, std::make_shared<File>(fd));
}

AnswerStore::AnswerStore(size_t requests, std::shared_ptr<File> file) : places_(requests), file_(std::move(file)) {}

void AnswerStore::Append(size_t number, Kind kind, std::string_view bytes) {
  Place& place = places_[number];
  place = {.kind = kind, .offset = end_, .bytes = bytes.size(), .json_bytes = std::nullopt};
  end_ += bytes.size();
  for (uint64_t at = place.offset; !bytes.empty();) {
    const ssize_t written = pwrite(file_->fd(), bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      status_ = Unwritable();
      place.kind = Kind::kNone;
      return;
    }
    at += static_cast<uint64_t>(written);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

void AnswerStore::Put(size_t number, const CallEnd& end, bool grpc) {
  if (!end.ok) return PutFailure(number, std::string(end.kind) + ": " + std::string(end.message));
  Append(number, grpc ? Kind::kGrpc : Kind::kHttp, end.answer);
  if (grpc || end.json_bytes.empty()) return;
  const Result<size_t> json_bytes = kserve::ParseHeaderLength(end.json_bytes, end.answer.size());
  if (!json_bytes.ok()) return PutFailure(number, json_bytes.status().message());
  places_[number].json_bytes = *json_bytes;
}

void AnswerStore::PutRecorded(size_t number, const kserve::EncodedBody& body) {
  std::string bytes = body.json;
  for (const Buffer& tensor : body.tensors) {
    bytes.append(reinterpret_cast<const char*>(tensor.data()), tensor.size());
  }
  Append(number, Kind::kHttp, bytes);
  if (!body.tensors.empty()) places_[number].json_bytes = body.json.size();
}

void AnswerStore::PutFailure(size_t number, std::string_view text) {
  Append(number, Kind::kFailure, text.substr(0, kMostFailureBytes));
}

Result<kserve::InferResponseMessage> AnswerStore::Read(const Place& place, MemoryPool& pool) const {
  const MemoryPool::Block block = pool.Take(static_cast<size_t>(place.bytes));
  for (uint64_t done = 0; done < place.bytes;) {
    const ssize_t got =
        pread(file_->fd(), block.data.get() + done, place.bytes - done, static_cast<off_t>(place.offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return Unavailable("an answer that was kept in a temporary file cannot be read");
    done += static_cast<uint64_t>(got);
  }
  const std::span<const std::byte> bytes(block.data.get(), static_cast<size_t>(place.bytes));
  if (place.kind == Kind::kGrpc) return kserve::DecodeGrpcInferResponse(bytes, block.data, pool);
  if (place.kind == Kind::kHttp) {
    return kserve::DecodeInferResponse(
        {.bytes = bytes,
         .keep_alive = block.data,
         .json_bytes = place.json_bytes ? std::optional(static_cast<size_t>(*place.json_bytes)) : std::nullopt},
        pool);
  }
  return Unavailable(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

AnswerStore::Answer AnswerStore::Get(size_t number, MemoryPool& pool) const {
  const Place& place = places_[number];
  if (place.kind == Kind::kNone) return {};
  Result<kserve::InferResponseMessage> read = Read(place, pool);
  if (!read.ok()) return {.response = std::nullopt, .failure = read.status().message()};
  return {.response = *std::move(read), .failure = {}};
}

}  // namespace trireme::bench

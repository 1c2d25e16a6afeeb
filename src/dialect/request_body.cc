// SPDX-License-Identifier: Apache-2.0
#include "dialect/request_body.h"

#include <optional>
#include <string>
#include <utility>

#include "codec/gzip.h"

namespace trireme {
namespace {

// What a loop does itself takes some 100 us.
constexpr size_t kLargeCompressedBytes = 16 << 10;
constexpr size_t kLargeInflatedBytes = 256 << 10;

// As with bodies that are not compressed, small ones are bounded by the number of connections.
constexpr size_t kSmallBytes = 64 << 10;

DeflatedForm FormOf(ContentCoding coding) {
  return coding == ContentCoding::kGzip ? DeflatedForm::kGzip : DeflatedForm::kZlib;
}

}  // namespace

class RequestBody::Inflating {
 public:
  Inflating(MemoryPool& pool, std::shared_ptr<net::ByteBudget> budget, const net::HttpRequest& http,
            const Options& options)
      : compressed_(http.storage),
        options_(options),
        compressed_bytes_(http.body.size()),
        budget_(std::move(budget)),
        share_(*budget_),
        inflater_(std::in_place, http.body, FormOf(options.coding),
                  Inflater::Options{.max_bytes = options.max_bytes,
                                    .align_at = options.align_at,
                                    .admit = [this](size_t bytes) { return Admit(bytes); }},
                  pool) {}

  Result<bool> Run(size_t pause_at) {
    Result<bool> done = inflater_->Run(pause_at);
    if (done.ok()) return done;
    if (done.status().code() == StatusCode::kTooLarge) return TooLong();
    return std::move(done).status().Within("body with Content-Encoding " + std::string(Name(options_.coding)));
  }

  bool IsLong() const { return compressed_bytes_ > kLargeCompressedBytes; }

  // What has come out; no more will.
  void MoveTo(std::span<const std::byte>& bytes, std::shared_ptr<const void>& storage) {
    bytes = inflater_->bytes();
    storage = inflater_->storage();
    inflater_.reset();
  }

 private:
  Status Admit(size_t bytes) {
    if (bytes <= kSmallBytes || share_.Cover(std::min<uint64_t>(bytes, options_.max_bytes))) return {};
    return Unavailable("expected at most " + std::to_string(budget_->max_bytes()) +
                       " bytes of inflated bodies of all requests together (--max-body-in-flight, or half of "
                       "--budget), got more; try again later");
  }

  Status TooLong() const {
    const std::string limit = options_.limit_name.empty() ? "" : " (" + std::string(options_.limit_name) + ")";
    return TooLarge("body: expected at most " + std::to_string(options_.max_bytes) + " bytes once inflated" + limit +
                    ", got more, out of " + std::to_string(compressed_bytes_) + " bytes of " +
                    std::string(Name(options_.coding)));
  }

  const std::shared_ptr<const void> compressed_;  // shared with the request
  const Options options_;
  const size_t compressed_bytes_;
  const std::shared_ptr<net::ByteBudget> budget_;  // shared by all requests, which may outlive the services
  net::ByteBudget::Share share_;
  std::optional<Inflater> inflater_;
};

RequestBody::RequestBody(MemoryPool& pool, const std::shared_ptr<net::ByteBudget>& inflated,
                         const net::HttpRequest& http, const Options& options) {
  if (options.coding == ContentCoding::kIdentity) {
    bytes_ = http.body;
    storage_ = http.storage;
    whole_ = true;
  } else {
    inflating_ = std::make_unique<Inflating>(pool, inflated, http, options);
  }
}

RequestBody::~RequestBody() = default;

Result<bool> RequestBody::Go(size_t pause_at) {
  Result<bool> done = inflating_->Run(pause_at);
  whole_ = done.ok() && *done;
  if (whole_) inflating_->MoveTo(bytes_, storage_);
  return done;
}

Result<bool> RequestBody::Begin() {
  if (whole_) return true;
  if (inflating_->IsLong()) return false;
  return Go(kLargeInflatedBytes);
}

Status RequestBody::Finish() {
  if (whole_) return {};
  return Go(SIZE_MAX).status();
}

void RequestBody::Release() {
  bytes_ = {};
  storage_.reset();
}

}  // namespace trireme

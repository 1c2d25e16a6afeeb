// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/shared_models.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "repository/content_digest.h"

namespace trireme {

uint64_t SharedWeights::BytesOfEach() const {
  return kOwnBytes + bytes_ / std::max<uint32_t>(1, holders_.load(std::memory_order_relaxed));
}

// A holder of weights.
class SharedWeights::Holder {
 public:
  explicit Holder(std::shared_ptr<SharedWeights> weights) : weights_(std::move(weights)) {
    weights_->holders_.fetch_add(1, std::memory_order_relaxed);
  }
  ~Holder() { weights_->holders_.fetch_sub(1, std::memory_order_relaxed); }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

 private:
  const std::shared_ptr<SharedWeights> weights_;
};

namespace {

class SharingModel final : public OpenModel {
 public:
  // `opened` is what others of the same contents have too; `model` that, or the same with other threads.
  SharingModel(std::shared_ptr<OpenModel> opened, std::shared_ptr<OpenModel> model,
               std::shared_ptr<SharedWeights::Holder> holder)
      : opened_(std::move(opened)), model_(std::move(model)), holder_(std::move(holder)) {}

  const Signature& signature() const override { return model_->signature(); }
  Result<std::vector<Tensor>> Run(std::span<const Tensor> inputs, std::span<const int> wanted,
                                  std::span<Buffer> destinations) override {
    return model_->Run(inputs, wanted, destinations);
  }
  bool decoupled() const override { return model_->decoupled(); }
  bool keeps_state() const override { return model_->keeps_state(); }
  bool has_loop() const override { return model_->has_loop(); }
  Status RunDecoupled(std::span<const Tensor> inputs, std::span<const int> wanted, ResponseStream& responses) override {
    return model_->RunDecoupled(inputs, wanted, responses);
  }
  MemoryUse memory_use() const override { return model_->memory_use(); }
  Result<std::unique_ptr<OpenModel>> WithThreads(int threads) override {
    ASSIGN_OR_RETURN(std::unique_ptr<OpenModel> other, opened_->WithThreads(threads));
    return std::unique_ptr<OpenModel>(std::make_unique<SharingModel>(opened_, std::move(other), holder_));
  }

 private:
  const std::shared_ptr<OpenModel> opened_;
  const std::shared_ptr<OpenModel> model_;
  const std::shared_ptr<SharedWeights::Holder> holder_;  // one a version, however many threads it is run with
};

}  // namespace

std::unique_ptr<OpenModel> MakeSharingModel(const OpenedModel& opened) {
  return std::make_unique<SharingModel>(opened.model, opened.model,
                                        std::make_shared<SharedWeights::Holder>(opened.weights));
}

namespace {

constexpr int kSamples = 16;
constexpr size_t kSampleBytes = 4096;

// Pieces of the largest file, from its beginning to its end: weights that were trained further differ in nearly every
// one of them. Empty if it cannot be read.
std::string SampleOf(const VersionFiles& files) {
  if (files.files.empty()) return {};
  const auto& largest =
      *std::ranges::max_element(files.files, {}, [](const VersionFile& file) { return file.stamp.bytes; });
  const int fd = open(largest.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return {};
  std::string sample;
  std::array<char, kSampleBytes> piece{};
  for (int i = 0; i < kSamples; ++i) {
    const auto at = static_cast<off_t>(largest.stamp.bytes / kSamples * static_cast<uint64_t>(i));
    const ssize_t bytes = pread(fd, piece.data(), piece.size(), at);
    if (bytes > 0) sample.append(piece.data(), static_cast<size_t>(bytes));
  }
  close(fd);
  return ToHex(Sha256(sample));
}

}  // namespace

uint64_t LikenessOf(const VersionFiles& files, const std::string& way) {
  std::string text = SampleOf(files);
  if (text.empty()) return 0;
  text += "\n" + way + "\n" + files.model;
  for (const VersionFile& file : files.files) text += "\n" + file.name + "\n" + std::to_string(file.stamp.bytes);
  return std::hash<std::string>()(text) | 1;
}

void SharedModels::ForgetGone() {
  std::erase_if(known_, [](const auto& known) { return !known->opening && known->model.expired(); });
}

std::shared_ptr<SharedModels::Known> SharedModels::FindLike(const Known& like) {
  while (true) {
    ForgetGone();
    const auto found = std::ranges::find_if(known_, [&](const auto& known) {
      return known->way == like.way && known->sample == like.sample && MayBeTheSame(known->files, like.files);
    });
    if (found == known_.end() || !(*found)->opening) return found == known_.end() ? nullptr : *found;
    opened_.Wait(mutex_);
  }
}

// Empty: it cannot be found out, because the files have changed.
std::string SharedModels::DigestOf(const std::shared_ptr<Known>& known) {
  {
    const MutexLock lock(mutex_);
    if (!known->digest.empty()) return known->digest;
  }
  const Result<Digest> digest = ContentDigest(known->files, {.keep_cached = true});
  if (!digest.ok()) return {};
  const MutexLock lock(mutex_);
  known->digest = "sha256:" + ToHex(*digest);
  return known->digest;
}

Result<OpenedModel> SharedModels::Open(const VersionFiles& files, const std::string& way,
                                       const std::function<Result<OpenedModel>()>& open) {
  const auto mine = std::make_shared<Known>();
  mine->files = files;
  mine->way = way;
  mine->sample = SampleOf(files);
  if (mine->sample.empty()) return open();
  std::shared_ptr<Known> like;
  {
    const MutexLock lock(mutex_);
    like = FindLike(*mine);
    if (like == nullptr) known_.push_back(mine);
  }
  if (like != nullptr) {
    const std::string digest = DigestOf(mine);
    std::shared_ptr<OpenModel> model = like->model.lock();
    if (model != nullptr && !digest.empty() && digest == DigestOf(like)) {
      return OpenedModel{.model = std::move(model),
                         .weights = like->weights,
                         .device = like->device,
                         .backend = like->backend,
                         .platform = like->platform,
                         .digest = digest,
                         .signatures = like->signatures};
    }
  }
  std::optional<Result<OpenedModel>> tried;
  try {
    tried.emplace(open());
  } catch (...) {
    // Whoever waits for it is not to wait for ever.
    const MutexLock lock(mutex_);
    mine->opening = false;
    opened_.NotifyAll();
    throw;
  }
  Result<OpenedModel>& opened = *tried;
  const MutexLock lock(mutex_);
  if (like != nullptr && opened.ok()) known_.push_back(mine);
  mine->opening = false;
  if (opened.ok()) {
    opened->digest = mine->digest;
    // What one keeps is not for those who use the other: nobody finds it.
    if (!opened->model->keeps_state()) mine->model = opened->model;
    mine->weights = opened->weights;
    mine->device = opened->device;
    mine->backend = opened->backend;
    mine->platform = opened->platform;
    mine->signatures = opened->signatures;
  }
  opened_.NotifyAll();
  return opened;
}

}  // namespace trireme

// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/copies_model.h"

#include <utility>

#include "base/check.h"
#include "base/mutex.h"

namespace trireme {
namespace {

// A tensor of the one may change under a run only if it may under the other's too.
void KeepCommonPromises(const std::vector<TensorSpec>& other, std::vector<TensorSpec>& common) {
  for (size_t i = 0; i < common.size() && i < other.size(); ++i) {
    common[i].may_change = common[i].may_change && other[i].may_change;
  }
}

template <typename Models>
Signature CommonSignature(const Models& models) {
  Signature common = models.front()->signature();
  for (const auto& model : models) {
    KeepCommonPromises(model->signature().inputs, common.inputs);
    KeepCommonPromises(model->signature().outputs, common.outputs);
  }
  return common;
}

template <typename Models>
MemoryUse CommonMemory(const Models& models) {
  MemoryUse all;
  for (const auto& model : models) {
    all.weights += model->memory_use().weights;
    all.workspace += model->memory_use().workspace;
  }
  return all;
}

class CopiesModel final : public OpenModel {
 public:
  CopiesModel(std::vector<std::unique_ptr<OpenModel>> models, const std::vector<size_t>& copies)
      : models_(std::move(models)), signature_(CommonSignature(models_)) {
    for (const size_t model : copies) copies_.push_back({.model = models_.at(model).get()});
  }

  const Signature& signature() const override { return signature_; }

  Result<std::vector<Tensor>> Run(std::span<const Tensor> inputs, std::span<const int> wanted,
                                  std::span<Buffer> destinations) override {
    const Turn turn(*this);
    return turn.model().Run(inputs, wanted, destinations);
  }

  bool decoupled() const override { return models_.front()->decoupled(); }
  bool keeps_state() const override { return models_.front()->keeps_state(); }
  bool has_loop() const override { return models_.front()->has_loop(); }

  Status RunDecoupled(std::span<const Tensor> inputs, std::span<const int> wanted, ResponseStream& responses) override {
    const Turn turn(*this);
    return turn.model().RunDecoupled(inputs, wanted, responses);
  }

  MemoryUse memory_use() const override { return CommonMemory(models_); }

 private:
  struct Copy {
    OpenModel* model = nullptr;
    int runs = 0;  // in flight
  };

  // A run of one copy.
  class Turn {
   public:
    explicit Turn(CopiesModel& owner) : owner_(owner), copy_(owner.Begin()) {}
    ~Turn() { owner_.End(copy_); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    OpenModel& model() const { return *copy_.model; }

   private:
    CopiesModel& owner_;
    Copy& copy_;
  };

  Copy& Begin() {
    const MutexLock lock(mutex_);
    size_t best = next_;
    for (size_t i = 1; i < copies_.size(); ++i) {
      const size_t other = (next_ + i) % copies_.size();
      if (copies_[other].runs < copies_[best].runs) best = other;
    }
    next_ = (best + 1) % copies_.size();
    copies_[best].runs += 1;
    return copies_[best];
  }

  void End(Copy& copy) {
    const MutexLock lock(mutex_);
    copy.runs -= 1;
  }

  const std::vector<std::unique_ptr<OpenModel>> models_;
  const Signature signature_;
  Mutex mutex_;
  std::vector<Copy> copies_ GUARDED_BY(mutex_);
  size_t next_ GUARDED_BY(mutex_) = 0;
};

class EveryCopyModel final : public OpenModel {
 public:
  explicit EveryCopyModel(std::vector<std::shared_ptr<OpenModel>> models)
      : models_(std::move(models)), signature_(CommonSignature(models_)) {}

  const Signature& signature() const override { return signature_; }

  Result<std::vector<Tensor>> Run(std::span<const Tensor> inputs, std::span<const int> wanted,
                                  std::span<Buffer> destinations) override {
    Result<std::vector<Tensor>> first = models_.front()->Run(inputs, wanted, destinations);
    for (size_t i = 1; i < models_.size() && first.ok(); ++i) {
      RETURN_IF_ERROR(models_[i]->Run(inputs, wanted, {}).status());
    }
    return first;
  }

  bool decoupled() const override { return models_.front()->decoupled(); }
  bool keeps_state() const override { return models_.front()->keeps_state(); }
  bool has_loop() const override { return models_.front()->has_loop(); }

  Status RunDecoupled(std::span<const Tensor> inputs, std::span<const int> wanted, ResponseStream& responses) override {
    for (const auto& model : models_) RETURN_IF_ERROR(model->RunDecoupled(inputs, wanted, responses));
    return {};
  }

  MemoryUse memory_use() const override { return CommonMemory(models_); }

 private:
  const std::vector<std::shared_ptr<OpenModel>> models_;  // shared with others of the same contents
  const Signature signature_;
};

}  // namespace

std::unique_ptr<OpenModel> MakeCopiesModel(std::vector<std::unique_ptr<OpenModel>> models,
                                           const std::vector<size_t>& copies) {
  CHECK(!models.empty());
  if (models.size() == 1) return std::move(models.front());
  return std::make_unique<CopiesModel>(std::move(models), copies);
}

std::shared_ptr<OpenModel> MakeEveryCopyModel(std::vector<std::shared_ptr<OpenModel>> models) {
  CHECK(!models.empty());
  if (models.size() == 1) return std::move(models.front());
  return std::make_shared<EveryCopyModel>(std::move(models));
}

}  // namespace trireme

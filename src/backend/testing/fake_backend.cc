// SPDX-License-Identifier: Apache-2.0
#include "backend/testing/fake_backend.h"

#include <fstream>
#include <string>
#include <utility>

namespace trireme {

void FakeScript::Hold() {
  const MutexLock lock(mutex_);
  held_ = true;
}

void FakeScript::Release() {
  const MutexLock lock(mutex_);
  held_ = false;
  held_response_ = -1;
  changed_.NotifyAll();
}

void FakeScript::WaitUntilHeld(int runs) {
  const MutexLock lock(mutex_);
  while (waiting_ < runs) changed_.Wait(mutex_);
}

void FakeScript::FailWhen(std::function<Status(int64_t rows)> fail) {
  const MutexLock lock(mutex_);
  fail_ = std::move(fail);
}

void FakeScript::HoldBefore(int response) {
  const MutexLock lock(mutex_);
  held_response_ = response;
}

void FakeScript::FailAfter(int responses, Status status) {
  const MutexLock lock(mutex_);
  fail_after_ = responses;
  end_ = std::move(status);
}

std::vector<int64_t> FakeScript::runs() const {
  const MutexLock lock(mutex_);
  return runs_;
}

std::vector<int> FakeScript::run_threads() const {
  const MutexLock lock(mutex_);
  return run_threads_;
}

void FakeScript::FailOpensWith(Status status) {
  const MutexLock lock(mutex_);
  no_opens_ = std::move(status);
}

int FakeScript::opens() const {
  const MutexLock lock(mutex_);
  return opens_;
}

int FakeScript::open_models() const {
  const MutexLock lock(mutex_);
  return open_models_;
}

OpenOptions FakeScript::last_options() const {
  const MutexLock lock(mutex_);
  return last_options_;
}

Status FakeScript::Enter(int64_t rows, int threads) {
  const MutexLock lock(mutex_);
  runs_.push_back(rows);
  run_threads_.push_back(threads);
  ++waiting_;
  changed_.NotifyAll();
  while (held_) changed_.Wait(mutex_);
  --waiting_;
  return fail_ ? fail_(rows) : Status();
}

// Before each response, and once all are sent.
Status FakeScript::EnterResponse(int response) {
  const MutexLock lock(mutex_);
  ++waiting_;
  changed_.NotifyAll();
  while (held_response_ == response) changed_.Wait(mutex_);
  --waiting_;
  return response == fail_after_ ? end_ : Status();
}

// Counted while somebody has it.
class FakeWeights {
 public:
  explicit FakeWeights(std::shared_ptr<FakeScript> script) : script_(std::move(script)) {
    const MutexLock lock(script_->mutex_);
    ++script_->open_models_;
  }
  ~FakeWeights() {
    const MutexLock lock(script_->mutex_);
    --script_->open_models_;
  }
  FakeWeights(const FakeWeights&) = delete;
  FakeWeights& operator=(const FakeWeights&) = delete;

 private:
  const std::shared_ptr<FakeScript> script_;  // shared with the test
};

class FakeModel final : public OpenModel {
 public:
  FakeModel(std::shared_ptr<FakeScript> script, const FakeOptions& options)
      : FakeModel(script, options, std::make_shared<FakeWeights>(script), options.weight_bytes) {}

  FakeModel(std::shared_ptr<FakeScript> script, const FakeOptions& options, std::shared_ptr<FakeWeights> weights,
            size_t weight_bytes)
      : script_(std::move(script)),
        options_(options),
        weights_(std::move(weights)),
        weight_bytes_(weight_bytes),
        signature_(FakeSignature(options)) {}

  const Signature& signature() const override { return signature_; }

  Result<std::vector<Tensor>> Run(std::span<const Tensor> inputs, std::span<const int> wanted,
                                  std::span<Buffer> /*destinations*/) override {
    const Tensor& x = inputs[0];
    RETURN_IF_ERROR(script_->Enter(x.shape.rank() > 0 ? x.shape[0] : 1, options_.threads));
    Tensor y = MakeTensor(pool_, DataType::kFp32, x.shape);
    const std::span<const float> in = x.As<float>();
    const std::span<float> out = y.MutableAs<float>();
    float sum = 0;
    for (const float value : in) sum += value;
    for (size_t i = 0; i < in.size(); ++i) {
      out[i] = options_.mixes_rows ? in[i] - sum / static_cast<float>(in.size()) : 2 * in[i];
    }
    return std::vector<Tensor>(wanted.size(), y);
  }

  bool decoupled() const override { return options_.decoupled; }
  bool keeps_state() const override { return options_.keeps_state; }
  bool has_loop() const override { return options_.has_loop; }

  Status RunDecoupled(std::span<const Tensor> inputs, std::span<const int> wanted, ResponseStream& responses) override {
    const Tensor& x = inputs[0];
    const int64_t rows = x.shape.rank() > 0 ? x.shape[0] : 1;
    RETURN_IF_ERROR(script_->Enter(rows, options_.threads));
    for (int row = 0; row < rows; ++row) {
      RETURN_IF_ERROR(script_->EnterResponse(row));
      if (!responses.Wanted()) return {};
      Tensor y = MakeTensor(pool_, DataType::kFp32, {1, 4});
      for (size_t i = 0; i < 4; ++i) y.MutableAs<float>()[i] = 2 * x.As<float>()[static_cast<size_t>(row) * 4 + i];
      if (!responses.Send(std::vector<Tensor>(wanted.size(), y))) return {};
    }
    return script_->EnterResponse(static_cast<int>(rows));
  }

  MemoryUse memory_use() const override { return {.weights = weight_bytes_, .workspace = 0}; }

  Result<std::unique_ptr<OpenModel>> WithThreads(int threads) override {
    if (options_.keeps_state || !options_.takes_other_threads) return OpenModel::WithThreads(threads);
    FakeOptions options = options_;
    options.threads = threads;
    return std::unique_ptr<OpenModel>(std::make_unique<FakeModel>(script_, options, weights_, 0));
  }

 private:
  const std::shared_ptr<FakeScript> script_;  // shared with the test
  const FakeOptions options_;
  const std::shared_ptr<FakeWeights> weights_;  // shared with the same model with other threads
  const size_t weight_bytes_;
  const Signature signature_;
  MemoryPool pool_;
};

class FakeBackend final : public Backend {
 public:
  FakeBackend(std::shared_ptr<FakeScript> script, const FakeOptions& options)
      : script_(std::move(script)), options_(options) {}

  std::string_view name() const override { return "onnx"; }
  std::string_view platform() const override { return "fake_platform"; }
  std::string runtime_version() const override { return "fake 1"; }
  Probe Inspect(const std::filesystem::path& path) const override {
    return {.confidence = path.extension() == ".onnx" ? 1.0 : 0.0, .what = "fake model"};
  }
  Status RunsOn(const Device& device) const override {
    return options_.runs_on_gpus ? Status() : Backend::RunsOn(device);
  }
  Result<Opened> Open(const ModelSource& source, const OpenOptions& options) override {
    {
      const MutexLock lock(script_->mutex_);
      ++script_->opens_;
      script_->last_options_ = options;
      if (!script_->no_opens_.ok()) return script_->no_opens_;
    }
    if (IsBad(source.path)) return InvalidArgument(source.path.string() + " is bad");
    FakeOptions with = options_;
    with.threads = options.threads;
    return Opened(MakeFakeModel(script_, with));
  }
  Result<ModelFacts> Describe(const ModelSource& source, const OpenOptions& /*options*/) override {
    if (IsBad(source.path)) return InvalidArgument(source.path.string() + " is bad");
    if (!options_.describes) return Unsupported("it is known once it is open");
    return ModelFacts{.signature = FakeSignature(options_),
                      .weight_bytes = 1000,
                      .format = "fake model",
                      .notes = {},
                      .decoupled = options_.decoupled,
                      .keeps_state = options_.keeps_state};
  }

 private:
  static bool IsBad(const std::filesystem::path& path) {
    std::string beginning(3, ' ');
    std::ifstream(path, std::ios::binary).read(beginning.data(), 3);
    return beginning == "bad" || path.stem().string().starts_with("bad");
  }

  const std::shared_ptr<FakeScript> script_;  // shared with the test
  const FakeOptions options_;
};

Signature FakeSignature(const FakeOptions& options) {
  const Shape shape = options.batched ? Shape{Shape::kAny, 4} : Shape{4};
  const auto spec = [&](const char* name) {
    return TensorSpec{.name = name, .type = DataType::kFp32, .shape = shape, .may_change = options.may_change};
  };
  return {.inputs = {spec("x")}, .outputs = {spec("y")}, .batched = options.batched};
}

std::unique_ptr<OpenModel> MakeFakeModel(std::shared_ptr<FakeScript> script, const FakeOptions& options) {
  return std::make_unique<FakeModel>(std::move(script), options);
}

std::unique_ptr<Backend> MakeFakeBackend(std::shared_ptr<FakeScript> script, const FakeOptions& options) {
  return std::make_unique<FakeBackend>(std::move(script), options);
}

}  // namespace trireme

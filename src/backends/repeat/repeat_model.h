// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <utility>

#include "backend/backend.h"
#include "backends/repeat/repeat_signature.h"
#include "base/clock.h"
#include "base/memory_pool.h"

namespace trireme::repeat {

// Bounds on one request: a client decides for how long a run occupies its instance.
inline constexpr int64_t kMostElements = 65536;                  // of IN
inline constexpr std::chrono::milliseconds kLongestRun{60'000};  // by all of DELAY together, or by WAIT

// How a run waits: a test turns the hands itself.
struct Pause {
  const Clock& clock;
  std::function<void(Duration)> sleep;
};

// Gives back each element of IN in a response of its own, after its DELAY; the run ends WAIT after it began, or with
// its last response if that is later. A run that nobody wants any more ends within 10 ms. Thread-safe.
class RepeatModel final : public OpenModel {
 public:
  // The pool must outlive it.
  RepeatModel(Signature signature, const Places& places, MemoryPool& pool, Pause pause)
      : signature_(std::move(signature)), places_(places), pool_(pool), pause_(std::move(pause)) {}

  const Signature& signature() const override { return signature_; }
  bool decoupled() const override { return true; }
  Result<std::vector<Tensor>> Run(std::span<const Tensor> inputs, std::span<const int> wanted,
                                  std::span<Buffer> destinations) override;
  Status RunDecoupled(std::span<const Tensor> inputs, std::span<const int> wanted, ResponseStream& responses) override;
  MemoryUse memory_use() const override { return {}; }

 private:
  // What one request asks for.
  struct Task {
    std::vector<Tensor> elements;      // one of OUT for each of IN
    std::span<const uint32_t> delays;  // milliseconds: as many, or none
    std::chrono::milliseconds wait{0};
  };
  Result<Task> Read(std::span<const Tensor> inputs) const;
  bool WaitUntil(TimePoint end, ResponseStream& responses) const;
  std::vector<Tensor> Response(const Tensor& element, size_t index, std::span<const int> wanted) const;

  const Signature signature_;
  const Places places_;
  MemoryPool& pool_;
  const Pause pause_;
};

}  // namespace trireme::repeat

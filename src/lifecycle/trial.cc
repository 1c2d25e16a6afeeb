// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/trial.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numeric>
#include <optional>

#include "lifecycle/sample_input.h"
#include "tensor/rows.h"

namespace trireme {
namespace {

// What free dimensions are tried with: an image's side or a sentence's length that most networks take, then smaller and
// larger ones.
constexpr std::array<int64_t, 7> kFreeDims = {64, 32, 224, 16, 1, 320, 512};
constexpr int kRepeats = 3;
// No batch is larger, whatever a config file says it may be.
constexpr int64_t kMostRows = 1024;

// A row that takes a processor this long is bound by computing: no batch makes it cheaper, and measuring that would
// only delay the start.
constexpr Duration kLongRow = std::chrono::milliseconds(20);

constexpr const char* kAsSet = "as it was set";

// A model with what is needed to run it on samples.
class Trial {
 public:
  Trial(OpenModel& model, const Signature& signature, MemoryPool& pool, const Clock& clock)
      : model_(model), signature_(signature), pool_(pool), clock_(clock) {
    wanted_.resize(signature.outputs.size());
    std::iota(wanted_.begin(), wanted_.end(), 0);
  }

  // Finds dimensions that the model takes; the first run of it, which is slow.
  Status FindInput() {
    Status last = InvalidArgument("its input is too large to be made up");
    for (const int64_t dim : kFreeDims) {
      const auto inputs = MakeSampleInputs(signature_, {.rows = 1, .free_dim = dim, .seed = 1}, pool_);
      if (!inputs) continue;
      Result<std::vector<Tensor>> outputs = model_.Run(*inputs, wanted_, {});
      if (outputs.ok()) {
        free_dim_ = dim;
        first_outputs_ = *std::move(outputs);
        for (const Tensor& input : *inputs) row_bytes_ += input.data.size();
        return {};
      }
      last = outputs.status();
    }
    return last;
  }

  // Such a batch once.
  bool RunSample(int64_t rows, int64_t free_dim) {
    const auto inputs = MakeSampleInputs(signature_, {.rows = rows, .free_dim = free_dim, .seed = 1}, pool_);
    return inputs && Run(*inputs).ok();
  }

  // What the input found, which is Sample(1), gave.
  const std::vector<Tensor>& first_outputs() const { return first_outputs_; }

  std::optional<std::vector<Tensor>> Sample(uint64_t seed) const {
    return MakeSampleInputs(signature_, {.rows = 1, .free_dim = free_dim_, .seed = seed}, pool_);
  }

  Result<std::vector<Tensor>> Run(const std::vector<Tensor>& inputs) { return model_.Run(inputs, wanted_, {}); }

  // The shortest of a few runs: the others were interrupted.
  std::optional<Duration> Measure(int64_t rows) { return MeasureSample(rows, free_dim_); }

  std::optional<Duration> MeasureSample(int64_t rows, int64_t free_dim) {
    const auto inputs = MakeSampleInputs(signature_, {.rows = rows, .free_dim = free_dim, .seed = 1}, pool_);
    if (!inputs) return std::nullopt;
    std::optional<Duration> shortest;
    for (int i = 0; i < kRepeats; ++i) {
      const TimePoint begin = clock_.Now();
      if (!Run(*inputs).ok()) return std::nullopt;
      const Duration took = clock_.Now() - begin;
      shortest = shortest ? std::min(*shortest, took) : took;
      if (took > kLongRow) break;  // long enough to be trusted as it is
    }
    return shortest;
  }

  // Of the inputs.
  size_t row_bytes() const { return row_bytes_; }

  int64_t free_dim() const { return free_dim_; }
  MemoryPool& pool() { return pool_; }

 private:
  OpenModel& model_;
  const Signature& signature_;
  MemoryPool& pool_;
  const Clock& clock_;
  std::vector<int> wanted_;
  std::vector<Tensor> first_outputs_;
  int64_t free_dim_ = 1;
  size_t row_bytes_ = 0;
};

// A batch of two, whose first row should come out as it did alone.
struct PairRun {
  std::string why_not_batched;  // empty if it did
  Duration took{0};
};

std::string WhyNotBatched(const Trial& trial, const Signature& signature, const std::vector<Tensor>& together) {
  for (size_t i = 0; i < together.size(); ++i) {
    const std::array<int64_t, 2> rows = {1, 1};
    const Result<std::vector<Tensor>> parts = SplitRows(together[i], rows);
    if (!parts.ok()) return "output '" + signature.outputs[i].name + "': " + parts.status().message();
    if (!NearlyEqual(parts->front(), trial.first_outputs()[i])) {
      return "output '" + signature.outputs[i].name + "' of a row depends on the other rows of its batch";
    }
  }
  return {};
}

PairRun RunPair(Trial& trial, const Signature& signature, const Clock& clock) {
  const auto a = trial.Sample(1);
  const auto b = trial.Sample(2);
  std::vector<Tensor> joined;
  for (size_t i = 0; i < a->size(); ++i) {
    const std::array<const Tensor*, 2> rows = {&(*a)[i], &(*b)[i]};
    joined.push_back(JoinRows(rows, trial.pool()));
  }
  const TimePoint begin = clock.Now();
  const Result<std::vector<Tensor>> together = trial.Run(joined);
  const Duration took = clock.Now() - begin;
  if (!together.ok()) {
    return {.why_not_batched = "it does not take two rows at once (" + together.status().message() + ")", .took = took};
  }
  return {.why_not_batched = WhyNotBatched(trial, signature, *together), .took = took};
}

struct Measured {
  std::vector<Duration> cost;  // as TrialResult
  std::string why_no_larger;   // batches
};

// Doubles the batch for as long as a row still gets cheaper.
Measured MeasureBatches(Trial& trial, const TrialOptions& options, const Clock& clock) {
  const TimePoint end = clock.Now() + options.enough;
  const int64_t most = std::min(options.max_rows > 0 ? options.max_rows : options.most_rows, kMostRows);
  Measured measured{.cost = {}, .why_no_larger = "larger ones were not tried"};
  std::vector<Duration>& cost = measured.cost;
  for (int64_t rows = 1; rows <= most; rows *= 2) {
    if (rows > 1 && trial.row_bytes() > options.most_bytes / static_cast<size_t>(rows)) {
      measured.why_no_larger = "larger ones were not tried, as their inputs are so large";
      break;
    }
    const std::optional<Duration> took = trial.Measure(rows);
    if (!took) {
      measured.why_no_larger = "a run of " + std::to_string(rows) + " rows failed";
      break;
    }
    cost.push_back(*took);
    const bool cheaper = cost.size() < 2 || cost.back() < cost[cost.size() - 2] * 19 / 10;
    if (options.max_rows == 0 && !cheaper) break;
    if (clock.Now() > end) {
      measured.why_no_larger = "larger ones were not tried, as runs take so long";
      break;
    }
  }
  return measured;
}

template <typename T>
bool NearlyEqualAs(const Tensor& a, const Tensor& b) {
  const std::span<const T> x = a.As<T>();
  const std::span<const T> y = b.As<T>();
  double largest = 0;
  for (const T value : x) {
    if (std::isfinite(static_cast<double>(value))) largest = std::max(largest, std::abs(static_cast<double>(value)));
  }
  for (size_t i = 0; i < x.size(); ++i) {
    if (x[i] == y[i] || (std::isnan(x[i]) && std::isnan(y[i]))) continue;
    const double difference = std::abs(static_cast<double>(x[i]) - static_cast<double>(y[i]));
    if (!(difference <= 1e-3 * std::abs(static_cast<double>(x[i])) + 1e-4 * largest)) return false;
  }
  return true;
}

// Sixteen-bit floats by their bits: a few steps apart, on the same side of zero.
bool NearlyEqualHalves(const Tensor& a, const Tensor& b) {
  constexpr int kSteps = 16;
  const std::span<const uint16_t> x = a.As<uint16_t>();
  const std::span<const uint16_t> y = b.As<uint16_t>();
  return std::equal(x.begin(), x.end(), y.begin(),
                    [](uint16_t p, uint16_t q) { return p == q || std::abs(int{p} - int{q}) <= kSteps; });
}

// Whether requests may share a run, and with how many rows.
void TryBatches(Trial& trial, const Signature& signature, const TrialOptions& options, const Clock& clock,
                TrialResult& result) {
  result.why_no_more = kAsSet;
  if (options.max_rows == 1 || (options.max_rows == 0 && options.most_rows <= 1)) return;
  if (!signature.batched) {
    result.why_no_more = "its inputs and outputs do not all have free rows";
    if (options.max_rows > 1) result.note = "requests run alone: " + result.why_no_more;
    return;
  }
  const PairRun pair = RunPair(trial, signature, clock);
  if (!pair.why_not_batched.empty()) {
    result.refuted = true;
    result.why_no_more = pair.why_not_batched;
    result.note = "requests run alone: " + pair.why_not_batched;
    return;
  }
  result.batched = true;
  if (options.max_rows == 0 && options.on_processors && pair.took > 2 * kLongRow) {
    result.why_no_more = "a row takes so long that others would hardly make it cheaper";
    return;
  }
  Measured measured = MeasureBatches(trial, options, clock);
  result.cost = std::move(measured.cost);
  const std::vector<Duration>& cost = result.cost;
  const int64_t largest = cost.empty() ? 1 : int64_t{1} << (cost.size() - 1);
  result.max_rows = options.max_rows > 0 ? options.max_rows : cost.empty() ? 1 : BatchThatPays(cost);
  result.warm_rows = std::min(result.max_rows, largest);
  if (options.max_rows > 0) return;
  result.why_no_more =
      result.max_rows < largest ? "more would hardly make a row cheaper" : std::move(measured.why_no_larger);
}

}  // namespace

bool NearlyEqual(const Tensor& a, const Tensor& b) {
  if (a.type != b.type || a.shape != b.shape || a.data.size() != b.data.size()) return false;
  if (a.type == DataType::kFp32) return NearlyEqualAs<float>(a, b);
  if (a.type == DataType::kFp64) return NearlyEqualAs<double>(a, b);
  if (a.type == DataType::kFp16 || a.type == DataType::kBf16) return NearlyEqualHalves(a, b);
  return a.data.empty() || std::memcmp(a.data.data(), b.data.data(), a.data.size()) == 0;
}

int64_t BatchThatPays(const std::vector<Duration>& cost, double slack) {
  double cheapest = static_cast<double>(cost[0].count());
  const auto per_row = [&](size_t i) { return std::ldexp(static_cast<double>(cost[i].count()), -static_cast<int>(i)); };
  for (size_t i = 1; i < cost.size(); ++i) cheapest = std::min(cheapest, per_row(i));
  size_t smallest = 0;
  while (per_row(smallest) > cheapest * (1 + slack)) ++smallest;
  return int64_t{1} << smallest;
}

TrialResult TryModel(OpenModel& model, const Signature& signature, const TrialOptions& options, MemoryPool& pool,
                     const Clock& clock) {
  TrialResult result;
  Trial trial(model, signature, pool, clock);
  if (const Status found = trial.FindInput(); !found.ok()) {
    result.why_no_more = "it does not take made-up input (" + found.message() + ")";
    result.note = "no trial run: " + result.why_no_more + "; requests run alone";
    return result;
  }
  result.ran = true;
  result.free_dim = trial.free_dim();
  result.row_bytes = trial.row_bytes();
  TryBatches(trial, signature, options, clock, result);
  if (!result.cost.empty()) return result;
  if (const std::optional<Duration> row = trial.Measure(1)) result.cost = {*row};
  return result;
}

std::optional<Duration> MeasureRow(OpenModel& model, const Signature& signature, const TrialResult& tried,
                                   MemoryPool& pool, const Clock& clock) {
  Trial trial(model, signature, pool, clock);
  return trial.RunSample(1, tried.free_dim) ? trial.MeasureSample(1, tried.free_dim) : std::nullopt;
}

bool WarmUpAsTried(OpenModel& model, const Signature& signature, const TrialResult& tried, MemoryPool& pool) {
  Trial trial(model, signature, pool, Clock::System());
  return trial.RunSample(1, tried.free_dim) &&
         (tried.warm_rows == 1 || trial.RunSample(tried.warm_rows, tried.free_dim));
}

}  // namespace trireme

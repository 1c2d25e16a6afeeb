// SPDX-License-Identifier: Apache-2.0
#include "bench/goodput_search.h"

#include <algorithm>
#include <cmath>

namespace trireme::bench {
namespace {

constexpr double kDoubt = 0.05;
constexpr double kStep = 2;  // outwards, as long as only one side is known

// log P(X = k) of a binomial distribution.
double LogProbability(double n, double k, double p) {
  return std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) + k * std::log(p) + (n - k) * std::log1p(-p);
}

// P(X <= k), for k below the mean: terms fall from k downwards.
double LowerTail(double n, double k, double p) {
  double term = std::exp(LogProbability(n, k, p));
  double sum = term;
  for (; k > 0 && term > sum * 1e-9; --k) {
    term *= k / (n - k + 1) * (1 - p) / p;
    sum += term;
  }
  return sum;
}

// P(X >= k), for k above the mean: terms fall from k upwards.
double UpperTail(double n, double k, double p) {
  double term = std::exp(LogProbability(n, k, p));
  double sum = term;
  for (; k < n && term > sum * 1e-9; ++k) {
    term *= (n - k) / (k + 1) * p / (1 - p);
    sum += term;
  }
  return sum;
}

}  // namespace

Verdict Judge(uint64_t requests, uint64_t misses, double quantile) {
  if (requests == 0) return Verdict::kOpen;
  const auto n = static_cast<double>(requests);
  const auto k = static_cast<double>(std::min(misses, requests));
  const double p = 1 - quantile;
  if (k < n * p) return LowerTail(n, k, p) <= kDoubt ? Verdict::kKept : Verdict::kOpen;
  return UpperTail(n, k, p) <= kDoubt ? Verdict::kMissed : Verdict::kOpen;
}

uint64_t FewestRequests(double quantile) {
  return static_cast<uint64_t>(std::ceil(std::log(kDoubt) / std::log(quantile)));
}

uint64_t MostMisses(uint64_t requests, double quantile) {
  // Between the share that is allowed and all of them the verdict changes once.
  auto low = static_cast<uint64_t>(static_cast<double>(requests) * (1 - quantile));
  uint64_t high = requests;
  while (low < high) {
    const uint64_t middle = low + (high - low + 1) / 2;
    if (Judge(requests, middle, quantile) == Verdict::kMissed) {
      high = middle - 1;
    } else {
      low = middle;
    }
  }
  return low;
}

GoodputSearch::GoodputSearch(const Options& options) : options_(options) {}

double GoodputSearch::kept() const {
  return kept_.empty() ? 0 : kept_.rbegin()->first;
}

std::optional<double> GoodputSearch::missed() const {
  if (missed_.empty()) return std::nullopt;
  return missed_.begin()->first;
}

std::optional<GoodputSearch::Step> GoodputSearch::Next() const {
  if (tries_ >= options_.most_tries) return std::nullopt;
  if (tries_ == 0) return Step{.rate = std::clamp(options_.first, options_.least, options_.most)};
  if (const std::optional<double> further = Further()) return Step{.rate = *further};
  if (!kept_.empty() && !kept_.rbegin()->second) return Step{.rate = kept(), .is_final = true};
  if (!missed_.empty() && !missed_.begin()->second) return Step{.rate = *missed(), .is_final = true};
  return std::nullopt;
}

// Away from what is known; nothing: that is narrow enough.
std::optional<double> GoodputSearch::Further() const {
  if (missed_.empty()) {
    if (kept() >= options_.most) return std::nullopt;
    return std::min(kept() * kStep, options_.most);
  }
  if (kept_.empty()) {
    if (*missed() <= options_.least) return std::nullopt;
    return std::max(*missed() / kStep, options_.least);
  }
  if (*missed() <= kept() * (1 + options_.tolerance)) return std::nullopt;
  return std::sqrt(kept() * *missed());
}

void GoodputSearch::Tried(const Step& step, bool kept) {
  ++tries_;
  // The last try of a rate counts; what was said of lower or higher ones and does not go with it was chance.
  if (kept) {
    missed_.erase(missed_.begin(), missed_.upper_bound(step.rate));
    kept_[step.rate] = step.is_final;
  } else {
    kept_.erase(kept_.lower_bound(step.rate), kept_.end());
    missed_[step.rate] = step.is_final;
  }
}

}  // namespace trireme::bench

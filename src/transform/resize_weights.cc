// SPDX-License-Identifier: Apache-2.0
#include "transform/resize_weights.h"

#include <algorithm>
#include <cmath>

namespace trireme::transform {
namespace {

double Triangle(double x) {
  return std::max(0.0, 1.0 - std::fabs(x));
}

// Keys' cubic convolution with a = -1/2.
double Cubic(double x) {
  constexpr double kA = -0.5;
  x = std::fabs(x);
  if (x < 1) return ((kA + 2) * x - (kA + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * kA;
  return 0;
}

struct Kernel {
  double (*value)(double);
  double reach;  // zero beyond
};

Kernel KernelOf(Filter filter) {
  if (filter == Filter::kBicubic) return {.value = Cubic, .reach = 2};
  return {.value = Triangle, .reach = 1};
}

// Below zero up rather than to the nearest, as the reference does; that is no pixel anyway.
int64_t NearestEdge(double x) {
  return static_cast<int64_t>(x + 0.5);  // NOLINT(bugprone-incorrect-roundings): on purpose
}

// Where the new pixels of a side lie on the old ones.
class Coverage {
 public:
  Coverage(const ResizeSide& side, const Kernel& kernel)
      : pixels_(side.pixels),
        scale_(side.source / static_cast<double>(side.to)),
        widened_(std::max(1.0, scale_)),
        reach_(kernel.reach * widened_) {}

  double widened() const { return widened_; }
  double Centre(int64_t i) const { return (static_cast<double>(i) + 0.5) * scale_; }
  PixelRange Under(int64_t i) const {
    return {.begin = std::max<int64_t>(0, NearestEdge(Centre(i) - reach_)),
            .end = std::min(pixels_, NearestEdge(Centre(i) + reach_))};
  }

 private:
  const int64_t pixels_;
  const double scale_;
  const double widened_;
  const double reach_;
};

int32_t Rounded(double weight) {
  constexpr double kOne = 1 << ResizeWeights::kBits;
  return static_cast<int32_t>(weight * kOne + (weight < 0 ? -0.5 : 0.5));
}

void Append(const std::vector<double>& taps, ResizeWeights& weights) {
  constexpr int32_t kLowMask = (1 << ResizeWeights::kLowBits) - 1;
  const size_t group = weights.groups.size();
  weights.groups.resize(group + (taps.size() + ResizeWeights::kGroup - 1) / ResizeWeights::kGroup);
  for (size_t i = 0; i < taps.size(); ++i) {
    ResizeWeights::Group& to = weights.groups[group + i / ResizeWeights::kGroup];
    const int32_t weight = Rounded(taps[i]);
    to.low[i % ResizeWeights::kGroup] = static_cast<int16_t>(weight & kLowMask);
    to.high[i % ResizeWeights::kGroup] = static_cast<int16_t>(weight >> ResizeWeights::kLowBits);
  }
}

}  // namespace

PixelRange NeededPixels(const ResizeSide& side, Filter filter) {
  const Coverage coverage(side, KernelOf(filter));
  return {.begin = coverage.Under(side.offset).begin, .end = coverage.Under(side.offset + side.count - 1).end};
}

ResizeWeights MakeResizeWeights(const ResizeSide& side, Filter filter) {
  const Kernel kernel = KernelOf(filter);
  const Coverage coverage(side, kernel);
  // A factor rather than a division below: the last bit of a weight depends on it.
  const double narrow = 1.0 / coverage.widened();
  ResizeWeights weights;
  weights.taps.reserve(static_cast<size_t>(side.count));
  std::vector<double> values;
  for (int64_t i = side.offset; i < side.offset + side.count; ++i) {
    const double centre = coverage.Centre(i);
    const PixelRange under = coverage.Under(i);
    values.clear();
    double sum = 0;
    for (int64_t x = under.begin; x < under.end; ++x) {
      values.push_back(kernel.value((static_cast<double>(x) - centre + 0.5) * narrow));
      sum += values.back();
    }
    if (sum != 0) {
      for (double& value : values) value /= sum;
    }
    weights.taps.push_back(
        {.first = under.begin - side.present.begin, .count = under.end - under.begin, .group = weights.groups.size()});
    Append(values, weights);
  }
  return weights;
}

}  // namespace trireme::transform

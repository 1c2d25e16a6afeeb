// SPDX-License-Identifier: Apache-2.0
#include "scheduler/testing/measured_models.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>
#include <utility>

#include "base/check.h"

namespace trireme::simulation {
namespace {

Duration Ms(double ms) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::milli>(ms));
}

double Seconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}

// On a processor a row costs the same in any batch; on both processors a run is shorter, and wastes some of them.
MeasuredModel Cpu(const std::string& name, double narrow_ms, double wide_ms, double goal_ms) {
  constexpr double kCallMs = 0.02;
  MeasuredModel made{.name = name + ", CPU", .curve = {}, .goal = Ms(goal_ms)};
  made.curve.narrow = [=](int64_t rows) { return Ms(kCallMs + narrow_ms * static_cast<double>(rows)); };
  made.curve.wide = [=](int64_t rows) { return Ms(kCallMs + wide_ms * static_cast<double>(rows)); };
  made.peak = 2 * 1000 * 32 / (kCallMs + narrow_ms * 32);
  return made;
}

// Flat to a batch of 32, as a GPU that one row does not fill.
MeasuredModel Gpu(const std::string& name, double one_ms, double goal_ms) {
  MeasuredModel made{.name = name + ", GPU", .curve = {}, .processors = 1, .goal = Ms(goal_ms), .is_gpu = true};
  made.curve.narrow = [=](int64_t rows) { return Ms(one_ms * (1 + 0.006 * static_cast<double>(rows - 1))); };
  made.peak = 1000 * 32 / (one_ms * (1 + 0.006 * 31));
  return made;
}

MeasuredModel Varying(MeasuredModel made, double by) {
  made.curve.vary = by;
  return made;
}

}  // namespace

std::vector<MeasuredModel> MeasuredModels() {
  return {Cpu("tiny", 0.02, 0.02, 100),
          Cpu("MobileNetV3", 6.7, 4.3, 100),
          Cpu("ParticleNet", 10.1, 6.6, 100),
          Cpu("ResNet50", 78, 43, 400),
          Cpu("BERT-base 128", 244, 132, 1000),
          Varying(Cpu("detector", 300, 170, 3000), 3),
          Gpu("MobileNetV3", 1.2, 100),
          Gpu("ParticleNet", 2, 100),
          Gpu("ResNet50", 3, 100),
          Gpu("BERT-base 128", 6, 100),
          Gpu("tiny", 0.1, 100),
          Varying(Gpu("detector", 25, 200), 3),
          Gpu("ResNet50 tight", 10, 25)};
}

MeasuredModel Measured(std::string_view name) {
  const std::vector<MeasuredModel> models = MeasuredModels();
  const auto found = std::ranges::find(models, name, &MeasuredModel::name);
  CHECK(found != models.end());
  return *found;
}

Rate Steady(double rate) {
  return [=](Duration) { return rate; };
}

Rate Bursts(double rate) {
  return [=](Duration since) { return std::fmod(Seconds(since), 60) >= 50 ? rate * 10 : rate; };
}

Rate Drifting(double rate) {
  return [=](Duration since) { return rate * (1 + 0.8 * std::sin(Seconds(since) / 120 * 2 * std::numbers::pi)); };
}

Rate Faster(Rate rate, int times) {
  return [rate = std::move(rate), times](Duration since) { return rate(since * times); };
}

}  // namespace trireme::simulation

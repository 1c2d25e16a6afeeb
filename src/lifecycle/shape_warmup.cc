// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/shape_warmup.h"

#include <cstdint>
#include <numeric>
#include <optional>
#include <vector>

#include "lifecycle/sample_input.h"
#include "lifecycle/warmup.h"
#include "repository/warmup_bytes.h"

namespace trireme {
namespace {

bool IsLeftOut(const TensorSpec& input, const Shape& shape) {
  return input.optional && shape.rank() == 0 && input.shape.rank() > 0;
}

bool Fits(const Signature& signature, const InputShapes& shapes) {
  if (shapes.size() != signature.inputs.size()) return false;
  int64_t all_bytes = 0;
  for (size_t i = 0; i < shapes.size(); ++i) {
    const TensorSpec& input = signature.inputs[i];
    if (IsLeftOut(input, shapes[i])) continue;
    if (!input.shape.Accepts(shapes[i])) return false;
    const std::optional<int64_t> bytes = WarmupBytes(input.type, shapes[i], 1);
    if (!bytes) return false;
    all_bytes += *bytes;
  }
  return all_bytes <= kMaxWarmupBytes;
}

std::vector<Tensor> MakeInputs(const Signature& signature, const InputShapes& shapes, MemoryPool& pool) {
  std::vector<Tensor> inputs;
  for (size_t i = 0; i < shapes.size(); ++i) {
    const TensorSpec& input = signature.inputs[i];
    inputs.push_back(IsLeftOut(input, shapes[i]) ? Tensor{.type = input.type, .shape = {}, .data = {}}
                                                 : MakeSampleTensor(input.type, shapes[i], /*seed=*/i + 1, pool));
  }
  return inputs;
}

std::string TextOf(const InputShapes& shapes) {
  std::string text;
  for (const Shape& shape : shapes) text += (text.empty() ? "" : ", ") + shape.ToString();
  return text;
}

}  // namespace

ShapeWarmup WarmUpShapes(OpenModel& model, const Signature& signature, std::span<const InputShapes> shapes,
                         const InputShapes& tried, MemoryPool& pool, const std::function<bool()>& enough) {
  std::vector<int> wanted(signature.outputs.size());
  std::iota(wanted.begin(), wanted.end(), 0);
  ShapeWarmup result;
  for (const InputShapes& one : shapes) {
    if (!Fits(signature, one)) continue;
    if (one == tried) {
      ++result.warm;
      continue;
    }
    if (enough()) {
      result.is_done = false;
      return result;
    }
    const Status ran = RunUnread(model, MakeInputs(signature, one, pool), wanted, enough);
    ++(ran.ok() ? result.warm : result.failed);
    if (!ran.ok() && result.why.empty()) result.why = TextOf(one) + ": " + ran.message();
  }
  return result;
}

}  // namespace trireme

// SPDX-License-Identifier: Apache-2.0
#include "backends/repeat/repeat_model.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "tensor/bytes_elements.h"

namespace trireme::repeat {
namespace {

// After which a run looks whether anybody still wants it.
constexpr Duration kSlice = std::chrono::milliseconds(10);

// An input that a request may leave out, or that the model does not have.
const Tensor* Given(std::span<const Tensor> inputs, int place) {
  if (place < 0) return nullptr;
  const Tensor& tensor = inputs[static_cast<size_t>(place)];
  return tensor.shape.rank() == 0 ? nullptr : &tensor;
}

Status TooLong(const std::string& what, uint64_t milliseconds) {
  return InvalidArgument(what + ": expected at most " + std::to_string(kLongestRun.count()) + " milliseconds, found " +
                         std::to_string(milliseconds));
}

// Each element as a tensor of its own, which views `in`.
Result<std::vector<Tensor>> Elements(const Tensor& in) {
  std::vector<Tensor> elements;
  elements.reserve(static_cast<size_t>(in.shape[0]));
  BytesReader strings(in.data.bytes());
  for (int64_t i = 0; i < in.shape[0]; ++i) {
    size_t bytes = ElementBytes(in.type);
    size_t begin = static_cast<size_t>(i) * bytes;
    if (in.type == DataType::kBytes) {
      begin = strings.offset();
      if (!strings.Next()) return InvalidArgument("IN: element " + std::to_string(i) + " is cut off");
      bytes = strings.offset() - begin;
    }
    elements.push_back({.type = in.type, .shape = {1}, .data = in.data.Slice(begin, bytes)});
  }
  return elements;
}

}  // namespace

Result<std::vector<Tensor>> RepeatModel::Run(std::span<const Tensor> /*inputs*/, std::span<const int> /*wanted*/,
                                             std::span<Buffer> /*destinations*/) {
  return Internal("a repeat model gives several responses a request");
}

Status RepeatModel::RunDecoupled(std::span<const Tensor> inputs, std::span<const int> wanted,
                                 ResponseStream& responses) {
  const TimePoint begin = pause_.clock.Now();
  ASSIGN_OR_RETURN(const Task task, Read(inputs));
  for (size_t i = 0; i < task.elements.size(); ++i) {
    const std::chrono::milliseconds delay(task.delays.empty() ? 0 : task.delays[i]);
    if (!WaitUntil(pause_.clock.Now() + delay, responses)) return {};
    if (!responses.Send(Response(task.elements[i], i, wanted))) return {};
  }
  WaitUntil(begin + task.wait, responses);
  return {};
}

Result<RepeatModel::Task> RepeatModel::Read(std::span<const Tensor> inputs) const {
  Task task;
  const Tensor& in = inputs[static_cast<size_t>(places_.in)];
  if (in.shape[0] > kMostElements) {
    return InvalidArgument("IN: expected at most " + std::to_string(kMostElements) + " elements, found " +
                           std::to_string(in.shape[0]));
  }
  if (const Tensor* delay = Given(inputs, places_.delay)) {
    if (delay->shape != in.shape) {
      return InvalidArgument("DELAY: expected the shape of IN, " + in.shape.ToString() + ", found " +
                             delay->shape.ToString());
    }
    task.delays = delay->As<uint32_t>();
    uint64_t sum = 0;  // of 65536 numbers of 32 bits
    for (const uint32_t milliseconds : task.delays) sum += milliseconds;
    if (sum > static_cast<uint64_t>(kLongestRun.count())) return TooLong("DELAY, all together", sum);
  }
  if (const Tensor* wait = Given(inputs, places_.wait)) {
    task.wait = std::chrono::milliseconds(wait->As<uint32_t>().front());
    if (task.wait > kLongestRun) return TooLong("WAIT", static_cast<uint64_t>(task.wait.count()));
  }
  ASSIGN_OR_RETURN(task.elements, Elements(in));
  return task;
}

// False if nobody wants the rest any more.
bool RepeatModel::WaitUntil(TimePoint end, ResponseStream& responses) const {
  while (responses.Wanted()) {
    const TimePoint now = pause_.clock.Now();
    if (now >= end) return true;
    pause_.sleep(std::min<Duration>(end - now, kSlice));
  }
  return false;
}

std::vector<Tensor> RepeatModel::Response(const Tensor& element, size_t index, std::span<const int> wanted) const {
  std::vector<Tensor> outputs;
  outputs.reserve(wanted.size());
  for (const int output : wanted) {
    if (output == places_.out) {
      outputs.push_back(element);
    } else {
      outputs.push_back(MakeTensor(pool_, DataType::kUint32, {1}));
      outputs.back().MutableAs<uint32_t>().front() = static_cast<uint32_t>(index);
    }
  }
  return outputs;
}

}  // namespace trireme::repeat

// SPDX-License-Identifier: Apache-2.0
#include "backends/torch/execution.h"

#include <ctime>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "backends/torch/torch_error.h"

namespace trireme::torch_backend {
namespace {

using Nanoseconds = std::chrono::nanoseconds;
using Results = std::vector<NamedResult>;
using Execution = Settings::Execution;

// The interpreter looks at the first runs and rewrites the program after them.
constexpr int kFirstRuns = 2;
constexpr int kMostRuns = 20;
constexpr Nanoseconds kEnough = std::chrono::milliseconds(150);
// Of runs that take so long one each tells enough.
constexpr Nanoseconds kLongRun = std::chrono::milliseconds(500);
// A start is not to be delayed by a few of these.
constexpr Nanoseconds kTooLongRun = std::chrono::seconds(3);
// Forms other than the plain one have weights twice, some of them for good.
constexpr uint64_t kMostTwice = uint64_t{512} << 20;
constexpr double kClearly = 0.92;  // of the plain one's time
constexpr double kTolerance = 1e-3;

Nanoseconds ThreadTime() {
  timespec now = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + Nanoseconds(now.tv_nsec);
}

struct Timed {
  Results results;
  Nanoseconds run{0};  // the shortest: the others were interrupted
};

Result<Timed> Time(const Program& program, const std::vector<at::Tensor>& sample) {
  Timed timed;
  Nanoseconds sum{0};
  for (int i = 0; i < kMostRuns; ++i) {
    const Nanoseconds begin = ThreadTime();
    ASSIGN_OR_RETURN(timed.results, program.Try(sample));
    const Nanoseconds took = ThreadTime() - begin;
    sum += took;
    if (i == 0 || took < timed.run) timed.run = took;
    if (took > kLongRun || (i >= kFirstRuns && sum > kEnough)) break;
  }
  return timed;
}

Result<std::unique_ptr<const Program>> Make(const Program& plain, torch::jit::Module source, Execution execution) {
  return Guarded(During::kLoad, [&]() -> Result<std::unique_ptr<const Program>> {
    torch::jit::Module module =
        execution == Execution::kFreeze ? torch::jit::freeze(source) : torch::jit::optimize_for_inference(source);
    return std::make_unique<const Program>(std::move(module), plain.plan(), plain.options());
  });
}

Result<std::unique_ptr<const Program>> MakeAnew(const Program& plain, Execution execution,
                                                const ChoiceOptions& options) {
  ASSIGN_OR_RETURN(torch::jit::Module source, options.read_again());
  return Make(plain, std::move(source), execution);
}

std::string Milliseconds(Nanoseconds time) {
  std::array<char, 32> text;
  const int length = std::snprintf(text.data(), text.size(), "%.3g ms", static_cast<double>(time.count()) / 1e6);
  return {text.data(), static_cast<size_t>(length)};
}

void AddConstants(const torch::jit::Block& block, std::set<const void*>& seen, uint64_t& bytes) {
  for (const torch::jit::Node* node : block.nodes()) {
    if (node->kind() == c10::prim::Constant && node->hasAttribute(c10::attr::value) &&
        node->kindOf(c10::attr::value) == torch::jit::AttributeKind::t) {
      const at::Tensor& tensor = node->t(c10::attr::value);
      if (seen.insert(tensor.unsafeGetTensorImpl()).second) {
        bytes += static_cast<uint64_t>(tensor.numel()) * tensor.element_size();
      }
    }
    for (const torch::jit::Block* inner : node->blocks()) AddConstants(*inner, seen, bytes);
  }
}

bool NearlySame(const at::Tensor& a, const at::Tensor& b) {
  if (a.scalar_type() != b.scalar_type() || a.sizes() != b.sizes()) return false;
  if (!at::isFloatingType(a.scalar_type())) return a.equal(b);
  if (a.numel() == 0) return true;
  const at::Tensor x = a.to(at::kDouble);
  const at::Tensor y = b.to(at::kDouble);
  const double scale = at::nan_to_num(x.abs(), 0, 0, 0).max().item<double>();
  return at::allclose(x, y, kTolerance, kTolerance * std::max(scale, 1e-6), /*equal_nan=*/true);
}

}  // namespace

uint64_t TensorBytes(const torch::jit::Module& module) {
  std::set<const void*> seen;
  uint64_t bytes = 0;
  const auto add = [&](const at::Tensor& tensor) {
    if (!tensor.defined() || !tensor.has_storage() || !seen.insert(tensor.storage().unsafeGetStorageImpl()).second) {
      return;
    }
    bytes += tensor.storage().nbytes();
  };
  for (const at::Tensor& tensor : module.parameters()) add(tensor);
  for (const at::Tensor& tensor : module.buffers()) add(tensor);
  AddConstants(*module.get_method("forward").graph()->block(), seen, bytes);
  return bytes;
}

bool NearlySame(const Results& a, const Results& b) {
  return std::ranges::equal(a, b, [](const NamedResult& x, const NamedResult& y) {
    return x.name == y.name && NearlySame(x.tensor, y.tensor);
  });
}

Result<ChosenProgram> ChooseExecution(std::unique_ptr<const Program> plain, const ChoiceOptions& options) {
  if (options.wanted != Execution::kAuto) {
    ChosenProgram chosen{.program = std::move(plain), .execution = options.wanted, .why = "as its config says"};
    if (options.wanted == Execution::kPlain) return chosen;
    ASSIGN_OR_RETURN(chosen.program, Make(*chosen.program, chosen.program->module(), options.wanted));
    return chosen;
  }
  ChosenProgram chosen{.program = std::move(plain), .execution = Execution::kPlain, .why = ""};
  if (options.keeps_state) {
    chosen.why = "it keeps state, which runs for timing would change";
    return chosen;
  }
  if (options.sample.empty()) {
    chosen.why = "there is nothing to try others on";
    return chosen;
  }
  if (options.weight_bytes > kMostTwice) {
    chosen.why = "other forms would take its weights' memory twice";
    return chosen;
  }
  const Program* const first = chosen.program.get();
  ASSIGN_OR_RETURN(const Timed reference, Time(*first, options.sample));
  chosen.why = "plain " + Milliseconds(reference.run);
  if (reference.run > kTooLongRun) return chosen;
  Nanoseconds limit(static_cast<int64_t>(static_cast<double>(reference.run.count()) * kClearly));
  std::unique_ptr<const Program> best;
  Nanoseconds shortest{0};
  for (const Execution execution : {Execution::kFreeze, Execution::kOfi}) {
    Result<std::unique_ptr<const Program>> made = MakeAnew(*first, execution, options);
    if (!made.ok()) continue;  // a module that cannot be brought into that form is no worse for it
    const Result<Timed> timed = Time(**made, options.sample);
    if (!timed.ok()) continue;
    chosen.why += ", " + std::string(Name(execution)) + " " + Milliseconds(timed->run);
    const Result<bool> same =
        Guarded(During::kRun, [&]() -> Result<bool> { return NearlySame(reference.results, timed->results); });
    if (!same.ok() || !*same) {
      chosen.why += " but not the same";
      continue;
    }
    if (timed->run > limit) continue;
    shortest = timed->run;
    limit = Nanoseconds(static_cast<int64_t>(static_cast<double>(timed->run.count()) * kClearly));
    best = std::move(made).value();
    chosen.execution = execution;
  }
  if (best == nullptr) return chosen;
  // The first to be timed met memory that nobody had touched: what decides is the plain one again.
  ASSIGN_OR_RETURN(const Timed again, Time(*first, options.sample));
  chosen.why += ", plain again " + Milliseconds(again.run);
  if (static_cast<double>(shortest.count()) > static_cast<double>(again.run.count()) * kClearly) {
    chosen.execution = Execution::kPlain;
  } else {
    chosen.program = std::move(best);
  }
  return chosen;
}

}  // namespace trireme::torch_backend

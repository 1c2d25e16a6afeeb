// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/full_warmup.h"

#include <utility>

#include "lifecycle/sample_input.h"
#include "lifecycle/shape_warmup.h"
#include "lifecycle/warmup.h"

namespace trireme {
namespace {

std::string Count(size_t count, const std::string& one, const std::string& several) {
  return std::to_string(count) + " " + (count == 1 ? one : several);
}

// What the trial ran it with first.
InputShapes TriedShapes(const Signature& signature, const TrialResult& trial) {
  InputShapes shapes;
  for (const TensorSpec& input : signature.inputs) {
    shapes.push_back(SampleShape(signature, input, {.rows = 1, .free_dim = trial.free_dim}));
  }
  return shapes;
}

// What was done, while it is being done.
class Round {
 public:
  Round(OpenModel& model, const WarmupPlan& plan, MemoryPool& pool, const std::function<bool()>& enough)
      : model_(model), plan_(plan), pool_(pool), enough_(enough) {}

  Status RunSamples() {
    const std::vector<WarmupSample>& samples = plan_.entry.config.warmup;
    ASSIGN_OR_RETURN(report_.is_done, WarmUp(model_, plan_.signature, samples, pool_, enough_));
    if (report_.is_done) Say(samples.size(), "sample of model_warmup", "samples of model_warmup");
    return {};
  }

  Status RunRecordedRequests() {
    if (!report_.is_done || !plan_.read_request) return {};
    ASSIGN_OR_RETURN(const RequestWarmup requests,
                     WarmUpRequests(model_, plan_.entry, Target(), plan_.read_request, pool_, enough_));
    report_.is_done = requests.is_done;
    Say(static_cast<size_t>(requests.ran), "recorded request", "recorded requests");
    return {};
  }

  Status RunLogs() {
    if (!report_.is_done || !plan_.read_log) return {};
    ASSIGN_OR_RETURN(LogWarmup logs, WarmUpLogs(model_, plan_.entry, Target(), plan_.read_log, pool_, enough_));
    report_.is_done = logs.is_done;
    report_.others = std::move(logs.others);
    Say(static_cast<size_t>(logs.ran), "logged request", "logged requests");
    return {};
  }

  void RunShapes() {
    if (!report_.is_done || !plan_.trial.ran || model_.decoupled()) return;
    const ShapeWarmup shapes = WarmUpShapes(model_, plan_.model_signature, plan_.in_use,
                                            TriedShapes(plan_.model_signature, plan_.trial), pool_, enough_);
    report_.is_done = shapes.is_done;
    Say(static_cast<size_t>(shapes.warm), "shape of earlier requests", "shapes of earlier requests");
    if (shapes.failed == 0) return;
    report_.not_warm =
        "not warm with " +
        Count(static_cast<size_t>(shapes.failed), "shape of earlier requests", "shapes of earlier requests") +
        ": made-up input of " + shapes.why;
  }

  WarmupReport report() && { return std::move(report_); }

 private:
  RequestTarget Target() const {
    return {.model = plan_.entry.id.name,
            .signature = plan_.signature,
            .max_request_rows = plan_.entry.config.max_request_rows,
            .file = plan_.file,
            .is_default = plan_.is_default};
  }

  void Say(size_t count, const std::string& one, const std::string& several) {
    if (count == 0) return;
    report_.what += (report_.what.empty() ? "warmed up with " : ", ") + Count(count, one, several);
  }

  OpenModel& model_;
  const WarmupPlan& plan_;
  MemoryPool& pool_;
  const std::function<bool()>& enough_;
  WarmupReport report_;
};

}  // namespace

Result<WarmupReport> WarmUpFully(OpenModel& model, const WarmupPlan& plan, MemoryPool& pool,
                                 const std::function<bool()>& enough) {
  Round round(model, plan, pool, enough);
  RETURN_IF_ERROR(round.RunSamples());
  RETURN_IF_ERROR(round.RunRecordedRequests());
  RETURN_IF_ERROR(round.RunLogs());
  round.RunShapes();
  return std::move(round).report();
}

}  // namespace trireme

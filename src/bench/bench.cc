// SPDX-License-Identifier: Apache-2.0
#include "bench/bench.h"

#include <memory>
#include <optional>
#include <utility>

#include "bench/capacity.h"
#include "bench/compare.h"
#include "bench/interrupts.h"
#include "bench/report.h"
#include "bench/report_file.h"
#include "bench/report_text.h"
#include "bench/server_target.h"

namespace trireme::bench {
namespace {

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;

Result<Report> Measure(const BenchOptions& options) {
  std::optional<Interrupts> interrupts;  // outlives the target, which gives shared memory back
  ASSIGN_OR_RETURN(const std::unique_ptr<ServerTarget> target, ServerTarget::Open(options));
  // From here on a Ctrl-C ends the load, not the process.
  interrupts.emplace();
  LoadPlan plan = PlanOf(options);
  plan.stop_fd = interrupts->fd();
  ASSIGN_OR_RETURN(const LoadResult load, target->Run(std::move(plan)));
  return Summarize(options, target->workload(), target->context(), load);
}

int Fail(const Status& status, std::ostream& err) {
  err << "trireme: " << Visible(status.message()) << '\n';
  return kExitFailed;
}

int RunCapacity(const BenchOptions& options, std::ostream& out, std::ostream& err) {
  const Result<CapacityReport> report = MeasureCapacity(options, err);
  if (!report.ok()) return Fail(report.status(), err);
  out << (options.json ? Json(*report) : Table(*report)) << std::flush;
  if (const Status status = WriteReports(options.reports, *report); !status.ok()) return Fail(status, err);
  return 0;
}

// A comparison of one.
int RunGoodput(const BenchOptions& options, std::ostream& out, std::ostream& err) {
  const CompareOptions search{.targets = {{.name = "server", .ask = options}},
                              .loads = {{.kind = CompareLoad::Kind::kGoodput, .load = options}},
                              .rounds = 1,
                              .warm_up = options.warm_up,
                              .window = options.window,
                              .timeout = options.timeout,
                              .seed = options.seed,
                              .json = options.json,
                              .reports = options.reports};
  return RunCompare(search, nullptr, out, err);
}

}  // namespace

int RunBench(const BenchOptions& options, std::ostream& out, std::ostream& err) {
  if (const Status status = Check(options); !status.ok()) {
    err << "trireme: " << status.message() << '\n';
    return kExitUsage;
  }
  if (const Status status = CheckReports(options.reports); !status.ok()) {
    err << "trireme: " << status.message() << '\n';
    return kExitUsage;
  }
  if (!options.capacity_models.empty()) return RunCapacity(options, out, err);
  if (options.goodput) return RunGoodput(options, out, err);
  const Result<Report> report = Measure(options);
  if (!report.ok()) return Fail(report.status(), err);
  out << (options.json ? Json(*report) : Table(*report)) << std::flush;
  if (const Status status = WriteReports(options.reports, *report); !status.ok()) return Fail(status, err);
  // Interrupted by a person is no failure; ended by an overrun is one.
  if (report->early_end && report->early_end->why == EarlyEnd::Why::kOverrun) return kExitFailed;
  return report->failed == 0 && report->requests > 0 && report->keeps_goal() ? 0 : kExitFailed;
}

}  // namespace trireme::bench

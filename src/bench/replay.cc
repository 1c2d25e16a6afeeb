// SPDX-License-Identifier: Apache-2.0
#include "bench/replay.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "bench/answer_store.h"
#include "bench/grpc_carrier.h"
#include "bench/http_carrier.h"
#include "bench/interrupts.h"
#include "bench/load.h"
#include "bench/replay_report.h"
#include "bench/replay_requests.h"
#include "bench/report_text.h"
#include "client/inference_client.h"
#include "client/kserve_grpc_client.h"
#include "client/url.h"
#include "wire/kserve/metadata.h"

namespace trireme::bench {
namespace {

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;
constexpr std::chrono::milliseconds kLeastPatience = std::chrono::seconds(10);

// One of the servers, and what it is sent.
struct Target {
  BenchOptions options;
  client::Url url;
  client::ClientOptions access;
  client::Endpoint endpoint;
  client::GrpcHead head;
  kserve::ServerMetadata server;  // as it calls itself; empty: it does not say
  ReplayRequests requests;
};

Result<Target> Prepare(const ReplayOptions& replay, BenchOptions options, MemoryPool& pool) {
  Target target;
  target.options = std::move(options);
  ASSIGN_OR_RETURN(target.url, client::ParseUrl(target.options.url));
  target.access.timeout = std::max(target.options.timeout, kLeastPatience);
  ASSIGN_OR_RETURN(target.access.api_key, ReadApiKey(target.options));
  if (target.url.tls) {
    ASSIGN_OR_RETURN(target.access.tls, client::TlsClient::Make(target.options.tls, target.url.host));
  }
  ASSIGN_OR_RETURN(target.requests, ReadReplayRequests(replay, target.options, target.url, target.access, pool));
  if (target.requests.lines.empty()) return InvalidArgument("'" + replay.file + "': expected requests, found none");
  ASSIGN_OR_RETURN(target.endpoint, client::Resolve(target.url, target.access.tls));
  target.head =
      client::PrepareCall(target.url, client::kModelInfer, target.options.timeout, client::MetadataOf(target.access));
  if (auto server = client::MakeInferenceClient(target.url, target.access)->Server(); server.ok()) {
    target.server = *std::move(server);
  }
  return target;
}

// Over HTTP each connection has one call at a time.
size_t CallsOf(const Target& target) {
  return target.url.grpc ? static_cast<size_t>(target.options.calls) : 1;
}

// Whether a server says that the request is wrong, and not that it cannot answer it now.
bool IsRefusal(const CallEnd& end) {
  constexpr std::array<std::string_view, 9> kRefusals = {
      "HTTP 400",       "HTTP 404",           "HTTP 413",         "HTTP 415", "HTTP 422", "gRPC INVALID_ARGUMENT",
      "gRPC NOT_FOUND", "gRPC UNIMPLEMENTED", "gRPC OUT_OF_RANGE"};
  return !end.ok && std::ranges::find(kRefusals, end.kind) != kRefusals.end();
}

// `answers`: null where nothing is compared. `failed_as_recorded` counts.
LoadPlan PlanOf(const ReplayOptions& replay, const Target& target, AnswerStore* answers, uint64_t& failed_as_recorded,
                int stop_fd) {
  LoadPlan plan;
  plan.connections = Connections(target.options);
  plan.calls = CallsOf(target);
  const bool keeps = answers != nullptr;
  plan.make_carrier = [&target, keeps, calls = plan.calls](size_t number,
                                                           CarrierListener& listener) -> std::unique_ptr<Carrier> {
    const Workload& workload = target.requests.workload;
    if (!target.url.grpc) {
      return std::make_unique<HttpCarrier>(number, target.endpoint, workload, listener, keeps);
    }
    return std::make_unique<GrpcCarrier>(GrpcCarrierParts{.number = number,
                                                          .calls = calls,
                                                          .endpoint = target.endpoint,
                                                          .head = target.head,
                                                          .workload = workload,
                                                          .listener = listener,
                                                          .keeps_answers = keeps});
  };
  plan.models = target.requests.models;
  plan.sequence = target.requests.sequence;
  plan.keeps_times = replay.speed > 0;
  for (PlannedCall& call : plan.sequence) {
    call.at = plan.keeps_times ? std::chrono::duration_cast<Duration>(call.at / replay.speed) : Duration(0);
  }
  plan.on_end = [answers, &target, &failed_as_recorded](size_t place, const CallEnd& end) {
    if (answers != nullptr) answers->Put(place, end, target.url.grpc);
    if (target.requests.were_wrong[place] && IsRefusal(end)) ++failed_as_recorded;
  };
  plan.most_waiting = kMaxWaiting;
  plan.timeout = target.options.timeout;
  plan.stop_fd = stop_fd;
  return plan;
}

ReplayRun Summarize(const Target& target, LoadResult load) {
  ReplayRun run{.url = target.options.url, .version = target.options.version};
  if (!target.server.name.empty()) run.server = target.server.name + " " + target.server.version;
  run.connections = Connections(target.options);
  for (const Window& window : load.windows) {
    run.seconds += Seconds(window.length);
    run.latency.Add(window.latency);
    run.failed += window.failures;
  }
  run.answered = run.latency.count();
  run.late = std::move(load.late);
  run.failures = std::move(load.failures);
  run.early_end = std::move(load.early_end);
  return run;
}

Result<ReplayRun> Run(const ReplayOptions& replay, const Target& target, AnswerStore* answers, int stop_fd) {
  uint64_t failed_as_recorded = 0;
  ASSIGN_OR_RETURN(LoadResult load, RunLoad(PlanOf(replay, target, answers, failed_as_recorded, stop_fd)));
  if (answers != nullptr) RETURN_IF_ERROR(answers->status());
  ReplayRun run = Summarize(target, std::move(load));
  run.failed_as_recorded = failed_as_recorded;
  return run;
}

DiffReport Compare(const ReplayOptions& replay, const ReplayRequests& requests, const AnswerStore& one,
                   const AnswerStore& other, MemoryPool& pool) {
  DiffReport report;
  for (size_t i = 0; i < requests.lines.size(); ++i) {
    const std::string where = "line " + std::to_string(requests.lines[i]);
    const AnswerStore::Answer mine = one.Get(i, pool);
    const AnswerStore::Answer others = other.Get(i, pool);
    const bool is_known = (mine.response || !mine.failure.empty()) && (others.response || !others.failure.empty());
    if (!is_known || (!mine.response && !others.response)) {
      ++report.left_out;
    } else if (!mine.response) {
      OneFailed(where, mine.failure, report);
    } else if (!others.response) {
      OneFailed(where, "the other failed: " + others.failure, report);
    } else {
      CompareAnswers(where, requests.ModelOf(i), *mine.response, *others.response, replay.tolerance, report);
    }
  }
  return report;
}

ReplayReport ReportOn(const ReplayOptions& replay, const Target& target) {
  const ReplayRequests& requests = target.requests;
  ReplayReport report{.file = replay.file, .speed = replay.speed, .tolerance = replay.tolerance};
  report.requests = requests.lines.size();
  for (const ModelShare& model : requests.models) report.models.push_back(model.name);
  report.recorded_seconds = Seconds(requests.sequence.back().at);
  report.left_out = requests.left_out;
  report.left_out_count = requests.left_out_count;
  report.with_recorded = replay.compares_recorded;
  report.facts = OwnFacts(time(nullptr));
  report.facts.server_name = target.server.name;
  report.facts.server_version = target.server.version;
  return report;
}

// The answers of the first run are compared when the second is done: to compare takes time, which would be theirs.
Result<ReplayReport> Replay(const ReplayOptions& replay) {
  MemoryPool pool;
  ASSIGN_OR_RETURN(const Target target, Prepare(replay, replay.load, pool));
  const ReplayRequests& requests = target.requests;
  if (replay.compares_recorded && !requests.has_answers) {
    return InvalidArgument("--compare recorded: expected answers in '" + replay.file +
                           "', found none: record them with 'trireme serve --record-answers'");
  }
  ReplayReport report = ReportOn(replay, target);
  const Interrupts interrupts;
  std::optional<AnswerStore> answers;
  if (replay.compares()) {
    ASSIGN_OR_RETURN(answers, AnswerStore::Make(requests.lines.size()));
  }
  ASSIGN_OR_RETURN(ReplayRun first, Run(replay, target, answers ? &*answers : nullptr, interrupts.fd()));
  report.runs.push_back(std::move(first));
  if (!replay.compares() || interrupts.has_come()) return report;
  if (replay.compares_recorded) {
    ASSIGN_OR_RETURN(const AnswerStore recorded, ReadRecordedAnswers(replay, requests, pool));
    report.diff = Compare(replay, requests, *answers, recorded, pool);
    return report;
  }
  ASSIGN_OR_RETURN(const Target other, Prepare(replay, replay.Other(), pool));
  if (other.requests.lines != requests.lines) {
    return Unavailable("'" + replay.file + "' has changed while it was replayed");
  }
  ASSIGN_OR_RETURN(AnswerStore others, AnswerStore::Make(requests.lines.size()));
  ASSIGN_OR_RETURN(ReplayRun second, Run(replay, other, &others, interrupts.fd()));
  report.runs.push_back(std::move(second));
  report.diff = Compare(replay, requests, *answers, others, pool);
  return report;
}

Status WriteReports(const ReplayOptions& options, const ReplayReport& report) {
  for (const ReportFile& file : options.load.reports) {
    std::ofstream out(file.path, std::ios::binary | std::ios::trunc);
    out << Write(report, file.form) << std::flush;
    if (!out) return Unavailable("--report: cannot write \"" + file.path + "\"");
  }
  return {};
}

int Fail(const Status& status, std::ostream& err) {
  err << "trireme: " << Visible(status.message()) << '\n';
  return kExitFailed;
}

}  // namespace

int RunReplay(const ReplayOptions& options, std::ostream& out, std::ostream& err) {
  if (const Status status = Check(options); !status.ok()) {
    err << "trireme: " << status.message() << '\n';
    return kExitUsage;
  }
  const Result<ReplayReport> report = Replay(options);
  if (!report.ok()) return Fail(report.status(), err);
  out << (options.load.json ? Json(*report) : Table(*report)) << std::flush;
  if (const Status status = WriteReports(options, *report); !status.ok()) return Fail(status, err);
  return report->is_good() ? 0 : kExitFailed;
}

}  // namespace trireme::bench

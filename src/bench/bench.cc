// SPDX-License-Identifier: Apache-2.0
#include "bench/bench.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/memory_pool.h"
#include "bench/capacity.h"
#include "bench/first_request.h"
#include "bench/grpc_carrier.h"
#include "bench/http_carrier.h"
#include "bench/interrupts.h"
#include "bench/load.h"
#include "bench/report.h"
#include "bench/report_text.h"
#include "bench/server_process.h"
#include "bench/shared_tensors.h"
#include "bench/workload.h"
#include "client/inference_client.h"
#include "client/kserve_grpc_client.h"
#include "client/url.h"

namespace trireme::bench {
namespace {

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;
// For what is asked before the load, however short a time the load's answers have.
constexpr std::chrono::milliseconds kLeastPatience = std::chrono::seconds(10);

// What stands between the options and the load, in the order in which it is made.
struct Preparation {
  client::Url url;
  client::ClientOptions access;
  client::Endpoint endpoint;
  std::unique_ptr<client::InferenceClient> client;
  Workload workload;
  std::vector<std::unique_ptr<SharedTensors>> shared;  // of each model, with --shared-memory
  client::GrpcHead head;
  RunContext context;
};

std::optional<pid_t> ServerProcess(const BenchOptions& options, const Preparation& made) {
  if (options.server_pid) return options.server_pid;
  if (!made.url.socket.empty()) return FindListener(made.url.socket);
  return made.endpoint.IsLoopback() ? FindListener(made.url.port) : std::nullopt;
}

RunContext ContextOf(const BenchOptions& options, const Preparation& made) {
  RunContext context{.facts = OwnFacts(time(nullptr)), .server_pid = ServerProcess(options, made)};
  // A server that does not say what it is can be measured all the same.
  if (auto server = made.client->Server(); server.ok()) {
    context.facts.server_name = std::move(server->name);
    context.facts.server_version = std::move(server->version);
  }
  return context;
}

Status Encode(const BenchOptions& options, Preparation& made, MemoryPool& pool) {
  const size_t slots = Connections(options) * made.workload.calls;
  for (size_t i = 0; i < made.workload.models.size(); ++i) {
    ModelRequests& requests = made.workload.models[i];
    if (options.dialect != Dialect::kKserve) {
      RETURN_IF_ERROR(EncodeBodies(options, made.url, made.access, requests));
      continue;
    }
    std::vector<kserve::InferRequestMessage> messages = requests.messages;
    if (options.shared_memory == SharedMemory::kSystem) {
      const std::string name = "trireme-bench-" + std::to_string(getpid()) + "-" + std::to_string(i);
      ASSIGN_OR_RETURN(auto shared, SharedTensors::Make(*made.client, requests.model, options.version,
                                                        requests.messages[0], slots, name, pool));
      messages = shared->requests();
      made.shared.push_back(std::move(shared));
    }
    RETURN_IF_ERROR(EncodeRequests(options, made.url, made.access, messages, requests));
  }
  return {};
}

std::string_view MethodOf(const BenchOptions& options) {
  if (options.dialect == Dialect::kTorchserve) return kPredictions;
  if (options.dialect == Dialect::kTfserving) return kPredict;
  return options.stream ? client::kModelStreamInfer : client::kModelInfer;
}

Result<Preparation> Prepare(const BenchOptions& options, MemoryPool& pool) {
  Preparation made;
  ASSIGN_OR_RETURN(made.url, client::ParseUrl(options.url));
  made.access.timeout = std::max(options.timeout, kLeastPatience);
  ASSIGN_OR_RETURN(made.access.api_key, ReadApiKey(options));
  if (made.url.tls) {
    ASSIGN_OR_RETURN(made.access.tls, client::TlsClient::Make(options.tls, made.url.host));
  }
  made.client = client::MakeInferenceClient(made.url, made.access);
  Result<Workload> workload = MakeWorkload(options, *made.client, made.access, pool);
  if (!workload.ok()) {
    const bool asked_in_v2 = options.dialect == Dialect::kKserve;
    return asked_in_v2 ? WithDialectHint(std::move(workload).status()) : std::move(workload).status();
  }
  made.workload = *std::move(workload);
  ASSIGN_OR_RETURN(made.endpoint, client::Resolve(made.url, made.access.tls));
  made.context = ContextOf(options, made);
  if (const auto pid = made.context.server_pid; pid && !CpuTimeOf(*pid)) {
    return InvalidArgument("--pid: there is no process " + std::to_string(*pid));
  }
  // A stream lives for as long as its connection, however long one request may take.
  const auto timeout = options.stream ? std::nullopt : std::optional(options.timeout);
  made.head = client::PrepareCall(made.url, MethodOf(options), timeout, client::MetadataOf(made.access));
  return made;
}

std::unique_ptr<Carrier> MakeCarrier(const BenchOptions& options, const Preparation& made, size_t number,
                                     CarrierListener& listener) {
  if (!made.url.grpc) return std::make_unique<HttpCarrier>(number, made.endpoint, made.workload, listener);
  const GrpcCarrierParts parts = {.number = number,
                                  .calls = made.workload.calls,
                                  .endpoint = made.endpoint,
                                  .head = made.head,
                                  .workload = made.workload,
                                  .listener = listener};
  if (options.stream) return std::make_unique<GrpcStreamCarrier>(parts);
  return std::make_unique<GrpcCarrier>(parts);
}

LoadPlan PlanOf(const BenchOptions& options, const Preparation& made, int stop_fd) {
  LoadPlan plan;
  plan.connections = Connections(options);
  plan.calls = made.workload.calls;
  plan.make_carrier = [&options, &made](size_t number, CarrierListener& listener) {
    return MakeCarrier(options, made, number, listener);
  };
  plan.models = options.models;
  if (plan.models.empty()) plan.models = {{.name = made.workload.models[0].model}};
  plan.seed = options.seed;
  plan.stages = options.stages;
  plan.warm_up = options.warm_up;
  plan.window = options.window;
  plan.windows = options.windows;
  plan.window_requests = options.window_requests;
  if (options.per_second > 0) plan.per_second = options.per_second;
  plan.arrivals = options.arrivals;
  plan.most_waiting = options.most_waiting;
  plan.stops_on_failure = options.stops_on_failure;
  plan.timeout = options.timeout;
  plan.server_pid = made.context.server_pid;
  plan.stop_fd = stop_fd;
  return plan;
}

Result<Report> Measure(const BenchOptions& options) {
  MemoryPool pool;
  ASSIGN_OR_RETURN(Preparation made, Prepare(options, pool));
  // From here on a Ctrl-C ends the load, not the process: shared memory is given back.
  const Interrupts interrupts;
  Status encoded = Encode(options, made, pool);
  if (encoded.ok()) encoded = AskOnce(options, made.url, made.access, MethodOf(options), made.workload);
  const Result<LoadResult> load = encoded.ok() ? RunLoad(PlanOf(options, made, interrupts.fd())) : encoded;
  made.shared.clear();
  if (!load.ok()) return load.status();
  return Summarize(options, made.workload, made.context, *load);
}

// Before the load, so that a folder that is not there costs nobody minutes.
Status CheckReports(const std::vector<ReportFile>& reports) {
  for (const ReportFile& file : reports) {
    if (!std::ofstream(file.path, std::ios::app)) {
      return InvalidArgument("--report: cannot write \"" + file.path + "\"");
    }
  }
  return {};
}

template <typename AnyReport>
Status WriteReports(const BenchOptions& options, const AnyReport& report) {
  for (const ReportFile& file : options.reports) {
    std::ofstream out(file.path, std::ios::binary | std::ios::trunc);
    out << Write(report, file.form) << std::flush;
    if (!out) return Unavailable("--report: cannot write \"" + file.path + "\"");
  }
  return {};
}

}  // namespace

namespace {

int Fail(const Status& status, std::ostream& err) {
  err << "trireme: " << Visible(status.message()) << '\n';
  return kExitFailed;
}

int RunCapacity(const BenchOptions& options, std::ostream& out, std::ostream& err) {
  const Result<CapacityReport> report = MeasureCapacity(options, err);
  if (!report.ok()) return Fail(report.status(), err);
  out << (options.json ? Json(*report) : Table(*report)) << std::flush;
  if (const Status status = WriteReports(options, *report); !status.ok()) return Fail(status, err);
  return 0;
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
  const Result<Report> report = Measure(options);
  if (!report.ok()) return Fail(report.status(), err);
  out << (options.json ? Json(*report) : Table(*report)) << std::flush;
  if (const Status status = WriteReports(options, *report); !status.ok()) return Fail(status, err);
  // Interrupted by a person is no failure; ended by an overrun is one.
  if (report->early_end && report->early_end->why == EarlyEnd::Why::kOverrun) return kExitFailed;
  return report->failed == 0 && report->requests > 0 ? 0 : kExitFailed;
}

}  // namespace trireme::bench

// SPDX-License-Identifier: Apache-2.0
#include "bench/server_target.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <utility>

#include "bench/first_request.h"
#include "bench/grpc_carrier.h"
#include "bench/http_carrier.h"
#include "bench/load.h"
#include "bench/report_text.h"
#include "bench/server_process.h"
#include "client/kserve_grpc_client.h"

namespace trireme::bench {
namespace {

// For what is asked before the load, however short a time the load's answers have.
constexpr std::chrono::milliseconds kLeastPatience = std::chrono::seconds(10);
constexpr std::chrono::milliseconds kProbePatience = std::chrono::seconds(3);

std::string_view MethodOf(const BenchOptions& options) {
  if (options.dialect == Dialect::kTorchserve) return kPredictions;
  if (options.dialect == Dialect::kTfserving) return kPredict;
  return options.stream ? client::kModelStreamInfer : client::kModelInfer;
}

std::optional<pid_t> ServerProcess(const BenchOptions& options, const client::Url& url,
                                   const client::Endpoint& endpoint) {
  if (options.server_pid) return options.server_pid;
  if (!url.socket.empty()) return FindListener(url.socket);
  return endpoint.IsLoopback() ? FindListener(url.port) : std::nullopt;
}

RunContext ContextOf(const client::InferenceClient& client, std::optional<pid_t> server_pid) {
  RunContext context{.facts = OwnFacts(time(nullptr)), .server_pid = server_pid};
  // A server that does not say what it is can be measured all the same.
  if (auto server = client.Server(); server.ok()) {
    context.facts.server_name = std::move(server->name);
    context.facts.server_version = std::move(server->version);
  }
  return context;
}

TargetFacts FactsOf(const Workload& workload, const RunContext& context) {
  TargetFacts facts{.server = Visible(context.facts.server()), .pid = context.server_pid};
  for (const ModelRequests& model : workload.models) {
    facts.model += (facts.model.empty() ? "" : "; ") + Visible(model.model);
    facts.inputs += (facts.inputs.empty() ? "" : "; ") + Visible(model.inputs);
  }
  return facts;
}

}  // namespace

ServerTarget::ServerTarget(const BenchOptions& options) : options_(options) {}

ServerTarget::~ServerTarget() = default;

Result<std::unique_ptr<ServerTarget>> ServerTarget::Open(const BenchOptions& options) {
  std::unique_ptr<ServerTarget> target(new ServerTarget(options));
  if (Status asked = target->Ask(); !asked.ok()) return WithoutWebPage(std::move(asked), options.dialect);
  return target;
}

Status ServerTarget::Ask() {
  ASSIGN_OR_RETURN(url_, client::ParseUrl(options_.url));
  access_.timeout = std::max(options_.timeout, kLeastPatience);
  ASSIGN_OR_RETURN(access_.api_key, ReadApiKey(options_));
  if (url_.tls) {
    ASSIGN_OR_RETURN(access_.tls, client::TlsClient::Make(options_.tls, url_.host));
  }
  client_ = client::MakeInferenceClient(url_, access_);
  Result<Workload> workload = MakeWorkload(options_, *client_, access_, pool_);
  if (!workload.ok()) {
    const bool asked_in_v2 = options_.dialect == Dialect::kKserve;
    return asked_in_v2 ? WithDialectHint(std::move(workload).status()) : std::move(workload).status();
  }
  workload_ = *std::move(workload);
  ASSIGN_OR_RETURN(endpoint_, client::Resolve(url_, access_.tls));
  context_ = ContextOf(*client_, ServerProcess(options_, url_, endpoint_));
  if (const auto pid = context_.server_pid; pid && !CpuTimeOf(*pid)) {
    return InvalidArgument("--pid: there is no process " + std::to_string(*pid));
  }
  facts_ = FactsOf(workload_, context_);
  // A stream lives for as long as its connection, however long one request may take.
  const auto timeout = options_.stream ? std::nullopt : std::optional(options_.timeout);
  head_ = client::PrepareCall(url_, MethodOf(options_), timeout, client::MetadataOf(access_));
  return {};
}

Status ServerTarget::EncodeModel(size_t model) {
  ModelRequests& requests = workload_.models[model];
  if (options_.dialect != Dialect::kKserve) return EncodeBodies(options_, url_, access_, requests);
  std::vector<kserve::InferRequestMessage> messages = requests.messages;
  if (options_.shared_memory == SharedMemory::kSystem) {
    const size_t slots = Connections(options_) * workload_.calls;
    // A name of its own: a process may have several targets at one server.
    const std::string name = "trireme-bench-" + std::to_string(getpid()) + "-" +
                             std::to_string(reinterpret_cast<uintptr_t>(this)) + "-" + std::to_string(model);
    ASSIGN_OR_RETURN(auto shared, SharedTensors::Make(*client_, requests.model, options_.version, requests.messages[0],
                                                      slots, name, pool_));
    messages = shared->requests();
    shared_.push_back(std::move(shared));
  }
  return EncodeRequests(options_, url_, access_, messages, requests);
}

Status ServerTarget::Encode() {
  for (size_t i = 0; i < workload_.models.size(); ++i) RETURN_IF_ERROR(EncodeModel(i));
  return AskOnce(options_, url_, access_, MethodOf(options_), workload_);
}

std::unique_ptr<Carrier> ServerTarget::MakeCarrier(size_t number, CarrierListener& listener) const {
  if (!url_.grpc) return std::make_unique<HttpCarrier>(number, endpoint_, workload_, listener);
  const GrpcCarrierParts parts = {.number = number,
                                  .calls = workload_.calls,
                                  .endpoint = endpoint_,
                                  .head = head_,
                                  .workload = workload_,
                                  .listener = listener};
  if (options_.stream) return std::make_unique<GrpcStreamCarrier>(parts);
  return std::make_unique<GrpcCarrier>(parts);
}

Result<LoadResult> ServerTarget::Run(LoadPlan plan) {
  if (!encoded_) encoded_ = WithoutWebPage(Encode(), options_.dialect);
  RETURN_IF_ERROR(*encoded_);
  plan.calls = std::min(plan.calls, workload_.calls);
  plan.make_carrier = [this](size_t number, CarrierListener& listener) { return MakeCarrier(number, listener); };
  plan.models = options_.models;
  if (plan.models.empty()) plan.models = {{.name = workload_.models[0].model}};
  plan.server_pid = context_.server_pid;
  return RunLoad(plan);
}

Status ServerTarget::Probe() {
  client::ClientOptions impatient = access_;
  impatient.timeout = kProbePatience;
  const Status status = client::MakeInferenceClient(url_, impatient)->Server().status();
  const bool is_silent = status.code() == StatusCode::kUnavailable || status.code() == StatusCode::kDeadlineExceeded;
  return is_silent ? status : Status();
}

LoadPlan PlanOf(const BenchOptions& options) {
  LoadPlan plan;
  plan.connections = Connections(options);
  plan.calls = static_cast<size_t>(options.calls);
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
  return plan;
}

}  // namespace trireme::bench

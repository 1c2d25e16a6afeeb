// SPDX-License-Identifier: Apache-2.0
#include "server/server.h"

#include <algorithm>
#include <deque>
#include <future>
#include <system_error>
#include <thread>
#include <utility>

#include "access/tenant_quotas.h"
#include "backend/backend_set.h"
#include "base/cpu_count.h"
#include "base/load_memory.h"
#include "base/memory_pool.h"
#include "base/out_of_memory.h"
#include "base/thread_pool.h"
#include "base/version.h"
#include "cache/response_cache.h"
#include "dialect/answer_deadlines.h"
#include "engine/transform_stage.h"
#include "lifecycle/lifecycle.h"
#include "lifecycle/model_control.h"
#include "lifecycle/model_loader.h"
#include "metrics/registry.h"
#include "net/byte_budget.h"
#include "protocols/torchserve/manage.h"
#include "protocols/torchserve/start_loads.h"
#include "recording/recorder.h"
#include "server/access_log.h"
#include "server/admin_door.h"
#include "server/cache_metrics.h"
#include "server/front_handler.h"
#include "server/grpc_front_handler.h"
#include "server/grpc_router.h"
#include "server/host_metrics.h"
#include "server/listeners.h"
#include "server/load_gauges.h"
#include "server/model_downloads.h"
#include "server/model_state_metrics.h"
#include "server/network_metrics.h"
#include "server/protection.h"
#include "server/protocols.h"
#include "server/recorded_request.h"
#include "server/recording_metrics.h"
#include "server/refresher.h"
#include "server/router.h"
#include "server/sagemaker_services.h"
#include "server/tenant_metrics.h"
#include "server/tenant_of.h"
#include "server/tfserving_services.h"
#include "server/torchserve_services.h"

namespace trireme {
namespace {

std::unique_ptr<AccessLogWriter> MakeAccessLog(const ServerOptions& options) {
  if (options.access_log_fd < 0) return nullptr;
  return std::make_unique<AccessLogWriter>(options.access_log_fd, options.access_log_form);
}

net::NetOptions NetworkOptions(net::NetOptions options, net::ByteBudget& bodies, ThreadPool& workers) {
  options.server_name = std::string("trireme/") + kVersion;
  options.bodies = &bodies;
  options.offload = [&workers](std::function<void()> job) { return workers.Submit(std::move(job)); };
  return options;
}

// What a listener of the inference protocols answers REST with where only gRPC is wanted.
Dialect WithoutRoutes(const Dialect& dialect) {
  return {.name = dialect.name, .routes = {}, .error = dialect.error};
}

ModelControl::Options ControlOptions(const ServerOptions& options) {
  return {.paths = options.paths,
          .scan = {.defaults = options.model,
                   .devices = options.memory.devices,
                   .enabled_cache_bytes = options.answers.enabled_bytes,
                   .config_name = options.config_name,
                   .require_manifest = options.require_manifest,
                   .saved_model_tags = options.saved_model_tags,
                   .named = options.named.value_or(std::vector<NamedModel>())},
          .mode = options.control,
          .poll_interval = options.poll_interval,
          .load_models = options.load_models,
          .has_named = options.named.has_value()};
}

// Null: nothing is to be recorded.
Result<std::unique_ptr<Recorder>> OpenRecorder(const ServerOptions& options, const Logger& log) {
  if (!options.recording) return std::unique_ptr<Recorder>();
  Recorder::Options recording = *options.recording;
  recording.server = std::string("trireme ") + kVersion;
  Result<std::unique_ptr<Recorder>> recorder = Recorder::Open(std::move(recording), log);
  return recorder.ok() ? std::move(recorder) : std::move(recorder).status().Within("--record");
}

// No URL is fetched that may not be registered.
ModelDownloads::Options DownloadOptions(const ServerOptions& options) {
  client::FetchRules rules = options.torchserve.downloads;
  rules.allows = [allowed = options.torchserve.dialect.allowed_urls](std::string_view url) {
    return allowed && allowed->Allow(url);
  };
  return {.folder = options.torchserve.dialect.model_store, .rules = std::move(rules)};
}

Lifecycle::Options LifecycleOptions(const ServerOptions& options, const net::ByteBudget& bodies,
                                    const ResponseCache& answers, MemoryPool& pool, BackendSet& backends) {
  Lifecycle::Options lifecycle{.load_threads = options.load_threads,
                               .memory = options.memory,
                               .required_models = options.required_models,
                               .load_timeout = options.load_timeout,
                               .goals = options.goals};
  lifecycle.memory.requests_bytes = [&bodies, &answers] { return bodies.used_bytes() + answers.use().bytes; };
  // What the pool keeps for the next request is free for models as well.
  lifecycle.memory.allocated_bytes = [&pool]() -> std::optional<uint64_t> {
    const std::optional<uint64_t> allocated = AllocatedByProcess();
    return allocated ? std::optional(*allocated - std::min<uint64_t>(*allocated, pool.idle_bytes())) : std::nullopt;
  };
  lifecycle.memory.give_back = [&pool] {
    pool.Trim();
    KeepSpareMemory();
  };
  lifecycle.memory.release_idle = [&backends] { backends.ReleaseIdleMemory(); };
  return lifecycle;
}

}  // namespace

// In the order in which they depend on one another: each uses only what stands above it, and the last is ended first.
class Server::Parts {
 public:
  Parts(const ServerOptions& options, std::unique_ptr<Protection> protection, std::unique_ptr<Recorder> recorder,
        Logger& log)
      : protection_(std::move(protection)),
        recorder_(std::move(recorder)),
        answers_(static_cast<size_t>(options.answers.max_bytes)),
        backends_({.pool = pool_, .log = log, .folder = options.plugin_folder}),
        loader_(backends_, pool_, registry_, AvailableCpus()),
        bodies_(options.net.limits.max_body_bytes_in_flight),
        lifecycle_(LifecycleOptions(options, bodies_, answers_, pool_, backends_), loader_, log),
        control_(ControlOptions(options), lifecycle_, log),
        quotas_(options.quotas),
        tenants_{.header = options.tenant_header, .quotas = quotas_.any() ? &quotas_ : nullptr},
        engine_(lifecycle_, &control_, &transforms_, tenants_.quotas),
        transforms_({.threads = std::max(1, AvailableCpus()), .max_bytes = options.max_picture_bytes}, pool_),
        access_log_(MakeAccessLog(options)),
        shared_memory_(options.shared_memory),
        tracer_(options.tracing, registry_, log),
        infer_services_{.engine = engine_,
                        .pool = pool_,
                        .codec_workers = codec_workers_,
                        .log = log,
                        .max_body_bytes = options.net.limits.max_body_bytes,
                        .inflated = std::make_shared<net::ByteBudget>(options.net.limits.max_body_bytes_in_flight),
                        .shared_memory = shared_memory_,
                        .tracer = tracer_,
                        .server_name = options.server_name,
                        .tells_timing = options.server_timing,
                        .probes_name_models = !protection_->authoriser().asks_for_keys()},
        sagemaker_services_(MakeSagemakerServices(infer_services_, options.sagemaker)),
        torchserve_snapshot_(options.torchserve.dialect),
        downloads_(DownloadOptions(options)),
        torchserve_services_(WithOwnParts(
            MakeTorchserveServices(infer_services_, options.torchserve.dialect, torchserve_book_, torchserve_workflows_,
                                   torchserve_snapshot_, torchserve_counts_, protection_->tokens()))),
        tfserving_services_(MakeTfservingServices(infer_services_, options.tfserving.dialect, tfserving_counts_,
                                                  options.named ? &control_ : nullptr)),
        protocols_(
            MakeProtocols(infer_services_, sagemaker_services_, torchserve_services_, tfserving_services_, registry_)),
        kserve_without_routes_(WithoutRoutes(protocols_.kserve)),
        main_handler_(main_router_, protection_->authoriser(), options.net.limits.max_body_bytes, access_log_.get(),
                      &tenants_),
        metrics_handler_(metrics_router_, protection_->authoriser(), options.net.limits.max_body_bytes,
                         access_log_.get(), &tenants_),
        sagemaker_handler_(sagemaker_router_, protection_->authoriser(), options.net.limits.max_body_bytes,
                           access_log_.get(), &tenants_),
        tfserving_handler_(tfserving_router_, protection_->authoriser(), options.net.limits.max_body_bytes,
                           access_log_.get(), &tenants_),
        tfserving_grpc_handler_(tfserving_grpc_router_, protection_->authoriser(), options.net.limits.max_body_bytes,
                                access_log_.get(), &tenants_),
        grpc_handler_(grpc_router_, protection_->authoriser(), options.net.limits.max_body_bytes, access_log_.get(),
                      &tenants_),
        admin_door_(engine_, codec_workers_, access_log_.get()),
        network_(NetworkOptions(options.net, bodies_, codec_workers_), pool_, log),
        network_metrics_(registry_, network_.counters()),
        tenant_refusals_(ShowTenants(registry_, quotas_)),
        host_metrics_(registry_, Clock::System()),
        model_states_(ShowModelStates(registry_, engine_)),
        answer_counts_(ShowCache(registry_, answers_)),
        recorder_counts_(ShowRecording(registry_, recorder_.get())),
        load_gauges_(registry_, {.models = [this] { return engine_.Work(); },
                                 .loop_times = [this] { return network_.LoopTimes(); },
                                 .processors = AvailableCpus()}),
        load_watch_(std::chrono::seconds(1), [this] { load_gauges_.Update(); }),
        codec_workers_({.name = "codec", .threads = std::max(1, AvailableCpus()), .max_waiting = 1024}) {
    loader_.ReadRequestsWith(ReadRequestBody);
    if (options.answers.are_kept) loader_.KeepAnswersIn(answers_);
    if (recorder_) engine_.RecordWith(*recorder_);
    if (options.tfserving.dialect.run_warmup_files) loader_.ReadLogsWith(ReadServingLog);
    main_router_.Add(options.allow_http ? protocols_.kserve : kserve_without_routes_);
    if (options.allow_http) main_router_.Add(protocols_.invocations);
    if (options.allow_http) main_router_.Add(protocols_.predictions);
    if (options.allow_http) main_router_.Add(protocols_.tfserving_models);
    tfserving_router_.Add(protocols_.tfserving);
    tfserving_router_.Add(protocols_.probes);
    tfserving_grpc_router_.Add(protocols_.tfserving.methods);
    tfserving_grpc_router_.Add(protocols_.health);
    sagemaker_router_.Add(protocols_.sagemaker);
    main_router_.Add(protocols_.probes);
    if (options.allow_metrics) main_router_.Add(protocols_.metrics);
    metrics_router_.Add(protocols_.metrics);
    metrics_router_.Add(protocols_.probes);
    for (const auto* methods : {&protocols_.kserve.methods, &protocols_.health, &protocols_.reflection,
                                &protocols_.torchserve_inference.methods, &protocols_.tfserving_models.methods}) {
      grpc_router_.Add(*methods);
    }
  }

  // Where the start failed half way, what is open closes before what it uses goes.
  ~Parts() {
    network_.Stop(Clock::System().Now());
    start_loads_.reset();
    downloads_.Stop();
    // What still waits there is answered by parts that go before it.
    control_.Stop();
    lifecycle_.Close();
  }
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  Status Start(const ServerOptions& options, const Logger& log) {
    ASSIGN_OR_RETURN(const std::vector<ListenerPlan> plans, PlanListeners(options));
    control_.TellOfUnloads([this](const std::string& name) { torchserve::WhenUnloaded(torchserve_services_, name); });
    if (options.torchserve.allow) start_loads_.emplace(torchserve_services_);
    for (const ListenerPlan& plan : plans) RETURN_IF_ERROR(Listen(options, plan));
    if (options.admin_socket) RETURN_IF_ERROR(admin_door_.Open(*options.admin_socket, network_, log));
    protection_->Show(registry_, options, plans);
    RETURN_IF_ERROR(control_.Start());
    if (start_loads_) start_loads_->Begin();
    TokenKeys* const tokens = protection_->tokens();
    return tokens == nullptr ? Status() : tokens->Publish();
  }

  Status Listen(const ServerOptions& options, const ListenerPlan& plan) {
    net::Reception reception{.http = HandlerOf(plan), .tls = protection_->CertificatesOf(options, plan)};
    if (plan.inference && options.allow_grpc) reception.grpc = &grpc_handler_;
    if (plan.torchserve.any()) Receive(options, plan.torchserve, reception);
    if (plan.tfserving) reception.grpc = &tfserving_grpc_handler_;
    const bool is_metrics = !plan.inference && !plan.sagemaker && !plan.torchserve.any() && !plan.tfserving;
    if (is_metrics) reception.own_connections = kOwnersConnections;
    Result<uint16_t> bound = network_.Listen(plan.address, reception);
    if (!bound.ok()) return std::move(bound).status().Within(plan.flag);
    if (plan.port != nullptr) ports_.*plan.port = *bound;
    for (uint16_t ServerPorts::*port : plan.also) ports_.*port = *bound;
    return {};
  }

  net::HttpHandler* HandlerOf(const ListenerPlan& plan) {
    if (plan.sagemaker) return &sagemaker_handler_;
    if (plan.tfserving) return &tfserving_handler_;
    return plan.inference ? &main_handler_ : &metrics_handler_;
  }

  // What one listener has of TorchServe.
  struct Surface {
    Router router;
    GrpcRouter grpc_router;
    std::unique_ptr<FrontHandler> handler;
    std::unique_ptr<GrpcFrontHandler> grpc_handler;
  };

  void Receive(const ServerOptions& options, const TorchserveSurfaces& wanted, net::Reception& reception) {
    Surface& surface = torchserve_surfaces_.emplace_back();
    const auto add = [&](bool is_wanted, const Dialect& dialect) {
      if (!is_wanted) return;
      surface.router.Add(dialect);
      surface.grpc_router.Add(dialect.methods);
    };
    add(wanted.inference, protocols_.torchserve_inference);
    add(wanted.management, protocols_.torchserve_management);
    add(wanted.metrics, protocols_.torchserve_metrics);
    surface.router.Add(protocols_.probes);
    surface.grpc_router.Add(protocols_.health);
    const uint64_t most = options.net.limits.max_body_bytes;
    Authoriser& authoriser = protection_->AuthoriserOf(wanted);
    surface.handler = std::make_unique<FrontHandler>(surface.router, authoriser, most, access_log_.get(), &tenants_);
    surface.grpc_handler =
        std::make_unique<GrpcFrontHandler>(surface.grpc_router, authoriser, most, access_log_.get(), &tenants_);
    reception.http = surface.handler.get();
    reception.grpc = surface.grpc_handler.get();
  }

  // Ends the parts that work, in the direction in which requests travel.
  bool Drain(std::chrono::milliseconds notice, TimePoint until) {
    engine_.AnnounceStop();
    if (notice.count() > 0) std::this_thread::sleep_for(notice);
    engine_.StopAccepting();
    downloads_.Stop();
    // Here, because a process that is not done in time ends without another word.
    if (TokenKeys* const tokens = protection_->tokens()) tokens->RemoveFile();
    // On a thread of its own, because neither a run of a model nor a look at a repository that hangs can be
    // interrupted.
    std::promise<void> closed;
    std::future<void> all_closed = closed.get_future();
    const auto close = [this] {
      transforms_.WaitUntilEmpty();  // what it decodes is still to come to a line
      control_.Stop();
      lifecycle_.Close();
    };
    std::thread closer;
    try {
      closer = std::thread([close, promise = std::move(closed)]() mutable {
        close();
        promise.set_value();
      });
    } catch (const std::system_error&) {
      close();  // the system gives no more threads: for as long as it takes, then
      return network_.Stop(until);
    }
    if (all_closed.wait_until(until) != std::future_status::ready) {
      closer.detach();
      return false;
    }
    closer.join();
    return network_.Stop(until);
  }

  const ServerPorts& ports() const { return ports_; }
  const std::filesystem::path& admin_socket() const { return admin_door_.socket(); }
  Engine& engine() { return engine_; }
  Lifecycle& lifecycle() { return lifecycle_; }
  ModelControl& control() { return control_; }

 private:
  torchserve::Services WithOwnParts(torchserve::Services services) {
    services.deadlines = &deadlines_;
    services.download = [this](const std::string& url, bool takes_existing, ModelDownloads::Done done) {
      downloads_.Start(url, takes_existing, std::move(done));
    };
    return services;
  }

  MemoryPool pool_;
  metrics::Registry registry_;
  const std::unique_ptr<Protection> protection_;
  const std::unique_ptr<Recorder> recorder_;  // null: nothing is recorded
  ResponseCache answers_;
  BackendSet backends_;
  ModelLoader loader_;
  net::ByteBudget bodies_;  // of requests; the network takes them, and models have less meanwhile
  Lifecycle lifecycle_;
  ModelControl control_;
  TenantQuotas quotas_;
  const TenantRules tenants_;
  Engine engine_;
  TransformStage transforms_;  // goes on with the engine; the engine calls it only when somebody asks
  std::unique_ptr<AccessLogWriter> access_log_;
  SharedMemoryRegions shared_memory_;
  Tracer tracer_;
  const kserve::InferServices infer_services_;
  const sagemaker::Services sagemaker_services_;
  torchserve::ModelBook torchserve_book_;
  torchserve::WorkflowBook torchserve_workflows_;
  torchserve::SnapshotFile torchserve_snapshot_;
  torchserve::AnswerCounts torchserve_counts_;
  AnswerDeadlines deadlines_;
  ModelDownloads downloads_;  // stopped before anything goes that they use
  const torchserve::Services torchserve_services_;
  std::optional<torchserve::StartLoads> start_loads_;
  tfserving::RequestCounts tfserving_counts_;
  const tfserving::Services tfserving_services_;
  const Protocols protocols_;
  const Dialect kserve_without_routes_;
  Router main_router_;
  Router metrics_router_;
  Router sagemaker_router_;
  Router tfserving_router_;
  GrpcRouter tfserving_grpc_router_;
  GrpcRouter grpc_router_;
  FrontHandler main_handler_;
  FrontHandler metrics_handler_;
  FrontHandler sagemaker_handler_;
  FrontHandler tfserving_handler_;
  GrpcFrontHandler tfserving_grpc_handler_;
  GrpcFrontHandler grpc_handler_;
  std::deque<Surface> torchserve_surfaces_;
  AdminDoor admin_door_;
  net::Network network_;
  NetworkMetrics network_metrics_;
  metrics::CallbackHandle tenant_refusals_;
  HostMetrics host_metrics_;
  metrics::CallbackHandle model_states_;
  metrics::CallbackHandle answer_counts_;
  metrics::CallbackHandle recorder_counts_;
  LoadGauges load_gauges_;
  Refresher load_watch_;
  ServerPorts ports_;
  ThreadPool codec_workers_;  // last: its jobs may outlive the connections that they answer, and use all of the above
};

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::Start(const ServerOptions& options, Logger& log) {
  ASSIGN_OR_RETURN(std::unique_ptr<Protection> protection, Protection::Load(options, log));
  ASSIGN_OR_RETURN(std::unique_ptr<Recorder> recorder, OpenRecorder(options, log));
  auto parts = std::make_unique<Parts>(options, std::move(protection), std::move(recorder), log);
  RETURN_IF_ERROR(parts->Start(options, log));
  return std::unique_ptr<Server>(new Server(std::move(parts)));  // NOLINT: make_unique cannot see the constructor
}

ServerPorts Server::ports() const {
  return parts_->ports();
}
const std::filesystem::path& Server::admin_socket() const {
  return parts_->admin_socket();
}
void Server::ServeNamed(std::vector<NamedModel> named, ModelControl::Done done) {
  parts_->control().ServeNamed(std::move(named), std::move(done));
}
Engine& Server::engine() {
  return parts_->engine();
}
bool Server::loaded() const {
  return parts_->lifecycle().settled();
}
void Server::WaitUntilLoaded() {
  parts_->lifecycle().WaitUntilSettled();
}

bool Server::Drain(std::chrono::milliseconds notice, std::chrono::milliseconds timeout) {
  return parts_->Drain(notice, Clock::System().Now() + notice + timeout);
}

}  // namespace trireme

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "access/tenant_quotas.h"
#include "access/token_keys.h"
#include "base/log.h"
#include "base/status.h"
#include "client/fetch.h"
#include "engine/engine.h"
#include "lifecycle/memory_rules.h"
#include "lifecycle/model_control.h"
#include "model/model_config.h"
#include "net/listener.h"
#include "net/tls.h"
#include "protocols/sagemaker/options.h"
#include "protocols/tfserving/options.h"
#include "protocols/torchserve/options.h"
#include "recording/recorder.h"
#include "repository/scan.h"
#include "shared_memory/regions.h"
#include "tracing/tracer.h"

namespace trireme {

// TorchServe's surfaces, each with a port of its own for REST; inference and management have one for gRPC, too.
// Surfaces of one address are on one listener. The listeners of other protocols answer /ping and /predictions.
struct TorchserveListeners {
  bool allow = false;
  bool allow_metrics = true;
  std::string host = "127.0.0.1";
  std::string management_host = "127.0.0.1";
  std::string metrics_host = "127.0.0.1";
  std::string grpc_host = "127.0.0.1";
  std::string grpc_management_host = "127.0.0.1";
  uint16_t port = 8080;  // 0: any free one
  uint16_t management_port = 8081;
  uint16_t metrics_port = 8082;
  uint16_t grpc_port = 7070;
  uint16_t grpc_management_port = 7071;
  torchserve::Options dialect;
  std::optional<TokenKeys::Options> tokens = {};  // nothing: clients show the server's own keys, where it has some
  // Of what clients register by http and https URLs, which is allowed by `dialect` alone.
  client::FetchRules downloads = {};
};

// TF Serving's two ports; with the same address they are one listener. The listeners of other protocols answer
// /v1/models and its services over gRPC.
struct TfservingListeners {
  bool allow = false;
  std::string host = "127.0.0.1";
  std::string grpc_host = "127.0.0.1";
  uint16_t port = 8501;       // of REST; 0: any free one
  uint16_t grpc_port = 8500;  // the same
  bool allow_rest = true;     // false: this listener is not opened
  bool allow_grpc = true;     // the same
  tfserving::Options dialect;
};

// Answers that models keep for requests that come again, where their configs say so (cache/response_cache.h).
struct AnswerRules {
  bool are_kept = true;                       // false: whatever configs say
  uint64_t max_bytes = 0;                     // of all models together; 0: each one's own bound alone
  size_t enabled_bytes = kEnabledCacheBytes;  // of a model whose config enables it and says no more
};

struct ServerOptions {
  std::vector<std::filesystem::path> paths;                 // models, folders, repositories
  ModelConfig model;                                        // for models that do not say otherwise
  std::map<std::string, std::optional<ServiceGoal>> goals;  // of models by name, whatever they say
  std::string saved_model_tags;                             // for SavedModels that do not
  std::filesystem::path plugin_folder;

  ModelControl::Mode control = ModelControl::Mode::kWatch;
  std::chrono::milliseconds poll_interval{2000};
  std::vector<std::string> load_models;          // kExplicit: at the start
  std::optional<std::vector<NamedModel>> named;  // a list of models besides these, which may be replaced
  std::string config_name;                       // of configs/<config_name>.pbtxt
  bool require_manifest = false;                 // versions without SHA256SUMS are not served

  std::string server_name = "trireme";  // as it calls itself in its metadata
  bool server_timing = true;            // answers to inference say where their time went
  // Every listener of the inference protocols serves all of them, REST and gRPC, over HTTP/1.1 and HTTP/2. Two with the
  // same address and port are one.
  std::string host = "127.0.0.1";
  std::string grpc_host = "127.0.0.1";
  std::string metrics_host = "127.0.0.1";
  bool allow_http = true;     // false: this listener is not opened, and the others serve no REST
  bool allow_grpc = true;     // the same of gRPC
  bool allow_metrics = true;  // false: nor is that, and the others show no metrics
  uint16_t http_port = 8000;  // 0: any free one
  uint16_t grpc_port = 8001;
  uint16_t metrics_port = 8002;
  // SageMaker's platform has a listener of its own, for its paths alone; the others answer its /invocations.
  bool allow_sagemaker = false;
  std::string sagemaker_host = "127.0.0.1";
  uint16_t sagemaker_port = 8080;
  sagemaker::Options sagemaker;
  TorchserveListeners torchserve;
  TfservingListeners tfserving;
  std::filesystem::path unix_socket;  // of the inference protocols; empty: none
  uint32_t unix_socket_mode = 0600;
  // For the owner's own commands (server/admin_door.h): at a path, or where they look for it if that is empty.
  std::optional<std::filesystem::path> admin_socket;
  std::optional<net::TlsOptions> tls;       // of every TCP listener
  std::optional<net::TlsOptions> grpc_tls;  // of the gRPC one, if another
  std::filesystem::path keys;               // a file of keys; empty: nobody is asked for one
  std::string tenant_header;                // that names who asks, where his key does not; empty: none
  TenantQuotas::Quotas quotas;
  net::NetOptions net;

  AnswerRules answers;
  std::optional<Recorder::Options> recording;      // requests are written down
  uint64_t max_picture_bytes = uint64_t{2} << 30;  // that pictures of all requests together take (TransformStage)
  SharedMemoryRegions::Options shared_memory;
  Tracer::Options tracing;

  MemoryRules memory;  // without `requests_bytes`, which the server counts itself
  std::vector<std::string> required_models;
  Duration load_timeout{0};
  int load_threads = 4;
  int access_log_fd = -1;  // -1: no access log
  Logger::Form access_log_form = Logger::Form::kText;
};

// Where a running server can be reached; 0: that listener is not open.
struct ServerPorts {
  uint16_t http = 0;
  uint16_t grpc = 0;
  uint16_t metrics = 0;
  uint16_t sagemaker = 0;
  uint16_t torchserve = 0;
  uint16_t torchserve_management = 0;
  uint16_t torchserve_metrics = 0;
  uint16_t torchserve_grpc = 0;
  uint16_t torchserve_grpc_management = 0;
  uint16_t tfserving = 0;
  uint16_t tfserving_grpc = 0;
};

// The whole server: builds every part, hands each its neighbours, and ends them in order.
//
// Start, then WaitUntilLoaded or not, then Drain once. Used by one thread (main).
class Server {
 public:
  // Opens the listeners and begins to load. Errors: an address that cannot be bound, paths that cannot be scanned at
  // all. `log` must outlive the server; clients may switch it.
  static Result<std::unique_ptr<Server>> Start(const ServerOptions& options, Logger& log);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  ServerPorts ports() const;
  const std::filesystem::path& admin_socket() const;  // empty: there is none
  Engine& engine();

  // Of a server that was started with a list of named models: another one, see ModelControl. On any thread.
  void ServeNamed(std::vector<NamedModel> named, ModelControl::Done done);

  // Returns when every model is ready or has failed.
  void WaitUntilLoaded();
  bool loaded() const;

  // Readiness turns 503 at once. For `notice` requests are still served, so that a load balancer can turn away; then
  // new ones are refused, those accepted are answered, and the connections end. False if something was not done by
  // `timeout`: a model may still be running, and the only safe thing left is to end the process.
  bool Drain(std::chrono::milliseconds notice, std::chrono::milliseconds timeout);

 private:
  class Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace trireme

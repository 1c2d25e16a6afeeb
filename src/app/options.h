// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "access/key_line.h"
#include "access/tenant_quotas.h"
#include "base/log.h"
#include "base/status.h"
#include "bench/compare_options.h"
#include "bench/options.h"
#include "bench/replay_options.h"
#include "lifecycle/model_control.h"
#include "model/model_config.h"
#include "net/listener.h"
#include "onnxfile/precision.h"
#include "predict/options.h"
#include "server/server.h"
#include "tune/options.h"
#include "wire/tfserving/config_files.h"

namespace trireme {

// What the process answers its caller.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailure = 1;  // something went wrong while running
inline constexpr int kExitUsage = 2;    // the command line, the environment or the config file is wrong

enum class LogForm { kAuto, kText, kJson };  // kAuto: text for a terminal, else JSON

struct AccessLog {
  enum class Target { kOff, kStderr, kFile };
  Target target = Target::kOff;
  std::filesystem::path file;  // kFile only
};

// What is logged, and where. Each kind of message may be switched on its own, on top of what `level` says.
struct LogOptions {
  LogLevel level = LogLevel::kInfo;
  std::optional<bool> info;
  std::optional<bool> warning;
  std::optional<bool> error;
  std::optional<int> verbose;  // above 0: debug messages too
  LogForm form = LogForm::kAuto;
  std::filesystem::path file;  // empty: stderr

  Logger::Settings settings() const;
};

// Bounds on what clients may send or hold. net/listener.h says what each one does, and server/server.h.
struct ServeLimits {
  uint64_t max_body_bytes = uint64_t{64} << 20;
  uint64_t max_body_bytes_in_flight = uint64_t{2} << 30;
  uint64_t max_picture_bytes = uint64_t{2} << 30;
  size_t max_connections = 1024;
  std::chrono::milliseconds head_timeout{10'000};
  std::chrono::milliseconds idle_timeout{75'000};
  std::chrono::milliseconds stall_timeout{20'000};
};

// Certificates of a listener; nothing is encrypted without one. net/tls.h says what each is.
struct TlsFlags {
  std::filesystem::path certificate;
  std::filesystem::path key;
  std::filesystem::path client_ca;
  std::vector<std::string> client_names;
};

// The same of gRPC's listener alone, as Triton has it.
struct GrpcTlsFlags {
  bool use_ssl = false;
  bool use_ssl_mutual = false;  // clients must show a certificate that `root_cert` signed
  std::filesystem::path server_cert;
  std::filesystem::path server_key;
  std::filesystem::path root_cert;
};

// How models share memory. lifecycle/memory_rules.h says what each one does.
struct MemoryFlags {
  std::map<std::string, uint64_t> budgets;  // by device; the cpu's, if it is not in here, is decided at the start
  std::optional<bool> load_on_demand;       // else: unless models are loaded by name
  bool lazy = false;
  std::vector<std::string> pinned;
  std::chrono::milliseconds idle_timeout{0};
  std::chrono::milliseconds load_timeout{600'000};
};

// Which requests are traced, and where the traces go.
struct TraceFlags {
  std::string endpoint;  // of an OpenTelemetry collector; empty: nothing is traced
  std::string service_name = "trireme";
  bool opentelemetry = false;      // asked for in Triton's way: where no endpoint is named it is on this machine
  std::optional<bool> timestamps;  // whether at all; else if there is an endpoint
  uint64_t rate = 1000;
  int64_t count = -1;
};

// Requests that are written to a file. recording/recorder.h says what each one does.
struct RecordFlags {
  std::string file;  // empty: none are
  uint64_t sample = 1;
  uint64_t max_bytes = uint64_t{1} << 30;
  std::vector<std::string> models;
  bool answers = false;
  bool tenants = false;
};

struct PortRange {
  uint16_t low = 0;
  uint16_t high = 0;
};

// SageMaker's listener.
struct SagemakerFlags {
  bool allow = false;
  std::string host;  // empty: that of REST
  uint16_t port = 8080;
  std::optional<PortRange> safe_ports;           // within which the other ports must lie
  std::optional<sagemaker::PingMode> ping_mode;  // else by the control mode
  sagemaker::Options dialect;
  bool on_platform = false;  // it is SageMaker's platform that started us, in its closed network
};

// TorchServe's listeners.
struct TorchserveFlags {
  TorchserveListeners listeners;     // but for their hosts
  std::string host;                  // empty: that of REST
  std::string management_host;       // the same
  std::string metrics_host;          // the same
  std::string grpc_host;             // the same
  std::string grpc_management_host;  // the same
  bool token_auth = false;
  bool disable_token_auth = false;  // in TorchServe's own words, which go before that
  TokenKeys::Options tokens;
  std::string properties;               // the config.properties that was read; empty: none
  std::string model_store;              // as that says; empty: it does not
  std::string encrypted_address;        // where that wants one of https://; empty: nowhere
  bool leaves_token_auth_open = false;  // its config.properties, where TorchServe would ask for tokens
  std::vector<std::string> remarks;     // what its config.properties says and is not honoured
};

// TF Serving's listeners and configuration.
struct TfservingFlags {
  TfservingListeners listeners;  // but for their hosts
  std::string host;              // empty: that of REST
  std::string grpc_host;         // the same
  std::string config_file;       // a ModelServerConfig; empty: none
  std::chrono::milliseconds config_poll{0};
  std::string model_base_path;  // empty: none
  std::string model_name = "default";
  std::string monitoring_file;
  std::string saved_model_tags;  // of the graphs of SavedModels whose config says nothing; empty: {serve}
  bool tensor_content = false;
  bool allow_reload = false;                                  // clients may replace the list of models
  bool as_command = false;                                    // it was called as TF Serving's own program is
  std::optional<std::vector<tfserving::ServedModel>> models;  // what these files say
  std::vector<std::string> remarks;                           // and what in them has no effect
};

// `trireme serve`.
struct ServeOptions {
  std::vector<std::filesystem::path> paths;  // at least one, or SageMaker loads models by name

  ModelControl::Mode control = ModelControl::Mode::kWatch;
  std::string said_control;  // the word for it that somebody gave; empty: nobody said
  std::chrono::milliseconds poll_interval{2000};
  std::vector<std::string> load_models;      // kExplicit: at the start
  std::vector<std::string> required_models;  // without which the server is not ready
  std::string config_name;                   // of configs/<config_name>.pbtxt
  bool require_manifest = false;             // versions without SHA256SUMS are not served

  std::string server_name = "trireme";
  bool server_timing = true;  // answers to inference say where their time went
  std::string host = "127.0.0.1";
  std::string grpc_host;     // empty: `host`
  std::string metrics_host;  // the same
  bool allow_http = true;    // false: this listener is not opened
  bool allow_grpc = true;
  bool allow_metrics = true;
  uint16_t http_port = 8000;  // 0: any free one
  uint16_t grpc_port = 8001;
  uint16_t metrics_port = 8002;
  SagemakerFlags sagemaker;
  TorchserveFlags torchserve;
  TfservingFlags tfserving;
  std::filesystem::path unix_socket;  // besides these; empty: none
  uint32_t unix_socket_mode = 0600;
  // For `trireme models`: nothing: none; empty: where it looks for it.
  std::optional<std::filesystem::path> admin_socket = std::filesystem::path();
  TlsFlags tls;
  GrpcTlsFlags grpc_tls;
  std::filesystem::path keys;     // empty: nobody is asked for one
  std::string tenant_header;      // that names who asks, where his key does not; empty: none
  TenantQuotas::Quotas quotas;    // what each may ask for
  bool allow_exposure = false;    // without it nobody but this machine's users gets in without key or certificate
  bool allow_client_shm = false;  // tensors in memory that clients share
  net::Http2Limits http2;         // of every connection that speaks it
  bool grpc_compression = false;  // of answers, for clients that take it
  int loops = 2;
  ServeLimits limits;

  TraceFlags tracing;
  RecordFlags record;

  std::vector<Device> devices;  // that models may run on; empty: all that are there
  MemoryFlags memory;
  ModelConfig model;                                        // what every model is run with, unless it says otherwise
  std::map<std::string, std::optional<ServiceGoal>> goals;  // --slo MODEL:p99=100ms; nothing: MODEL:none
  std::optional<uint64_t> cache_max_bytes;  // of answers that all models keep; 0: none are; else a share of the budget
  int load_threads = 4;                     // models that load at the same time
  bool exit_on_error = true;                // when no model at all can be served

  std::chrono::milliseconds drain_delay{0};  // after SIGTERM: not ready any more, but still serving
  std::chrono::milliseconds drain_timeout{30'000};

  LogOptions log;
  AccessLog access_log;
  std::vector<std::string> without_effect;  // what was set and means nothing here, as "--pinned-memory-pool-byte-size"
};

// `trireme check`.
struct CheckOptions {
  enum class Client { kNone, kCurl, kPython };

  std::vector<std::filesystem::path> paths;  // at least one
  std::string config_name;                   // of configs/<config_name>.pbtxt
  bool strict = false;
  bool json = false;
  Client client = Client::kNone;
  std::string url = "http://127.0.0.1:8000";
};

// `trireme convert`.
struct ConvertOptions {
  std::filesystem::path path;    // a SavedModel, or its base path; or an ONNX file, to be lowered
  std::filesystem::path output;  // the ONNX file to write
  onnxfile::LoweringOptions lowering = {.precision = onnxfile::Precision::kFp32};  // kFp32: as it is
  std::string signature;                                                           // empty: the usual one
  std::string tags;                                                                // the same
  bool force = false;                                                              // write over what is there
};

// `trireme keys`.
struct KeysOptions {
  enum class Action { kAdd, kList, kRemove, kCheck };

  Action action = Action::kList;
  std::filesystem::path file;
  KeyLine key;              // kAdd: without its proof; kRemove: its name
  std::string certificate;  // kAdd: what its holder shows; empty: a new key
};

// `trireme models`.
struct ModelsOptions {
  enum class Action { kList, kLoad, kUnload, kPin, kUnpin, kLabel, kWatch };

  Action action = Action::kList;
  std::filesystem::path socket;    // empty: that of the one server that the user runs
  std::string name;                // of the model, for all but kList and kWatch
  std::string label;               // kLabel
  std::optional<int64_t> version;  // kLabel: where it shall lead; nothing: it is taken away
  bool wide = false;
  bool why = false;  // kList: how each is run, and why so
  bool json = false;
};

// `trireme version`.
struct ShowVersion {
  bool as_model_server = false;  // as TF Serving's program says it
};

// `trireme --help`, `trireme serve --help`.
struct ShowHelp {
  std::string text;
};

using Command = std::variant<ServeOptions, CheckOptions, bench::BenchOptions, bench::CompareOptions,
                             bench::ReplayOptions, tune::TuneOptions, predict::PredictOptions, ConvertOptions,
                             KeysOptions, ModelsOptions, ShowVersion, ShowHelp>;

// Looks a variable up in the environment: std::getenv, or a test's map.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// What the user wants, from the arguments behind the program's name, from TRIREME_<FLAG> variables and from the YAML
// file that --config (or TRIREME_CONFIG) names; the first of them that sets a thing decides. Only `serve` reads such a
// file; `tune` reads one that names several models.
//
// Every failure is wrong usage (kExitUsage). Its message names the flag, variable or file and line, what was expected
// and what was found; it is one line without "error:".
Result<Command> ParseCommand(std::span<const std::string> arguments, const Environment& environment);

}  // namespace trireme

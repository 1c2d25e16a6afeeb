// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "wire/torchserve/allowed_urls.h"
#include "wire/torchserve/model_settings.h"

namespace trireme::torchserve {

// Where a listener of TorchServe's is: http://127.0.0.1:8080, https://[::1]:8443 or unix:/run/torchserve.sock.
struct Address {
  enum class Scheme : uint8_t { kHttp, kHttps, kUnix };
  Scheme scheme = Scheme::kHttp;
  std::string host = "127.0.0.1";  // without brackets; empty: of kUnix
  int port = 0;
  std::string path = {};  // of kUnix
  bool operator==(const Address&) const = default;
};

// Without a port: 80 or 443, as with TorchServe. kInvalidArgument: anything else.
Result<Address> ParseAddress(std::string_view text);

// "name=archive.mar" of load_models.
struct ModelToLoad {
  std::string name;  // empty: the archive says it, or its file's name
  std::string url;   // "a.mar", a path or a URL
  bool operator==(const ModelToLoad&) const = default;
};

enum class MetricsMode : uint8_t { kLog, kPrometheus, kLegacy };

// All of TorchServe's config.properties, with its defaults.
struct ServerProperties {
  using Milliseconds = std::chrono::milliseconds;
  using Seconds = std::chrono::seconds;
  using Minutes = std::chrono::minutes;

  Address inference_address = {.port = 8080};
  Address management_address = {.port = 8081};
  Address metrics_address = {.port = 8082};
  std::string grpc_inference_address = "127.0.0.1";
  std::string grpc_management_address = "127.0.0.1";
  int64_t grpc_inference_port = 7070;
  int64_t grpc_management_port = 7071;
  std::optional<Milliseconds> grpc_inference_max_connection_age;
  std::optional<Milliseconds> grpc_inference_max_connection_age_grace;
  std::optional<Milliseconds> grpc_management_max_connection_age;
  std::optional<Milliseconds> grpc_management_max_connection_age_grace;
  bool enable_grpc_ssl = false;

  std::string model_store;     // empty: none is given
  std::string workflow_store;  // empty: the model store
  bool load_all_models = false;
  std::vector<ModelToLoad> load_models;
  std::vector<ModelSettings> models;
  std::optional<Snapshot> model_snapshot;
  std::string default_service_handler;
  std::string service_envelope;  // "", "body", "json", "kserve" or "kservev2"
  bool install_py_dep_per_model = false;
  AllowedUrls allowed_urls;
  bool use_env_allowed_urls = false;
  bool enable_model_api = false;
  bool disable_token_authorization = false;
  Minutes token_expiration = Minutes(60);

  bool enable_metrics_api = true;
  MetricsMode metrics_mode = MetricsMode::kLog;
  std::string metrics_config;
  bool model_metrics_auto_detect = false;
  bool disable_system_metrics = false;
  std::string system_metrics_cmd;
  Seconds metric_time_interval = Seconds(60);

  std::optional<int64_t> default_workers_per_model;
  int64_t job_queue_size = 100;
  Seconds default_response_timeout = Seconds(120);
  Seconds default_startup_timeout = Seconds(120);
  Seconds unregister_model_timeout = Seconds(120);
  int64_t number_of_netty_threads = 0;
  int64_t netty_client_threads = 0;
  std::optional<int64_t> number_of_gpu;
  int64_t max_request_size = 6'553'500;  // bytes
  int64_t max_response_size = 6'553'500;
  bool limit_max_image_pixels = true;
  bool decode_input_request = true;
  bool ts_open_inference_protocol = false;
  std::string ts_header_key_sequence_id = "ts_request_sequence_id";
  std::string ts_header_key_sequence_start = "ts_request_sequence_start";
  std::string ts_header_key_sequence_end = "ts_request_sequence_end";

  std::string cors_allowed_origin;
  std::string cors_allowed_methods;
  std::string cors_allowed_headers;
  std::string keystore;
  std::string keystore_pass = "changeit";
  std::string keystore_type = "PKCS12";
  std::string private_key_file;
  std::string certificate_file;

  bool enable_envvars_config = false;
  bool async_logging = false;
  bool prefer_direct_buffer = false;
  bool use_native_io = true;
  int64_t io_ratio = 50;
  int64_t initial_worker_port = 9000;
  int64_t initial_distribution_port = 29500;
  bool cpu_launcher_enable = false;
  std::string cpu_launcher_args;
  bool ipex_enable = false;
  bool ipex_gpu_enable = false;
  std::string blacklist_env_vars;
  std::string vmargs;
  std::string python;
  std::string cpp_log_config;
  std::string model_server_home;
  std::string snapshot_store;
  bool debug = false;

  // What is given and not honoured by this server, and why; in the order of the file.
  struct Ignored {
    std::string key;
    std::string where;  // "config.properties:3", "TS_DEBUG of the environment"
    std::string reason;
  };
  std::vector<Ignored> ignored;

  // Of no known name: "config.properties:7: unknown key 'job_queue_sise': did you mean "job_queue_size"?"
  std::vector<std::string> unknown;

  // Of a key that comes again, of which the last one counts: "config.properties:9: debug is said again: this counts,
  // and not what line 3 says".
  std::vector<std::string> repeated;

  bool Gives(std::string_view key) const;  // whether the file or the environment says it

  std::vector<std::string> given;  // names of keys, sorted
};

// The value of a variable of the environment; nothing if it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// Reads a config file, or a snapshot, which is one. Of a key that comes several times the last counts. $$NAME$$ in a
// value is the variable NAME; with enable_envvars_config=true the variable TS_<KEY> goes before the key of the file.
//
// kInvalidArgument names file (as it is called here), line, key, what was expected and what was found. Any bytes may
// come.
Result<ServerProperties> ParseServerProperties(std::string_view text, const std::string& file,
                                               const Environment& environment);

// The value of `load_models` and of the command line's --models: "all", "none", "a.mar,b=c.mar".
Result<std::vector<ModelToLoad>> ParseModelsToLoad(std::string_view text);

}  // namespace trireme::torchserve

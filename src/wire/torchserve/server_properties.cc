// SPDX-License-Identifier: Apache-2.0
#include "wire/torchserve/server_properties.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>
#include <span>
#include <type_traits>
#include <utility>

#include "base/excerpt.h"
#include "base/letter_case.h"
#include "base/log.h"
#include "base/nearest_name.h"
#include "base/trimmed.h"
#include "wire/torchserve/properties.h"

namespace trireme::torchserve {
namespace {

using P = ServerProperties;

constexpr int64_t kMostInt = std::numeric_limits<int32_t>::max();  // Java's
constexpr int64_t kMostPort = 65535;

constexpr const char* kOneProcess = "models run inside of the server, which starts no processes for them";
constexpr const char* kNoJava = "it is a setting of Java's";
constexpr const char* kPythonOnly = "it is for handlers in Python";
constexpr const char* kOwnThreads = "threads are as many as the CPU quota wants";
constexpr const char* kOwnMetrics = "metrics are those of this server, measured when they are asked for";
constexpr const char* kPemOnly = "certificates come from private_key_file and certificate_file";
constexpr const char* kNoAge = "connections do not end by their age";
constexpr const char* kNoSequences = "requests of a sequence are not kept together";
constexpr const char* kOwnDevices = "devices are found, or named by --devices";

Status Wrong(std::string_view expected, std::string_view found) {
  return InvalidArgument("expected " + std::string(expected) + ", found " +
                         (found.empty() ? "nothing" : PlainText(Excerpt(found, 64))));
}

std::optional<int64_t> Integer(std::string_view text) {
  int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || at != end) return std::nullopt;
  return number;
}

// What an optional member holds, or the member itself.
template <typename T>
struct Inside {
  using Type = T;
};
template <typename T>
struct Inside<std::optional<T>> {
  using Type = T;
};

// Takes a value over.
using Take = Status (*)(std::string_view value, P& to);

template <auto kMember, int64_t kLeast, int64_t kMost = kMostInt>
Status TakeInteger(std::string_view value, P& to) {
  using T = typename Inside<std::remove_reference_t<decltype(to.*kMember)>>::Type;
  const auto number = Integer(value);
  if (!number || *number < kLeast || *number > kMost) {
    return Wrong("an integer from " + std::to_string(kLeast) + " to " + std::to_string(kMost), value);
  }
  to.*kMember = T(*number);
  return {};
}

template <auto kMember>
Status TakePort(std::string_view value, P& to) {
  return TakeInteger<kMember, 1, kMostPort>(value, to);
}

template <auto kMember>
Status TakeBool(std::string_view value, P& to) {
  const std::string word = LowerCase(value);
  if (word != "true" && word != "false") return Wrong("true or false", value);
  to.*kMember = word == "true";
  return {};
}

template <auto kMember>
Status TakeText(std::string_view value, P& to) {
  to.*kMember = std::string(value);
  return {};
}

template <auto kMember>
Status TakeAddress(std::string_view value, P& to) {
  ASSIGN_OR_RETURN(to.*kMember, ParseAddress(value));
  return {};
}

Status TakeEnvelope(std::string_view value, P& to) {
  for (const std::string_view known : {"", "body", "json", "kserve", "kservev2"}) {
    if (value != known) continue;
    to.service_envelope = std::string(value);
    return {};
  }
  return Wrong("body, json, kserve or kservev2", value);
}

Status TakeMetricsMode(std::string_view value, P& to) {
  const std::string word = LowerCase(value);
  if (word != "log" && word != "prometheus" && word != "legacy") return Wrong("log, prometheus or legacy", value);
  to.metrics_mode = word == "log"          ? MetricsMode::kLog
                    : word == "prometheus" ? MetricsMode::kPrometheus
                                           : MetricsMode::kLegacy;
  return {};
}

Status TakeAllowedUrls(std::string_view value, P& to) {
  ASSIGN_OR_RETURN(to.allowed_urls, AllowedUrls::Parse(value));
  return {};
}

Status TakeLoadModels(std::string_view value, P& to) {
  to.load_all_models = LowerCase(value) == "all";
  ASSIGN_OR_RETURN(to.load_models, ParseModelsToLoad(value));
  return {};
}

Status TakeModels(std::string_view value, P& to) {
  ASSIGN_OR_RETURN(to.models, ParseModelSettings(value));
  return {};
}

Status TakeSnapshot(std::string_view value, P& to) {
  ASSIGN_OR_RETURN(to.model_snapshot, ParseSnapshot(value));
  return {};
}

Status TakeNothing(std::string_view /*value*/, P& /*to*/) {
  return {};
}

struct Key {
  const char* name;
  Take take;
  const char* ignored_because = nullptr;  // null: it is honoured
};

const Key kKeys[] = {
    {"inference_address", TakeAddress<&P::inference_address>},
    {"management_address", TakeAddress<&P::management_address>},
    {"metrics_address", TakeAddress<&P::metrics_address>},
    {"grpc_inference_address", TakeText<&P::grpc_inference_address>},
    {"grpc_management_address", TakeText<&P::grpc_management_address>},
    {"grpc_inference_port", TakePort<&P::grpc_inference_port>},
    {"grpc_management_port", TakePort<&P::grpc_management_port>},
    {"grpc_inference_max_connection_age_ms", TakeInteger<&P::grpc_inference_max_connection_age, 1, INT64_MAX>, kNoAge},
    {"grpc_inference_max_connection_age_grace_ms",
     TakeInteger<&P::grpc_inference_max_connection_age_grace, 0, INT64_MAX>, kNoAge},
    {"grpc_management_max_connection_age_ms", TakeInteger<&P::grpc_management_max_connection_age, 1, INT64_MAX>,
     kNoAge},
    {"grpc_management_max_connection_age_grace_ms",
     TakeInteger<&P::grpc_management_max_connection_age_grace, 0, INT64_MAX>, kNoAge},
    {"enable_grpc_ssl", TakeBool<&P::enable_grpc_ssl>},
    {"model_store", TakeText<&P::model_store>},
    {"workflow_store", TakeText<&P::workflow_store>},
    {"load_models", TakeLoadModels},
    {"models", TakeModels},
    {"model_snapshot", TakeSnapshot},
    {"default_service_handler", TakeText<&P::default_service_handler>},
    {"service_envelope", TakeEnvelope},
    {"install_py_dep_per_model", TakeBool<&P::install_py_dep_per_model>, kPythonOnly},
    {"allowed_urls", TakeAllowedUrls},
    {"use_env_allowed_urls", TakeBool<&P::use_env_allowed_urls>},
    {"enable_model_api", TakeBool<&P::enable_model_api>},
    {"disable_token_authorization", TakeBool<&P::disable_token_authorization>},
    {"token_expiration_min", TakeInteger<&P::token_expiration, 1>},
    {"enable_metrics_api", TakeBool<&P::enable_metrics_api>},
    {"metrics_mode", TakeMetricsMode},
    {"metrics_config", TakeText<&P::metrics_config>, kOwnMetrics},
    {"model_metrics_auto_detect", TakeBool<&P::model_metrics_auto_detect>, kOwnMetrics},
    {"disable_system_metrics", TakeBool<&P::disable_system_metrics>, kOwnMetrics},
    {"system_metrics_cmd", TakeText<&P::system_metrics_cmd>, kOwnMetrics},
    {"metric_time_interval", TakeInteger<&P::metric_time_interval, 1>, kOwnMetrics},
    {"default_workers_per_model", TakeInteger<&P::default_workers_per_model, 0>},
    {"job_queue_size", TakeInteger<&P::job_queue_size, 1>},
    {"default_response_timeout", TakeInteger<&P::default_response_timeout, 1>},
    {"default_startup_timeout", TakeInteger<&P::default_startup_timeout, 1>},
    {"unregister_model_timeout", TakeInteger<&P::unregister_model_timeout, 1>},
    {"number_of_netty_threads", TakeInteger<&P::number_of_netty_threads, 0>, kOwnThreads},
    {"netty_client_threads", TakeInteger<&P::netty_client_threads, 0>, kOwnThreads},
    {"number_of_gpu", TakeInteger<&P::number_of_gpu, 0>, kOwnDevices},
    {"max_request_size", TakeInteger<&P::max_request_size, 1>},
    {"max_response_size", TakeInteger<&P::max_response_size, 1>},
    {"limit_max_image_pixels", TakeBool<&P::limit_max_image_pixels>},
    {"decode_input_request", TakeBool<&P::decode_input_request>, kPythonOnly},
    {"ts_open_inference_protocol", TakeBool<&P::ts_open_inference_protocol>},
    {"ts_header_key_sequence_id", TakeText<&P::ts_header_key_sequence_id>, kNoSequences},
    {"ts_header_key_sequence_start", TakeText<&P::ts_header_key_sequence_start>, kNoSequences},
    {"ts_header_key_sequence_end", TakeText<&P::ts_header_key_sequence_end>, kNoSequences},
    {"cors_allowed_origin", TakeText<&P::cors_allowed_origin>},
    {"cors_allowed_methods", TakeText<&P::cors_allowed_methods>},
    {"cors_allowed_headers", TakeText<&P::cors_allowed_headers>},
    {"keystore", TakeText<&P::keystore>, kPemOnly},
    {"keystore_pass", TakeText<&P::keystore_pass>, kPemOnly},
    {"keystore_type", TakeText<&P::keystore_type>, kPemOnly},
    {"private_key_file", TakeText<&P::private_key_file>},
    {"certificate_file", TakeText<&P::certificate_file>},
    {"enable_envvars_config", TakeBool<&P::enable_envvars_config>},
    {"async_logging", TakeBool<&P::async_logging>, kNoJava},
    {"prefer_direct_buffer", TakeBool<&P::prefer_direct_buffer>, kNoJava},
    {"use_native_io", TakeBool<&P::use_native_io>, kNoJava},
    {"io_ratio", TakeInteger<&P::io_ratio, 1, 100>, kNoJava},
    {"initial_worker_port", TakePort<&P::initial_worker_port>, kOneProcess},
    {"initial_distribution_port", TakePort<&P::initial_distribution_port>, kOneProcess},
    {"cpu_launcher_enable", TakeBool<&P::cpu_launcher_enable>, kOneProcess},
    {"cpu_launcher_args", TakeText<&P::cpu_launcher_args>, kOneProcess},
    {"ipex_enable", TakeBool<&P::ipex_enable>, kPythonOnly},
    {"ipex_gpu_enable", TakeBool<&P::ipex_gpu_enable>, kPythonOnly},
    {"blacklist_env_vars", TakeText<&P::blacklist_env_vars>, kOneProcess},
    {"vmargs", TakeText<&P::vmargs>, kNoJava},
    {"python", TakeText<&P::python>, kPythonOnly},
    {"cpp_log_config", TakeText<&P::cpp_log_config>, kOneProcess},
    {"model_server_home", TakeText<&P::model_server_home>, kPythonOnly},
    {"snapshot_store", TakeText<&P::snapshot_store>, kNoJava},
    {"debug", TakeBool<&P::debug>, kNoJava},
    // What TorchServe itself adds to its snapshots.
    {"tsConfigFile", TakeNothing},
    {"version", TakeNothing},
};

const Key* FindKey(std::string_view name) {
  const auto at = std::find_if(std::begin(kKeys), std::end(kKeys), [&](const Key& key) { return key.name == name; });
  return at == std::end(kKeys) ? nullptr : at;
}

std::string Unknown(const std::string& where, const std::string& name) {
  std::vector<std::string> names;
  for (const Key& key : kKeys) names.emplace_back(key.name);
  const std::string meant = DidYouMean(name, names);
  return where + ": unknown key " + PlainText(Excerpt(name, 64)) + (meant.empty() ? "" : ": " + meant);
}

// $$NAME$$ is a variable; what has no second $$ stands for itself.
Result<std::string> WithVariables(std::string_view text, const Environment& environment) {
  constexpr std::string_view kMark = "$$";
  std::string whole;
  for (;;) {
    const size_t begin = text.find(kMark);
    const size_t end = begin == std::string_view::npos ? begin : text.find(kMark, begin + kMark.size());
    if (end == std::string_view::npos) return whole.append(text);
    const std::string name(text.substr(begin + kMark.size(), end - begin - kMark.size()));
    const std::optional<std::string> value = name.empty() ? std::nullopt : environment(name);
    if (!value) return Wrong("a variable of the environment between $$ and $$", name);
    whole.append(text.substr(0, begin)).append(*value);
    text.remove_prefix(end + kMark.size());
  }
}

struct Given {
  std::string value;
  std::string where;
  int line = 0;
};

std::string VariableOf(std::string_view key) {
  std::string name = "TS_";
  for (const char c : key) name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

// In the order of the file; of each key the last value. `repeated`: what is to be said of those that come again.
std::vector<std::pair<std::string, Given>> LastOfEach(std::vector<Property> properties, const std::string& file,
                                                      std::vector<std::string>& repeated) {
  std::map<std::string, size_t> places;
  std::vector<std::pair<std::string, Given>> given;
  for (Property& property : properties) {
    Given value{std::move(property.value), file + ":" + std::to_string(property.line), property.line};
    const auto [at, is_new] = places.try_emplace(property.key, given.size());
    if (is_new) {
      given.emplace_back(property.key, std::move(value));
    } else {
      Given& before = given[at->second].second;
      repeated.push_back(value.where + ": " + PlainText(Excerpt(property.key, 64)) +
                         " is said again: this counts, and not what line " + std::to_string(before.line) + " says");
      before = std::move(value);
    }
  }
  return given;
}

class Reader {
 public:
  explicit Reader(const Environment& environment) : environment_(environment) {}

  Result<P> Read(std::string_view text, const std::string& file) {
    ASSIGN_OR_RETURN(properties_.allowed_urls, AllowedUrls::Parse(AllowedUrls::kDefault));
    auto parsed = ParseProperties(text);
    if (!parsed.ok()) return std::move(parsed).status().Within(file);
    for (const auto& [name, given] : LastOfEach(*std::move(parsed), file, properties_.repeated)) {
      RETURN_IF_ERROR(TakeFromFile(name, given));
    }
    if (properties_.enable_envvars_config) RETURN_IF_ERROR(TakeFromEnvironment());
    std::sort(properties_.given.begin(), properties_.given.end());
    return std::move(properties_);
  }

 private:
  Status TakeFromFile(const std::string& name, const Given& given) {
    const Key* key = FindKey(name);
    if (key == nullptr) {
      properties_.unknown.push_back(Unknown(given.where, name));
      return {};
    }
    auto value = WithVariables(given.value, environment_);
    if (!value.ok()) return std::move(value).status().Within(given.where + ": " + name);
    return TakeKey(*key, *value, given.where);
  }

  Status TakeFromEnvironment() {
    for (const Key& key : kKeys) {
      const std::string variable = VariableOf(key.name);
      if (const auto value = environment_(variable)) {
        std::erase_if(properties_.ignored, [&](const auto& ignored) { return ignored.key == key.name; });
        RETURN_IF_ERROR(TakeKey(key, *value, variable + " of the environment"));
      }
    }
    return {};
  }

  Status TakeKey(const Key& key, std::string_view value, const std::string& where) {
    Status taken = key.take(Trimmed(value, kBlanksAndBreaks), properties_);
    if (!taken.ok()) return std::move(taken).Within(where + ": " + key.name);
    if (key.take == TakeModels) {
      for (const std::string& unknown : UnknownModelSettings(value)) {
        properties_.unknown.push_back(where + ": models: " + unknown);
      }
    }
    if (!properties_.Gives(key.name)) properties_.given.emplace_back(key.name);
    if (key.ignored_because != nullptr) {
      properties_.ignored.push_back({.key = key.name, .where = where, .reason = key.ignored_because});
    }
    return {};
  }

  const Environment& environment_;
  P properties_;
};

constexpr const char* kExpectedAddress =
    "an address such as http://127.0.0.1:8080, https://[::1]:8443 or unix:/run/a.sock";

// "127.0.0.1:8080", "[::1]:8080", "localhost", with a slash behind at most.
std::optional<Address> ParseHostAndPort(std::string_view text, Address::Scheme scheme) {
  if (text.ends_with('/')) text.remove_suffix(1);
  const bool bracket = text.starts_with('[');
  const size_t end = bracket ? text.find(']') : std::min(text.find(':'), text.size());
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view host = bracket ? text.substr(1, end - 1) : text.substr(0, end);
  const std::string_view rest = text.substr(end + (bracket ? 1 : 0));
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
  const std::string letters = std::string(kLetters) + (bracket ? ":%" : "");
  if (host.empty() || host.find_first_not_of(letters) != std::string_view::npos) return std::nullopt;
  Address address{.scheme = scheme, .host = std::string(host), .port = scheme == Address::Scheme::kHttp ? 80 : 443};
  if (rest.empty()) return address;
  const auto port = rest.front() == ':' ? Integer(rest.substr(1)) : std::nullopt;
  if (!port || *port < 0 || *port > kMostPort) return std::nullopt;
  address.port = static_cast<int>(*port);
  return address;
}

}  // namespace

Result<Address> ParseAddress(std::string_view text) {
  const std::string lower = LowerCase(text);
  std::optional<Address> address;
  if (lower.starts_with("unix:")) {
    std::string_view path = text.substr(5);
    if (path.starts_with("//")) path.remove_prefix(2);
    if (path.starts_with('/') && path.find('\0') == std::string_view::npos) {
      return Address{.scheme = Address::Scheme::kUnix, .host = "", .path = std::string(path)};
    }
  } else if (lower.starts_with("http://")) {
    address = ParseHostAndPort(text.substr(7), Address::Scheme::kHttp);
  } else if (lower.starts_with("https://")) {
    address = ParseHostAndPort(text.substr(8), Address::Scheme::kHttps);
  }
  if (!address) return Wrong(kExpectedAddress, text);
  return *std::move(address);
}

Result<std::vector<ModelToLoad>> ParseModelsToLoad(std::string_view text) {
  std::vector<ModelToLoad> models;
  const std::string word = LowerCase(Trimmed(text, kBlanksAndBreaks));
  if (word == "all" || word == "none" || word == "na") return models;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    const std::string_view piece = Trimmed(text.substr(0, comma), kBlanksAndBreaks);
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (piece.empty()) continue;
    const size_t equals = piece.find('=');
    ModelToLoad model;
    if (equals != std::string_view::npos) model.name = std::string(Trimmed(piece.substr(0, equals), kBlanksAndBreaks));
    model.url = Trimmed(equals == std::string_view::npos ? piece : piece.substr(equals + 1), kBlanksAndBreaks);
    if (model.url.empty() || (equals != std::string_view::npos && model.name.empty())) {
      return Wrong("all, none or a list such as a.mar,name=b.mar", piece);
    }
    models.push_back(std::move(model));
  }
  return models;
}

bool ServerProperties::Gives(std::string_view key) const {
  return std::find(given.begin(), given.end(), key) != given.end();
}

Result<ServerProperties> ParseServerProperties(std::string_view text, const std::string& file,
                                               const Environment& environment) {
  return Reader(environment).Read(text, file);
}

}  // namespace trireme::torchserve

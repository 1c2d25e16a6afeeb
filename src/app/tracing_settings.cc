// SPDX-License-Identifier: Apache-2.0
#include "app/tracing_settings.h"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include "app/setting_kinds.h"
#include "client/url.h"

namespace trireme {
namespace {

// Where a collector listens that nobody has configured.
constexpr const char* kUsualEndpoint = "http://127.0.0.1:4318";

constexpr uint64_t kMostRequests = std::numeric_limits<uint32_t>::max();

// Triton leaves the scheme out.
std::string WithScheme(std::string_view url) {
  return url.find("://") == std::string_view::npos ? "http://" + std::string(url) : std::string(url);
}

Status SetEndpoint(TraceFlags& flags, std::string_view text) {
  const std::string url = WithScheme(text);
  if (!url.starts_with("http://") && !url.starts_with("https://"))
    return UnexpectedText("http://... or https://...", url);
  if (const auto parsed = client::ParseUrl(url); !parsed.ok()) return parsed.status();
  flags.endpoint = url;
  return {};
}

// What is set by one --trace-config: "mode=opentelemetry", "opentelemetry,url=http://127.0.0.1:4318/v1/traces".
class TraceConfig {
 public:
  TraceConfig(TraceFlags& flags, std::vector<std::string>& without_effect)
      : flags_(flags), without_effect_(without_effect) {}

  Status Set(std::string_view text) const {
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) return UnexpectedText("SETTING=VALUE or MODE,SETTING=VALUE", text);
    const std::string_view name = text.substr(0, equals);
    const std::string_view value = text.substr(equals + 1);
    if (name == "mode") return SetMode(value);
    if (name == "level") return SetLevel(value);
    if (name == "rate") return Whole<uint64_t>("", "", "", flags_.rate, 1, kMostRequests).set(value);
    if (name == "count") return Whole<int64_t>("", "", "", flags_.count, -1, kMostRequests).set(value);
    if (name == "opentelemetry,url") return SetEndpoint(flags_, value);
    if (name == "opentelemetry,resource") return SetResource(value);
    if (name.starts_with("opentelemetry,") || name.starts_with("triton,")) return Ignore();
    return UnexpectedText("mode, level, rate, count, opentelemetry,url or opentelemetry,resource before the '='", name);
  }

 private:
  Status SetMode(std::string_view mode) const {
    if (mode != "opentelemetry" && mode != "triton") return UnexpectedText("opentelemetry or triton", mode);
    flags_.opentelemetry = mode == "opentelemetry";
    return flags_.opentelemetry ? Status() : Ignore();
  }
  Status SetLevel(std::string_view level) const {
    if (level != "OFF" && level != "TIMESTAMPS") return UnexpectedText("OFF or TIMESTAMPS", level);
    flags_.timestamps = level == "TIMESTAMPS";
    return {};
  }
  Status SetResource(std::string_view resource) const {
    constexpr std::string_view kServiceName = "service.name=";
    if (!resource.starts_with(kServiceName)) return Ignore();
    flags_.service_name = resource.substr(kServiceName.size());
    return {};
  }
  Status Ignore() const {
    constexpr const char* kName = "--trace-config";
    if (std::find(without_effect_.begin(), without_effect_.end(), kName) == without_effect_.end()) {
      without_effect_.emplace_back(kName);
    }
    return {};
  }

  TraceFlags& flags_;
  std::vector<std::string>& without_effect_;
};

}  // namespace

std::vector<Setting> TracingSettings(TraceFlags& flags, std::vector<std::string>& without_effect) {
  return {
      Custom("otlp-endpoint", "URL", "Send traces of requests to an OpenTelemetry collector, over OTLP/HTTP", "",
             [&flags](std::string_view text) { return SetEndpoint(flags, text); }),
      Whole<uint64_t>("trace-rate", "N", "Of requests that do not ask for it themselves, trace one in N", flags.rate, 1,
                      kMostRequests),
      Repeated(
          Custom("trace-config", "SETTING=VALUE", "The same, as Triton has it; may repeat", "",
                 [config = TraceConfig(flags, without_effect)](std::string_view text) { return config.Set(text); })),
  };
}

Result<Tracer::Options> TracerOptionsOf(const TraceFlags& flags) {
  Tracer::Options options;
  options.service_name = flags.service_name;
  options.settings = {
      .timestamps = flags.timestamps.value_or(!flags.endpoint.empty()), .rate = flags.rate, .count = flags.count};
  const std::string endpoint = flags.endpoint.empty() && flags.opentelemetry ? kUsualEndpoint : flags.endpoint;
  if (!endpoint.empty()) {
    ASSIGN_OR_RETURN(options.endpoint, client::ParseUrl(endpoint));
  }
  return options;
}

}  // namespace trireme

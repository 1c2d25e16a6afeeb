// SPDX-License-Identifier: Apache-2.0
#include "app/triton_settings.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "app/setting_kinds.h"

namespace trireme {
namespace {

// They tune or switch what this server does not have, or finds out by itself.
constexpr std::array kWithoutEffect = {
    "allow-cpu-metrics",
    "allow-gpu-metrics",
    "allow-vertex-ai",
    "backend-config",
    "backend-directory",
    "buffer-manager-thread-count",
    "cache-directory",
    "cuda-memory-pool-byte-size",
    "cuda-virtual-address-size",
    "disable-auto-complete-config",
    "enable-peer-access",
    "grpc-arg-http2-max-pings-without-data",
    "grpc-arg-http2-min-recv-ping-interval-without-data",
    "grpc-arg-http2-max-ping-strikes",
    "grpc-http2-max-ping-strikes",
    "grpc-http2-max-pings-without-data",
    "grpc-http2-min-recv-ping-interval-without-data",
    "grpc-infer-allocation-pool-size",
    "grpc-infer-thread-count",
    "grpc-keepalive-permit-without-calls",
    "grpc-max-response-pool-size",
    "host-policy",
    "metrics-config",
    "metrics-interval-ms",
    "min-supported-compute-capability",
    "model-load-gpu-limit",
    "model-load-retry-count",
    "model-namespacing",
    "pinned-memory-pool-byte-size",
    "rate-limit",
    "rate-limit-resource",
    "repoagent-directory",
    "reuse-grpc-port",
    "reuse-http-port",
    "sagemaker-thread-count",
    "strict-model-config",
    "strict-readiness",
    "trace-count",
    "trace-file",
    "trace-level",
    "trace-log-frequency",
    "vertex-ai-default-model",
    "vertex-ai-port",
    "vertex-ai-thread-count",
};

// Those that Triton takes without a value.
constexpr std::array<std::string_view, 2> kBare = {"disable-auto-complete-config", "enable-peer-access"};

// Somebody who sets them relies on what they promise.
struct Refused {
  const char* name;
  const char* reason;
};
constexpr std::array kRefused = {
    Refused{"grpc-restricted-protocol", "say who may do what in a file of keys, and name it with --keys"},
    Refused{"http-restricted-api", "say who may do what in a file of keys, and name it with --keys"},
    Refused{"grpc-header-forward-pattern", "no model is shown a request's headers"},
    Refused{"http-header-forward-pattern", "no model is shown a request's headers"},
};

Setting Hidden(std::string name, std::function<Status(std::string_view)> set) {
  return Repeated(Custom(std::move(name), "VALUE", "", "", std::move(set)));
}

Status TakeCacheBytes(std::string_view text, std::optional<uint64_t>& max_bytes) {
  ASSIGN_OR_RETURN(max_bytes, ParseBytes(text));
  return {};
}

// "local,size=1048576"
Status TakeCacheConfig(std::string_view text, std::optional<uint64_t>& max_bytes) {
  constexpr std::string_view kLocal = "local";
  constexpr std::string_view kSize = "size=";
  const size_t comma = text.find(',');
  if (text.substr(0, comma) != kLocal) {
    return Unsupported("answers are kept in the server's own memory: expected local,size=BYTES, found '" +
                       std::string(text) + "'");
  }
  const std::string_view size = comma == std::string_view::npos ? "" : text.substr(comma + 1);
  if (!size.starts_with(kSize)) return UnexpectedText("local,size=BYTES", text);
  return TakeCacheBytes(size.substr(kSize.size()), max_bytes);
}

}  // namespace

std::vector<Setting> TritonCacheSettings(std::optional<uint64_t>& max_bytes) {
  return {Hidden("cache-config", [&max_bytes](std::string_view text) { return TakeCacheConfig(text, max_bytes); }),
          Hidden("response-cache-byte-size",
                 [&max_bytes](std::string_view text) { return TakeCacheBytes(text, max_bytes); })};
}

std::vector<Setting> TritonSettings(std::vector<std::string>& without_effect) {
  std::vector<Setting> settings;
  for (const char* name : kWithoutEffect) {
    settings.push_back(Hidden(name, [&without_effect, flag = std::string("--") + name](std::string_view) -> Status {
      if (std::find(without_effect.begin(), without_effect.end(), flag) == without_effect.end()) {
        without_effect.push_back(flag);
      }
      return {};
    }));
    if (std::find(kBare.begin(), kBare.end(), std::string_view(name)) != kBare.end()) {
      settings.back().form = Setting::Form::kSwitch;
    }
  }
  for (const Refused& refused : kRefused) {
    settings.push_back(Hidden(refused.name, [reason = std::string(refused.reason)](std::string_view text) -> Status {
      const Result<bool> wanted = ParseOnOff(text);
      if (text.empty() || (wanted.ok() && !*wanted)) return {};
      return Unsupported("this server does not have it: " + reason);
    }));
  }
  return settings;
}

}  // namespace trireme

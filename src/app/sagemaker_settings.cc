// SPDX-License-Identifier: Apache-2.0
#include "app/sagemaker_settings.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "app/setting_kinds.h"

namespace trireme {
namespace {

std::optional<uint16_t> ParsePort(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

Setting SafePortRange(std::optional<PortRange>& range) {
  return Custom("sagemaker-safe-port-range", "LOW-HIGH", "Fail to start if another port lies outside of it", "",
                [&range](std::string_view text) -> Status {
                  const size_t dash = std::min(text.find('-'), text.size());
                  const std::optional<uint16_t> low = ParsePort(text.substr(0, dash));
                  const std::optional<uint16_t> high = ParsePort(text.substr(std::min(dash + 1, text.size())));
                  if (!low || !high || *low > *high) return UnexpectedText("two ports such as 9000-9999", text);
                  range = {.low = *low, .high = *high};
                  return {};
                });
}

Setting PingModeSetting(std::optional<sagemaker::PingMode>& mode) {
  return Custom("sagemaker-ping-mode", "ready|live", "What GET /ping asks", "live if models are loaded by name",
                [&mode](std::string_view text) -> Status {
                  if (text != "ready" && text != "live") return UnexpectedText("ready|live", text);
                  mode = text == "live" ? sagemaker::PingMode::kLive : sagemaker::PingMode::kReady;
                  return {};
                });
}

Setting ModelsFolder(std::filesystem::path& folder) {
  return Custom("sagemaker-models", "FOLDER", "Models that are loaded by URL lie below it", folder.string(),
                [&folder](std::string_view text) -> Status {
                  if (text.empty()) return UnexpectedText("a folder", text);
                  folder = text;
                  return {};
                });
}

}  // namespace

Setting DialectsSetting(ServeOptions& options) {
  return Custom("dialects", "NAME,...", "What is spoken, each on its ports: kserve, sagemaker, tfserving, torchserve",
                "kserve", [&options](std::string_view text) -> Status {
                  bool kserve = false;
                  bool sagemaker = false;
                  bool tfserving = false;
                  bool torchserve = false;
                  for (std::string_view rest = text;;) {
                    const size_t comma = std::min(rest.find(','), rest.size());
                    const std::string_view name = rest.substr(0, comma);
                    bool* const wanted = name == "kserve"       ? &kserve
                                         : name == "sagemaker"  ? &sagemaker
                                         : name == "tfserving"  ? &tfserving
                                         : name == "torchserve" ? &torchserve
                                                                : nullptr;
                    if (wanted == nullptr) {
                      return UnexpectedText("a list of kserve, sagemaker, tfserving and torchserve", text);
                    }
                    *wanted = true;
                    if (comma == rest.size()) break;
                    rest.remove_prefix(comma + 1);
                  }
                  options.allow_http = options.allow_grpc = kserve;
                  options.sagemaker.allow = sagemaker;
                  options.tfserving.listeners.allow = tfserving;
                  options.torchserve.listeners.allow = torchserve;
                  return {};
                });
}

std::vector<Setting> SagemakerSettings(SagemakerFlags& flags) {
  sagemaker::Options& dialect = flags.dialect;
  return {
      OnOff("allow-sagemaker", "Listen for SageMaker's platform", flags.allow),
      Text("sagemaker-address", "ADDRESS", "Address of its port, if another one", flags.host),
      Whole<uint16_t>("sagemaker-port", "PORT", "Its port; 0: any free one", flags.port, 0, 65535),
      SafePortRange(flags.safe_ports),
      ModelsFolder(dialect.models),
      Text("sagemaker-default-model", "NAME", "What /invocations is for; else the only model", dialect.default_model),
      Choice<sagemaker::InferenceType>("sagemaker-inference-type", "What /invocations means", dialect.inference_type,
                                       {{"infer", sagemaker::InferenceType::kInfer},
                                        {"generate", sagemaker::InferenceType::kGenerate},
                                        {"generate_stream", sagemaker::InferenceType::kGenerateStream}}),
      PingModeSetting(flags.ping_mode),
      Text("sagemaker-default-accept", "TYPE", "Media type of answers to who says none", dialect.default_accept),
      Whole<uint32_t>("sagemaker-max-concurrent-transforms", "N", "What batch jobs are told to keep in flight",
                      dialect.max_concurrent_transforms, 1, 1000),
      Choice<std::string>("sagemaker-batch-strategy", "And to send at a time", dialect.batch_strategy,
                          {{"MULTI_RECORD", "MULTI_RECORD"}, {"SINGLE_RECORD", "SINGLE_RECORD"}}),
      Whole<uint32_t>("sagemaker-max-payload-mb", "N", "And how much", dialect.max_payload_megabytes, 0, 1024),
  };
}

Status CheckSagemaker(const ServeOptions& options) {
  const std::optional<PortRange>& range = options.sagemaker.safe_ports;
  if (!options.sagemaker.allow || !range) return {};
  const auto check = [&](const char* name, bool is_open, uint16_t port) -> Status {
    if (!is_open || (port >= range->low && port <= range->high)) return {};
    return InvalidArgument(std::string(name) + ": expected a port from " + std::to_string(range->low) + " to " +
                           std::to_string(range->high) + " (sagemaker-safe-port-range), found " + std::to_string(port));
  };
  RETURN_IF_ERROR(check("http-port", options.allow_http, options.http_port));
  RETURN_IF_ERROR(check("grpc-port", options.allow_grpc, options.grpc_port));
  return check("metrics-port", options.allow_metrics, options.metrics_port);
}

}  // namespace trireme

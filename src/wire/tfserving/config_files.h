// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace trireme::tfserving {

// TF Serving's configuration files, which are protobuf's text form.

// A model and where its versions lie.
struct ServedModel {
  enum class Versions : uint8_t { kLatest, kAll, kSpecific };

  std::string name;
  std::filesystem::path base_path;  // absolute
  Versions versions = Versions::kLatest;
  uint32_t latest = 1;            // kLatest: so many of the highest
  std::vector<int64_t> specific;  // kSpecific
  std::map<std::string, int64_t> labels;
  std::vector<std::string> without_effect = {};  // fields that are set and change nothing here, each with the reason
  bool operator==(const ServedModel&) const = default;
};

// kInvalidArgument: it lies in an object store, which nobody here reads.
Status CheckIsFolder(std::string_view base_path);

// A ModelServerConfig: the models of a server, and all of them. An empty list is valid. kInvalidArgument says what
// `file` has in which line and column, or of which model; kUnsupported: a custom_model_config.
Result<std::vector<ServedModel>> ParseModelServerConfig(std::string_view text, const std::string& file);

// The same of a ReloadConfigRequest.
Result<std::vector<ServedModel>> DecodeReloadRequest(std::span<const std::byte> bytes);

// A ReloadConfigResponse.
std::string EncodeReloadResponse();

// BatchingParameters, as far as they mean something here.
struct Batching {
  std::optional<int64_t> max_batch_size;
  std::optional<std::chrono::microseconds> batch_timeout;
  std::optional<int64_t> max_enqueued_batches;
  std::optional<int64_t> batch_threads;
  std::vector<int64_t> allowed_batch_sizes;  // ascending; the last one is max_batch_size
  std::vector<std::string> without_effect;   // names of others that are set
};
Result<Batching> ParseBatching(std::string_view text, const std::string& file);

// A MonitoringConfig.
struct Monitoring {
  bool prometheus = false;
  std::string path = "/monitoring/prometheus/metrics";
};
Result<Monitoring> ParseMonitoring(std::string_view text, const std::string& file);

}  // namespace trireme::tfserving

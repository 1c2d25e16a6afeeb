// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "model/version_choice.h"
#include "repository/config_reader.h"
#include "repository/model_name.h"
#include "repository/version_folder.h"

namespace trireme {
namespace {

constexpr int kMaxThreads = 1024;
constexpr const char* kThreads = "intra_op_thread_count";
constexpr const char* kTorchThreads = "INTRA_OP_THREAD_COUNT";  // what Triton's PyTorch backend calls them
constexpr const char* kVersionLabels = "version_labels";        // our own

void ReadMaxBatchSize(ConfigReader& reader) {
  const std::optional<int64_t> size = reader.max_batch_size();
  if (!size) return;
  const ConfigPlace place = reader.root.At("max_batch_size");
  if (*size < 0) {
    reader.findings.Add(
        place.Error("0 or more", std::to_string(*size), "write 0 for a model without a batch dimension"));
    return;
  }
  reader.file.declared.max_batch_size = size;
  reader.file.declared.max_batch_size_place = place.place();
  ModelConfig& config = reader.file.config;
  config.max_request_rows = *size;
  if (*size == 0) {
    config.max_rows = 1;
  } else if (reader.message.has_dynamic_batching()) {
    config.max_rows = *size;
  } else {
    config.max_rows = std::min(config.max_rows, *size);
  }
}

std::optional<int> ParseThreads(std::string_view text) {
  int count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || count < 0 || count > kMaxThreads) return std::nullopt;
  return count;
}

void ReadThreads(const std::string& key, const std::string& text, ConfigReader& reader) {
  if (const std::optional<int> count = ParseThreads(text)) {
    if (*count > 0) reader.file.config.threads = *count;
    return;
  }
  reader.findings.Add(reader.root.Entry("parameters", reader.message, key)
                          .Error("a number from 0 to " + std::to_string(kMaxThreads), Quoted(text.substr(0, 80)),
                                 "write \"0\" to leave it to the server"));
}

// "stable=3,canary=4"
std::optional<std::map<std::string, int64_t>> ParseVersionLabels(std::string_view text) {
  std::map<std::string, int64_t> labels;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    const size_t equals = one.find('=');
    if (equals == std::string_view::npos || !IsVersionLabel(one.substr(0, equals))) return std::nullopt;
    const std::optional<int64_t> version = ParseVersion(one.substr(equals + 1));
    if (!version || !labels.emplace(one.substr(0, equals), *version).second) return std::nullopt;
  }
  return labels;
}

void ReadVersionLabels(const std::string& text, ConfigReader& reader) {
  if (auto labels = ParseVersionLabels(text)) {
    reader.file.version_labels = *std::move(labels);
    return;
  }
  reader.findings.Add(reader.root.Entry("parameters", reader.message, kVersionLabels)
                          .Error("LABEL=VERSION, separated by commas, each label once", Quoted(text.substr(0, 80)),
                                 "write \"stable=3,canary=4\""));
}

void ReadParameters(ConfigReader& reader) {
  const auto& parameters = reader.message.parameters();
  if (!CheckCount(static_cast<int>(parameters.size()), reader.root.At("parameters"), reader.findings)) return;
  for (const auto& [key, value] : parameters) {
    if (key == kThreads || key == kTorchThreads) {
      ReadThreads(key, value.string_value(), reader);
    } else if (key == kVersionLabels) {
      ReadVersionLabels(value.string_value(), reader);
    } else if (key == kDeviceParameter || key == kCopiesParameter) {
      continue;  // ReadDevices
    } else {
      reader.file.config.runtime_parameters[key] = value.string_value();
      reader.file.declared.parameter_places[key] = reader.root.Entry("parameters", reader.message, key).place();
    }
  }
  // Triton's backend for trees knows nothing of early stopping, and who comes from there gets the answers that it gave.
  if (reader.message.backend() == "fil") reader.file.config.runtime_parameters.try_emplace("all_iterations", "true");
}

void ReadTransactionPolicy(ConfigReader& reader) {
  if (!reader.message.model_transaction_policy().decoupled()) return;
  reader.file.config.decoupled = true;
  if (!reader.message.dynamic_batching().preserve_ordering()) return;
  reader.findings.Add(
      reader.root.At("dynamic_batching")
          .At("preserve_ordering")
          .Error("false, as responses of a decoupled model leave as they come", "true", "leave preserve_ordering out"));
}

// Off although the server keeps answers of models that do not say otherwise; or on, and as many as it has for that.
void ReadResponseCache(ConfigReader& reader) {
  if (!reader.message.has_response_cache()) return;
  size_t& bytes = reader.file.config.cache_bytes;
  if (!reader.message.response_cache().enable()) {
    bytes = 0;
    return;
  }
  if (bytes == 0) bytes = reader.context.enabled_cache_bytes;
  const bool decoupled = reader.message.model_transaction_policy().decoupled();
  if (!decoupled && !reader.message.has_sequence_batching()) return;
  bytes = 0;
  reader.findings.Add(reader.root.At("response_cache")
                          .Note(decoupled ? "no answers to keep, for the model is decoupled"
                                          : "no answers to keep, for those of a sequence depend on what came before",
                                "every request is run"));
}

}  // namespace

void ReadSettings(ConfigReader& reader) {
  ReadMaxBatchSize(reader);
  ReadParameters(reader);
  ReadTransactionPolicy(reader);
  ReadResponseCache(reader);
  if (reader.message.optimization().has_graph()) {
    reader.file.config.graph_optimization = reader.message.optimization().graph().level();
  }
}

}  // namespace trireme

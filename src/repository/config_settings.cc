// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "repository/config_reader.h"
#include "repository/model_name.h"

namespace trireme {
namespace {

constexpr int kMaxThreads = 1024;
constexpr const char* kThreads = "intra_op_thread_count";

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

void ReadThreads(const std::string& text, ConfigReader& reader) {
  if (const std::optional<int> count = ParseThreads(text)) {
    if (*count > 0) reader.file.config.threads = *count;
    return;
  }
  reader.findings.Add(reader.root.Entry("parameters", reader.message, kThreads)
                          .Error("a number from 0 to " + std::to_string(kMaxThreads), Quoted(text.substr(0, 80)),
                                 "write \"0\" to leave it to the server"));
}

void ReadParameters(ConfigReader& reader) {
  const auto& parameters = reader.message.parameters();
  if (!CheckCount(static_cast<int>(parameters.size()), reader.root.At("parameters"), reader.findings)) return;
  for (const auto& [key, value] : parameters) {
    if (key == kThreads) {
      ReadThreads(value.string_value(), reader);
    } else {
      reader.file.config.runtime_parameters[key] = value.string_value();
    }
  }
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

}  // namespace

void ReadSettings(ConfigReader& reader) {
  ReadMaxBatchSize(reader);
  ReadParameters(reader);
  ReadTransactionPolicy(reader);
  if (reader.message.optimization().has_graph()) {
    reader.file.config.graph_optimization = reader.message.optimization().graph().level();
  }
}

}  // namespace trireme

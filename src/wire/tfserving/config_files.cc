// SPDX-License-Identifier: Apache-2.0
#include "wire/tfserving/config_files.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/excerpt.h"
#include "base/log.h"
#include "model/version_choice.h"
#include "proto/tensorflow_serving.pb.h"

namespace trireme::tfserving {
namespace {

namespace pb = ::google::protobuf;
namespace serving = ::tensorflow::serving;

constexpr size_t kMostModels = 10'000;
constexpr int kMostDepth = 32;  // of messages in one another

// The first error, with its place.
class FirstError final : public pb::io::ErrorCollector {
 public:
  explicit FirstError(const std::string& file) : file_(file) {}

  void AddError(int line, int column, const std::string& message) override {
    if (!status_.ok()) return;
    status_ = InvalidArgument(file_ + ", line " + std::to_string(line + 1) + ", column " + std::to_string(column + 1) +
                              ": " + Excerpt(message));
  }
  void AddWarning(int /*line*/, int /*column*/, const std::string& /*message*/) override {}
  const Status& status() const { return status_; }

 private:
  const std::string& file_;
  Status status_;
};

Status Parse(std::string_view text, const std::string& file, pb::Message& message) {
  if (text.size() > size_t{16} << 20) return InvalidArgument(file + ": expected at most 16 MiB, found more");
  FirstError errors(file);
  pb::TextFormat::Parser parser;
  parser.RecordErrorsTo(&errors);
  parser.SetRecursionLimit(kMostDepth);
  if (parser.ParseFromString(std::string(text), &message)) return {};
  return errors.status().ok() ? InvalidArgument(file + ": expected a text of " + message.GetTypeName())
                              : errors.status();
}

// Which model of a list something is said about.
std::string PlaceOf(const std::string& file, int index, const std::string& name) {
  std::string place = file.empty() ? "" : file + ": ";
  return place + "model_config_list.config[" + std::to_string(index) + "]" +
         (name.empty() ? "" : " (" + Excerpt(name) + ")");
}

Status ReadPolicy(const serving::ServableVersionPolicy& policy, const std::string& place, ServedModel& model) {
  using Policy = serving::ServableVersionPolicy;
  switch (policy.policy_choice_case()) {
    case Policy::kAll:
      model.versions = ServedModel::Versions::kAll;
      return {};
    case Policy::kSpecific:
      model.versions = ServedModel::Versions::kSpecific;
      for (const int64_t version : policy.specific().versions()) {
        if (version <= 0) {
          return InvalidArgument(place + ".model_version_policy.specific.versions: expected numbers above 0, found " +
                                 std::to_string(version));
        }
        model.specific.push_back(version);
      }
      if (!model.specific.empty()) return {};
      return InvalidArgument(place + ".model_version_policy.specific.versions: expected one at least, found none");
    case Policy::kLatest:
      model.latest = std::max(policy.latest().num_versions(), 1U);
      return {};
    case Policy::POLICY_CHOICE_NOT_SET:
      return {};
  }
  return {};
}

Result<ServedModel> ReadModel(const serving::ModelConfig& config, const std::string& place) {
  ServedModel model{.name = config.name(), .base_path = config.base_path()};
  if (model.name.empty()) return InvalidArgument(place + ".name: expected a name, found nothing");
  if (Status folder = CheckIsFolder(config.base_path()); !folder.ok()) {
    return std::move(folder).Within(place + ".base_path");
  }
  if (!model.base_path.is_absolute()) {
    return InvalidArgument(place + ".base_path: Expected model " + Excerpt(model.name) +
                           " to have an absolute path or URI; got base_path()=" + Excerpt(config.base_path()));
  }
  RETURN_IF_ERROR(ReadPolicy(config.model_version_policy(), place, model));
  for (const auto& [label, version] : config.version_labels()) {
    if (!IsVersionLabel(label)) {
      return InvalidArgument(place +
                             ".version_labels: expected a letter, then letters, digits, '_', '-' and '.', at "
                             "most 64 in all, found " +
                             Excerpt(label));
    }
    if (version <= 0) {
      return InvalidArgument(place + ".version_labels[" + Excerpt(label) + "]: expected a number above 0, found " +
                             std::to_string(version));
    }
    model.labels.emplace(label, version);
  }
  const std::string& platform = config.model_platform();
  if (config.has_logging_config()) model.without_effect.emplace_back("logging_config: requests are not recorded");
  if (!platform.empty() && platform != "tensorflow") {
    model.without_effect.push_back("model_platform " + Excerpt(platform) +
                                   ": what kind of model it is, its files say themselves");
  }
  return model;
}

Result<std::vector<ServedModel>> ReadModels(const serving::ModelServerConfig& config, const std::string& file) {
  if (config.has_custom_model_config()) {
    return Unsupported((file.empty() ? "" : file + ": ") + "custom_model_config: expected model_config_list");
  }
  const auto& list = config.model_config_list().config();
  if (static_cast<size_t>(list.size()) > kMostModels) {
    return InvalidArgument("model_config_list: expected at most " + std::to_string(kMostModels) + " models, found " +
                           std::to_string(list.size()));
  }
  std::vector<ServedModel> models;
  std::set<std::string> names;
  for (int i = 0; i < list.size(); ++i) {
    const std::string place = PlaceOf(file, i, list[i].name());
    ASSIGN_OR_RETURN(ServedModel model, ReadModel(list[i], place));
    if (!names.insert(model.name).second) {
      return InvalidArgument(place + ": Illegal to list model " + Excerpt(model.name) +
                             " multiple times in config list");
    }
    models.push_back(std::move(model));
  }
  return models;
}

Status CheckRange(const std::string& file, std::string_view field, int64_t value, int64_t least, int64_t most) {
  if (value >= least && value <= most) return {};
  return InvalidArgument(file + ": " + std::string(field) + ": expected a number from " + std::to_string(least) +
                         " to " + std::to_string(most) + ", found " + std::to_string(value));
}

Status ReadAllowedSizes(const serving::BatchingParameters& message, const std::string& file, Batching& batching) {
  constexpr int kMostSizes = 1000;
  RETURN_IF_ERROR(CheckRange(file, "allowed_batch_sizes", message.allowed_batch_sizes_size(), 0, kMostSizes));
  for (const int64_t size : message.allowed_batch_sizes()) {
    const int64_t least = batching.allowed_batch_sizes.empty() ? 1 : batching.allowed_batch_sizes.back() + 1;
    RETURN_IF_ERROR(CheckRange(file, "allowed_batch_sizes", size, least, INT32_MAX));
    batching.allowed_batch_sizes.push_back(size);
  }
  if (batching.allowed_batch_sizes.empty() || !batching.max_batch_size) return {};
  const int64_t most = message.has_max_execution_batch_size() && message.enable_large_batch_splitting().value()
                           ? message.max_execution_batch_size().value()
                           : *batching.max_batch_size;
  if (batching.allowed_batch_sizes.back() == most) return {};
  return InvalidArgument(file + ": allowed_batch_sizes: expected " + std::to_string(most) +
                         " for the last, as max_batch_size has it, found " +
                         std::to_string(batching.allowed_batch_sizes.back()));
}

}  // namespace

Status CheckIsFolder(std::string_view base_path) {
  // The system would take the name for what stands before it.
  if (base_path.find('\0') != std::string_view::npos) {
    return InvalidArgument("expected a folder on this machine, found a name with a null byte: " +
                           PlainText(Excerpt(base_path)));
  }
  if (base_path.find("://") == std::string_view::npos) return {};
  return InvalidArgument("expected a folder on this machine, found " + Excerpt(base_path) +
                         ": object stores are not read");
}

Result<std::vector<ServedModel>> ParseModelServerConfig(std::string_view text, const std::string& file) {
  serving::ModelServerConfig config;
  RETURN_IF_ERROR(Parse(text, file, config));
  // A file that somebody is just writing anew is empty for a moment.
  if (config.config_case() == serving::ModelServerConfig::CONFIG_NOT_SET) {
    return InvalidArgument(file + ": expected a model_config_list, found nothing");
  }
  return ReadModels(config, file);
}

Result<std::vector<ServedModel>> DecodeReloadRequest(std::span<const std::byte> bytes) {
  serving::ReloadConfigRequest request;
  if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return InvalidArgument("ReloadConfigRequest: expected a protobuf message, found bytes that are none");
  }
  if (!request.has_config() || request.config().config_case() == serving::ModelServerConfig::CONFIG_NOT_SET) {
    return InvalidArgument("config: expected a model_config_list, found nothing");
  }
  return ReadModels(request.config(), {});
}

std::string EncodeReloadResponse() {
  serving::ReloadConfigResponse response;
  response.mutable_status();
  return response.SerializeAsString();
}

Result<Batching> ParseBatching(std::string_view text, const std::string& file) {
  serving::BatchingParameters message;
  RETURN_IF_ERROR(Parse(text, file, message));
  Batching batching;
  if (message.has_max_batch_size()) {
    RETURN_IF_ERROR(CheckRange(file, "max_batch_size", message.max_batch_size().value(), 1, INT32_MAX));
    batching.max_batch_size = message.max_batch_size().value();
  }
  if (message.has_batch_timeout_micros()) {
    RETURN_IF_ERROR(CheckRange(file, "batch_timeout_micros", message.batch_timeout_micros().value(), 0, 3'600'000'000));
    batching.batch_timeout = std::chrono::microseconds(message.batch_timeout_micros().value());
  }
  if (message.has_max_enqueued_batches()) {
    RETURN_IF_ERROR(CheckRange(file, "max_enqueued_batches", message.max_enqueued_batches().value(), 1, INT32_MAX));
    batching.max_enqueued_batches = message.max_enqueued_batches().value();
  }
  if (message.has_num_batch_threads()) {
    RETURN_IF_ERROR(CheckRange(file, "num_batch_threads", message.num_batch_threads().value(), 1, 1000));
    batching.batch_threads = message.num_batch_threads().value();
  }
  RETURN_IF_ERROR(ReadAllowedSizes(message, file, batching));
  if (message.has_thread_pool_name()) batching.without_effect.emplace_back("thread_pool_name");
  if (message.pad_variable_length_inputs()) batching.without_effect.emplace_back("pad_variable_length_inputs");
  if (message.has_enable_large_batch_splitting()) batching.without_effect.emplace_back("enable_large_batch_splitting");
  if (message.has_max_execution_batch_size()) batching.without_effect.emplace_back("max_execution_batch_size");
  return batching;
}

Result<Monitoring> ParseMonitoring(std::string_view text, const std::string& file) {
  serving::MonitoringConfig message;
  RETURN_IF_ERROR(Parse(text, file, message));
  Monitoring monitoring{.prometheus = message.prometheus_config().enable()};
  const std::string& path = message.prometheus_config().path();
  if (path.empty()) return monitoring;
  const bool is_path = path.front() == '/' && path.find_first_of("?#{} ") == std::string::npos;
  if (!is_path)
    return InvalidArgument(file + ": prometheus_config.path: expected a path such as /metrics, found " + Excerpt(path));
  monitoring.path = path;
  return monitoring;
}

}  // namespace trireme::tfserving

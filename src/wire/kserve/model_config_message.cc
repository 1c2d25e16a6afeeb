// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/model_config_message.h"

#include <algorithm>
#include <limits>
#include <set>
#include <string_view>
#include <utility>

#include "proto/model_config.pb.h"
#include "wire/kserve/json_message.h"

namespace trireme::kserve {
namespace {

using inference::ModelDynamicBatching;
using inference::ModelInstanceGroup;

inference::DataType TypeOf(DataType type) {
  switch (type) {
    case DataType::kBool:
      return inference::TYPE_BOOL;
    case DataType::kUint8:
      return inference::TYPE_UINT8;
    case DataType::kUint16:
      return inference::TYPE_UINT16;
    case DataType::kUint32:
      return inference::TYPE_UINT32;
    case DataType::kUint64:
      return inference::TYPE_UINT64;
    case DataType::kInt8:
      return inference::TYPE_INT8;
    case DataType::kInt16:
      return inference::TYPE_INT16;
    case DataType::kInt32:
      return inference::TYPE_INT32;
    case DataType::kInt64:
      return inference::TYPE_INT64;
    case DataType::kFp16:
      return inference::TYPE_FP16;
    case DataType::kBf16:
      return inference::TYPE_BF16;
    case DataType::kFp32:
      return inference::TYPE_FP32;
    case DataType::kFp64:
      return inference::TYPE_FP64;
    case DataType::kBytes:
      return inference::TYPE_STRING;
  }
  return inference::TYPE_INVALID;
}

// The backend as Triton calls it, by the platform; ours where that says nothing.
std::string BackendOf(const std::string& platform, const std::string& ours) {
  if (platform == "onnxruntime_onnx") return "onnxruntime";
  if (platform == "pytorch_libtorch") return "pytorch";
  if (platform == "tensorrt_plan") return "tensorrt";
  if (platform.starts_with("tensorflow_")) return "tensorflow";
  if (platform == "fil") return "fil";
  return ours;
}

template <typename T>
T Narrowed(uint64_t value) {
  return static_cast<T>(std::min<uint64_t>(value, std::numeric_limits<T>::max()));
}

// The dimensions that a config shows: those behind the rows, if they are counted.
void SetDims(const Shape& shape, bool without_rows, google::protobuf::RepeatedField<int64_t>& to) {
  to.Clear();
  for (size_t i = without_rows && shape.rank() > 0 ? 1 : 0; i < shape.rank(); ++i) to.Add(shape[i]);
}

// What is common to inputs and outputs. What the file says besides stays.
template <typename ModelTensor>
ModelTensor Fitted(const google::protobuf::RepeatedPtrField<ModelTensor>& declared, const TensorSpec& spec,
                   bool without_rows) {
  ModelTensor tensor;
  const auto said = std::find_if(declared.begin(), declared.end(),
                                 [&](const ModelTensor& candidate) { return candidate.name() == spec.name; });
  if (said != declared.end()) tensor = *said;
  tensor.set_name(spec.name);
  tensor.set_data_type(TypeOf(spec.type));
  SetDims(spec.shape, without_rows, *tensor.mutable_dims());
  tensor.clear_is_shape_tensor();
  tensor.clear_is_non_linear_format_io();
  tensor.clear_reshape();
  if (spec.model_shape) SetDims(*spec.model_shape, without_rows, *tensor.mutable_reshape()->mutable_shape());
  return tensor;
}

void SetTensors(const Signature& signature, inference::ModelConfig& config) {
  const bool without_rows = config.max_batch_size() > 0;
  google::protobuf::RepeatedPtrField<inference::ModelInput> inputs;
  for (const TensorSpec& spec : signature.inputs) {
    *inputs.Add() = Fitted(config.input(), spec, without_rows);
    inputs.rbegin()->set_optional(spec.optional);
    inputs.rbegin()->clear_allow_ragged_batch();
  }
  google::protobuf::RepeatedPtrField<inference::ModelOutput> outputs;
  for (const TensorSpec& spec : signature.outputs) *outputs.Add() = Fitted(config.output(), spec, without_rows);
  config.mutable_input()->Swap(&inputs);
  config.mutable_output()->Swap(&outputs);
}

// The parts of a file that hold. Clients take what they read at its word: perf_analyzer sends sequences to a model with
// sequence_batching.
inference::ModelConfig Honoured(const inference::ModelConfig& said) {
  inference::ModelConfig config;
  config.set_platform(said.platform());
  config.set_backend(said.backend());
  config.set_default_model_filename(said.default_model_filename());
  if (said.has_version_policy()) *config.mutable_version_policy() = said.version_policy();
  *config.mutable_input() = said.input();
  *config.mutable_output() = said.output();
  if (said.has_dynamic_batching()) *config.mutable_dynamic_batching() = said.dynamic_batching();
  inference::ModelOptimizationPolicy& optimization = *config.mutable_optimization();
  if (said.optimization().has_graph()) *optimization.mutable_graph() = said.optimization().graph();
  *config.mutable_parameters() = said.parameters();
  *config.mutable_model_warmup() = said.model_warmup();
  return config;
}

// One group, whatever the file says: instances share the weights, and only their number was decided.
void SetInstances(const ModelConfigParts& parts, const inference::ModelConfig& said, inference::ModelConfig& config) {
  ModelInstanceGroup& group = *config.add_instance_group();
  const bool declared = !said.instance_group().empty();
  group.set_name(declared ? parts.name + "_0" : parts.name);
  if (declared && !said.instance_group(0).name().empty()) group.set_name(said.instance_group(0).name());
  group.set_count(std::max(1, parts.config.instances));
  std::set<int> gpus;  // in order, each once
  for (const Device& device : parts.config.devices) {
    if (device.kind != DeviceKind::kCpu) gpus.insert(device.index);
  }
  group.set_kind(gpus.empty() ? ModelInstanceGroup::KIND_CPU : ModelInstanceGroup::KIND_GPU);
  for (const int gpu : gpus) group.add_gpus(gpu);
  // What clients read is a count on each of them.
  if (gpus.size() > 1) group.set_count(std::max(1, parts.config.instances / static_cast<int>(gpus.size())));
}

bool IsPlain(const QueuePolicy& policy) {
  return policy.timeout.count() == 0 && !policy.allow_timeout_override && policy.max_waiting_requests == 0 &&
         policy.timeout_action == QueuePolicy::TimeoutAction::kReject;
}

void SetPolicy(const QueuePolicy& policy, inference::ModelQueuePolicy& to) {
  to.set_timeout_action(policy.timeout_action == QueuePolicy::TimeoutAction::kDelay
                            ? inference::ModelQueuePolicy::DELAY
                            : inference::ModelQueuePolicy::REJECT);
  to.set_default_timeout_microseconds(static_cast<uint64_t>(policy.timeout.count()));
  to.set_allow_timeout_override(policy.allow_timeout_override);
  to.set_max_queue_size(Narrowed<uint32_t>(policy.max_waiting_requests));
}

void SetBatching(const ModelConfig& decided, ModelDynamicBatching& batching) {
  batching.clear_preferred_batch_size();
  for (const int64_t rows : decided.preferred_rows) {
    batching.add_preferred_batch_size(Narrowed<int32_t>(static_cast<uint64_t>(rows)));
  }
  if (decided.preferred_rows.empty()) {
    batching.add_preferred_batch_size(Narrowed<int32_t>(static_cast<uint64_t>(decided.max_rows)));
  }
  batching.set_max_queue_delay_microseconds(static_cast<uint64_t>(decided.max_delay.count()));
  batching.set_preserve_ordering(decided.preserve_ordering);
  batching.set_priority_levels(decided.priority_levels);
  batching.set_default_priority_level(decided.default_priority);
  if (batching.has_default_queue_policy() || !IsPlain(decided.queue_policy)) {
    SetPolicy(decided.queue_policy, *batching.mutable_default_queue_policy());
  }
  auto& levels = *batching.mutable_priority_queue_policy();
  levels.clear();
  for (const auto& [level, policy] : decided.level_policies) SetPolicy(policy, levels[level]);
}

void SetScheduling(const ModelConfigParts& parts, inference::ModelConfig& config) {
  if (parts.signature.batched && parts.config.max_rows > 1) {
    SetBatching(parts.config, *config.mutable_dynamic_batching());
  } else {
    config.clear_dynamic_batching();
  }
}

void SetDefaults(inference::ModelConfig& config) {
  if (config.version_policy().policy_choice_case() == inference::ModelVersionPolicy::POLICY_CHOICE_NOT_SET ||
      (config.version_policy().has_latest() && config.version_policy().latest().num_versions() == 0)) {
    config.mutable_version_policy()->mutable_latest()->set_num_versions(1);
  }
  // Triton's defaults, which some clients expect; on a CPU they mean nothing.
  inference::ModelOptimizationPolicy& optimization = *config.mutable_optimization();
  optimization.mutable_input_pinned_memory()->set_enable(true);
  optimization.mutable_output_pinned_memory()->set_enable(true);
}

}  // namespace

int64_t MaxBatchSize(const ModelConfigParts& parts) {
  constexpr int64_t kWorkable = 32;
  if (parts.declared_max_batch_size) return *parts.declared_max_batch_size;
  return parts.signature.batched ? std::max(parts.config.max_rows, kWorkable) : 0;
}

inference::ModelConfig MakeModelConfig(const ModelConfigParts& parts) {
  inference::ModelConfig said;
  // It was serialized by this server. If it cannot be read after all, what was decided is still true.
  if (!said.ParseFromString(parts.message)) said.Clear();
  inference::ModelConfig config = Honoured(said);
  config.set_name(parts.name);
  if (config.platform().empty()) config.set_platform(parts.platform);
  if (config.backend().empty()) config.set_backend(BackendOf(config.platform(), parts.backend));
  config.set_max_batch_size(Narrowed<int32_t>(static_cast<uint64_t>(MaxBatchSize(parts))));
  if (config.default_model_filename().empty()) config.set_default_model_filename(parts.file_name);
  SetTensors(parts.signature, config);
  SetInstances(parts, said, config);
  SetScheduling(parts, config);
  if (parts.config.decoupled) config.mutable_model_transaction_policy()->set_decoupled(true);
  if (parts.config.cache_bytes > 0) config.mutable_response_cache()->set_enable(true);
  SetDefaults(config);
  return config;
}

std::string EncodeModelConfig(const ModelConfigParts& parts) {
  return EncodeMessage(MakeModelConfig(parts));
}

}  // namespace trireme::kserve

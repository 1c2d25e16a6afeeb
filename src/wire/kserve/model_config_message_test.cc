// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/model_config_message.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "proto/model_config.pb.h"

namespace trireme::kserve {
namespace {

using google::protobuf::TextFormat;
using google::protobuf::util::MessageDifferencer;
using Json = nlohmann::ordered_json;

constexpr int64_t kAny = Shape::kAny;

inference::ModelConfig FromText(const std::string& text) {
  inference::ModelConfig config;
  EXPECT_TRUE(TextFormat::ParseFromString(text, &config)) << text;
  return config;
}

// A model that batches, of which nobody said anything.
ModelConfigParts Parts(const std::string& file = "") {
  ModelConfigParts parts{.message = FromText(file).SerializeAsString(),
                         .name = "words",
                         .platform = "onnxruntime_onnx",
                         .backend = "onnx",
                         .file_name = "model.onnx",
                         .signature = {.inputs = {{.name = "x", .type = DataType::kFp32, .shape = {kAny, 3}}},
                                       .outputs = {{.name = "y", .type = DataType::kBytes, .shape = {kAny, 2}}},
                                       .batched = true},
                         .config = {}};
  parts.config.instances = 2;
  parts.config.max_rows = 8;
  if (FromText(file).has_max_batch_size()) parts.declared_max_batch_size = FromText(file).max_batch_size();
  return parts;
}

TEST(ModelConfigMessageTest, SaysWhatWasDecidedWhereNoFileDoes) {
  const inference::ModelConfig expected = FromText(R"pb(
    name: "words"
    platform: "onnxruntime_onnx"
    backend: "onnxruntime"
    version_policy { latest { num_versions: 1 } }
    max_batch_size: 32
    input {
      name: "x"
      data_type: TYPE_FP32
      dims: [ 3 ]
    }
    output {
      name: "y"
      data_type: TYPE_STRING
      dims: [ 2 ]
    }
    instance_group { name: "words" kind: KIND_CPU count: 2 }
    dynamic_batching { preferred_batch_size: [ 8 ] }
    default_model_filename: "model.onnx"
    optimization {
      input_pinned_memory { enable: true }
      output_pinned_memory { enable: true }
    })pb");
  EXPECT_TRUE(MessageDifferencer::Equals(MakeModelConfig(Parts()), expected)) << MakeModelConfig(Parts()).DebugString();
}

TEST(ModelConfigMessageTest, AModelThatDoesNotBatchShowsItsWholeShape) {
  ModelConfigParts parts = Parts();
  parts.signature.batched = false;
  const inference::ModelConfig config = MakeModelConfig(parts);
  EXPECT_TRUE(config.has_max_batch_size());
  EXPECT_EQ(config.max_batch_size(), 0);
  EXPECT_THAT(config.input(0).dims(), testing::ElementsAre(-1, 3));
  EXPECT_FALSE(config.has_dynamic_batching());
}

TEST(ModelConfigMessageTest, KeepsWhatTheFileSaysAndHolds) {
  const ModelConfigParts parts = Parts(R"pb(
    max_batch_size: 16
    input { name: "x" format: FORMAT_NHWC }
    output { name: "y" label_filename: "labels.txt" }
    instance_group { name: "g" count: 7 }
    version_policy { all {} }
    parameters {
      key: "k"
      value { string_value: "v" }
    }
    model_warmup { name: "w" }
    optimization { graph { level: 1 } }
    default_model_filename: "other.onnx")pb");
  const inference::ModelConfig config = MakeModelConfig(parts);
  EXPECT_EQ(config.max_batch_size(), 16);
  EXPECT_EQ(config.input(0).format(), inference::ModelInput::FORMAT_NHWC);
  EXPECT_EQ(config.output(0).label_filename(), "labels.txt");
  EXPECT_EQ(config.instance_group(0).name(), "g");
  EXPECT_EQ(config.instance_group(0).count(), 2);  // as was decided
  EXPECT_TRUE(config.version_policy().has_all());
  EXPECT_EQ(config.parameters().at("k").string_value(), "v");
  EXPECT_EQ(config.model_warmup(0).name(), "w");
  EXPECT_EQ(config.optimization().graph().level(), 1);
  EXPECT_EQ(config.default_model_filename(), "other.onnx");
}

// Clients take it at its word.
TEST(ModelConfigMessageTest, LeavesOutWhatIsNotHonoured) {
  const std::string honoured = R"pb(
    max_batch_size: 16
    optimization { graph { level: 1 } }
    instance_group { count: 7 })pb";
  const ModelConfigParts parts = Parts(R"pb(
    max_batch_size: 16
    input { name: "x" is_shape_tensor: true allow_ragged_batch: true is_non_linear_format_io: true }
    output { name: "y" is_shape_tensor: true is_non_linear_format_io: true }
    instance_group {
      kind: KIND_GPU
      count: 7
      gpus: [ 0, 1 ]
      profile: "p"
      passive: true
      host_policy: "h"
      rate_limiter { priority: 2 }
      secondary_devices { device_id: 1 }
    }
    instance_group { kind: KIND_MODEL }
    metric_tags { key: "team" value: "ocr" }
    cc_model_filenames { key: "8.0" value: "f" }
    sequence_batching { max_sequence_idle_microseconds: 5 }
    optimization {
      graph { level: 1 }
      priority: PRIORITY_MAX
      cuda { graphs: true }
      execution_accelerators { gpu_execution_accelerator { name: "tensorrt" } }
      eager_batching: true
      gather_kernel_buffer_threshold: 3
    }
    model_operations { op_library_filename: "ops.so" }
    model_transaction_policy { decoupled: true }
    batch_input { target_name: "x" }
    batch_output { target_name: "y" }
    model_repository_agents { agents { name: "checksum" } }
    response_cache { enable: true }
    model_metrics {}
    runtime: "r")pb");
  EXPECT_TRUE(MessageDifferencer::Equals(MakeModelConfig(parts), MakeModelConfig(Parts(honoured))))
      << MakeModelConfig(parts).DebugString();
}

TEST(ModelConfigMessageTest, ShowsReshapeAndOptionalInputs) {
  ModelConfigParts parts = Parts("max_batch_size: 4");
  parts.signature.inputs[0].optional = true;
  parts.signature.inputs[0].model_shape = Shape{kAny, 3, 1};
  const inference::ModelConfig config = MakeModelConfig(parts);
  EXPECT_TRUE(config.input(0).optional());
  EXPECT_THAT(config.input(0).dims(), testing::ElementsAre(3));
  EXPECT_THAT(config.input(0).reshape().shape(), testing::ElementsAre(3, 1));
}

TEST(ModelConfigMessageTest, ShowsWhetherItIsDecoupled) {
  ModelConfigParts parts = Parts("");
  EXPECT_FALSE(MakeModelConfig(parts).has_model_transaction_policy());
  parts.config.decoupled = true;
  EXPECT_TRUE(MakeModelConfig(parts).model_transaction_policy().decoupled());
}

TEST(ModelConfigMessageTest, ShowsWhetherItsAnswersAreKept) {
  ModelConfigParts parts = Parts("response_cache { enable: true }");
  EXPECT_FALSE(MakeModelConfig(parts).has_response_cache()) << "nobody keeps them";
  parts.config.cache_bytes = 1;
  EXPECT_TRUE(MakeModelConfig(parts).response_cache().enable());
}

TEST(ModelConfigMessageTest, ShowsHowItBatches) {
  ModelConfigParts parts = Parts("dynamic_batching {}");
  parts.config.preferred_rows = {4, 8};
  parts.config.max_delay = std::chrono::microseconds(500);
  parts.config.preserve_ordering = true;
  parts.config.priority_levels = 2;
  parts.config.default_priority = 1;
  parts.config.queue_policy.timeout = std::chrono::microseconds(1000);
  parts.config.level_policies[2].max_waiting_requests = 9;
  inference::ModelDynamicBatching expected;
  ASSERT_TRUE(TextFormat::ParseFromString(R"pb(
                                            preferred_batch_size: [ 4, 8 ]
                                            max_queue_delay_microseconds: 500
                                            preserve_ordering: true
                                            priority_levels: 2
                                            default_priority_level: 1
                                            default_queue_policy { default_timeout_microseconds: 1000 }
                                            priority_queue_policy {
                                              key: 2
                                              value { max_queue_size: 9 }
                                            })pb",
                                          &expected));
  EXPECT_TRUE(MessageDifferencer::Equals(MakeModelConfig(parts).dynamic_batching(), expected))
      << MakeModelConfig(parts).DebugString();
}

TEST(ModelConfigMessageTest, JsonHasEveryKeyThatTritonsHas) {
  const Json json = Json::parse(EncodeModelConfig(Parts()));
  for (const char* key :
       {"name", "platform", "backend", "runtime", "version_policy", "max_batch_size", "input", "output", "batch_input",
        "batch_output", "optimization", "instance_group", "default_model_filename", "cc_model_filenames", "metric_tags",
        "parameters", "model_warmup"}) {
    EXPECT_TRUE(json.contains(key)) << key;
  }
  EXPECT_FALSE(json.contains("sequence_batching"));
  EXPECT_EQ(json["input"].dump(), R"([{"name":"x","data_type":"TYPE_FP32","format":"FORMAT_NONE","dims":[3],)"
                                  R"("is_shape_tensor":false,"allow_ragged_batch":false,"optional":false,)"
                                  R"("is_non_linear_format_io":false}])");
  EXPECT_EQ(json["dynamic_batching"]["max_queue_delay_microseconds"].dump(), "0");
  EXPECT_EQ(json["parameters"].dump(), "{}");
  EXPECT_EQ(json["version_policy"].dump(), R"({"latest":{"num_versions":1}})");
}

TEST(ModelConfigMessageTest, JsonReadsBackAsTheSameMessage) {
  ModelConfigParts parts = Parts(R"pb(
    max_batch_size: 16
    input { name: "x" }
    model_warmup {
      name: "w"
      batch_size: 1
      inputs {
        key: "x"
        value { data_type: TYPE_FP32 dims: 3 random_data: true }
      }
    }
    metric_tags { key: "a" value: "b" }
    cc_model_filenames { key: "8.0" value: "f" }
    version_policy { specific { versions: [ 9007199254740993 ] } })pb");
  parts.config.level_policies[1].timeout = std::chrono::microseconds(5);
  parts.config.priority_levels = 2;
  parts.config.default_priority = 2;
  inference::ModelConfig back;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(EncodeModelConfig(parts), &back).ok());
  EXPECT_TRUE(MessageDifferencer::Equals(back, MakeModelConfig(parts))) << back.DebugString();
}

TEST(ModelConfigMessageTest, LargeIntegersAreNumbers) {
  const std::string json = EncodeModelConfig(Parts("version_policy { specific { versions: [ 9007199254740993 ] } }"));
  EXPECT_THAT(json, testing::HasSubstr(R"("versions":[9007199254740993])"));
}

}  // namespace
}  // namespace trireme::kserve

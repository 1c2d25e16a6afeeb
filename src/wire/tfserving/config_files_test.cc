// SPDX-License-Identifier: Apache-2.0
#include "wire/tfserving/config_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "proto/tensorflow_serving.pb.h"
#include "wire/tfserving/descriptions.h"

namespace trireme::tfserving {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string Why(std::string_view text) {
  return ParseModelServerConfig(text, "models.config").status().message();
}

TEST(ModelServerConfig, ListsModels) {
  const auto models = ParseModelServerConfig(R"(
    model_config_list: {  # a comment
      config { name: "a", base_path: '/models/a' model_platform: "tensorflow"
               version_labels { key: "stable" value: 3 } }
      config {
        name: "b" base_path: "/models/b"
        model_version_policy { specific { versions: 1 versions: 2 } }
      }
      config { name: "c" base_path: "/c" model_version_policy { all {} } }
      config { name: "d" base_path: "/d" model_version_policy { latest { num_versions: 2 } } }
    })",
                                             "models.config");
  ASSERT_TRUE(models.ok()) << models.status();
  ASSERT_EQ(models->size(), 4U);
  EXPECT_EQ((*models)[0].base_path, "/models/a");
  EXPECT_EQ((*models)[0].labels.at("stable"), 3);
  EXPECT_EQ((*models)[0].latest, 1U);
  EXPECT_THAT((*models)[1].specific, ElementsAre(1, 2));
  EXPECT_EQ((*models)[2].versions, ServedModel::Versions::kAll);
  EXPECT_EQ((*models)[3].latest, 2U);
  EXPECT_TRUE(ParseModelServerConfig("model_config_list {}", "f")->empty());
}

TEST(ModelServerConfig, SaysWhereItIsWrong) {
  EXPECT_THAT(Why("model_config_list {\n  config { nam: \"a\" }\n}"), StartsWith("models.config, line 2, column 15: "));
  EXPECT_THAT(Why("model_config_list {"), StartsWith("models.config, line 1, column"));
  EXPECT_THAT(Why("model_config_list { config { name: \"a\" base_path: \"x\" } }"),
              HasSubstr("to have an absolute path or URI"));
  EXPECT_THAT(Why("model_config_list { config { base_path: \"/x\" } }"), HasSubstr("config[0].name: expected a name"));
  EXPECT_THAT(Why("# nothing yet\n"), HasSubstr("expected a model_config_list, found nothing"));
  EXPECT_THAT(Why("model_config_list { config { name: \"a\" base_path: \"gs://b/a\" } }"),
              HasSubstr("expected a folder on this machine, found 'gs://b/a'"));
  EXPECT_THAT(Why(R"(model_config_list { config { name: "a" base_path: "/m\000x" } })"),
              HasSubstr("found a name with a null byte: '/m\\u0000x'"));
  EXPECT_THAT(
      Why("model_config_list { config { name: \"a\" base_path: \"/a\" version_labels { key: \"x\" value: -5 } } }"),
      HasSubstr("version_labels['x']: expected a number above 0, found -5"));
  EXPECT_THAT(
      Why("model_config_list { config { name: \"a\" base_path: \"/x\" } config { name: \"a\" base_path: \"/y\" } }"),
      HasSubstr("Illegal to list model 'a' multiple times in config list"));
  EXPECT_THAT(
      Why("model_config_list { config { name: \"a\" base_path: \"/x\" model_version_policy { specific {} } } }"),
      HasSubstr("expected one at least"));
  EXPECT_THAT(Why("custom_model_config { type_url: \"x\" }"), HasSubstr("expected model_config_list"));
  EXPECT_THAT(
      Why("model_config_list { config { name: \"a\" base_path: \"/x\" version_labels { key: \"1\" value: 1 } } }"),
      HasSubstr("version_labels"));
}

TEST(ModelServerConfig, ComesAsAMessageToo) {
  tensorflow::serving::ReloadConfigRequest request;
  auto& config = *request.mutable_config()->mutable_model_config_list()->add_config();
  config.set_name("a");
  config.set_base_path("/a");
  const std::string bytes = request.SerializeAsString();
  EXPECT_EQ(DecodeReloadRequest(std::as_bytes(std::span(bytes)))->front().name, "a");
  EXPECT_FALSE(DecodeReloadRequest({}).ok());
  const std::string none = "\xff\xff";
  EXPECT_FALSE(DecodeReloadRequest(std::as_bytes(std::span(none))).ok());
}

TEST(BatchingParameters, SayHowToBatch) {
  const auto batching = ParseBatching(
      "max_batch_size { value: 128 }\nbatch_timeout_micros { value: 500 }\nmax_enqueued_batches { value: 10 }\n"
      "num_batch_threads { value: 4 }\nallowed_batch_sizes: 32\nallowed_batch_sizes: 128\n"
      "pad_variable_length_inputs: true thread_pool_name { value: 'a' }",
      "b");
  ASSERT_TRUE(batching.ok()) << batching.status();
  EXPECT_EQ(batching->max_batch_size, 128);
  EXPECT_EQ(batching->batch_timeout->count(), 500);
  EXPECT_THAT(batching->allowed_batch_sizes, ElementsAre(32, 128));
  EXPECT_THAT(batching->without_effect, ElementsAre("thread_pool_name", "pad_variable_length_inputs"));
  EXPECT_THAT(ParseBatching("max_batch_size { value: 0 }", "b").status().message(), HasSubstr("b: max_batch_size"));
  EXPECT_THAT(ParseBatching("max_batch_size { value: 8 } allowed_batch_sizes: 4", "b").status().message(),
              HasSubstr("expected 8 for the last"));
  EXPECT_THAT(ParseBatching("max_batch: 1", "b").status().message(), StartsWith("b, line 1, column "));
}

TEST(MonitoringConfig, SaysWhereMetricsAre) {
  EXPECT_FALSE(ParseMonitoring("", "m")->prometheus);
  EXPECT_EQ(ParseMonitoring("prometheus_config { enable: true }", "m")->path, "/monitoring/prometheus/metrics");
  EXPECT_EQ(ParseMonitoring("prometheus_config { enable: true path: '/m' }", "m")->path, "/m");
  EXPECT_FALSE(ParseMonitoring("prometheus_config { path: 'm' }", "m").ok());
}

Signature Model() {
  return {.inputs = {{.name = "x", .type = DataType::kFp32, .shape = {-1, 3}}},
          .outputs = {{.name = "y", .type = DataType::kBytes, .shape = {-1}}}};
}

TEST(Descriptions, OfSignatures) {
  const std::vector<NamedSignature> definitions = {
      DefaultSignatureOf(Model()),
      {.name = "regress",
       .method = "tensorflow/serving/regress",
       .inputs = {{.key = "inputs", .tensor = "example:0", .type_number = 7}},
       .outputs = {{.key = "outputs", .tensor = "y:0", .type_number = 8, .dims = std::vector<int64_t>{-1}}}}};
  tensorflow::serving::GetModelMetadataResponse response;
  ASSERT_TRUE(response.ParseFromString(EncodeMetadataProto({.name = "m", .version = 3}, definitions)));
  EXPECT_EQ(response.model_spec().version().value(), 3);
  tensorflow::serving::SignatureDefMap map;
  ASSERT_TRUE(response.metadata().at("signature_def").UnpackTo(&map));
  const tensorflow::SignatureDef& signature = map.signature_def().at("serving_default");
  EXPECT_EQ(signature.inputs().at("x").dtype(), tensorflow::DT_FLOAT);
  EXPECT_EQ(signature.inputs().at("x").tensor_shape().dim(0).size(), -1);
  EXPECT_EQ(signature.outputs().at("y").dtype(), tensorflow::DT_STRING);
  const std::string json = EncodeMetadataJson({.name = "m", .version = 3}, definitions);
  EXPECT_THAT(json, HasSubstr("\"version\": \"3\""));
  EXPECT_THAT(json, HasSubstr("\"size\": \"-1\""));
  EXPECT_THAT(json, HasSubstr("\"dtype\": \"DT_FLOAT\""));
  EXPECT_THAT(json, HasSubstr("\"method_name\": \"tensorflow/serving/regress\""));
  EXPECT_THAT(json, HasSubstr("\"unknown_rank\": true"));
  EXPECT_THAT(json, HasSubstr("\"dtype\": \"DT_COMPLEX64\""));
  EXPECT_TRUE(map.signature_def().at("regress").inputs().at("inputs").tensor_shape().unknown_rank());
  EXPECT_EQ(map.signature_def().at("regress").outputs().at("outputs").name(), "y:0");
}

TEST(Descriptions, OfVersions) {
  const std::vector<VersionStatus> versions = {
      {.version = 2, .state = VersionState::kAvailable},
      {.version = 1, .state = VersionState::kEnd, .error_code = 2, .error_message = "no"}};
  EXPECT_THAT(EncodeStatusJson(versions),
              StartsWith("{\n \"model_version_status\": [\n  {\n   \"version\": \"2\",\n   \"state\": \"AVAILABLE\""));
  EXPECT_THAT(EncodeStatusJson(versions), HasSubstr("\"error_code\": \"UNKNOWN\""));
  tensorflow::serving::GetModelStatusResponse response;
  ASSERT_TRUE(response.ParseFromString(EncodeStatusProto(versions)));
  EXPECT_EQ(response.model_version_status(0).state(), tensorflow::serving::ModelVersionStatus::AVAILABLE);
  EXPECT_EQ(response.model_version_status(1).status().error_message(), "no");
}

TEST(Descriptions, WantAModelAndAField) {
  tensorflow::serving::GetModelMetadataRequest request;
  const auto why = [&] {
    const std::string bytes = request.SerializeAsString();
    return DecodeMetadataRequest(std::as_bytes(std::span(bytes))).status().message();
  };
  EXPECT_EQ(why(), "Missing ModelSpec");
  request.mutable_model_spec()->set_name("m");
  EXPECT_THAT(why(), HasSubstr("at least one metadata_field"));
  request.add_metadata_field("signature_def");
  EXPECT_EQ(why(), "");
  request.add_metadata_field("other");
  EXPECT_EQ(why(), "Metadata field 'other' is not supported");
}

}  // namespace
}  // namespace trireme::tfserving

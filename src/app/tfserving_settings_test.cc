// SPDX-License-Identifier: Apache-2.0
#include "app/tfserving_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/model_server_command.h"
#include "base/testing/temp_dir.h"

namespace trireme {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

using Variables = std::map<std::string, std::string>;

Result<ServeOptions> Parse(const std::vector<std::string>& words, const Variables& variables = {}) {
  Result<Command> command = ParseCommand(words, [&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
  if (!command.ok()) return std::move(command).status();
  return std::get<ServeOptions>(*std::move(command));
}

Result<ServeOptions> AsModelServer(const std::vector<std::string>& words, const Variables& variables = {}) {
  ASSIGN_OR_RETURN(const std::vector<std::string> ours, TranslateModelServer(words));
  return Parse(ours, variables);
}

class TfservingSettingsTest : public testing::Test {
 protected:
  TfservingSettingsTest() { dir_.Write("base/1/model.onnx"); }

  std::string Base() const { return (dir_.path() / "base").string(); }
  std::string File(const std::string& name, const std::string& text) const { return dir_.Write(name, text).string(); }

  const TempDir dir_;
};

TEST_F(TfservingSettingsTest, AListOfModelsMayStandAmongThePaths) {
  const std::string list = "model_config_list { config { name: 'm' base_path: '" + Base() + "' } }";
  const std::string file = File("models.config", list);
  const auto options = Parse({"serve", Base(), file});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_THAT(options->paths, ElementsAre(Base()));
  ASSERT_TRUE(options->tfserving.models);
  EXPECT_EQ(options->tfserving.models->at(0).name, "m");
  EXPECT_TRUE(Parse({"serve", file})->paths.empty());
  EXPECT_THAT(Parse({"serve", file, File("more.config", list)}).status().message(), HasSubstr("expected one list"));
  EXPECT_THAT(Parse({"serve", file, "--tfserving-config", file}).status().message(), HasSubstr("expected one list"));
  EXPECT_THAT(Parse({"serve", File("wrong", "model_config_list { nam }")}).status().message(), HasSubstr("line 1"));
}

TEST_F(TfservingSettingsTest, TheDialectHasItsPorts) {
  const auto options = Parse({"serve", "m", "--dialects", "tfserving", "--tfserving-grpc-address", "127.0.0.2"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_FALSE(options->allow_http);
  const TfservingListeners listeners = TfservingListenersOf(*options);
  EXPECT_TRUE(listeners.allow);
  EXPECT_EQ(listeners.port, 8501);
  EXPECT_EQ(listeners.grpc_port, 8500);
  EXPECT_EQ(listeners.grpc_host, "127.0.0.2");
}

TEST_F(TfservingSettingsTest, IsNotExposedWithoutKeys) {
  EXPECT_THAT(Parse({"serve", "m", "--dialects", "tfserving", "--tfserving-address", "0.0.0.0"}).status().message(),
              HasSubstr("can be reached from other machines"));
}

TEST_F(TfservingSettingsTest, AListOfModelsNeedsNoPath) {
  const std::string file =
      File("models.config", "model_config_list { config { name: 'm' base_path: '" + Base() + "' } }");
  const auto options = Parse({"serve", "--tfserving-config", file});
  ASSERT_TRUE(options.ok()) << options.status();
  ASSERT_TRUE(options->tfserving.models);
  EXPECT_EQ(options->tfserving.models->front().name, "m");
  EXPECT_THAT(Parse({"serve", "--tfserving-config", file, "--model-control-mode", "explicit"}).status().message(),
              HasSubstr("expected --model-control-mode watch"));
  EXPECT_THAT(Parse({"serve", "--tfserving-config", File("w", "nonsense {")}).status().message(), HasSubstr("line 1"));
  EXPECT_FALSE(Parse({"serve", "--tfserving-config", "/nowhere"}).ok());
  const auto polled = Parse({"serve", "--tfserving-config", file, "--tfserving-config-poll", "30"});
  ASSERT_TRUE(polled.ok()) << polled.status();
  EXPECT_EQ(polled->tfserving.config_poll, std::chrono::seconds(30));
  EXPECT_THAT(Parse({"serve", "m", "--tfserving-config-poll", "30"}).status().message(),
              HasSubstr("expected --tfserving-config beside it"));
}

TEST_F(TfservingSettingsTest, BatchingParametersAreSettingsThatFlagsOverrule) {
  const std::string file = File("batching",
                                "max_batch_size { value: 16 } batch_timeout_micros { value: 500 } "
                                "num_batch_threads { value: 3 } max_enqueued_batches { value: 10 } "
                                "pad_variable_length_inputs: true");
  const auto options = Parse({"serve", "m", "--tfserving-batching", file, "--instances", "5"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->model.max_rows, 16);
  EXPECT_EQ(options->model.max_delay, std::chrono::microseconds(500));
  EXPECT_EQ(options->model.instances, 5);
  EXPECT_EQ(options->model.max_waiting_requests, 160U);
  EXPECT_THAT(options->tfserving.remarks, ElementsAre(HasSubstr("pad_variable_length_inputs has no effect")));
}

TEST_F(TfservingSettingsTest, AMonitoringConfigSaysWhereMetricsAre) {
  const std::string file = File("monitoring", "prometheus_config { enable: true path: '/m' }");
  const auto options = Parse({"serve", "m", "--dialects", "tfserving", "--tfserving-monitoring", file});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->tfserving.listeners.dialect.metrics_path, "/m");
  EXPECT_FALSE(Parse({"serve", "m", "--tfserving-monitoring", file}).ok());
}

TEST_F(TfservingSettingsTest, ItsProgramIsKnownByItsName) {
  EXPECT_TRUE(IsModelServer("/usr/bin/tensorflow_model_server"));
  EXPECT_TRUE(IsModelServer("tensorflow_model_server"));
  EXPECT_FALSE(IsModelServer("/usr/bin/trireme"));
}

TEST_F(TfservingSettingsTest, ItsCommandLineMeansTheSame) {
  const auto options =
      AsModelServer({"--port=9000", "--rest_api_port=9001", "--model_name=m", "--model_base_path=" + Base(),
                     "--rest_api_num_threads=8", "--enable_batching", "--enable_serialization_as_tensor_content=true"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->tfserving.listeners.port, 9001);
  EXPECT_EQ(options->tfserving.listeners.grpc_port, 9000);
  EXPECT_EQ(options->tfserving.models->front().name, "m");
  EXPECT_TRUE(options->tfserving.allow_reload);
  EXPECT_FALSE(options->allow_metrics);
  EXPECT_EQ(options->tfserving.listeners.dialect.encoding, tfserving::TensorEncoding::kContent);
  EXPECT_THAT(options->without_effect, Contains("--rest_api_num_threads (threads follow the processors)"));
  const auto plain = AsModelServer({"--model_base_path=" + Base()});
  ASSERT_TRUE(plain.ok()) << plain.status();
  EXPECT_FALSE(plain->tfserving.listeners.allow_rest);
  EXPECT_EQ(plain->tfserving.models->front().name, "default");
}

TEST_F(TfservingSettingsTest, ItsTagsChooseTheGraphsOfSavedModels) {
  const auto options = AsModelServer({"--model_base_path=" + Base(), "--saved_model_tags=serve,gpu"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->tfserving.saved_model_tags, "serve,gpu");
  EXPECT_THAT(options->without_effect, ::testing::IsEmpty());
}

TEST_F(TfservingSettingsTest, WhatHasNoEffectSaysWhy) {
  const auto options =
      AsModelServer({"--model_base_path=" + Base(), "--grpc_socket_path=/s", "--enable_model_warmup=false"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_THAT(options->without_effect,
              ElementsAre(::testing::StartsWith("--grpc_socket_path (gRPC is served on --port")));
  EXPECT_FALSE(options->tfserving.listeners.dialect.run_warmup_files);
  EXPECT_TRUE(AsModelServer({"--model_base_path=" + Base()})->tfserving.listeners.dialect.run_warmup_files);
  const std::string file = File("models.config", "model_config_list { config { name: 'm' base_path: '" + Base() +
                                                     "' model_platform: 'tflite' logging_config { } } config { "
                                                     "name: 'n' base_path: '" +
                                                     Base() + "' model_platform: 'tensorflow' } }");
  const auto listed = AsModelServer({"--model_config_file=" + file});
  ASSERT_TRUE(listed.ok()) << listed.status();
  EXPECT_THAT(listed->tfserving.remarks,
              ElementsAre(HasSubstr("model m: accepted without effect: logging_config: requests are not recorded"),
                          HasSubstr("model m: accepted without effect: model_platform 'tflite'")));
}

TEST_F(TfservingSettingsTest, ItsHelpAndItsMessagesSpeakOfItsFlags) {
  const std::vector<std::string> help = {"--model_name=m", "--help"};
  EXPECT_TRUE(AsksForModelServerHelp(help));
  EXPECT_THAT(ModelServerHelp(),
              AllOf(ContainsRegex("--rest_api_port +--tfserving-port\n"), ContainsRegex("--enable_batching +always on"),
                    ContainsRegex("--grpc_max_threads +threads follow the processors\n")));
  const Status wrong = AsModelServer({"--port=x", "--model_base_path=" + Base()}).status();
  EXPECT_THAT(InModelServerWords(wrong.message()), AllOf(HasSubstr("port"), Not(HasSubstr("tfserving"))));
  EXPECT_EQ(InModelServerWords("tfserving-config-poll: expected --tfserving-config beside it"),
            "model_config_file_poll_wait_seconds: expected --model_config_file beside it");
  const Status remote = AsModelServer({"--model_base_path=gs://bucket/m"}).status();
  EXPECT_EQ(InModelServerWords(remote.message()),
            "--model_base_path: expected a folder on this machine, found 'gs://bucket/m': object stores are not read");
}

TEST_F(TfservingSettingsTest, ItsCommandLineIsNotGuessedAt) {
  EXPECT_THAT(AsModelServer({"--model_nam=m"}).status().message(),
              HasSubstr("unknown flag '--model_nam' of tensorflow_model_server; did you mean '--model_name'?"));
  EXPECT_THAT(AsModelServer({"--quite_another"}).status().message(), Not(HasSubstr("did you mean")));
  EXPECT_THAT(AsModelServer({"models"}).status().message(), HasSubstr("found 'models'"));
  EXPECT_THAT(AsModelServer({"--ssl_config_file=f"}).status().message(), HasSubstr("TRIREME_TLS_CERT"));
  EXPECT_THAT(AsModelServer({"--batching_parameters_file=f"}).status().message(), HasSubstr("--enable_batching"));
  EXPECT_THAT(AsModelServer({"--port=x", "--model_base_path=" + Base()}).status().message(), HasSubstr("'x'"));
  EXPECT_FALSE(AsModelServer({}).ok());
}

TEST_F(TfservingSettingsTest, VariablesCountForItsProgramToo) {
  const std::string base = "--model_base_path=" + Base();
  const auto plain = AsModelServer({base});
  ASSERT_TRUE(plain.ok()) << plain.status();
  EXPECT_FALSE(plain->allow_metrics || plain->allow_http || plain->tfserving.listeners.allow_rest);
  EXPECT_TRUE(plain->tfserving.allow_reload && plain->tfserving.listeners.allow_grpc);

  const auto told = AsModelServer({base}, {{"TRIREME_METRICS_PORT", "23002"},
                                           {"TRIREME_DIALECTS", "kserve,tfserving"},
                                           {"TRIREME_TFSERVING_PORT", "23003"},
                                           {"TRIREME_TFSERVING_GRPC_PORT", "23004"},
                                           {"TRIREME_TFSERVING_MODEL_NAME", "m"},
                                           {"TRIREME_TFSERVING_ALLOW_RELOAD", "off"}});
  ASSERT_TRUE(told.ok()) << told.status();
  EXPECT_TRUE(told->allow_metrics && told->allow_http && told->tfserving.listeners.allow_rest);
  EXPECT_EQ(told->metrics_port, 23002);
  EXPECT_EQ(told->tfserving.listeners.port, 23003);
  EXPECT_EQ(told->tfserving.listeners.grpc_port, 23004);
  EXPECT_EQ(told->tfserving.models->front().name, "m");
  EXPECT_FALSE(told->tfserving.allow_reload);
}

TEST_F(TfservingSettingsTest, ItsProgramsFlagsGoBeforeVariables) {
  const auto options = AsModelServer({"--model_base_path=" + Base(), "--rest_api_port=9001", "--port=0"},
                                     {{"TRIREME_TFSERVING_PORT", "23003"},
                                      {"TRIREME_TFSERVING_ALLOW_REST", "off"},
                                      {"TRIREME_TFSERVING_ALLOW_GRPC", "on"},
                                      {"TRIREME_ALLOW_METRICS", "off"},
                                      {"TRIREME_METRICS_PORT", "23002"}});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->tfserving.listeners.port, 9001);
  EXPECT_TRUE(options->tfserving.listeners.allow_rest);
  EXPECT_FALSE(options->tfserving.listeners.allow_grpc);
  EXPECT_FALSE(options->allow_metrics) << "what is said goes before what another variable makes likely";
}

}  // namespace
}  // namespace trireme

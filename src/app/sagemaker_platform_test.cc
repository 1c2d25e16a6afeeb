// SPDX-License-Identifier: Apache-2.0
#include "app/sagemaker_platform.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/testing/temp_dir.h"

namespace trireme {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Variables = std::map<std::string, std::string>;

Environment With(Variables variables) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

Result<ServeOptions> Serve(const std::vector<std::string>& arguments, Variables variables) {
  std::vector<std::string> words = {"serve"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  Result<Command> command = ParseCommand(words, With(std::move(variables)));
  if (!command.ok()) return std::move(command).status();
  return std::get<ServeOptions>(*std::move(command));
}

TEST(SagemakerPlatform, IsKnownByItsVariablesAndFolders) {
  const TempDir dir;
  EXPECT_FALSE(ReadSagemakerPlatform(With({{"TRIREME_HTTP_PORT", "1"}}))->has_value());
  EXPECT_TRUE(ReadSagemakerPlatform(With({{"SAGEMAKER_BIND_TO_PORT", "8080"}}))->has_value());
  EXPECT_TRUE(ReadSagemakerPlatform(With({{"SAGEMAKER_MULTI_MODEL", "true"}}))->has_value());
  EXPECT_FALSE(ReadSagemakerPlatform(With({{"SAGEMAKER_MULTI_MODEL", ""}}))->has_value());
}

TEST(SagemakerPlatform, SaysYesOrNoToManyModels) {
  for (const char* word : {"maybe", "2", "truee"}) {
    const Status refused = Serve({}, {{"SAGEMAKER_MULTI_MODEL", word}}).status();
    EXPECT_EQ(refused.code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(refused.message(), HasSubstr("SAGEMAKER_MULTI_MODEL: expected on|off"));
  }
}

TEST(SagemakerPlatform, ServesTheFolderOfTheModel) {
  const Result<ServeOptions> options = Serve({}, {{"SAGEMAKER_REGION", "eu-west-1"}});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_THAT(options->paths, ElementsAre("/opt/ml/model"));
  EXPECT_EQ(options->control, ModelControl::Mode::kNone);
  EXPECT_TRUE(options->sagemaker.allow);
  EXPECT_TRUE(options->sagemaker.on_platform);
  EXPECT_EQ(options->sagemaker.host, "0.0.0.0");
  EXPECT_EQ(options->sagemaker.port, 8080);
  EXPECT_FALSE(options->allow_http || options->allow_grpc || options->allow_metrics);
  EXPECT_FALSE(options->allow_exposure);
}

TEST(SagemakerPlatform, BeginsWithoutModelsWhereTheyComeOneByOne) {
  const TempDir dir;
  dir.MakeFolder("models");
  for (const Variables& variables : {Variables{{"SAGEMAKER_MULTI_MODEL", "true"}, {"SAGEMAKER_BASE_DIR", dir.path()}},
                                     Variables{{"SAGEMAKER_BASE_DIR", dir.path()}}}) {
    const Result<ServeOptions> options = Serve({}, variables);
    ASSERT_TRUE(options.ok()) << options.status();
    EXPECT_THAT(options->paths, IsEmpty());
    EXPECT_EQ(options->control, ModelControl::Mode::kExplicit);
    EXPECT_EQ(options->sagemaker.dialect.models, dir / "models");
  }
}

TEST(SagemakerPlatform, TakesItsVariablesForSettings) {
  const Result<ServeOptions> options = Serve({}, {{"SAGEMAKER_BIND_TO_PORT", "1234"},
                                                  {"SAGEMAKER_SAFE_PORT_RANGE", "9000-9999"},
                                                  {"SAGEMAKER_TRITON_DEFAULT_MODEL_NAME", "m"},
                                                  {"SAGEMAKER_TRITON_INFERENCE_TYPE", "generate_stream"},
                                                  {"SAGEMAKER_TRITON_OVERRIDE_PING_MODE", "live"},
                                                  {"SAGEMAKER_TRITON_ALLOW_METRICS", "true"},
                                                  {"SAGEMAKER_TRITON_METRICS_PORT", "9001"},
                                                  {"SAGEMAKER_MAX_PAYLOAD_IN_MB", "1024"},
                                                  {"SAGEMAKER_TRITON_ADDITIONAL_ARGS", " --max-batch 4  --id=x "},
                                                  {"SAGEMAKER_TRITON_THREAD_COUNT", "8"}});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->sagemaker.port, 1234);
  EXPECT_EQ(options->sagemaker.safe_ports->high, 9999);
  EXPECT_EQ(options->sagemaker.dialect.default_model, "m");
  EXPECT_EQ(options->sagemaker.dialect.inference_type, sagemaker::InferenceType::kGenerateStream);
  EXPECT_EQ(options->sagemaker.ping_mode, sagemaker::PingMode::kLive);
  EXPECT_TRUE(options->allow_metrics);
  EXPECT_EQ(options->metrics_port, 9001);
  EXPECT_EQ(options->limits.max_body_bytes, uint64_t{1} << 30);
  EXPECT_EQ(options->model.max_rows, 4);
  EXPECT_EQ(options->server_name, "x");
  EXPECT_THAT(options->without_effect, ElementsAre("SAGEMAKER_TRITON_THREAD_COUNT"));
}

TEST(SagemakerPlatform, WhatWasSaidOtherwiseDecides) {
  const Result<ServeOptions> options = Serve({"--sagemaker-port", "0", "--allow-http", "on"},
                                             {{"SAGEMAKER_BIND_TO_PORT", "8080"}, {"TRIREME_ID", "mine"}});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->sagemaker.port, 0);
  EXPECT_TRUE(options->allow_http);
  EXPECT_EQ(options->server_name, "mine");
  EXPECT_THAT(Serve({"serve"}, {{"SAGEMAKER_REGION", "x"}})->paths, ElementsAre("/opt/ml/model"));
  const Result<ServeOptions> elsewhere = Serve({"models/"}, {{"SAGEMAKER_REGION", "x"}});
  EXPECT_THAT(elsewhere->paths, ElementsAre("models/"));
  EXPECT_FALSE(elsewhere->sagemaker.allow || elsewhere->sagemaker.on_platform);
  EXPECT_THAT(Serve({"--model-repository", "m"}, {{"SAGEMAKER_REGION", "x"}})->paths, ElementsAre("m"));
}

TEST(SagemakerPlatform, NamesTheVariableThatIsWrong) {
  const auto problem = [](Variables variables) { return Serve({}, std::move(variables)).status().message(); };
  EXPECT_THAT(problem({{"SAGEMAKER_BIND_TO_PORT", "x"}}), HasSubstr("SAGEMAKER_BIND_TO_PORT: expected a whole number"));
  EXPECT_THAT(problem({{"SAGEMAKER_SAFE_PORT_RANGE", "9-8"}}), HasSubstr("SAGEMAKER_SAFE_PORT_RANGE: expected two"));
  EXPECT_THAT(problem({{"SAGEMAKER_TRITON_INFERENCE_TYPE", "x"}}), HasSubstr("infer|generate|generate_stream"));
  EXPECT_THAT(problem({{"SAGEMAKER_TRITON_ADDITIONAL_ARGS", "--nope"}}), HasSubstr("SAGEMAKER_TRITON_ADDITIONAL_ARGS"));
  EXPECT_THAT(problem({{"SAGEMAKER_SAFE_PORT_RANGE", "9000-9999"}, {"SAGEMAKER_TRITON_ALLOW_GRPC", "true"}}),
              HasSubstr("grpc-port: expected a port from 9000 to 9999 (sagemaker-safe-port-range), found 8001"));
}

TEST(Dialects, OpenTheirListeners) {
  const auto serve = [](const std::vector<std::string>& flags) {
    std::vector<std::string> words = {"m.onnx"};
    words.insert(words.end(), flags.begin(), flags.end());
    return Serve(words, {});
  };
  EXPECT_FALSE(serve({})->sagemaker.allow);
  EXPECT_TRUE(serve({"--allow-sagemaker=true"})->sagemaker.allow);
  const auto both = serve({"--dialects", "kserve,sagemaker"});
  EXPECT_TRUE(both->sagemaker.allow && both->allow_http && both->allow_grpc);
  const auto one = serve({"--dialects", "sagemaker", "--allow-grpc", "on"});
  EXPECT_TRUE(one->sagemaker.allow && !one->allow_http && one->allow_grpc);
  EXPECT_THAT(serve({"--dialects", "kserve,vertex"}).status().message(),
              HasSubstr("a list of kserve, sagemaker, tfserving and torchserve"));
  EXPECT_THAT(serve({"--allow-sagemaker=true", "--sagemaker-address", "0.0.0.0"}).status().message(),
              HasSubstr("host '0.0.0.0' can be reached from other machines"));
}

TEST(ChooseDefaultModel, TakesTheOnlyOne) {
  const TempDir dir;
  dir.Write("a/1/model.onnx");
  const std::vector<std::filesystem::path> paths = {dir.path()};
  EXPECT_EQ(*ChooseDefaultModel(paths, ""), "a");
  EXPECT_EQ(*ChooseDefaultModel(paths, "a"), "a");
  dir.Write("b/1/model.onnx");
  EXPECT_EQ(
      ChooseDefaultModel(paths, "").status().message(),
      "SAGEMAKER_TRITON_DEFAULT_MODEL_NAME: expected one of a, b, found nothing, and /invocations names no model");
  EXPECT_EQ(ChooseDefaultModel(paths, "c").status().message(),
            "SAGEMAKER_TRITON_DEFAULT_MODEL_NAME: expected one of a, b, found 'c'");
  EXPECT_EQ(*ChooseDefaultModel(std::vector{dir / "nowhere"}, ""), "");
}

}  // namespace
}  // namespace trireme

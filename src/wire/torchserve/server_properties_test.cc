// SPDX-License-Identifier: Apache-2.0
#include "wire/torchserve/server_properties.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace trireme::torchserve {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Result<ServerProperties> Parse(const std::string& text, const std::map<std::string, std::string>& variables = {}) {
  return ParseServerProperties(text, "config.properties", [&](const std::string& name) -> std::optional<std::string> {
    const auto at = variables.find(name);
    if (at == variables.end()) return std::nullopt;
    return at->second;
  });
}

TEST(ParseServerProperties, HasDefaults) {
  const auto properties = Parse("");
  ASSERT_TRUE(properties.ok()) << properties.status();
  EXPECT_EQ(properties->inference_address, (Address{.host = "127.0.0.1", .port = 8080}));
  EXPECT_EQ(properties->metrics_address.port, 8082);
  EXPECT_EQ(properties->grpc_management_port, 7071);
  EXPECT_EQ(properties->job_queue_size, 100);
  EXPECT_EQ(properties->default_response_timeout, seconds(120));
  EXPECT_EQ(properties->max_request_size, 6553500);
  EXPECT_EQ(properties->metrics_mode, MetricsMode::kLog);
  EXPECT_TRUE(properties->allowed_urls.Allow("https://models.example/a.mar"));
  EXPECT_TRUE(properties->allowed_urls.Allow("FILE:///models/a.mar"));
  EXPECT_FALSE(properties->allowed_urls.Allow("ftp://models.example/a.mar"));
  EXPECT_FALSE(properties->Gives("job_queue_size"));
}

TEST(ParseServerProperties, ReadsAFileAsPeopleHaveIt) {
  const auto properties = Parse(R"(# TorchServe
inference_address=http://0.0.0.0:8080
management_address=unix:/run/torchserve.sock
metrics_address=https://[::1]:8443/
number_of_netty_threads=32
job_queue_size=1000
model_store=/home/model-server/model-store
load_models=a.mar, resnet=resnet18.mar
enable_model_api = true
metrics_mode=prometheus
service_envelope=kservev2
token_expiration_min=5
allowed_urls=https://a\\.example/.*,file:///models/.*
models={\
  "noop": {\
    "1.0": {\
        "defaultVersion": true,\
        "marName": "noop.mar",\
        "minWorkers": 1,\
        "batchSize": 4\
    }\
  }\
}
)");
  ASSERT_TRUE(properties.ok()) << properties.status();
  EXPECT_EQ(properties->inference_address, (Address{.host = "0.0.0.0", .port = 8080}));
  EXPECT_EQ(properties->management_address.path, "/run/torchserve.sock");
  EXPECT_EQ(properties->management_address.scheme, Address::Scheme::kUnix);
  EXPECT_EQ(properties->metrics_address, (Address{.scheme = Address::Scheme::kHttps, .host = "::1", .port = 8443}));
  EXPECT_EQ(properties->job_queue_size, 1000);
  EXPECT_EQ(properties->model_store, "/home/model-server/model-store");
  EXPECT_THAT(properties->load_models, ElementsAre(ModelToLoad{"", "a.mar"}, ModelToLoad{"resnet", "resnet18.mar"}));
  EXPECT_TRUE(properties->enable_model_api);
  EXPECT_EQ(properties->metrics_mode, MetricsMode::kPrometheus);
  EXPECT_EQ(properties->service_envelope, "kservev2");
  EXPECT_EQ(properties->token_expiration, std::chrono::minutes(5));
  EXPECT_TRUE(properties->allowed_urls.Allow("https://a.example/x"));
  EXPECT_FALSE(properties->allowed_urls.Allow("https://axexample/x"));
  ASSERT_EQ(properties->models.size(), 1u);
  EXPECT_EQ(properties->models[0].batch_size, 4);
  EXPECT_TRUE(properties->Gives("models"));
  EXPECT_THAT(properties->unknown, IsEmpty());
  ASSERT_EQ(properties->ignored.size(), 1u);
  EXPECT_EQ(properties->ignored[0].key, "number_of_netty_threads");
  EXPECT_EQ(properties->ignored[0].where, "config.properties:5");
  EXPECT_EQ(properties->ignored[0].reason, "threads are as many as the CPU quota wants");
}

TEST(ParseServerProperties, ReadsSnapshots) {
  std::string text = "tsConfigFile=logs/config/x.cfg\nversion=0.12.0\nmodel_snapshot=";
  for (const char c : EncodeSnapshot({.name = "x", .created = {}, .models = {{.name = "m", .version = "1"}}})) {
    if (c != '\n') text += c;
  }
  const auto properties = Parse(text + "\n");
  ASSERT_TRUE(properties.ok()) << properties.status();
  EXPECT_EQ(properties->model_snapshot->models[0].name, "m");
  EXPECT_THAT(properties->unknown, IsEmpty());
}

struct Refused {
  std::string line;
  const char* why;
};

TEST(ParseServerProperties, NamesFileLineAndKeyOfWhatIsWrong) {
  const std::vector<Refused> cases = {
      {"job_queue_size=many", "job_queue_size: expected an integer from 1 to 2147483647, found 'many'"},
      {"job_queue_size=0", "expected an integer from 1"},
      {"job_queue_size=", "found nothing"},
      {"default_response_timeout=3000000000", "to 2147483647"},
      {"enable_model_api=yes", "enable_model_api: expected true or false, found 'yes'"},
      {"inference_address=127.0.0.1:8080", "inference_address: expected an address such as"},
      {"inference_address=http://", "expected an address"},
      {"inference_address=http://a:70000", "expected an address"},
      {"inference_address=http://a:b", "expected an address"},
      {"inference_address=http://a/path", "expected an address"},
      {"inference_address=http://[::1", "expected an address"},
      {"inference_address=http://user@a:80", "expected an address"},
      {"inference_address=unix:relative", "expected an address"},
      {"grpc_inference_port=0", "grpc_inference_port: expected an integer from 1 to 65535"},
      {"metrics_mode=statsd", "expected log, prometheus or legacy"},
      {"service_envelope=xml", "expected body, json, kserve or kservev2"},
      {"allowed_urls=[", "allowed_urls: expected regular expressions"},
      {"allowed_urls=https://a/.*," + std::string(20'000, '('),
       "allowed_urls: expected regular expressions of at most 1024 bytes, found one of 20000: "},
      {"allowed_urls=", "expected a regular expression at least"},
      {"load_models==a.mar", "load_models: expected all, none or a list"},
      {"load_models=a=", "expected all, none or a list"},
      {"models=[]", "models: expected an object"},
      {"models={\"a\":{\"1\":{\"batchSize\":0}}}", "models: 'a': '1': 'batchSize': expected an integer from 1"},
      {"model_snapshot=x", "model_snapshot: expected"},
      {"model_store=$$NOWHERE$$",
       "model_store: expected a variable of the environment between $$ and $$, found 'NOWHERE'"},
      {"model_store=$$$$", "found nothing"},
  };
  for (const Refused& c : cases) {
    const auto properties = Parse("# a comment\n" + c.line + "\n");
    EXPECT_EQ(properties.status().code(), StatusCode::kInvalidArgument) << c.line;
    EXPECT_THAT(properties.status().message(), HasSubstr("config.properties:2: ")) << c.line;
    EXPECT_THAT(properties.status().message(), HasSubstr(c.why)) << c.line;
  }
  EXPECT_THAT(Parse("a=\\u1").status().message(), HasSubstr("config.properties: line 1: expected four"));
}

TEST(ParseServerProperties, NotesKeysThatItDoesNotKnow) {
  const auto properties = Parse("job_queue_sise=1\nmy_own_key=2\n");
  EXPECT_THAT(properties->unknown,
              ElementsAre("config.properties:1: unknown key 'job_queue_sise': did you mean \"job_queue_size\"?",
                          "config.properties:2: unknown key 'my_own_key'"));
}

TEST(ParseServerProperties, TakesTheLastOfAKeyThatComesTwice) {
  const auto properties = Parse("job_queue_size=x\ndebug=true\njob_queue_size=7\ndebug=false\n");
  ASSERT_TRUE(properties.ok()) << properties.status();
  EXPECT_EQ(properties->job_queue_size, 7);
  ASSERT_EQ(properties->ignored.size(), 1u);
  EXPECT_EQ(properties->ignored[0].where, "config.properties:4");
  EXPECT_THAT(properties->repeated,
              ElementsAre("config.properties:3: 'job_queue_size' is said again: this counts, and not what line 1 says",
                          "config.properties:4: 'debug' is said again: this counts, and not what line 2 says"));
}

TEST(ParseServerProperties, NotesSettingsOfModelsThatItDoesNotKnow) {
  const auto properties = Parse(R"(models={"m":{"1.0":{"minWorker":1}}})"
                                "\n");
  ASSERT_TRUE(properties.ok()) << properties.status();
  EXPECT_THAT(properties->unknown,
              ElementsAre("config.properties:1: models: 'm': '1.0': unknown key 'minWorker': did you mean "
                          "\"minWorkers\"?"));
}

TEST(ParseServerProperties, ReadsTheEnvironmentWhereItIsAskedTo) {
  const std::map<std::string, std::string> variables = {
      {"STORE", "/models"}, {"TS_JOB_QUEUE_SIZE", "9"}, {"TS_DEBUG", "true"}};
  EXPECT_EQ(Parse("model_store=$$STORE$$/a$$", variables)->model_store, "/models/a$$");
  EXPECT_EQ(Parse("job_queue_size=5", variables)->job_queue_size, 5);
  const auto properties = Parse("job_queue_size=5\nenable_envvars_config=true", variables);
  EXPECT_EQ(properties->job_queue_size, 9);
  ASSERT_EQ(properties->ignored.size(), 1u);
  EXPECT_EQ(properties->ignored[0].where, "TS_DEBUG of the environment");
  EXPECT_THAT(Parse("enable_envvars_config=true", {{"TS_JOB_QUEUE_SIZE", "x"}}).status().message(),
              HasSubstr("TS_JOB_QUEUE_SIZE of the environment: job_queue_size: expected an integer"));
}

TEST(ParseAddress, HasTheUsualPorts) {
  EXPECT_EQ(ParseAddress("http://localhost")->port, 80);
  EXPECT_EQ(ParseAddress("HTTPS://localhost/")->port, 443);
  EXPECT_EQ(ParseAddress("unix:///run/a")->path, "/run/a");
}

TEST(ParseModelsToLoad, KnowsAllAndNone) {
  EXPECT_THAT(*ParseModelsToLoad("ALL"), IsEmpty());
  EXPECT_THAT(*ParseModelsToLoad("none"), IsEmpty());
  EXPECT_THAT(*ParseModelsToLoad(""), IsEmpty());
  EXPECT_TRUE(Parse("load_models=all")->load_all_models);
  EXPECT_FALSE(Parse("load_models=none")->load_all_models);
}

TEST(AllowedUrls, MatchWholeUrlsAndNoWayUp) {
  const auto allowed = AllowedUrls::Parse("https://a/.*, s3://b");
  EXPECT_TRUE(allowed->Allow("https://A/x.mar"));
  EXPECT_TRUE(allowed->Allow("s3://b"));
  EXPECT_FALSE(allowed->Allow("s3://b/c"));
  EXPECT_FALSE(allowed->Allow("x https://a/y"));
  EXPECT_FALSE(allowed->Allow("https://a/../b"));
  EXPECT_FALSE(allowed->Allow("https://a/" + std::string(3000, 'x')));
}

// With an engine that tries one way after the other these would not end, or run out of stack.
TEST(AllowedUrls, AreMatchedInBoundedTime) {
  const auto allowed = AllowedUrls::Parse("https://a/(x+x+)+y, (.*)*b, https://(a|a)+");
  ASSERT_TRUE(allowed.ok()) << allowed.status();
  EXPECT_FALSE(allowed->Allow("https://a/" + std::string(2000, 'x')));
  EXPECT_FALSE(allowed->Allow("https://" + std::string(2000, 'a') + "c"));
  EXPECT_TRUE(allowed->Allow("https://a/" + std::string(2000, 'x') + "y"));
  EXPECT_FALSE(AllowedUrls::Parse(R"((a)\1)").ok()) << "what is found before is not known to that";
}

}  // namespace
}  // namespace trireme::torchserve

// SPDX-License-Identifier: Apache-2.0
#include "wire/torchserve/model_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "wire/torchserve/properties.h"

namespace trireme::torchserve {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const ModelSettings kNoop{.name = "noop",
                          .version = "1.0",
                          .default_version = true,
                          .mar_name = "noop.mar",
                          .min_workers = 1,
                          .max_workers = 2,
                          .batch_size = 4,
                          .max_batch_delay = milliseconds(100),
                          .response_timeout = seconds(120),
                          .startup_timeout = seconds(60)};

TEST(ParseModelSettings, ReadsVersionsOfModels) {
  const auto models = ParseModelSettings(
      R"({"noop":{"1.0":{"defaultVersion":true,"marName":"noop.mar","minWorkers":1,"maxWorkers":2,"batchSize":4,
          "maxBatchDelay":100,"responseTimeout":120,"startupTimeout":60,"other":[1],"runtimeType":"PYTHON"},
          "2":{"batchSize":null}},"b":{}})");
  ASSERT_TRUE(models.ok()) << models.status();
  EXPECT_THAT(*models, ElementsAre(kNoop, ModelSettings{.name = "noop", .version = "2"}));
  EXPECT_THAT(*ParseModelSettings("{}"), IsEmpty());
}

TEST(UnknownModelSettings, NamesWhatNobodyReads) {
  EXPECT_THAT(UnknownModelSettings(R"({"noop":{"1.0":{"minWorker":1,"marName":null},"2":{"runtimeType":"PYTHON"}}})"),
              ElementsAre("'noop': '1.0': unknown key 'minWorker': did you mean \"minWorkers\"?",
                          "'noop': '2': unknown key 'runtimeType'"));
  EXPECT_THAT(UnknownModelSettings("{}"), IsEmpty());
  EXPECT_THAT(UnknownModelSettings("[1]"), IsEmpty()) << "that is said by whoever reads it";
  std::string many = R"({"m":{"1":{)";
  for (int i = 0; i < 100; ++i) many += (i == 0 ? "\"x" : ",\"x") + std::to_string(i) + "\":1";
  EXPECT_EQ(UnknownModelSettings(many + "}}}").size(), 10U);
}

TEST(ParseModelSettings, SaysWhereAndWhatIsWrong) {
  const auto why = [](const char* json) { return ParseModelSettings(json).status().message(); };
  EXPECT_THAT(why(""), HasSubstr("expected an object"));
  EXPECT_THAT(why("[]"), HasSubstr("expected an object"));
  EXPECT_THAT(why(R"({"a":{"1":{"minWorkers":"x"}}})"), HasSubstr("'a': '1': 'minWorkers': expected an integer"));
  EXPECT_THAT(why(R"({"a":{"1":{"minWorkers":-1}}})"), HasSubstr("'minWorkers': expected an integer from 0 to"));
  EXPECT_THAT(why(R"({"a":{"1":{"batchSize":0}}})"), HasSubstr("expected an integer from 1 to"));
  EXPECT_THAT(why(R"({"a":{"1":{"maxWorkers":3000000000}}})"), HasSubstr("to 2147483647"));
  EXPECT_THAT(why(R"({"a":{"1":{"defaultVersion":1}}})"), HasSubstr("'defaultVersion': expected"));
  EXPECT_THAT(why(R"({"a":{"1":{},"1":{}}})"), HasSubstr("'a': '1': expected it once, found it again"));
  EXPECT_THAT(why(R"({"a":{},"a":{}})"), HasSubstr("'a': expected it once"));
  EXPECT_THAT(why(R"({"":{}})"), HasSubstr("expected a name"));
  EXPECT_THAT(why(R"({"a":[]})"), HasSubstr("'a': expected an object"));
  EXPECT_THAT(why("{} x"), HasSubstr("expected"));
}

TEST(Snapshot, IsReadAsItWasWritten) {
  Snapshot snapshot{.name = "20200702163208454-startup.cfg",
                    .created = std::chrono::system_clock::time_point(milliseconds(1593707528454)),
                    .models = {kNoop,
                               {.name = "noop", .version = "2", .engine_name = "noop:2"},
                               {.name = "b",
                                .version = "1",
                                .batch_size = 8,
                                .response_timeout = seconds(0),
                                .startup_timeout = seconds(0)}}};
  const std::string json = EncodeSnapshot(snapshot);
  EXPECT_THAT(json, HasSubstr("  \"modelCount\": 3,\n  \"created\": 1593707528454,\n  \"models\": {\n    \"noop\": {\n"
                              "      \"1.0\": {\n        \"defaultVersion\": true,\n"));
  const auto read = ParseSnapshot(json);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->name, snapshot.name);
  EXPECT_EQ(read->created, snapshot.created);
  EXPECT_EQ(read->models, snapshot.models);
  EXPECT_THAT(ParseSnapshot(EncodeSnapshot({.name = "x", .created = {}, .models = {}}))->models, IsEmpty());
}

TEST(Snapshot, OfAsManyVersionsAsCanBeFitsItsFile) {
  Snapshot snapshot{.name = "x", .created = {}, .models = {}};
  for (size_t i = 0; i < kMaxModelSettings; ++i) {
    ModelSettings& model = snapshot.models.emplace_back(kNoop);
    model.name = "a model with a name of thirty " + std::to_string(i);
  }
  std::string file;
  AppendProperty(file, "model_snapshot", EncodeSnapshot(snapshot));
  const auto properties = ParseProperties(file);
  ASSERT_TRUE(properties.ok()) << properties.status();
  EXPECT_EQ(ParseSnapshot(properties->front().value)->models.size(), kMaxModelSettings);
}

TEST(Snapshot, HasWorkflowsBesideItsModels) {
  const Snapshot snapshot{.name = "x",
                          .created = {},
                          .models = {},
                          .workflows = {{.name = "w", .url = "a.war"}, {.name = "v", .url = "folder/b.war"}}};
  EXPECT_EQ(ParseSnapshot(EncodeSnapshot(snapshot))->workflows, snapshot.workflows);
  const auto why = [](const char* json) { return ParseSnapshot(json).status().message(); };
  EXPECT_THAT(why(R"({"workflows":[]})"), HasSubstr("'workflows': expected an object"));
  EXPECT_THAT(why(R"({"workflows":{"w":{"warName":7}}})"), HasSubstr("'workflows': 'w': 'warName': expected a string"));
  EXPECT_THAT(why(R"({"workflows":{"w":{},"w":{}}})"), HasSubstr("'w': expected it once, found it again"));
}

TEST(Snapshot, SaysWhatIsWrong) {
  EXPECT_THAT(ParseSnapshot(R"({"created":-1})").status().message(), HasSubstr("milliseconds since 1970"));
  EXPECT_THAT(ParseSnapshot(R"({"name":1})").status().message(), HasSubstr("'name': expected a string"));
  EXPECT_THAT(ParseSnapshot(R"({"models":{"a":{"1":[]}}})").status().message(),
              HasSubstr("'models': 'a': '1': expected"));
  EXPECT_FALSE(ParseSnapshot("{").ok());
}

}  // namespace
}  // namespace trireme::torchserve

// SPDX-License-Identifier: Apache-2.0
#include "repository/mar_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "repository/yaml_value.h"

namespace trireme {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Result<MarConfig> Parse(const std::string& yaml) {
  return ParseMarConfig(yaml, "model-config.yaml");
}

std::string Json(const std::string& yaml) {
  const auto value = ParseYaml(yaml);
  if (!value.ok()) return value.status().message();
  std::string json;
  value->AppendJson(json);
  return json;
}

TEST(ParseYaml, DecidesWhatAPlainWordMeans) {
  EXPECT_EQ(Json("[~, null, yes, Off, 7, -3, +4, 010, 0x1f, 1.5, -.5, 2., 1.0e+3]"),
            "[null,null,true,false,7,-3,4,8,31,1.5,-0.5,2,1000]");
  EXPECT_EQ(Json("[1e5, 08, 1_000, .inf, .nan, 1.2.3, '7', \"true\", !!str 5, -, 99999999999999999999]"),
            R"(["1e5","08","1_000",".inf",".nan","1.2.3","7","true","5","-","99999999999999999999"])");
  EXPECT_EQ(Json(""), "null");
  EXPECT_EQ(Json("# nothing\n"), "null");
  EXPECT_EQ(Json("{a: {}, b: [], 1: x, ? yes : }"), R"({"a":{},"b":[],"1":"x","yes":null})");
}

TEST(ParseYaml, FollowsAliases) {
  EXPECT_EQ(Json("a: &x [1, 2]\nb: *x\n"), R"({"a":[1,2],"b":[1,2]})");
  EXPECT_EQ(Json("base: &b {x: 1, y: 2}\nc:\n  y: 3\n  <<: *b\n"), R"({"base":{"x":1,"y":2},"c":{"y":3,"x":1}})");
  EXPECT_EQ(Json("&k a: 1\n*k : 2"), R"({"a":2})");
}

TEST(ParseYaml, IsBounded) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k) bomb += (k > 0 ? ", " : "") + before;
    bomb += "]\n";
  }
  EXPECT_THAT(Json(bomb), HasSubstr("expected at most 10000 values"));
  const std::string big(100'000, 'x');
  std::string texts = "- &a " + big + "\n";
  for (int i = 0; i < 100; ++i) texts += "- *a\n";
  EXPECT_THAT(ParseYaml(texts, {.bytes = 200'000}).status().message(), HasSubstr("1048576 bytes"));
  EXPECT_THAT(Json(std::string(40, '[') + std::string(40, ']')), HasSubstr("at most 32 lists and maps"));
  EXPECT_FALSE(ParseYaml(std::string(30'000, '[')).ok());
  EXPECT_FALSE(ParseYaml(std::string(30'000, '{')).ok());
  EXPECT_THAT(Json(std::string(70'000, ' ')), HasSubstr("expected at most 65536 bytes"));
}

TEST(ParseYaml, TakesTheLastOfAKeyThatComesAgainWhereThatIsAllowed) {
  EXPECT_EQ(Json("a: 1\na: 2"), R"({"a":2})");
  EXPECT_FALSE(ParseYaml("a: 1\na: 2", {.repeated_keys = false}).ok());
  const auto merged = ParseYaml("x: &x {a: 1}\ny: {<<: *x, a: 2}", {.repeated_keys = false});
  EXPECT_TRUE(merged.ok()) << "what is merged gives way: " << merged.status();
}

TEST(ParseYaml, SaysWhatIsWrong) {
  EXPECT_THAT(Json("a: &x [*x]"), HasSubstr("an alias of what it is in"));
  EXPECT_THAT(Json("a: *nobody"), HasSubstr("expected YAML"));
  for (const char* tabs : {"a:\n\tb: 1", "a:\n\tb: 1\n\tc: 2", "a:\n  b: 1\n\tc: 2", "a: 1\n\t# b"}) {
    EXPECT_THAT(Json(tabs), HasSubstr("indented by spaces, found a tab")) << tabs;
  }
  EXPECT_THAT(Json(std::string(5000, '[')), HasSubstr("line 1: expected YAML, found lists or maps within"));
  EXPECT_THAT(Json("a: 1\nb: [1"), HasSubstr("line "));
  EXPECT_THAT(Json("a: 1\n---\nb: 1"), HasSubstr("expected one document"));
  EXPECT_THAT(Json("\na: !!python/object/apply:os.system ['ls']"), AllOf(HasSubstr("line 2"), HasSubstr("the tag")));
  EXPECT_THAT(Json("a: !Custom x"), HasSubstr("the tag"));
  EXPECT_THAT(Json("? [a]\n: 1"), HasSubstr("expected a plain value for a key"));
  EXPECT_THAT(Json("- &a [1]\n- {*a : 1}"), HasSubstr("expected a plain value for a key"));
}

TEST(ParseMarConfig, ReadsEveryKey) {
  const auto config = Parse(R"(
minWorkers: 1
maxWorkers: 2
batchSize: 8
maxBatchDelay: 50
responseTimeout: 60
startupTimeout: 300
clientTimeoutInMills: 0
jobQueueSize: 200
useJobTicket: true
deviceType: "GPU"
deviceIds: [0, 2]
parallelType: "tp"
parallelLevel: 4
torchrun: {nproc-per-node: 4, OMP_NUMBER_THREADS: 2}
maxRetryTimeoutInSec: 10
sequenceBatching: true
sequenceMaxIdleMSec: 1
sequenceTimeoutMSec: 2
maxNumSequence: 3
maxSequenceJobQueueSize: 4
continuousBatching: true
asyncCommunication: false
useVenv: false
handler:
  model_name: "x"
  tops: [1, 2.5]
pt2: {compile: {enable: True}}
)");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(config->findings, IsEmpty());
  EXPECT_EQ(config->min_workers, 1);
  EXPECT_EQ(config->max_workers, 2);
  EXPECT_EQ(config->batch_size, 8);
  EXPECT_EQ(config->max_batch_delay, milliseconds(50));
  EXPECT_EQ(config->response_timeout, seconds(60));
  EXPECT_EQ(config->startup_timeout, seconds(300));
  EXPECT_EQ(config->client_timeout, milliseconds(0));
  EXPECT_EQ(config->job_queue_size, 200);
  EXPECT_EQ(config->use_job_ticket, true);
  EXPECT_EQ(config->device_type, "gpu");
  EXPECT_THAT(*config->device_ids, ElementsAre(0, 2));
  EXPECT_EQ(config->parallel_type, "tp");
  EXPECT_EQ(config->parallel_level, 4);
  EXPECT_EQ(config->torchrun, R"({"nproc-per-node":4,"OMP_NUMBER_THREADS":2})");
  EXPECT_EQ(config->max_retry_timeout, seconds(10));
  EXPECT_EQ(config->sequence_batching, true);
  EXPECT_EQ(config->sequence_max_idle, milliseconds(1));
  EXPECT_EQ(config->sequence_timeout, milliseconds(2));
  EXPECT_EQ(config->max_num_sequence, 3);
  EXPECT_EQ(config->max_sequence_job_queue_size, 4);
  EXPECT_EQ(config->continuous_batching, true);
  EXPECT_EQ(config->async_communication, false);
  EXPECT_EQ(config->use_venv, false);
  EXPECT_EQ(config->handler_config,
            R"({"handler":{"model_name":"x","tops":[1,2.5]},"pt2":{"compile":{"enable":true}}})");
  std::vector<std::string> noted;
  for (const MarConfig::Note& note : config->notes) noted.push_back(note.key);
  EXPECT_THAT(noted, ElementsAre("responseTimeout", "clientTimeoutInMills", "useJobTicket", "deviceIds", "parallelType",
                                 "parallelLevel", "torchrun", "maxRetryTimeoutInSec", "sequenceBatching",
                                 "sequenceMaxIdleMSec", "sequenceTimeoutMSec", "maxNumSequence",
                                 "maxSequenceJobQueueSize", "continuousBatching", "asyncCommunication", "useVenv"));
  EXPECT_EQ(config->notes[4].line, 13);
  EXPECT_THAT(config->notes[4].text, HasSubstr("is ignored: models run inside of the server"));
  EXPECT_THAT(config->notes[0].text, HasSubstr("by TorchServe's calls or at the start"));
}

TEST(ParseMarConfig, WarnsOfWhatHasTheWrongTypeAndGoesOn) {
  const auto config = Parse(
      "batchSize: 8\nmaxWorkers: four\nminWorkers: -1\ndeviceIds: [0, a]\ndeviceType: 5\n"
      "parallelType: xx\nuseJobTicket: 1\ntorchrun: 3\njobQueueSize: 0\nresponseTimeout: 1.5\n"
      "maxBatchDelay: 3000000000\nstartupTimeout:\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->batch_size, 8);
  EXPECT_EQ(config->max_workers, std::nullopt);
  EXPECT_EQ(config->device_ids, std::nullopt);
  ASSERT_EQ(config->findings.size(), 11u);
  EXPECT_EQ(
      config->findings[0].ToString(),
      "model-config.yaml:2: maxWorkers: expected an integer, 0 or more, found the text \"four\"; it counts as not "
      "given");
  EXPECT_EQ(config->findings[10].found, "nothing");
  EXPECT_THAT(config->notes, IsEmpty());
}

TEST(ParseMarConfig, WarnsOfKeysThatAreNearlyItsOwn) {
  const auto config = Parse("handler: {a: 1}\nbatch_size: 8\nminworkers: 2\nmicro_batching: 3\n");
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->findings.size(), 2u) << "others may be a handler's own";
  EXPECT_EQ(config->findings[0].field, "batch_size");
  EXPECT_EQ(config->findings[0].line, 2);
  EXPECT_EQ(config->findings[0].severity, Finding::Severity::kWarning);
  EXPECT_EQ(config->findings[0].fix, "did you mean \"batchSize\"?");
  EXPECT_EQ(config->findings[1].fix, "did you mean \"minWorkers\"?");
}

TEST(ParseMarConfig, WarnsOfKeysThatComeAgain) {
  const auto config = Parse("batchSize: 1\nhandler: {a: 1, b: 2, a: 3}\nbatchSize: 2\nbatchSize: 4\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->batch_size, 4);
  ASSERT_EQ(config->findings.size(), 2u);
  EXPECT_EQ(
      config->findings[0].ToString(),
      "model-config.yaml:4: batchSize: expected each key once, found it again, after line 3; the last one counts");
  EXPECT_EQ(config->findings[0].severity, Finding::Severity::kWarning);
  EXPECT_EQ(config->findings[1].field, "a");
}

TEST(ParseMarConfig, WarnsOfFewerWorkersThanAreStarted) {
  const auto config = Parse("minWorkers: 3\nmaxWorkers: 1\n");
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->findings.size(), 1u);
  EXPECT_EQ(config->findings[0].ToString(),
            "model-config.yaml:2: maxWorkers: expected minWorkers, which is 3, or more, found 1; minWorkers counts");
  EXPECT_THAT(Parse("minWorkers: 3\nmaxWorkers: 3\n")->findings, IsEmpty());
}

TEST(ParseMarConfig, ReadsEmptyFilesAndRefusesOthers) {
  EXPECT_EQ(Parse("")->handler_config, "{}");
  EXPECT_EQ(Parse("---\n# nothing\n")->batch_size, std::nullopt);
  EXPECT_THAT(Parse("- a").status().message(),
              AllOf(HasSubstr("model-config.yaml: line 1"), HasSubstr("found a list")));
  EXPECT_THAT(Parse("a: [").status().message(), HasSubstr("model-config.yaml: line"));
  EXPECT_EQ(Parse("batchSize: 1\nbatchSize: 2")->batch_size, 2);
}

}  // namespace
}  // namespace trireme

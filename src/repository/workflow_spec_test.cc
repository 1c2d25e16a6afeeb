// SPDX-License-Identifier: Apache-2.0
#include "repository/workflow_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace trireme {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Result<WorkflowSpec> Parse(const std::string& yaml, const std::string& handler = "") {
  return ParseWorkflowSpec(yaml, "workflow.yaml", handler);
}

std::string Why(const std::string& yaml, const std::string& handler = "") {
  return Parse(yaml, handler).status().message();
}

std::vector<std::string> NamesOf(const WorkflowSpec& spec) {
  std::vector<std::string> names;
  for (const WorkflowNode& node : spec.nodes) names.push_back(node.name);
  return names;
}

// Models of these names, each with a url.
std::string Models(const std::vector<std::string>& names) {
  std::string yaml = "models:\n";
  for (const std::string& name : names) yaml += "  " + name + ": {url: " + name + ".mar}\n";
  return yaml;
}

TEST(ParseWorkflowSpec, ReadsASequence) {
  const auto spec = Parse(Models({"a", "b", "c"}) + "dag:\n  a: [b]\n  b: [c]\n");
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_THAT(NamesOf(*spec), ElementsAre("a", "b", "c"));
  EXPECT_EQ(spec->leaf, 2U);
  EXPECT_EQ(spec->dag, "{a=[b], b=[c]}");
  EXPECT_THAT(spec->nodes[1].parents, ElementsAre(0));
  EXPECT_THAT(spec->nodes[1].next, ElementsAre(2));
  EXPECT_EQ(spec->nodes[1].url, "b.mar");
}

TEST(ParseWorkflowSpec, OrdersNodesBehindThoseThatComeBefore) {
  const auto spec = Parse(Models({"last", "left", "right", "first"}) +
                          "dag:\n  right: [last]\n  first: [left, right]\n  left: [last]\n");
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_THAT(NamesOf(*spec), ElementsAre("first", "left", "right", "last"));
  EXPECT_EQ(spec->leaf, 3U);
  // In the order in which the file says it.
  EXPECT_THAT(spec->nodes[3].parents, ElementsAre(2, 1));
  EXPECT_THAT(spec->nodes[0].next, ElementsAre(1, 2));
}

TEST(ParseWorkflowSpec, TakesOneModelAlone) {
  for (const char* dag : {"dag: {a: []}", "dag: {a: }"}) {
    const auto spec = Parse(Models({"a"}) + dag);
    ASSERT_TRUE(spec.ok()) << spec.status();
    EXPECT_THAT(spec->nodes[0].parents, IsEmpty());
    EXPECT_EQ(spec->dag, "{a=[]}");
  }
}

TEST(ParseWorkflowSpec, ReadsSettingsOfAllAndOfOne) {
  const auto spec = Parse(
      "models:\n  a: {url: a.mar, timeout-ms: 250, retry-attempts: 0, max-workers: 5}\n  b: {url: b.mar}\n"
      "  min-workers: 2\n  max-workers: 3\n  batch-size: 4\n  max-batch-delay: 100\n  retry-attempts: 7\n"
      "dag: {a: [b]}\n");
  ASSERT_TRUE(spec.ok()) << spec.status();
  const WorkflowSettings& a = spec->nodes[0].settings;
  const WorkflowSettings& b = spec->nodes[1].settings;
  EXPECT_EQ(a.timeout, milliseconds(250));
  EXPECT_EQ(b.timeout, milliseconds(10'000));
  EXPECT_EQ(a.retry_attempts, 0);
  EXPECT_EQ(b.retry_attempts, 7);
  EXPECT_EQ(a.min_workers, 2);
  EXPECT_EQ(a.max_workers, 5);
  EXPECT_EQ(b.max_workers, 3);
  EXPECT_EQ(b.batch_size, 4);
  EXPECT_EQ(b.max_batch_delay, milliseconds(100));
  EXPECT_EQ(spec->defaults.min_workers, 2);
}

TEST(ParseWorkflowSpec, HasTorchServesDefaults) {
  const auto spec = Parse(Models({"a"}) + "dag: {a: []}");
  const WorkflowSettings& settings = spec->nodes[0].settings;
  EXPECT_EQ(settings.min_workers, 1);
  EXPECT_EQ(settings.max_workers, 1);
  EXPECT_EQ(settings.batch_size, std::nullopt);
  EXPECT_EQ(settings.retry_attempts, 1);
}

TEST(ParseWorkflowSpec, AtLeastMeansAtMostToo) {
  const auto spec = Parse("models: {a: {url: x, min-workers: 3}}\ndag: {a: }");
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->nodes[0].settings.max_workers, 3);
}

TEST(ParseWorkflowSpec, NamesWhatIsAFunction) {
  const std::string yaml = Models({"m"}) + "dag: {pre_processing: [m], m: [aggregate]}";
  const auto spec = Parse(yaml, "functions.py");
  EXPECT_EQ(spec.status().code(), StatusCode::kUnsupported);
  EXPECT_THAT(spec.status().message(),
              HasSubstr("\"pre_processing\", \"aggregate\" are functions of \"functions.py\", which needs a Python "
                        "worker"));
  EXPECT_EQ(Parse(yaml).status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(Why(yaml), HasSubstr("expected names of models, as the workflow has no handler with functions, found "
                                   "\"pre_processing\", \"aggregate\""));
}

TEST(ParseWorkflowSpec, RemarksWhatHasNoEffect) {
  const auto spec = Parse("models: {a: {url: x, gpu: 1}}\ndag: {a: }");
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_THAT(spec->remarks, ElementsAre("workflow.yaml: line 1: models.a.gpu has no effect"));
}

TEST(ParseWorkflowSpec, SaysWhereAndWhatIsWrong) {
  const std::vector<std::pair<std::string, const char*>> cases = {
      {"", "workflow.yaml: line 1: expected 'models:' and 'dag:', found nothing"},
      {"- a", "line 1: expected 'models:' and 'dag:', found a list"},
      {"dag: {}", "models: expected a map of names of models, found nothing"},
      {"models: 7\ndag: {}", "line 1: models: expected a map of names of models, found the number 7"},
      {Models({"a"}), "dag: expected a map of nodes with lists of the next, found nothing"},
      {Models({"a"}) + "dag: [a]", "line 3: dag: expected a map of nodes with lists of the next, found a list"},
      {"models: {}\ndag: {}", "models: expected a model at least, found none"},
      {"models: {a: a.mar}\ndag: {a: }", "models.a: expected a map with the url of a model, found the text \"a.mar\""},
      {"models: {min-worker: 2}\ndag: {a: }", "expected a map with the url of a model (or min-workers), found"},
      {"models: {a: {}}\ndag: {a: }", "models.a.url: expected the name of a file, found nothing"},
      {"models: {a: {url: 7}}\ndag: {a: }", "models.a.url: expected the name of a file, found the number 7"},
      {"models: {a b: {url: x}}\ndag: {a b: }", "models: expected the name of a node (the model name \"a b\" contains"},
      {"models: {a: {url: x, min-workers: 0}}\ndag: {a: }",
       "models.a.min-workers: expected an integer from 1 to 1000, found the number 0"},
      {"models: {a: {url: x, min-workers: 2, max-workers: 1}}\ndag: {a: }",
       "models.a.max-workers: expected min-workers, which is 2, or more, found 1"},
      {"models: {timeout-ms: soon, a: {url: x}}\ndag: {a: }",
       "models.timeout-ms: expected an integer from 1 to 31536000000, found the text \"soon\""},
      {"models: {retry-attempts: 101, a: {url: x}}\ndag: {a: }", "expected an integer from 0 to 100"},
      {Models({"a", "b"}) + "dag: {a: b}", "dag.a: expected a list of the next nodes, found the text \"b\""},
      {Models({"a", "b"}) + "dag: {a: [[b]]}", "dag.a: expected the name of a node, found a list"},
      {Models({"a", "b"}) + "dag: {a: [b, b]}", "dag.a: expected each of the next nodes once, found b again"},
      {Models({"a"}) + "dag: {a: [a]}", "dag.a: expected other nodes, found itself"},
      {Models({"a", "b", "c"}) + "dag: {a: [b], b: [c], c: [b]}", "found a circle among \"b\", \"c\""},
      {Models({"a", "b", "c"}) + "dag: {a: [b, c]}",
       "dag: expected one node that nothing follows, whose answer is the workflow's, found \"b\", \"c\""},
      {Models({"a", "b"}) + "dag: {a: }", "models.b: expected a place in the dag, found none"},
      {Models({"a"}) + "dag: {a: [b]}", "line 3: dag: expected names of models"},
      {"a: [", "workflow.yaml: line"},
  };
  for (const auto& [yaml, why] : cases) {
    EXPECT_EQ(Parse(yaml).status().code(), StatusCode::kInvalidArgument) << yaml;
    EXPECT_THAT(Why(yaml), HasSubstr(why)) << yaml;
  }
}

TEST(ParseWorkflowSpec, IsBounded) {
  std::vector<std::string> names;
  for (size_t i = 0; i <= kMostWorkflowNodes; ++i) names.push_back("n" + std::to_string(i));
  EXPECT_THAT(Why(Models(names) + "dag: {}"), HasSubstr("expected at most 100 models, found more"));
  names.pop_back();
  // Everybody before everybody that comes later: 4950 edges.
  std::string dag = "dag:\n";
  for (size_t i = 0; i < names.size(); ++i) {
    dag += "  " + names[i] + ": [";
    for (size_t k = i + 1; k < names.size(); ++k) dag += names[k] + ", ";
    dag += "]\n";
  }
  EXPECT_THAT(Why(Models(names) + dag), HasSubstr("expected at most 1000 edges, found more"));
  EXPECT_THAT(Why(std::string(kMaxWorkflowSpecBytes + 1, ' ')), HasSubstr("expected at most 65536 bytes"));
}

}  // namespace
}  // namespace trireme

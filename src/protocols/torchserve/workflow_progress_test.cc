// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/workflow_progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace trireme::torchserve {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Nodes of these names and the edges among them, by their places.
WorkflowFacts Graph(const std::vector<std::string>& names, const std::vector<std::pair<size_t, size_t>>& edges) {
  WorkflowFacts facts{.name = {}, .dag = {}, .nodes = {}, .leaf = names.size() - 1, .remarks = {}};
  for (const std::string& name : names) facts.nodes.push_back({.name = name, .url = {}, .file = {}});
  for (const auto& [from, to] : edges) {
    facts.nodes[from].next.push_back(to);
    facts.nodes[to].parents.push_back(from);
  }
  return facts;
}

std::vector<std::string> Inputs(const WorkflowProgress& progress, size_t node) {
  std::vector<std::string> inputs;
  for (const auto& input : progress.InputsOf(node)) inputs.push_back(input.name + "=" + *input.answer);
  return inputs;
}

TEST(WorkflowProgress, GoesThroughASequence) {
  const WorkflowFacts facts = Graph({"a", "b", "c"}, {{0, 1}, {1, 2}});
  WorkflowProgress progress(facts);
  EXPECT_THAT(progress.Begin(), ElementsAre(0));
  EXPECT_THAT(progress.InputsOf(0), IsEmpty());
  EXPECT_THAT(progress.Finish(0, "x"), ElementsAre(1));
  EXPECT_THAT(Inputs(progress, 1), ElementsAre("body=x"));
  EXPECT_THAT(progress.Finish(1, "y"), ElementsAre(2));
  EXPECT_THAT(Inputs(progress, 2), ElementsAre("body=y"));
}

TEST(WorkflowProgress, WaitsForAllParents) {
  const WorkflowFacts facts = Graph({"first", "left", "right", "last"}, {{0, 1}, {0, 2}, {2, 3}, {1, 3}});
  WorkflowProgress progress(facts);
  EXPECT_THAT(progress.Finish(0, "x"), ElementsAre(1, 2));
  EXPECT_THAT(Inputs(progress, 2), ElementsAre("body=x"));
  EXPECT_THAT(progress.Finish(2, "r"), IsEmpty());
  EXPECT_THAT(progress.Finish(1, "l"), ElementsAre(3));
  EXPECT_THAT(Inputs(progress, 3), ElementsAre("right=r", "left=l"));
}

TEST(WorkflowProgress, BeginsWithAllThatNothingPrecedes) {
  const WorkflowFacts facts = Graph({"a", "b", "last"}, {{0, 2}, {1, 2}});
  WorkflowProgress progress(facts);
  EXPECT_THAT(progress.Begin(), ElementsAre(0, 1));
}

TEST(WorkflowProgress, LetsGoWhatNobodyReadsAnyMore) {
  const WorkflowFacts facts = Graph({"first", "left", "right", "last"}, {{0, 1}, {0, 2}, {1, 3}, {2, 3}});
  WorkflowProgress progress(facts);
  progress.Finish(0, "x");
  const std::weak_ptr<const std::string> first = progress.InputsOf(1).front().answer;
  progress.Finish(1, "l");
  // The other one may still be asked once more.
  EXPECT_FALSE(first.expired());
  progress.Finish(2, "r");
  EXPECT_TRUE(first.expired());
}

}  // namespace
}  // namespace trireme::torchserve

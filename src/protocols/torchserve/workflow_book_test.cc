// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/workflow_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme::torchserve {
namespace {

using ::testing::ElementsAre;

std::vector<WorkflowNode> Nodes(const std::vector<std::string>& names) {
  std::vector<WorkflowNode> nodes;
  for (const std::string& name : names) nodes.push_back({.name = name, .url = {}, .file = {}});
  return nodes;
}

void Book(WorkflowBook& book, const std::string& name, const std::vector<std::string>& nodes) {
  ASSERT_EQ(book.Reserve(name, Nodes(nodes)), std::nullopt);
  book.Enter(std::make_shared<Workflow>(name, name + ".war",
                                        WorkflowFacts{.name = name, .dag = {}, .nodes = Nodes(nodes), .remarks = {}}));
}

std::string Refused(WorkflowBook& book, const std::string& name, const std::vector<std::string>& nodes) {
  const auto failure = book.Reserve(name, Nodes(nodes));
  return failure ? std::to_string(failure->code()) + " " + failure->message : "";
}

std::vector<std::string> NamesIn(const WorkflowBook& book) {
  std::vector<std::string> names;
  for (const auto& workflow : book.All()) names.push_back(workflow->name);
  return names;
}

TEST(WorkflowBook, HoldsTheModelsOfItsWorkflows) {
  WorkflowBook book;
  Book(book, "w", {"a", "b"});
  EXPECT_EQ(book.HolderOf("w__a"), "w");
  EXPECT_EQ(book.HolderOf("w__c"), std::nullopt);
  EXPECT_EQ(book.Find("w")->url, "w.war");
  EXPECT_EQ(book.Find("v"), nullptr);
}

TEST(WorkflowBook, ListsByName) {
  WorkflowBook book;
  Book(book, "w", {"a"});
  Book(book, "b", {"a"});
  ASSERT_EQ(book.Reserve("on its way", Nodes({"a"})), std::nullopt);
  EXPECT_THAT(NamesIn(book), ElementsAre("b", "w"));
  EXPECT_EQ(book.Find("on its way"), nullptr);
}

TEST(WorkflowBook, TakesANameOnce) {
  WorkflowBook book;
  Book(book, "w", {"a"});
  EXPECT_EQ(Refused(book, "w", {"b"}), "409 Workflow w is already registered.");
  EXPECT_EQ(book.HolderOf("w__b"), std::nullopt);
  Book(book, "w__x", {"y"});
  EXPECT_EQ(Refused(book, "w", {"x__y"}), "409 Workflow w is already registered.");
  EXPECT_EQ(Refused(book, "w__x__y", {}), "");
}

TEST(WorkflowBook, AModelBelongsToOneWorkflow) {
  WorkflowBook book;
  Book(book, "w__x", {"y"});
  EXPECT_EQ(Refused(book, "w", {"a", "x__y"}), "409 Model \"w__x__y\" belongs to workflow \"w__x\"");
  EXPECT_EQ(book.HolderOf("w__a"), std::nullopt);
}

TEST(WorkflowBook, NamesAreFreeAgainAfterTheRelease) {
  WorkflowBook book;
  Book(book, "w", {"a"});
  EXPECT_NE(book.Remove("w"), nullptr);
  EXPECT_EQ(book.Find("w"), nullptr);
  EXPECT_EQ(book.Remove("w"), nullptr);
  EXPECT_EQ(book.HolderOf("w__a"), "w");
  EXPECT_EQ(Refused(book, "w", {"a"}), "409 Workflow w is just being registered or unregistered.");
  book.Release("w");
  EXPECT_EQ(book.HolderOf("w__a"), std::nullopt);
  EXPECT_EQ(Refused(book, "w", {"a"}), "");
}

TEST(WorkflowBook, KeepsWhatFailedAtTheStart) {
  WorkflowBook book;
  book.Keep({.name = "failed", .url = "a.war"});
  book.Keep({.name = "w", .url = "b.war"});
  Book(book, "w", {"a"});
  EXPECT_THAT(book.Kept(), ElementsAre(WorkflowToLoad{.name = "failed", .url = "a.war"}));
  EXPECT_FALSE(book.ForgetKept("w"));
  EXPECT_TRUE(book.ForgetKept("failed"));
  EXPECT_THAT(book.Kept(), ElementsAre());
}

TEST(Workflow, TellsWhenNobodyHasItAnyMore) {
  WorkflowBook book;
  Book(book, "w", {"a"});
  std::shared_ptr<const Workflow> request = book.Find("w");
  bool is_unused = false;
  book.Remove("w")->when_unused = [&] { is_unused = true; };
  EXPECT_FALSE(is_unused);
  request = nullptr;
  EXPECT_TRUE(is_unused);
}

}  // namespace
}  // namespace trireme::torchserve

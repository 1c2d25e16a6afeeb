// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/model_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme::torchserve {
namespace {

using ::testing::ElementsAre;

// Registers it, with so many workers; what the engine calls it.
std::string Book(ModelBook& book, const std::string& model, const std::string& version, int64_t workers = 1) {
  const auto reserved = book.Reserve(model, version);
  const std::string name = std::get<std::string>(reserved);
  book.Enter(model, {.version = version, .engine_name = name, .url = {}, .path = {}, .min_workers = workers});
  return name;
}

std::string Found(const ModelBook& book, std::string_view model, std::string_view version) {
  const auto found = book.Find(model, version);
  if (const Failure* const failure = std::get_if<Failure>(&found)) return failure->message;
  const Target& target = std::get<Target>(found);
  const std::string number = target.version.number ? std::to_string(*target.version.number) : target.version.label;
  return target.engine_name + "/" + number;
}

TEST(ModelBook, TheFirstVersionHasTheModelsNameAndIsTheDefault) {
  ModelBook book;
  EXPECT_EQ(Book(book, "m", "1.0"), "m");
  EXPECT_EQ(Book(book, "m", "2.0-rc"), "m:2.0-rc");
  EXPECT_EQ(Found(book, "m", ""), "m/");
  EXPECT_EQ(Found(book, "m", "2.0-rc"), "m:2.0-rc/");
  EXPECT_EQ(Found(book, "m", "3"), "Model version: 3 does not exist for model: m");
  book.SetDefault("m", "2.0-rc");
  EXPECT_EQ(Found(book, "m", ""), "m:2.0-rc/");
  EXPECT_TRUE(book.IsFurtherVersion("m:2.0-rc"));
  EXPECT_FALSE(book.IsFurtherVersion("m"));
}

TEST(ModelBook, TakesAVersionOnce) {
  ModelBook book;
  Book(book, "m", "1.0");
  EXPECT_EQ(std::get<Failure>(book.Reserve("m", "1.0")).message, "Model version 1.0 is already registered for model m");
  EXPECT_EQ(std::get<std::string>(book.Reserve("m", "2.0")), "m:2.0");
  EXPECT_EQ(std::get<Failure>(book.Reserve("m", "2.0")).code(), 409);
  book.Release("m", "2.0");
  EXPECT_EQ(std::get<std::string>(book.Reserve("m", "2.0")), "m:2.0");
}

TEST(ModelBook, ANameThatIsFreeAgainIsGivenAgain) {
  ModelBook book;
  Book(book, "m", "1.0");
  Book(book, "m", "2.0");
  book.Remove("m", "1.0");
  EXPECT_EQ(Book(book, "m", "3.0"), "m");
  book.Remove("m", "2.0");
  book.Remove("m", "3.0");
  EXPECT_THAT(book.Models(), ElementsAre());
  EXPECT_EQ(book.DefaultOf("m"), "");
}

TEST(ModelBook, AModelWithoutWorkersServesNobody) {
  ModelBook book;
  Book(book, "m", "1.0", 0);
  EXPECT_THAT(Found(book, "m", ""), ::testing::StartsWith("Model \"m\" has no worker"));
  EXPECT_THAT(Found(book, "m", "1.0"), ::testing::StartsWith("Model \"m\" Version 1.0\" has no worker"));
}

TEST(ModelBook, AModelOfARepositoryHasNumbers) {
  const ModelBook book;
  EXPECT_EQ(Found(book, "r", ""), "r/");
  EXPECT_EQ(Found(book, "r", "3"), "r/3");
  EXPECT_EQ(Found(book, "r", "3.0"), "r/3");
  EXPECT_EQ(Found(book, "r", "stable"), "r/stable");
  EXPECT_EQ(Found(book, "r", "1.5"), "Model version: 1.5 does not exist for model: r");
}

TEST(ModelBook, ADefaultOfARepositorysModelIsRemembered) {
  ModelBook book;
  book.SetDefault("r", "2.0");
  EXPECT_EQ(Found(book, "r", ""), "r/2");
  EXPECT_THAT(book.Models(), ElementsAre());
}

TEST(NumberOfVersion, IsPositiveAndWhole) {
  EXPECT_EQ(NumberOfVersion("12"), 12);
  EXPECT_EQ(NumberOfVersion("12.0"), 12);
  for (const char* text : {"", "0", "-1", "1.1", "1.0.0", "v1", ".0", "99999999999999999999"}) {
    EXPECT_EQ(NumberOfVersion(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace trireme::torchserve

// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/other_signatures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lifecycle/testing/fake_models.h"

namespace trireme {
namespace {

using testing::ElementsAre;

class OtherSignaturesTest : public testing::Test {
 protected:
  OtherSignaturesTest() {
    auto file = std::make_shared<FileSignatures>();
    file->served = "a";
    file->all = {{.name = "a", .method = {}}, {.name = "b", .method = {}}, {.name = "c", .method = {}}};
    others_ = std::make_unique<OtherSignatures>(file, [this](const std::string& signature) { return Open(signature); });
  }

  Result<std::shared_ptr<ServedModel>> Open(const std::string& signature) {
    ++opens_;
    if (during_open_) during_open_();
    if (!refusal_.ok()) return refusal_;
    Result<LoadedModel> loaded = models_.loader.Load(FakeEntry(signature), [] {});
    return std::move(loaded->model);
  }
  // Notes what comes of it. True: it has to be opened.
  bool Ask(const std::string& signature) {
    return others_->WhenOpen(signature, [this](const Status& status) { told_.push_back(status.code()); });
  }

  FakeModels models_;
  int opens_ = 0;
  Status refusal_;
  std::function<void()> during_open_;
  std::vector<StatusCode> told_;
  std::unique_ptr<OtherSignatures> others_;
};

TEST_F(OtherSignaturesTest, AreThoseThatTheModelIsNot) {
  EXPECT_FALSE(others_->Knows("a"));
  EXPECT_TRUE(others_->Knows("b"));
  EXPECT_FALSE(others_->Knows("d"));
}

TEST_F(OtherSignaturesTest, AreOpenedOnceForAllWhoWait) {
  EXPECT_EQ(others_->Find("b"), nullptr);
  EXPECT_TRUE(Ask("b"));
  EXPECT_FALSE(Ask("b"));
  EXPECT_TRUE(told_.empty());
  EXPECT_TRUE(others_->OpenNow("b").ok());
  EXPECT_THAT(told_, ElementsAre(StatusCode::kOk, StatusCode::kOk));
  EXPECT_FALSE(Ask("b"));
  EXPECT_EQ(told_.size(), 3U);
  EXPECT_EQ(opens_, 1);
  EXPECT_NE(others_->Find("b"), nullptr);
  EXPECT_EQ(others_->Find("c"), nullptr);
  EXPECT_GT(others_->memory().total(), 0U);
}

TEST_F(OtherSignaturesTest, StayRefusedForWhatTheFileSays) {
  refusal_ = Unsupported("operators that cannot be converted: Fancy");
  EXPECT_TRUE(Ask("b"));
  EXPECT_FALSE(others_->OpenNow("b").ok());
  EXPECT_FALSE(Ask("b"));
  EXPECT_THAT(told_, ElementsAre(StatusCode::kUnsupported, StatusCode::kUnsupported));
}

TEST_F(OtherSignaturesTest, AreTriedAgainAfterAnotherFailure) {
  EXPECT_TRUE(Ask("b"));
  others_->GiveUp("b", OutOfMemory("no room"));
  EXPECT_THAT(told_, ElementsAre(StatusCode::kOutOfMemory));
  EXPECT_TRUE(Ask("b"));
  EXPECT_TRUE(others_->OpenNow("b").ok());
}

TEST_F(OtherSignaturesTest, AreClosedWithTheModel) {
  EXPECT_TRUE(Ask("b"));
  EXPECT_TRUE(others_->OpenNow("b").ok());
  others_->Close();
  EXPECT_EQ(others_->Find("b"), nullptr);
  EXPECT_EQ(models_.script->open_models(), 0);
  EXPECT_FALSE(Ask("b"));
  EXPECT_THAT(told_, ElementsAre(StatusCode::kOk, StatusCode::kCancelled));
}

TEST_F(OtherSignaturesTest, AreNotKeptIfTheModelIsClosedMeanwhile) {
  during_open_ = [this] { others_->Close(); };
  EXPECT_TRUE(Ask("b"));
  EXPECT_EQ(others_->OpenNow("b").code(), StatusCode::kCancelled);
  EXPECT_THAT(told_, ElementsAre(StatusCode::kCancelled));
  EXPECT_EQ(models_.script->open_models(), 0);
}

}  // namespace
}  // namespace trireme

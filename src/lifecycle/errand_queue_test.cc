// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/errand_queue.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <thread>

namespace trireme {
namespace {

constexpr TimePoint kPast = TimePoint();

class ErrandQueueTest : public testing::Test {
 protected:
  Errand To(const std::string& name) {
    return {.name = name, .instead = {}, .done = [this](Status status) { answers_.push_back(std::move(status)); }};
  }
  // The name of the next errand; empty if there is none.
  std::string Take() {
    const std::optional<Errand> errand = queue_.Take(kPast);
    return errand ? errand->name : "";
  }

  std::vector<Status> answers_;
  ErrandQueue queue_{3};
};

TEST_F(ErrandQueueTest, HasOneUnderWayOfEachName) {
  queue_.Add(To("a"));
  queue_.Add(To("a"));
  queue_.Add(To("b"));
  EXPECT_EQ(Take(), "a");
  EXPECT_EQ(Take(), "b");
  EXPECT_EQ(Take(), "");
  queue_.Finished("a");
  EXPECT_EQ(Take(), "a");
  EXPECT_EQ(Take(), "");
}

TEST_F(ErrandQueueTest, RefusesWhatItHasNoRoomFor) {
  for (int i = 0; i < 3; ++i) queue_.Add(To("a"));
  EXPECT_TRUE(answers_.empty());
  queue_.Add(To("b"));
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_EQ(answers_[0].code(), StatusCode::kOverloaded);
}

TEST_F(ErrandQueueTest, HoldsSoManyBytesOfFilesAndNoMore) {
  ErrandQueue queue(100, /*most_bytes=*/10);
  const auto with_bytes = [&](const std::string& name, size_t bytes) {
    Errand errand = To(name);
    errand.instead.files["1/model.onnx"] = std::string(bytes - 12, 'x');
    return errand;
  };
  queue.Add(with_bytes("larger than all, but alone", 20));
  EXPECT_TRUE(answers_.empty());
  queue.Add(To("without files"));
  EXPECT_TRUE(answers_.empty());
  queue.Add(with_bytes("b", 13));
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_EQ(answers_[0].code(), StatusCode::kOverloaded);
  ASSERT_TRUE(queue.Take(kPast).has_value());
  queue.Add(with_bytes("b", 13));
  EXPECT_EQ(answers_.size(), 1U);
}

TEST_F(ErrandQueueTest, AnswersWhatHasNotBegunWhenItCloses) {
  queue_.Add(To("a"));
  queue_.Add(To("b"));
  EXPECT_EQ(Take(), "a");
  queue_.Close();
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_EQ(answers_[0].code(), StatusCode::kUnavailable);
  queue_.Add(To("c"));
  EXPECT_EQ(answers_.size(), 2U);
  EXPECT_FALSE(queue_.Take(kNever).has_value());
}

TEST_F(ErrandQueueTest, ReturnsWhenTheDescriptorCanBeRead) {
  const int descriptor = eventfd(1, 0);
  EXPECT_FALSE(queue_.Take(kNever, descriptor).has_value());
  queue_.Add(To("a"));
  EXPECT_TRUE(queue_.Take(kNever, descriptor).has_value()) << "errands come first";
  close(descriptor);
}

TEST_F(ErrandQueueTest, WakesWhoWaits) {
  std::thread other([this] { queue_.Add(To("a")); });
  EXPECT_TRUE(queue_.Take(kNever).has_value());
  other.join();
  queue_.Add(To("a"));
  other = std::thread([this] { queue_.Finished("a"); });
  EXPECT_TRUE(queue_.Take(kNever).has_value());
  other.join();
  other = std::thread([this] { queue_.Close(); });
  EXPECT_FALSE(queue_.Take(kNever).has_value());
  other.join();
}

TEST_F(ErrandQueueTest, WakesForALookThatIsAskedFor) {
  std::thread asks([&] { queue_.AskForLook(); });
  EXPECT_FALSE(queue_.Take(kNever));
  asks.join();
  EXPECT_TRUE(queue_.TakeAskedForLook());
  EXPECT_FALSE(queue_.TakeAskedForLook());
}

TEST_F(ErrandQueueTest, WaitsUntilATime) {
  const TimePoint until = Clock::System().Now() + std::chrono::milliseconds(2);
  EXPECT_FALSE(queue_.Take(until).has_value());
  EXPECT_GE(Clock::System().Now(), until);
}

}  // namespace
}  // namespace trireme

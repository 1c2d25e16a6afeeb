// SPDX-License-Identifier: Apache-2.0
#include "codec/gzip.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace trireme {
namespace {

using testing::HasSubstr;

constexpr DeflatedForm kForms[] = {DeflatedForm::kGzip, DeflatedForm::kZlib};

std::span<const std::byte> AsBytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

std::string AsText(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string Deflated(std::string_view text, DeflatedForm form) {
  return Deflate({&text, 1}, form);
}

Result<std::string> Inflated(std::string_view deflated, DeflatedForm form, Inflater::Options options = {}) {
  MemoryPool pool;
  Inflater inflater(AsBytes(deflated), form, std::move(options), pool);
  ASSIGN_OR_RETURN(const bool done, inflater.Run());
  EXPECT_TRUE(done);
  return AsText(inflater.bytes());
}

// Text that does not shrink to nothing.
std::string LongText(size_t bytes) {
  std::string text(bytes, '\0');
  uint32_t state = 1;
  for (char& c : text) c = static_cast<char>('a' + ((state = state * 1664525 + 1013904223) >> 28));
  return text;
}

TEST(GzipTest, GivesBackWhatWentIn) {
  for (const DeflatedForm form : kForms) {
    for (const size_t bytes : {0, 1, 1000, 4096, 300'000}) {
      const std::string text = LongText(bytes);
      EXPECT_EQ(*Inflated(Deflated(text, form), form), text) << bytes;
    }
  }
}

TEST(GzipTest, PiecesBecomeOneStream) {
  const std::vector<std::string_view> pieces = {"abc", "", "def"};
  EXPECT_EQ(*Inflated(Deflate(pieces, DeflatedForm::kGzip), DeflatedForm::kGzip), "abcdef");
}

TEST(GzipTest, ReadsMembersOneBehindTheOther) {
  const std::string two = Deflated("first,", DeflatedForm::kGzip) + Deflated("second", DeflatedForm::kGzip);
  EXPECT_EQ(*Inflated(two, DeflatedForm::kGzip), "first,second");
}

TEST(GzipTest, RefusesAStreamThatIsCutOffAnywhere) {
  for (const DeflatedForm form : kForms) {
    const std::string whole = Deflated("a text that is long enough, long enough", form);
    for (size_t bytes = 0; bytes < whole.size(); ++bytes) {
      const Status status = Inflated(whole.substr(0, bytes), form).status();
      EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << bytes;
      EXPECT_THAT(status.message(), HasSubstr("without the end"));
    }
  }
}

TEST(GzipTest, RefusesWhatIsNoSuchStream) {
  EXPECT_THAT(Inflated("{\"inputs\":[]}", DeflatedForm::kGzip).status().message(),
              HasSubstr("expected a gzip stream, found an incorrect header check"));
  EXPECT_EQ(Inflated(Deflated("x", DeflatedForm::kGzip), DeflatedForm::kZlib).status().code(),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(Inflated(Deflated("x", DeflatedForm::kZlib), DeflatedForm::kGzip).status().code(),
            StatusCode::kInvalidArgument);
}

TEST(GzipTest, RefusesAWrongChecksum) {
  for (const DeflatedForm form : kForms) {
    std::string wrong = Deflated("checked", form);
    const size_t in_checksum = form == DeflatedForm::kGzip ? wrong.size() - 8 : wrong.size() - 1;
    wrong[in_checksum] = static_cast<char>(wrong[in_checksum] ^ 1);
    EXPECT_THAT(Inflated(wrong, form).status().message(), HasSubstr("incorrect data check"));
  }
}

TEST(GzipTest, RefusesWhatLiesBehindTheEnd) {
  for (const DeflatedForm form : kForms) {
    EXPECT_THAT(Inflated(Deflated("x", form) + "more", form).status().message(), HasSubstr("behind its end"));
  }
}

TEST(GzipTest, TakesExactlyTheMostBytesAndNoneMore) {
  const std::string deflated = Deflated(LongText(10'000), DeflatedForm::kGzip);
  EXPECT_TRUE(Inflated(deflated, DeflatedForm::kGzip, {.max_bytes = 10'000}).ok());
  const Status status = Inflated(deflated, DeflatedForm::kGzip, {.max_bytes = 9'999}).status();
  EXPECT_EQ(status.code(), StatusCode::kTooLarge);
  EXPECT_THAT(status.message(), HasSubstr("at most 9999 bytes"));
}

TEST(GzipTest, ABombTakesNoMoreMemoryThanIsAllowed) {
  const std::string bomb = Deflated(std::string(8 << 20, '\0'), DeflatedForm::kGzip);
  size_t most_taken = 0;
  const auto admit = [&](size_t bytes) {
    most_taken = std::max(most_taken, bytes);
    return Status();
  };
  EXPECT_EQ(Inflated(bomb, DeflatedForm::kGzip, {.max_bytes = 100'000, .admit = admit}).status().code(),
            StatusCode::kTooLarge);
  EXPECT_LE(most_taken, 100'001U);
}

TEST(GzipTest, StopsWhereMemoryIsRefused) {
  const std::string deflated = Deflated(std::string(1 << 20, '\0'), DeflatedForm::kGzip);
  const auto admit = [](size_t bytes) { return bytes > 100'000 ? Overloaded("full") : Status(); };
  EXPECT_EQ(Inflated(deflated, DeflatedForm::kGzip, {.admit = admit}).status().code(), StatusCode::kOverloaded);
}

TEST(GzipTest, GoesOnAfterAPause) {
  const std::string text = LongText(500'000);
  const std::string deflated = Deflated(text, DeflatedForm::kZlib);
  MemoryPool pool;
  Inflater inflater(AsBytes(deflated), DeflatedForm::kZlib, {}, pool);
  EXPECT_FALSE(*inflater.Run(1000));
  EXPECT_GE(inflater.bytes().size(), 1000U);
  EXPECT_LT(inflater.bytes().size(), text.size());
  EXPECT_TRUE(*inflater.Run());
  EXPECT_EQ(AsText(inflater.bytes()), text);
}

TEST(GzipTest, PlacesTheByteThatIsToBeAligned) {
  const std::string text = LongText(300'000);
  const std::string deflated = Deflated(text, DeflatedForm::kGzip);
  MemoryPool pool;
  Inflater inflater(AsBytes(deflated), DeflatedForm::kGzip, {.align_at = 77}, pool);
  ASSERT_TRUE(*inflater.Run());
  EXPECT_EQ(reinterpret_cast<uintptr_t>(inflater.bytes().data() + 77) % MemoryPool::kAlignment, 0U);
  EXPECT_EQ(AsText(inflater.bytes()), text);
}

}  // namespace
}  // namespace trireme

// SPDX-License-Identifier: Apache-2.0
#include "tune/state_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "base/testing/temp_dir.h"

namespace trireme::tune {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

const SearchIdentity kIdentity = {{"model", "abc"}, {"slo", "p99=100ms"}, {"users", ""}};

Visit SomeVisit() {
  return {.rung = 1,
          .round = 2,
          .candidate = 3,
          .window = milliseconds(250),
          .points = {{.users = 4,
                      .answered = 10,
                      .failed = 1,
                      .per_second = 12.5,
                      .p50 = milliseconds(3),
                      .p99 = milliseconds(5),
                      .at_quantile = milliseconds(5),
                      .failure = "HTTP 503: \"busy\"\n"},
                     {.is_open = true, .answered = 7, .per_second = 0.1}},
          .start = milliseconds(400),
          .length = milliseconds(900),
          .failure = "it ended"};
}

PrecisionTrial SomeTrial() {
  return {.precision = onnxfile::Precision::kInt8, .file = "/m/a.onnx", .summary = "5 nodes", .refusal = "too far"};
}

class StateFileTest : public testing::Test {
 protected:
  std::string Text() const {
    std::ifstream in(file_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void Write(const std::string& text) const { std::ofstream(file_, std::ios::binary) << text; }
  Result<StateFile> Open(const SearchIdentity& identity = kIdentity, bool restart = false) const {
    return StateFile::Open(file_, identity, restart);
  }

  TempDir dir_;
  const std::filesystem::path file_ = dir_.path() / "state.jsonl";
};

TEST_F(StateFileTest, KeepsWhatWasMeasured) {
  {
    StateFile state = Open().value();
    ASSERT_TRUE(state.Add(SomeTrial()).ok());
    ASSERT_TRUE(state.Add(SomeVisit()).ok());
  }
  const StateFile state = Open().value();
  EXPECT_EQ(state.state(), (SearchState{.trials = {SomeTrial()}, .visits = {SomeVisit()}}));
}

TEST_F(StateFileTest, GoesOnAfterALineThatWasCutOff) {
  { ASSERT_TRUE(Open()->Add(SomeVisit()).ok()); }
  const std::string whole = Text();
  Write(whole + whole.substr(whole.find("{\"visit\""), 30));
  StateFile state = Open().value();
  EXPECT_EQ(state.state().visits.size(), 1U);
  ASSERT_TRUE(state.Add(SomeVisit()).ok());
  EXPECT_EQ(Open()->state().visits.size(), 2U);
}

TEST_F(StateFileTest, SaysInWhatAnotherSearchDiffers) {
  ASSERT_TRUE(Open().ok());
  const auto other = Open({{"model", "abc"}, {"slo", "p99=50ms"}});
  EXPECT_EQ(other.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(other.status().message(),
              HasSubstr("is of another search: slo is p99=100ms there and p99=50ms here; --restart measures anew"));
  EXPECT_THAT(Open({{"model", "abc"}, {"slo", "p99=100ms"}, {"rows", "2"}}).status().message(),
              HasSubstr("rows is not set there and 2 here"));
  EXPECT_TRUE(Open({{"model", "abc"}, {"slo", "p99=100ms"}}).ok());  // without users, as there
}

TEST_F(StateFileTest, BeginsAnewIfThatIsWished) {
  { ASSERT_TRUE(Open()->Add(SomeVisit()).ok()); }
  const SearchIdentity other = {{"model", "def"}};
  EXPECT_TRUE(Open(other, /*restart=*/true)->state().visits.empty());
  EXPECT_TRUE(Open(other).ok());
  EXPECT_FALSE(Open().ok());
}

TEST_F(StateFileTest, IsNotTakenForWhatItIsNot) {
  for (const char* text : {"hello\n", "{}\n", "[]\n", "{\"tune\":1}\n", "{\"tune\":{\"model\":1}}\n", "\n",
                           "{\"visit\":{}}\n", "{\"tune\":{},\"visit\":{}}\n", "\xff\xfe\n"}) {
    Write(text);
    const auto state = Open();
    EXPECT_THAT(state.status().message(), HasSubstr("line 1: expected the beginning of a search's state")) << text;
  }
}

TEST_F(StateFileTest, NamesTheLineThatIsNone) {
  const std::string begin = EncodeIdentity(kIdentity);
  const std::string good = Encode(SomeVisit());
  const auto with = [&](std::string from, const std::string& to) {
    std::string line = good;
    return line.replace(line.find(from), from.size(), to);
  };
  for (const std::string& line :
       {std::string("{\"visit\":{}}\n"), std::string("{\"trial\":{}}\n"), begin, with("\"rung\":1", "\"rung\":\"1\""),
        with("\"candidate\":3", "\"candidate\":-3"), with("\"round\":2", "\"round\":99999999999"),
        with("\"round\":2", "\"round\":-99999999999"), with("\"users\":4", "\"users\":4.5"),
        with("\"open\":true", "\"open\":1"), with("\"points\":[", "\"points\":[1,")}) {
    Write(begin + good + line);
    EXPECT_THAT(Open().status().message(), HasSubstr("line 3: expected a measurement")) << line;
  }
}

TEST_F(StateFileTest, SaysThatItCannotBeWritten) {
  const auto state = StateFile::Open(dir_ / "none" / "state.jsonl", kIdentity, false);
  EXPECT_EQ(state.status().code(), StatusCode::kUnavailable);
}

}  // namespace
}  // namespace trireme::tune

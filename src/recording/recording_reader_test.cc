// SPDX-License-Identifier: Apache-2.0
#include "recording/recording_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "base/scratch_folder.h"

namespace trireme {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string Line(int time_us, const std::string& model = "m") {
  return R"({"time_us":)" + std::to_string(time_us) + R"(,"model":")" + model + R"(","request":{"inputs":[]}})";
}

class RecordingReaderTest : public testing::Test {
 protected:
  std::vector<std::string> Read(const std::string& text) {
    const std::filesystem::path file = folder_->path() / "recording";
    std::ofstream(file, std::ios::trunc) << text;
    RecordingReader reader = RecordingReader::Open(file, pool_).value();
    std::vector<std::string> said;
    while (const auto line = reader.Next().value()) {
      said.push_back(std::to_string(line->number) + ": " +
                     (line->call.ok() ? line->call->model + " " + std::to_string(line->call->time.count())
                                      : line->call.status().message()));
    }
    return said;
  }

  const std::shared_ptr<const ScratchFolder> folder_ = ScratchFolder::Make().value();
  MemoryPool pool_;
};

TEST_F(RecordingReaderTest, ReadsEveryLineByItself) {
  EXPECT_THAT(Read(""), ElementsAre());
  EXPECT_THAT(Read(Line(1) + "\n" + Line(2, "n") + "\n"), ElementsAre("1: m 1", "2: n 2"));
  EXPECT_THAT(Read(Line(1) + "\n\nwrong\n" + Line(3)), ElementsAre("1: m 1", HasSubstr("3: expected"), "4: m 3"));
}

TEST_F(RecordingReaderTest, SaysWhereTheFileWasCutOff) {
  EXPECT_THAT(Read(Line(1) + "\n" + Line(2).substr(0, 30)),
              ElementsAre("1: m 1", HasSubstr("2: the file ends within the line: ")));
}

TEST_F(RecordingReaderTest, RecordingsThatWereAppendedFollowOneAnother) {
  const std::string head = EncodeRecordingHead("trireme", "2026-11-21T23:20:48Z");
  EXPECT_THAT(Read(head + Line(100) + "\n" + Line(40) + "\n" + head + Line(7) + "\n" + head + Line(1) + "\n"),
              ElementsAre("2: m 100", "3: m 40", "5: m 107", "7: m 108"));
}

TEST_F(RecordingReaderTest, ReadsLinesThatAreLongerThanWhatItReadsAtATime) {
  const std::string long_name(size_t{3} << 20, 'x');
  EXPECT_THAT(Read(Line(1, long_name) + "\n" + Line(2) + "\n"), ElementsAre("1: " + long_name + " 1", "2: m 2"));
}

}  // namespace
}  // namespace trireme

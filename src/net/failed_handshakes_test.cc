// SPDX-License-Identifier: Apache-2.0
#include "net/failed_handshakes.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "base/testing/temp_dir.h"
#include "net/file_descriptor.h"

namespace trireme::net {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

TEST(FailedHandshakesTest, TellsOneInTenSecondsAndHowManyThereWere) {
  const TempDir folder;
  const std::filesystem::path file = folder.Write("log");
  const FileDescriptor out(open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  const Logger log(out.get(), Logger::Form::kText, LogLevel::kInfo);
  FailedHandshakes failures(&log);
  const TimePoint start;
  failures.Report("192.0.2.1:1", "no shared cipher", start);
  for (int i = 0; i < 1000; ++i) failures.Report("192.0.2.1:2", "the client hung up", start + seconds(9));
  failures.Report("192.0.2.1:3", "unsupported protocol", start + seconds(10));
  std::ifstream in(file);
  const std::string lines{std::istreambuf_iterator<char>(in), {}};
  EXPECT_THAT(lines, HasSubstr("peer=192.0.2.1:1 reason=\"no shared cipher\" others_since_the_last_line=0"));
  EXPECT_THAT(lines, HasSubstr("peer=192.0.2.1:3 reason=\"unsupported protocol\" others_since_the_last_line=1000"));
  EXPECT_THAT(lines, Not(HasSubstr("hung up")));
}

TEST(FailedHandshakesTest, NeedsNoLog) {
  FailedHandshakes(nullptr).Report("192.0.2.1:1", "no shared cipher", TimePoint());
}

}  // namespace
}  // namespace trireme::net

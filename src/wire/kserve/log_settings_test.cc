// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/log_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme::kserve {
namespace {

using testing::HasSubstr;

std::string ErrorOf(std::string_view text) {
  const Status status = DecodeLogSettings(text, {}).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << text;
  return status.message();
}

TEST(LogSettingsTest, WritesAllFields) {
  EXPECT_EQ(EncodeLogSettings({.info = true, .warning = false, .error = true, .verbose_level = 2}),
            R"({"log_file":"","log_info":true,"log_warning":false,"log_error":true,"log_verbose_level":2,)"
            R"("log_format":"default"})");
}

TEST(LogSettingsTest, ChangesWhatIsNamedAndNothingElse) {
  const Logger::Settings now{.info = false, .warning = true, .error = true, .verbose_level = 1};
  Logger::Settings expected = now;
  EXPECT_EQ(*DecodeLogSettings("{}", now), expected);
  EXPECT_EQ(*DecodeLogSettings("", now), expected);
  expected.warning = false;
  expected.verbose_level = 3;
  EXPECT_EQ(*DecodeLogSettings(R"({"log_warning":false,"log_verbose_level":3})", now), expected);
}

TEST(LogSettingsTest, TakesWhatItHasWritten) {
  const Logger::Settings now{.info = false, .warning = true, .error = false, .verbose_level = 7};
  EXPECT_EQ(*DecodeLogSettings(EncodeLogSettings(now), {}), now);
}

TEST(LogSettingsTest, TakesBothFormatsAndIgnoresThem) {
  EXPECT_TRUE(DecodeLogSettings(R"({"log_format":"ISO8601"})", {}).ok());
  EXPECT_THAT(ErrorOf(R"({"log_format":"xml"})"), HasSubstr("log_format: expected \"default\" or \"ISO8601\""));
}

TEST(LogSettingsTest, RefusesToWriteToAClientsFile) {
  EXPECT_THAT(ErrorOf(R"({"log_file":"/etc/cron.d/x"})"), HasSubstr("no client may name a file"));
}

TEST(LogSettingsTest, RefusesWhatItDoesNotKnowOrCannotRead) {
  EXPECT_THAT(ErrorOf(R"({"log_debug":true})"), HasSubstr("found key 'log_debug'"));
  EXPECT_THAT(ErrorOf(R"({"log_info":"yes"})"), HasSubstr("log_info: expected"));
  EXPECT_THAT(ErrorOf(R"({"log_info":true,"log_info":true})"), HasSubstr("found twice"));
  EXPECT_THAT(ErrorOf(R"({"log_verbose_level":-1})"), HasSubstr("log_verbose_level: expected"));
  EXPECT_THAT(ErrorOf(R"({"log_verbose_level":1048576})"), HasSubstr("at most 1048575"));
  EXPECT_THAT(ErrorOf("[]"), HasSubstr("expected"));
  EXPECT_THAT(ErrorOf(R"({"log_info":true)"), HasSubstr("expected"));
}

}  // namespace
}  // namespace trireme::kserve

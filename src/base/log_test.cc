// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <limits>
#include <string>

namespace trireme {
namespace {

constexpr int64_t kWallMs = 1'769'860'863'250;  // 2026-01-31T12:01:03.250Z

std::string Text(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {}) {
  return FormatLogLine(Logger::Form::kText, kWallMs, level, message, fields);
}

std::string Json(std::string_view message, std::initializer_list<LogField> fields = {}) {
  return FormatLogLine(Logger::Form::kJson, kWallMs, LogLevel::kInfo, message, fields);
}

std::string JsonString(std::string_view text) {
  std::string out;
  AppendJsonString(out, text);
  return out;
}

TEST(LogTest, WritesALineForPeople) {
  EXPECT_EQ(Text(LogLevel::kInfo, "model ready", {{"model", "ocr"}, {"load_ms", 84}}),
            "12:01:03.250 INFO  model ready model=ocr load_ms=84\n");
  EXPECT_EQ(Text(LogLevel::kError, "failed"), "12:01:03.250 ERROR failed\n");
  EXPECT_EQ(Text(LogLevel::kWarning, "slow"), "12:01:03.250 WARN  slow\n");
}

TEST(LogTest, WritesAnObjectForPrograms) {
  EXPECT_EQ(Json("model ready", {{"model", "ocr"}, {"load_ms", 84}}),
            R"({"time":"2026-01-31T12:01:03.250Z","level":"INFO","message":"model ready","model":"ocr","load_ms":84})"
            "\n");
}

TEST(LogTest, QuotesAValueThatIsNotOnePlainWord) {
  EXPECT_EQ(Text(LogLevel::kInfo, "x", {{"a", "two words"}, {"b", ""}, {"c", "k=v"}, {"d", "\"q\""}}),
            "12:01:03.250 INFO  x a=\"two words\" b=\"\" c=\"k=v\" d=\"\\\"q\\\"\"\n");
}

TEST(LogTest, NobodyCanForgeALine) {
  const std::string forged = "x\n12:00:00.000 INFO all is well\r\x1b[31m\x7f";
  for (const std::string& line : {Text(LogLevel::kInfo, forged), Text(LogLevel::kInfo, "m", {{"f", forged}}),
                                  Json(forged), Json("m", {{"f", forged}})}) {
    EXPECT_EQ(line.find('\n'), line.size() - 1) << line;
    for (const char control : {'\r', '\x1b', '\x7f'}) EXPECT_EQ(line.find(control), std::string::npos) << line;
  }
}

TEST(LogTest, AMessageKeepsItsQuotesAndBackslashes) {
  EXPECT_EQ(Text(LogLevel::kInfo, R"(input "a\b")"), "12:01:03.250 INFO  input \"a\\\\b\"\n");
  EXPECT_EQ(Text(LogLevel::kInfo, R"(ends in \)"), "12:01:03.250 INFO  ends in \\\\\n");
}

TEST(LogTest, ANumberThatJsonCannotSayBecomesAString) {
  EXPECT_NE(Json("m", {{"x", std::nan("")}}).find(R"("x":"nan")"), std::string::npos);
  EXPECT_NE(Json("m", {{"x", std::numeric_limits<double>::infinity()}}).find(R"("x":"inf")"), std::string::npos);
  EXPECT_NE(Json("m", {{"x", 0.5}}).find(R"("x":0.5)"), std::string::npos);
}

TEST(LogTest, JsonStringsAreEscaped) {
  EXPECT_EQ(JsonString("a\"b\\c\n\t\x01"), R"("a\"b\\c\n\t\u0001")");
  EXPECT_EQ(JsonString("Grüße 漢字 🚀"), "\"Grüße 漢字 🚀\"");
}

TEST(LogTest, BytesThatAreNotUtf8BecomeReplacementCharacters) {
  EXPECT_EQ(JsonString("a\xff\xc3"), "\"a\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

TEST(LogTest, WritesOnlyLevelsThatMatter) {
  std::array<int, 2> pipe_ends = {};
  ASSERT_EQ(pipe(pipe_ends.data()), 0);
  const Logger log(pipe_ends[1], Logger::Form::kText, LogLevel::kWarning);
  log.Info("quiet");
  log.Warning("loud");
  close(pipe_ends[1]);
  std::array<char, 256> text = {};
  const ssize_t size = read(pipe_ends[0], text.data(), text.size());
  close(pipe_ends[0]);
  ASSERT_GT(size, 0);
  const std::string line(text.data(), static_cast<size_t>(size));
  EXPECT_EQ(line.find("quiet"), std::string::npos);
  EXPECT_TRUE(line.ends_with(" WARN  loud\n")) << line;
}

}  // namespace
}  // namespace trireme

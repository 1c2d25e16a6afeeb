// SPDX-License-Identifier: Apache-2.0
#include "net/response_encoder.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

#include "base/calendar.h"

namespace trireme::net {
namespace {

// Whoever named a header or its value cannot begin another one.
void AppendOneLine(std::string& head, std::string_view text) {
  const size_t from = head.size();
  head += text;
  for (size_t i = from; i < head.size(); ++i) {
    if (head[i] == '\r' || head[i] == '\n' || head[i] == '\0') head[i] = ' ';
  }
}

void AppendHeader(std::string& head, std::string_view name, std::string_view value) {
  AppendOneLine(head, name);
  head += ": ";
  AppendOneLine(head, value);
  head += "\r\n";
}

std::string ServerLine(std::string_view server_name) {
  std::string line;
  if (!server_name.empty()) AppendHeader(line, "Server", server_name);
  return line;
}

void AppendNumber(std::string& head, uint64_t number) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  head.append(digits.data(), end);
}

}  // namespace

bool MayHaveBody(int status) {
  return status >= 200 && status != 204 && status != 304;
}

std::string HttpDate(std::time_t seconds) {
  static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const UtcTime utc = ToUtc(seconds);
  std::array<char, 64> text;
  const int length = std::snprintf(
      text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT", kDays[static_cast<size_t>(utc.weekday)], utc.day,
      kMonths[static_cast<size_t>(utc.month - 1)], utc.year, utc.hour, utc.minute, utc.second);
  return {text.data(), static_cast<size_t>(length)};
}

ResponseEncoder::ResponseEncoder(std::string_view server_name) : server_line_(ServerLine(server_name)) {}

std::string_view ResponseEncoder::Head(const HttpResponse& response, const ResponseFraming& framing, TimePoint now) {
  head_.clear();
  AppendStatusLine(response.status);
  AppendOwnHeaders(now);
  for (const auto& [name, value] : response.headers) AppendHeader(head_, name, value);
  AppendFraming(response.status, framing);
  head_ += "\r\n";
  return head_;
}

void ResponseEncoder::AppendStatusLine(int status) {
  head_ += "HTTP/1.1 ";
  AppendNumber(head_, static_cast<uint64_t>(status));
  head_ += ' ';
  head_ += ReasonPhrase(status);
  head_ += "\r\n";
}

std::string_view ResponseEncoder::Date(TimePoint now) {
  if (now >= date_good_until_) {
    date_good_until_ = now + std::chrono::seconds(1);
    date_ = HttpDate(std::time(nullptr));
  }
  return date_;
}

void ResponseEncoder::AppendOwnHeaders(TimePoint now) {
  head_ += server_line_;
  head_ += "Date: ";
  head_ += Date(now);
  head_ += "\r\n";
}

void ResponseEncoder::AppendFraming(int status, const ResponseFraming& framing) {
  if (framing.body == BodyFraming::kChunked) head_ += "Transfer-Encoding: chunked\r\n";
  if (framing.body == BodyFraming::kLength && MayHaveBody(status)) {
    head_ += "Content-Length: ";
    AppendNumber(head_, framing.length);
    head_ += "\r\n";
  }
  if (framing.close) {
    head_ += "Connection: close\r\n";
  } else if (framing.to_http_1_0) {
    head_ += "Connection: keep-alive\r\n";
  }
}

}  // namespace trireme::net

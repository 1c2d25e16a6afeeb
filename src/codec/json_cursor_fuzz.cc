// SPDX-License-Identifier: Apache-2.0
// The cursor accepts what nlohmann-json accepts, reads floats as strtof does, and reads nothing outside the text.
#include <array>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/check.h"
#include "codec/json_cursor.h"

namespace trireme {
namespace {

// Counts nothing, keeps nothing: only whether the other parser refused, and why.
struct Judge : nlohmann::json_sax<nlohmann::json> {
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(int64_t) override { return true; }
  bool number_unsigned(uint64_t) override { return true; }
  bool number_float(double, const std::string&) override { return true; }
  bool string(std::string&) override { return true; }
  bool binary(nlohmann::json::binary_t&) override { return true; }
  bool start_object(size_t) override { return true; }
  bool key(std::string&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception& error) override {
    constexpr int kNumberOverflow = 406;
    number_overflow = error.id == kNumberOverflow;
    return false;
  }
  bool number_overflow = false;
};

// Where the two differ on purpose: the other skips a byte order mark, takes a NUL for the end, and refuses numbers
// beyond a double; ours bounds nesting.
void CompareAcceptance(std::string_view text) {
  JsonCursor json(text, JsonCursor::kMostDepth);
  const bool accepted = json.Skip() && json.Finish();
  if (text.starts_with("\xEF\xBB\xBF") || text.find('\0') != std::string_view::npos) return;
  if (json.status().message().find("levels of nesting") != std::string::npos) return;
  Judge judge;
  const bool other_accepted = nlohmann::json::sax_parse(text, &judge);
  if (judge.number_overflow) return;
  CHECK(accepted == other_accepted);
}

void CompareNumber(std::string_view text, size_t at, float value) {
  JsonCursor spelled(text.substr(at));
  const std::optional<std::string_view> number = spelled.ReadNumberText();
  if (!number) {
    CHECK(!std::isfinite(value));
    return;
  }
  const float truth = std::strtof(std::string(*number).c_str(), nullptr);
  CHECK(std::memcmp(&truth, &value, sizeof truth) == 0);
}

void ReadAsFloats(std::string_view text) {
  JsonCursor json(text);
  if (!json.EnterArray()) return;
  std::array<float, 1> value{};
  while (true) {
    JsonCursor ahead = json.At(json.offset());
    if (json.ReadNumbers<float>(value, NonFinite::kAccept) == 0) return;
    ahead.Peek();
    size_t at = ahead.offset();
    while (at < text.size() && std::string_view(", \t\r\n").find(text[at]) != std::string_view::npos) ++at;
    CompareNumber(text, at, value[0]);
  }
}

template <typename T>
void ReadAs(std::string_view text) {
  JsonCursor json(text);
  std::array<T, 7> values{};
  if (json.EnterArray()) json.ReadNumbers<T>(values);
}

}  // namespace
}  // namespace trireme

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // An allocation of exactly this size: the address sanitizer sees the first byte behind it.
  const auto exact = std::make_unique<char[]>(size);
  std::copy_n(data, size, exact.get());
  const std::string_view text(exact.get(), size);
  trireme::CompareAcceptance(text);
  trireme::ReadAsFloats(text);
  trireme::ReadAs<double>(text);
  trireme::ReadAs<int8_t>(text);
  trireme::ReadAs<uint64_t>(text);
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
#include "bench/stages.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <optional>
#include <ranges>
#include <string>
#include <utility>

namespace trireme::bench {
namespace {

constexpr Duration kLongest = std::chrono::hours(24);

constexpr std::array<std::pair<std::string_view, Duration>, 4> kUnits = {{{"ms", std::chrono::milliseconds(1)},
                                                                          {"s", std::chrono::seconds(1)},
                                                                          {"m", std::chrono::minutes(1)},
                                                                          {"h", std::chrono::hours(1)}}};

// Reads the text from left to right and knows where it is.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ == text_.size(); }
  bool Take(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  template <typename T>
  std::optional<T> TakeNumber() {
    T number{};
    const char* begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), number);
    if (error != std::errc()) return std::nullopt;
    at_ += static_cast<size_t>(end - begin);
    return number;
  }
  Status Wrong(std::string_view expected) const { return WrongAt(at_, expected); }
  Status WrongAt(size_t at, std::string_view expected) const {
    const std::string found = at == text_.size() ? "the end" : "'" + std::string(text_.substr(at, 12)) + "'";
    return InvalidArgument("at character " + std::to_string(at + 1) + " expected " + std::string(expected) +
                           ", found " + found);
  }
  size_t position() const { return at_; }

 private:
  const std::string_view text_;
  size_t at_ = 0;
};

Result<Duration> ReadLength(Reader& reader) {
  const size_t begin = reader.position();
  const auto number = reader.TakeNumber<uint32_t>();
  if (!number) return reader.Wrong("the stage's length, such as 30s or 5m");
  for (const auto& [unit, length] : kUnits) {
    if (!reader.Take(unit)) continue;
    if (*number == 0 || *number > static_cast<uint64_t>(kLongest / length)) {
      return reader.WrongAt(begin, "a length from 1ms to 24h");
    }
    return *number * length;
  }
  return reader.Wrong("a unit of time: ms, s, m or h");
}

Result<Stage> ReadStage(Reader& reader) {
  Stage stage;
  const size_t begin = reader.position();
  const auto users = reader.TakeNumber<int>();
  if (!users) return reader.Wrong("a number of users");
  if (*users < 0 || *users > kMaxUsers) {
    return reader.WrongAt(begin, "0 to " + std::to_string(kMaxUsers) + " users");
  }
  stage.users = *users;
  if (!reader.Take("@")) return reader.Wrong("'@' and the stage's length");
  ASSIGN_OR_RETURN(stage.length, ReadLength(reader));
  if (!reader.Take(":")) return stage;
  const size_t rate_begin = reader.position();
  const auto rate = reader.TakeNumber<double>();
  if (!rate) return reader.Wrong("how many users come in a second, such as 5/s");
  if (!(*rate > 0) || !std::isfinite(*rate)) return reader.WrongAt(rate_begin, "more than 0 users a second");
  stage.per_second = *rate;
  if (!reader.Take("/s")) return reader.Wrong("'/s'");
  return stage;
}

// Users in the stage, `since` after its beginning with `before`.
int UsersWithin(const Stage& stage, int before, Duration since) {
  if (stage.per_second == 0) return stage.users;
  // The first comes at once.
  const double change = std::floor(std::chrono::duration<double>(since).count() * stage.per_second + 1e-9) + 1;
  const int difference = std::abs(stage.users - before);
  const int changed = change < difference ? static_cast<int>(change) : difference;
  return stage.users > before ? before + changed : before - changed;
}

}  // namespace

Result<std::vector<Stage>> ParseStages(std::string_view text) {
  Reader reader(text);
  std::vector<Stage> stages;
  do {
    if (stages.size() == kMaxStages) return reader.Wrong("no more than " + std::to_string(kMaxStages) + " stages");
    ASSIGN_OR_RETURN(const Stage stage, ReadStage(reader));
    stages.push_back(stage);
  } while (reader.Take(","));
  if (!reader.at_end()) return reader.Wrong("',' and another stage, or the end");
  if (MostUsers(stages) == 0) return InvalidArgument("expected at least one user, found none in any stage");
  return stages;
}

std::string ToText(const Stage& stage) {
  std::string text = std::to_string(stage.users) + "@";
  // The longest unit that divides it.
  for (const auto& [unit, length] : kUnits | std::views::reverse) {
    if (stage.length % length != Duration(0)) continue;
    text += std::to_string(stage.length / length).append(unit);
    break;
  }
  if (stage.per_second == 0) return text;
  std::array<char, 32> rate;
  const auto [end, error] = std::to_chars(rate.data(), rate.data() + rate.size(), stage.per_second);
  return text + ":" + std::string(rate.data(), end) + "/s";
}

Duration TotalLength(std::span<const Stage> stages) {
  Duration total{0};
  for (const Stage& stage : stages) total += stage.length;
  return total;
}

int MostUsers(std::span<const Stage> stages) {
  int most = 0;
  for (const Stage& stage : stages) most = std::max(most, stage.users);
  return most;
}

int UsersAt(std::span<const Stage> stages, Duration since_start) {
  int users = 0;
  for (const Stage& stage : stages) {
    if (since_start < stage.length) return UsersWithin(stage, users, since_start);
    users = UsersWithin(stage, users, stage.length);
    since_start -= stage.length;
  }
  return users;
}

}  // namespace trireme::bench

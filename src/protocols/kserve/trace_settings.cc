// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/trace_settings.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/kserve/place.h"

namespace trireme::kserve {
namespace {

using Values = std::vector<std::string>;

Status Wrong(std::string_view name, std::string_view expected, std::string_view found) {
  return Place(name, nullptr).Wrong(expected, found);
}

// The one text of a setting that is no list.
Result<std::string_view> OnlyValue(std::string_view name, const Values& values) {
  if (values.size() == 1) return std::string_view(values.front());
  return Wrong(name, "one value", std::to_string(values.size()));
}

template <typename Number>
Status ReadNumber(std::string_view name, const Values& values, Number least, Number& to) {
  ASSIGN_OR_RETURN(const std::string_view text, OnlyValue(name, values));
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < least) {
    return Wrong(
        name,
        "a whole number from " + std::to_string(least) + " to " + std::to_string(std::numeric_limits<Number>::max()),
        Quoted(text));
  }
  to = number;
  return {};
}

Status ReadLevel(const Values& values, bool& timestamps) {
  constexpr std::string_view kName = "trace_level";
  if (std::ranges::find(values, "TENSORS") != values.end()) {
    return Unsupported("trace_level: expected OFF or TIMESTAMPS, found TENSORS: what is in tensors is not traced");
  }
  for (const std::string& level : values) {
    if (level != "OFF" && level != "TIMESTAMPS") return Wrong(kName, "OFF or TIMESTAMPS", Quoted(level));
  }
  const bool off = std::ranges::find(values, "OFF") != values.end();
  const bool on = std::ranges::find(values, "TIMESTAMPS") != values.end();
  if (off && on) return Wrong(kName, "OFF or TIMESTAMPS", "both");
  timestamps = on;
  return {};
}

// What was decided by whoever started the server. Saying what is so already is no change.
Status CheckUnchangeable(std::string_view name, const Values& values, std::string_view is, std::string_view why) {
  if (values.empty()) return {};
  ASSIGN_OR_RETURN(const std::string_view text, OnlyValue(name, values));
  if (text == is) return {};
  return Unsupported(std::string(name) + ": expected " + Quoted(is) + ", found " + Quoted(text) + ": " +
                     std::string(why));
}

Status ChangeOne(const std::string& name, const Values& values, const TraceSettings& otherwise, TraceSettings& now) {
  const bool resets = values.empty();
  if (name == "trace_level") {
    now.timestamps = otherwise.timestamps;
    return resets ? Status() : ReadLevel(values, now.timestamps);
  }
  if (name == "trace_rate") {
    now.rate = otherwise.rate;
    return resets ? Status() : ReadNumber<uint64_t>(name, values, 0, now.rate);
  }
  if (name == "trace_count") {
    now.count = otherwise.count;
    return resets ? Status() : ReadNumber<int64_t>(name, values, -1, now.count);
  }
  if (name == "log_frequency") {
    now.log_frequency = otherwise.log_frequency;
    return resets ? Status() : ReadNumber<uint64_t>(name, values, 0, now.log_frequency);
  }
  if (name == "trace_file") return CheckUnchangeable(name, values, "", "no client may name a file");
  if (name == "trace_mode") {
    return CheckUnchangeable(name, values, "opentelemetry", "traces go to an OpenTelemetry collector");
  }
  return InvalidArgument(
      "expected trace_level, trace_rate, trace_count, log_frequency, trace_file or trace_mode, found key " +
      Quoted(name));
}

}  // namespace

TraceSettingValues TellTraceSettings(const TraceSettings& settings) {
  return {{"trace_level", {settings.timestamps ? "TIMESTAMPS" : "OFF"}},
          {"trace_rate", {std::to_string(settings.rate)}},
          {"trace_count", {std::to_string(settings.count)}},
          {"log_frequency", {std::to_string(settings.log_frequency)}},
          {"trace_file", {""}},
          {"trace_mode", {"opentelemetry"}}};
}

Result<TraceSettings> ChangeTraceSettings(TraceSettings now, const TraceSettings& otherwise,
                                          const TraceSettingValues& wanted) {
  for (const auto& [name, values] : wanted) RETURN_IF_ERROR(ChangeOne(name, values, otherwise, now));
  return now;
}

Result<TraceSettingValues> TraceControl::Change(const std::string& model, const TraceSettingValues& wanted) const {
  const TraceSettings otherwise = model.empty() ? at_start_ : tracer_.settings({});
  ASSIGN_OR_RETURN(const TraceSettings changed, ChangeTraceSettings(tracer_.settings(model), otherwise, wanted));
  // A model that is taken back in all that is its own follows the server again.
  const bool resets = std::ranges::any_of(wanted, [](const auto& setting) { return setting.second.empty(); });
  const bool follows = !model.empty() && resets && TellTraceSettings(changed) == TellTraceSettings(otherwise);
  tracer_.Change(model, follows ? std::nullopt : std::optional<TraceSettings>(changed));
  return Show(model);
}

}  // namespace trireme::kserve

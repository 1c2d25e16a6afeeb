// SPDX-License-Identifier: Apache-2.0
#include "tune/space.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>
#include <utility>

#include "base/nearest_name.h"
#include "base/quantity.h"
#include "tensor/device.h"

namespace trireme::tune {
namespace {

constexpr size_t kMostValues = 1000;  // of one setting
constexpr int64_t kMostBatch = 1 << 20;
constexpr int64_t kMostCallers = 1024;
constexpr int64_t kMostThreads = 1024;
constexpr std::chrono::microseconds kMostDelay = std::chrono::minutes(1);

const std::array<std::string, 6> kNames = {"batch", "callers", "threads", "delay", "device", "precision"};

Status Expected(const std::string& what, std::string_view found) {
  return InvalidArgument("expected " + what + ", found '" + std::string(found) + "'");
}

std::optional<int64_t> Whole(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct Range {
  int64_t from = 0;
  int64_t to = 0;
  int64_t step = 0;  // 0: it doubles
};

// "8", "1..32", "1..4+1".
std::optional<Range> ReadRange(std::string_view text) {
  const size_t dots = text.find("..");
  if (dots == std::string_view::npos) {
    const std::optional<int64_t> value = Whole(text);
    return value ? std::optional(Range{.from = *value, .to = *value}) : std::nullopt;
  }
  std::string_view end = text.substr(dots + 2);
  const size_t plus = end.find('+');
  const std::optional<int64_t> from = Whole(text.substr(0, dots));
  const std::optional<int64_t> to = Whole(end.substr(0, plus));
  const std::optional<int64_t> step = plus == std::string_view::npos ? 0 : Whole(end.substr(plus + 1));
  const bool is_step = plus == std::string_view::npos || (step && *step > 0);
  if (!from || !to || !is_step || *from > *to) return std::nullopt;
  return Range{.from = *from, .to = *to, .step = *step};
}

template <typename T>
Status Add(T value, std::string_view text, std::vector<T>& values) {
  if (std::ranges::find(values, value) != values.end()) return Expected("each value once", text);
  if (values.size() >= kMostValues) return Expected("at most " + std::to_string(kMostValues) + " values", text);
  values.push_back(std::move(value));
  return {};
}

// Whole numbers from `least` on.
template <typename T>
Status AddWhole(std::string_view text, int64_t least, int64_t most, std::vector<T>& values) {
  const std::optional<Range> range = ReadRange(text);
  if (!range || range->from < least || range->to > most) {
    return Expected("whole numbers from " + std::to_string(least) + " to " + std::to_string(most) +
                        ", or a range of them as in 1..4",
                    text);
  }
  for (int64_t value = range->from;;) {
    RETURN_IF_ERROR(Add(static_cast<T>(value), text, values));
    if (value == range->to) return {};
    value = std::min(range->step > 0 ? value + range->step : std::max<int64_t>(2 * value, 1), range->to);
  }
}

Status AddDelay(std::string_view text, std::vector<std::chrono::microseconds>& values) {
  const auto delay = ParseDuration(text);
  if (!delay.ok() || *delay > kMostDelay) return Expected("durations up to 1m, as in 0 or 2ms", text);
  return Add(*delay, text, values);
}

Status AddDevice(std::string_view text, std::vector<std::string>& values) {
  ASSIGN_OR_RETURN(const Device device, Device::Parse(text));
  return Add(device.ToString(), text, values);
}

Status AddPrecision(std::string_view text, std::vector<Precision>& values) {
  const std::optional<Precision> precision = onnxfile::ParsePrecision(text);
  if (!precision) return Expected("fp32, fp16 or int8", text);
  return Add(*precision, text, values);
}

Status AddValue(std::string_view name, std::string_view text, Space& space) {
  if (name == "batch") return AddWhole(text, 1, kMostBatch, space.batch);
  if (name == "callers") return AddWhole(text, 1, kMostCallers, space.callers);
  if (name == "threads") return AddWhole(text, 1, kMostThreads, space.threads);
  if (name == "delay") return AddDelay(text, space.delay);
  if (name == "device") return AddDevice(text, space.device);
  return AddPrecision(text, space.precision);
}

Status CheckName(std::string_view name, const std::vector<std::string>& said) {
  if (std::ranges::find(kNames, name) == kNames.end()) {
    const std::string hint = DidYouMean(name, kNames);
    Status status = Expected("batch, callers, threads, delay, device or precision", name);
    return hint.empty() ? status : InvalidArgument(status.message() + "; " + hint);
  }
  if (std::ranges::find(said, name) != said.end()) return Expected("each setting once", name);
  return {};
}

// Of the setting's own values, or the one that leaves it to the server.
template <typename T>
std::vector<T> ValuesOf(const std::vector<T>& said, bool is_decided) {
  return said.empty() || is_decided ? std::vector<T>{T{}} : said;
}

bool KeepsBusy(const Candidate& candidate, int processors) {
  const bool is_gpu = !candidate.device.empty() && candidate.device != "cpu";
  return processors == 0 || is_gpu || candidate.callers * candidate.threads <= processors;
}

}  // namespace

Result<Space> ParseSpace(std::string_view text) {
  Space space;
  std::vector<std::string> said;
  for (size_t at = 0; at <= text.size();) {
    const size_t comma = std::min(text.find(',', at), text.size());
    std::string_view value = text.substr(at, comma - at);
    const std::string where = "at character " + std::to_string(at + 1);
    if (const size_t equals = value.find('='); equals != std::string_view::npos) {
      RETURN_IF_ERROR(CheckName(value.substr(0, equals), said).Within(where));
      said.emplace_back(value.substr(0, equals));
      value.remove_prefix(equals + 1);
    } else if (said.empty()) {
      return Expected("a setting and its values, as in batch=1..32", value).Within(where);
    }
    RETURN_IF_ERROR(AddValue(said.back(), value, space).Within(where + ": " + said.back()));
    at = comma + 1;
  }
  return space;
}

std::string ToText(const Space& space) {
  std::string out;
  const auto add = [&](std::string_view name, const auto& values, auto text) {
    for (size_t i = 0; i < values.size(); ++i) {
      if (!out.empty()) out += ',';
      if (i == 0) out.append(name).append("=");
      out += text(values[i]);
    }
  };
  const auto number = [](int64_t value) { return std::to_string(value); };
  add("batch", space.batch, number);
  add("callers", space.callers, number);
  add("threads", space.threads, number);
  add("delay", space.delay, [](std::chrono::microseconds value) { return FormatDuration(value); });
  add("device", space.device, [](const std::string& value) { return value; });
  add("precision", space.precision, [](Precision value) { return std::string(onnxfile::Name(value)); });
  return out;
}

Space UsualSpace(int processors) {
  Space space;
  for (int64_t rows = 1; rows <= 32; rows *= 2) space.batch.push_back(rows);
  for (int count = 1; count < processors; count *= 2) space.callers.push_back(count);
  space.callers.push_back(std::max(processors, 1));
  space.threads = space.callers;
  return space;
}

Space FilledFrom(Space said, const Space& other) {
  if (said.batch.empty()) said.batch = other.batch;
  if (said.callers.empty()) said.callers = other.callers;
  if (said.threads.empty()) said.threads = other.threads;
  if (said.delay.empty()) said.delay = other.delay;
  if (said.device.empty()) said.device = other.device;
  if (said.precision.empty()) said.precision = other.precision;
  return said;
}

Result<std::vector<Candidate>> CandidatesIn(const Space& space, const Decided& decided, int processors) {
  const std::vector<int64_t> batches = ValuesOf(space.batch, decided.batch);
  const std::vector<int> callers = ValuesOf(space.callers, decided.callers);
  const std::vector<int> threads = ValuesOf(space.threads, decided.threads);
  const auto delays = ValuesOf(space.delay, decided.delay);
  const std::vector<std::string> devices = ValuesOf(space.device, decided.device);
  const std::vector<Precision> precisions = ValuesOf(space.precision, false);
  size_t count = 1;
  for (const size_t values : {batches.size(), callers.size(), threads.size(), delays.size(), devices.size()}) {
    count = std::min(count * values, kMostCandidates + 1);
  }
  if (count * precisions.size() > kMostCandidates) {
    return TooLarge("expected at most " + std::to_string(kMostCandidates) + " combinations of settings, found more");
  }
  std::vector<Candidate> candidates;
  for (const Precision precision : precisions) {
    for (const std::string& device : devices) {
      candidates.push_back({.device = device, .precision = precision});
      for (const int64_t batch : batches) {
        for (const int caller_count : callers) {
          for (const int thread_count : threads) {
            for (const std::chrono::microseconds delay : delays) {
              const Candidate candidate = {.max_batch = batch,
                                           .callers = caller_count,
                                           .threads = thread_count,
                                           .max_delay = delay,
                                           .device = device,
                                           .precision = precision};
              if (!candidate.is_automatic() && KeepsBusy(candidate, processors)) candidates.push_back(candidate);
            }
          }
        }
      }
    }
  }
  return candidates;
}

}  // namespace trireme::tune

// SPDX-License-Identifier: Apache-2.0
#include "tune/state_file.h"

#include <fstream>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "base/log.h"
#include "bench/json_members.h"

namespace trireme::tune {
namespace {

using bench::AppendList;
using bench::AppendMember;
using bench::AppendNumber;
using bench::AppendText;
using nlohmann::json;

constexpr uint64_t kMostBytes = uint64_t{256} << 20;
constexpr int64_t kFormat = 1;

void AppendDuration(std::string& out, std::string_view name, Duration duration) {
  AppendNumber(out, name, static_cast<int64_t>(duration.count()));
}

void AppendPoint(std::string& out, const LoadPoint& point) {
  bench::AppendFlag(out, "open", point.is_open);
  AppendNumber(out, "users", point.users);
  AppendNumber(out, "answered", point.answered);
  AppendNumber(out, "failed", point.failed);
  AppendNumber(out, "per_second", point.per_second);
  AppendDuration(out, "p50_ns", point.p50);
  AppendDuration(out, "p99_ns", point.p99);
  AppendDuration(out, "at_quantile_ns", point.at_quantile);
  AppendText(out, "failure", point.failure);
}

// Reads members of an object; what is missing or of another type makes all of it no such object.
class Members {
 public:
  explicit Members(const json& object) : object_(object), good_(object.is_object()) {}

  template <typename T>
  void Number(const char* name, T& to) {
    const json* value = Find(name);
    constexpr auto kLeast = std::numeric_limits<T>::lowest();
    constexpr auto kMost = std::numeric_limits<T>::max();
    if constexpr (std::is_floating_point_v<T>) {
      if (value != nullptr && value->is_number()) return void(to = value->template get<T>());
    } else if (value != nullptr && value->is_number_unsigned()) {
      const auto number = value->template get<uint64_t>();
      if (number <= static_cast<uint64_t>(kMost)) return void(to = static_cast<T>(number));
    } else if (value != nullptr && value->is_number_integer()) {
      const auto number = value->template get<int64_t>();
      if (std::cmp_greater_equal(number, kLeast)) return void(to = static_cast<T>(number));
    }
    good_ = false;
  }
  void Time(const char* name, Duration& to) {
    int64_t nanoseconds = 0;
    Number(name, nanoseconds);
    to = Duration(nanoseconds);
  }
  void Text(const char* name, std::string& to) {
    const json* value = Find(name);
    if (value == nullptr || !value->is_string()) return void(good_ = false);
    to = value->get<std::string>();
  }
  void Flag(const char* name, bool& to) {
    const json* value = Find(name);
    if (value == nullptr || !value->is_boolean()) return void(good_ = false);
    to = value->get<bool>();
  }
  const json* List(const char* name) {
    const json* value = Find(name);
    good_ = good_ && value != nullptr && value->is_array();
    return good_ ? value : nullptr;
  }
  bool good() const { return good_; }

 private:
  const json* Find(const char* name) const {
    const auto found = object_.is_object() ? object_.find(name) : object_.end();
    return object_.is_object() && found != object_.end() ? &*found : nullptr;
  }

  const json& object_;
  bool good_;
};

std::optional<LoadPoint> PointFrom(const json& object) {
  LoadPoint point;
  Members members(object);
  members.Flag("open", point.is_open);
  members.Number("users", point.users);
  members.Number("answered", point.answered);
  members.Number("failed", point.failed);
  members.Number("per_second", point.per_second);
  members.Time("p50_ns", point.p50);
  members.Time("p99_ns", point.p99);
  members.Time("at_quantile_ns", point.at_quantile);
  members.Text("failure", point.failure);
  return members.good() ? std::optional(point) : std::nullopt;
}

std::optional<Visit> VisitFrom(const json& object) {
  Visit visit;
  Members members(object);
  members.Number("rung", visit.rung);
  members.Number("round", visit.round);
  members.Number("candidate", visit.candidate);
  members.Time("window_ns", visit.window);
  members.Time("start_ns", visit.start);
  members.Time("length_ns", visit.length);
  members.Text("failure", visit.failure);
  if (const json* points = members.List("points"); points != nullptr) {
    for (const json& point : *points) {
      std::optional<LoadPoint> read = PointFrom(point);
      if (!read) return std::nullopt;
      visit.points.push_back(*std::move(read));
    }
  }
  return members.good() ? std::optional(visit) : std::nullopt;
}

std::optional<PrecisionTrial> TrialFrom(const json& object) {
  PrecisionTrial trial;
  std::string precision;
  Members members(object);
  members.Text("precision", precision);
  members.Text("file", trial.file);
  members.Text("summary", trial.summary);
  members.Text("refusal", trial.refusal);
  const auto parsed = onnxfile::ParsePrecision(precision);
  if (!members.good() || !parsed) return std::nullopt;
  trial.precision = *parsed;
  return trial;
}

std::optional<SearchIdentity> IdentityFrom(const json& object) {
  SearchIdentity identity;
  for (const auto& [name, value] : object.items()) {
    if (!value.is_string()) return std::nullopt;
    identity[name] = value.get<std::string>();
  }
  return identity;
}

// One line; false: it is none of ours.
bool Take(const json& line, bool is_first, StateText& to) {
  if (!line.is_object() || line.size() != 1) return false;
  const std::string& kind = line.begin().key();
  const json& value = line.begin().value();
  if (!value.is_object() || is_first != (kind == "tune")) return false;
  if (kind == "tune") {
    std::optional<SearchIdentity> identity = IdentityFrom(value);
    if (identity) to.identity = *std::move(identity);
    return identity.has_value();
  }
  if (kind == "trial") {
    std::optional<PrecisionTrial> trial = TrialFrom(value);
    if (trial) to.state.trials.push_back(*std::move(trial));
    return trial.has_value();
  }
  std::optional<Visit> visit = kind == "visit" ? VisitFrom(value) : std::nullopt;
  if (visit) to.state.visits.push_back(*std::move(visit));
  return visit.has_value();
}

Result<std::string> ReadAll(const std::filesystem::path& file) {
  std::error_code error;
  const uint64_t bytes = std::filesystem::file_size(file, error);
  if (!error && bytes > kMostBytes) return InvalidArgument("expected a search's state, found a file too large for one");
  std::ifstream in(file, std::ios::binary);
  return std::string{std::istreambuf_iterator<char>(in), {}};
}

// "slo is p99=50ms there and p99=100ms here"
std::string Difference(const SearchIdentity& there, const SearchIdentity& here) {
  const auto of = [](const SearchIdentity& identity, const std::string& name) {
    const auto found = identity.find(name);
    return found == identity.end() || found->second.empty() ? std::string("not set") : found->second;
  };
  SearchIdentity names = there;
  names.insert(here.begin(), here.end());
  for (const auto& [name, ignored] : names) {
    if (of(there, name) == of(here, name)) continue;
    return name + " is " + of(there, name) + " there and " + of(here, name) + " here";
  }
  return {};
}

Status WriteNew(const std::filesystem::path& file, const SearchIdentity& identity) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << EncodeIdentity(identity) << std::flush;
  return out ? Status() : Unavailable("'" + file.string() + "' cannot be written");
}

}  // namespace

std::string EncodeIdentity(const SearchIdentity& identity) {
  std::string out = "{\"tune\":{";
  AppendText(out, "format", std::to_string(kFormat));
  for (const auto& [name, value] : identity) AppendText(out, name, value);
  return out + "}}\n";
}

std::string Encode(const PrecisionTrial& trial) {
  std::string out = "{\"trial\":{";
  AppendText(out, "precision", onnxfile::Name(trial.precision));
  AppendText(out, "file", trial.file);
  AppendText(out, "summary", trial.summary);
  AppendText(out, "refusal", trial.refusal);
  return out + "}}\n";
}

std::string Encode(const Visit& visit) {
  std::string out = "{\"visit\":{";
  AppendNumber(out, "rung", visit.rung);
  AppendNumber(out, "round", visit.round);
  AppendNumber(out, "candidate", static_cast<uint64_t>(visit.candidate));
  AppendDuration(out, "window_ns", visit.window);
  AppendDuration(out, "start_ns", visit.start);
  AppendDuration(out, "length_ns", visit.length);
  AppendText(out, "failure", visit.failure);
  AppendList(out, "points", visit.points, [&](const LoadPoint& point) { AppendPoint(out, point); });
  return out + "}}\n";
}

Result<StateText> DecodeState(std::string_view text) {
  StateText read;
  for (size_t number = 1; read.bytes < text.size(); ++number) {
    const size_t end = text.find('\n', read.bytes);
    if (end == std::string_view::npos) break;
    const std::string_view line = text.substr(read.bytes, end - read.bytes);
    const json parsed = json::parse(line, /*cb=*/nullptr, /*allow_exceptions=*/false);
    if (!Take(parsed, number == 1, read)) {
      return InvalidArgument("line " + std::to_string(number) + ": expected " +
                             (number == 1 ? "the beginning of a search's state" : "a measurement") +
                             ", found something else");
    }
    read.bytes = end + 1;
  }
  return read;
}

Result<StateFile> StateFile::Open(const std::filesystem::path& file, const SearchIdentity& identity, bool restart) {
  const std::string where = "'" + file.string() + "'";
  constexpr const char* kHint = "; --restart measures anew";
  auto text = restart ? Result<std::string>(std::string()) : ReadAll(file);
  if (!text.ok()) return Status(text.status().code(), where + ": " + text.status().message() + kHint);
  auto read = DecodeState(*text);
  if (!read.ok()) return Status(read.status().code(), where + ": " + read.status().message() + kHint);
  if (read->bytes == 0) {
    RETURN_IF_ERROR(WriteNew(file, identity));
    return StateFile(file, {});
  }
  SearchIdentity expected = identity;
  expected["format"] = std::to_string(kFormat);
  if (const std::string difference = Difference(read->identity, expected); !difference.empty()) {
    return InvalidArgument(where + " is of another search: " + difference + kHint);
  }
  std::error_code error;
  std::filesystem::resize_file(file, read->bytes, error);
  if (error) return Unavailable(where + " cannot be written: " + error.message());
  return StateFile(file, std::move(read->state));
}

Status StateFile::Append(const std::string& line) const {
  std::ofstream out(file_, std::ios::binary | std::ios::app);
  out << line << std::flush;
  return out ? Status() : Unavailable("'" + file_.string() + "' cannot be written");
}

Status StateFile::Add(const PrecisionTrial& trial) {
  state_.trials.push_back(trial);
  return Append(Encode(trial));
}

Status StateFile::Add(const Visit& visit) {
  state_.visits.push_back(visit);
  return Append(Encode(visit));
}

}  // namespace trireme::tune

// SPDX-License-Identifier: Apache-2.0
#include "bench/replay_options.h"

#include <charconv>
#include <system_error>

#include "client/url.h"

namespace trireme::bench {

BenchOptions ReplayOptions::Other() const {
  BenchOptions other = load;
  if (!compare_url.empty()) other.url = compare_url;
  if (!compare_version.empty()) other.version = compare_version;
  return other;
}

Status Check(const ReplayOptions& options) {
  if (options.file.empty() || options.load.url.empty()) {
    return InvalidArgument(
        "expected a file of recorded requests and the URL of a server, as in 'trireme replay traffic.jsonl "
        "http://127.0.0.1:8000'");
  }
  RETURN_IF_ERROR(Check(options.load));
  if (options.compares_recorded && !options.compare_version.empty()) {
    return InvalidArgument(
        "compare-version: expected another server or nothing as --compare beside it, found recorded");
  }
  if (!options.compare_url.empty()) {
    Status parsed = Check(options.Other()).Within("compare");
    if (!parsed.ok()) return parsed;
  }
  for (const ReportFile& report : options.load.reports) {
    if (report.form == ReportForm::kJson || report.form == ReportForm::kMarkdown) continue;
    return InvalidArgument("report: expected a file name that ends in .json or .md, found '" + report.path + "'");
  }
  return {};
}

Result<double> ParseSpeed(std::string_view text) {
  if (text == "max") return 0.0;
  double speed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), speed);
  if (error == std::errc() && end == text.data() + text.size() && speed >= 1 / kMaxSpeed && speed <= kMaxSpeed) {
    return speed;
  }
  return InvalidArgument("expected a number from 0.001 to 1000, or max, found '" + std::string(text) + "'");
}

}  // namespace trireme::bench

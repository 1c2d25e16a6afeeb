// SPDX-License-Identifier: Apache-2.0
#include "bench/capacity_report.h"

#include <algorithm>

#include "bench/report_text.h"

namespace trireme::bench {

double CapacityStage::per_second() const {
  return length > Duration(0) ? static_cast<double>(latency.count()) / Seconds(length) : 0;
}

double CapacityRow::bytes_a_model() const {
  if (used_bytes.empty()) return 0;
  const bool is_only = used_bytes.size() == 1;
  const auto begin = static_cast<double>(is_only ? before_bytes : used_bytes.front());
  return (static_cast<double>(used_bytes.back()) - begin) / static_cast<double>(is_only ? 1 : used_bytes.size() - 1);
}

Spread CapacityRow::load_ms() const {
  std::vector<double> milliseconds;
  for (const double seconds : load_seconds) milliseconds.push_back(seconds * 1000);
  return SpreadOf(std::move(milliseconds));
}

int CapacityRow::users_before_failure() const {
  int users = 0;
  for (const CapacityStage& stage : stages) {
    if (stage.failed == 0) users = std::max(users, stage.users);
  }
  return users;
}

double CapacityRow::best_per_second() const {
  double best = 0;
  for (const CapacityStage& stage : stages) best = std::max(best, stage.per_second());
  return best;
}

const CapacityStage* CapacityRow::one_user() const {
  return stages.empty() || stages[0].users != 1 ? nullptr : &stages[0];
}

std::vector<std::pair<std::string_view, std::string>> CapacityReport::About() const {
  return {{"command", facts.command},
          {"date", facts.date},
          {"server", facts.server()},
          {"client", facts.client},
          {"machine", facts.machine()}};
}

std::vector<std::string> CapacityReport::Notes() const {
  std::vector<std::string> notes;
  for (const CapacityRow& row : rows) {
    if (!row.refusal.empty()) notes.push_back(row.name + ": no more were loaded: " + row.refusal);
    if (!row.failure.empty()) notes.push_back(row.name + ": the first failure: " + row.failure);
    if (row.interrupted) notes.push_back(row.name + ": interrupted");
  }
  return notes;
}

std::vector<std::string> CapacityColumns() {
  return {"model",          "models held",   "budget",
          "MiB a model",    "load time, ms", "one user, requests/s",
          "p50, ms",        "p99, ms",       "users before a failure",
          "most requests/s"};
}

std::vector<std::string> CapacityCells(const CapacityRow& row) {
  const CapacityStage* one = row.one_user();
  const auto quantile = [&](double share) {
    return one == nullptr ? "" : ShortMilliseconds(one->latency.Quantile(share));
  };
  return {row.name,
          std::to_string(row.models),
          RoughBytes(row.budget_bytes),
          Short(row.bytes_a_model() / (1 << 20)),
          Short(row.load_ms().median),
          one == nullptr ? "" : Short(one->per_second()),
          quantile(0.5),
          quantile(0.99),
          std::to_string(row.users_before_failure()) + (row.failure.empty() && !row.interrupted ? " or more" : ""),
          Short(row.best_per_second())};
}

std::string Write(const CapacityReport& report, ReportForm form) {
  switch (form) {
    case ReportForm::kMarkdown:
      return Markdown(report);
    case ReportForm::kCsv:
      return Csv(report);
    case ReportForm::kHtml:
      return Html(report);
    case ReportForm::kJson:
      break;
  }
  return Json(report);
}

}  // namespace trireme::bench

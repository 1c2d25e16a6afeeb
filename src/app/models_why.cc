// SPDX-License-Identifier: Apache-2.0
#include "app/models_why.h"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "app/rough_quantity.h"
#include "app/text_table.h"
#include "base/log.h"

namespace trireme {
namespace {

using admin::ModelEntry;
using admin::Running;
using admin::RunTimeEntry;

// Of each arrangement.
constexpr size_t kMostRunTimes = 8;

std::string Number(double number, const char* format = "%.3g") {
  char text[32];
  std::snprintf(text, sizeof(text), format, number);
  return text;
}

std::string Percent(double share) {
  return Number(share * 100, share < 0.1 ? "%.2g" : "%.0f") + " %";
}

// Of the row that comes most often; none: it never ran.
std::optional<RunTimeEntry> OneRow(const Running& running, bool wide) {
  std::optional<RunTimeEntry> most;
  for (const RunTimeEntry& run : running.run_times) {
    if (run.rows == 1 && run.wide == wide && (!most || run.runs > most->runs)) most = run;
  }
  return most;
}

std::string GoalLine(const Running& running) {
  if (running.goal.empty()) {
    return "no goal is set: as much as can be done, and none refused but those that would miss deadlines of their own";
  }
  std::string line = running.goal + ": " + Percent(running.late_share) + " of the last answers were late";
  if (running.margin < 0.995) {
    line += ", so " + Percent(running.margin) + " of the time is promised";
  }
  line += "; " + std::to_string(running.predicted_late) + " requests were refused because they would have been late";
  if (running.prediction_error_p90 > 0) {
    line += "; nine in ten predictions are within " + Percent(running.prediction_error_p90);
  }
  return line;
}

std::string BatchLine(const Running& running) {
  if (running.batch_rows <= 1) {
    return "a run has the rows of one request: more would not make a row cheaper, or would be late";
  }
  return "up to " + std::to_string(running.batch_rows) +
         " rows a run: larger ones would make a row hardly cheaper, or be late";
}

std::string ArrangementLine(const Running& running) {
  const std::string several = running.instances == 1 ? std::string("one run at a time")
                                                     : "up to " + std::to_string(running.instances) + " runs at a time";
  if (!running.has_wide) return several;
  const auto narrow = OneRow(running, false);
  const auto wide = OneRow(running, true);
  std::string compared;
  if (narrow && wide) {
    compared =
        " (" + RoughTime(wide->typical) + " a row with all processors, " + RoughTime(narrow->typical) + " with one)";
  }
  const std::string company = "a request finds " + Number(running.company, "%.2g") + " others on average";
  if (running.is_wide) return "a request that comes alone has all processors" + compared + ": " + company;
  return several + ", each with one processor" + compared + ": " + company;
}

std::string RunTimeLines(const Running& running) {
  std::vector<RunTimeEntry> shown = running.run_times;
  std::ranges::stable_sort(shown, std::greater(), &RunTimeEntry::runs);
  if (shown.size() > kMostRunTimes) shown.resize(kMostRunTimes);
  std::ranges::sort(shown, [](const RunTimeEntry& a, const RunTimeEntry& b) {
    return std::pair(a.wide, a.rows) < std::pair(b.wide, b.rows);
  });
  std::vector<std::vector<std::string>> rows = {{"    ROWS", "PROCESSORS", "RUN", "NINE IN TEN", "ROWS/S", "SEEN"}};
  for (const RunTimeEntry& run : shown) {
    const double per_second = run.typical.count() > 0 ? static_cast<double>(run.rows) / run.typical.count() : 0;
    rows.push_back({"    " + std::to_string(run.rows), run.wide ? "all" : "one", RoughTime(run.typical),
                    "<= " + RoughTime(run.most), Number(per_second, "%.4g"), std::to_string(run.runs)});
  }
  std::string text;
  for (const std::string& line : Aligned(rows)) text += line + "\n";
  return text;
}

std::string Why(const ModelEntry& model) {
  const Running& running = *model.running;
  std::string text = PlainText(model.name) + " version " + std::to_string(model.version) + "\n";
  text += "  goal      " + PlainText(GoalLine(running)) + "\n";
  text += "  batch     " + BatchLine(running) + "\n";
  text += "  runs      " + ArrangementLine(running) + "\n";
  if (running.rows_per_second > 0) text += "  load      " + Number(running.rows_per_second) + " rows a second come\n";
  if (!running.run_times.empty()) text += "  measured\n" + RunTimeLines(running);
  return text;
}

}  // namespace

std::string ModelsWhy(const admin::Listing& listing) {
  std::string text;
  for (const ModelEntry& model : listing.models) {
    if (model.running) text += (text.empty() ? "" : "\n") + Why(model);
  }
  return text.empty() ? "No model serves.\n" : text;
}

}  // namespace trireme

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
#include "model/service_goal.h"

namespace trireme {
namespace {

using admin::ModelEntry;
using admin::Running;
using admin::RunTimeEntry;
using admin::Seconds;

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

// Empty: it can, as far as is known.
std::string WhyTheGoalCannotBeKept(const Running& running) {
  const Result<ServiceGoal> goal = ParseServiceGoal(running.goal);
  const auto narrow = OneRow(running, false);
  const auto wide = OneRow(running, true);
  if (!goal.ok() || (!narrow && !wide)) return "";
  Seconds shortest = narrow ? narrow->typical : wide->typical;
  if (wide) shortest = std::min(shortest, wide->typical);
  if (shortest <= goal->latency) return "";
  return "it cannot be kept: a run of one row takes " + RoughTime(shortest) +
         ", so requests are served as quickly as it goes";
}

std::string BatchLine(const Running& running) {
  std::string line = running.batch_rows <= 1 ? std::string("a run has the rows of one request")
                                             : "up to " + std::to_string(running.batch_rows) + " rows a run";
  if (running.batch_rows < running.max_rows) {
    return line + ": of the " + std::to_string(running.max_rows) +
           " that it may have, more would be late or hardly make a row cheaper";
  }
  return running.why_no_more_rows.empty() ? line : line + ": " + running.why_no_more_rows;
}

bool IsOnCpu(const ModelEntry& model) {
  return model.device.empty() || model.device == "cpu";
}

// That a run has which does not have all.
std::string Processors(const ModelEntry& model) {
  if (!IsOnCpu(model)) return PlainText(model.device);
  return model.running->threads == 1 ? "one" : std::to_string(model.running->threads);
}

std::string ArrangementLine(const ModelEntry& model) {
  const Running& running = *model.running;
  const std::string several = running.instances == 1 ? std::string("one run at a time")
                                                     : "up to " + std::to_string(running.instances) + " runs at a time";
  if (!running.has_wide && !IsOnCpu(model)) return several + ", on " + Processors(model);
  if (!running.has_wide) {
    return several + ", with " + Processors(model) + (running.threads == 1 ? " processor" : " processors") + " each";
  }
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

std::string RunTimeLines(const ModelEntry& model) {
  std::vector<RunTimeEntry> shown = model.running->run_times;
  std::ranges::stable_sort(shown, std::greater(), &RunTimeEntry::runs);
  if (shown.size() > kMostRunTimes) shown.resize(kMostRunTimes);
  std::ranges::sort(shown, [](const RunTimeEntry& a, const RunTimeEntry& b) {
    return std::pair(a.wide, a.rows) < std::pair(b.wide, b.rows);
  });
  std::vector<std::vector<std::string>> rows = {{"    ROWS", "PROCESSORS", "RUN", "NINE IN TEN", "ROWS/S", "SEEN"}};
  for (const RunTimeEntry& run : shown) {
    const double per_second = run.typical.count() > 0 ? static_cast<double>(run.rows) / run.typical.count() : 0;
    rows.push_back({"    " + std::to_string(run.rows), run.wide ? "all" : Processors(model), RoughTime(run.typical),
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
  if (const std::string why = WhyTheGoalCannotBeKept(running); !why.empty()) text += "            " + why + "\n";
  text += "  batch     " + PlainText(BatchLine(running)) + "\n";
  text += "  runs      " + ArrangementLine(model) + "\n";
  if (running.weight != 1) text += "  weight    " + Number(running.weight) + " times the processor time of others\n";
  if (running.rows_per_second > 0) text += "  load      " + Number(running.rows_per_second) + " rows a second come\n";
  if (!running.run_times.empty()) text += "  measured\n" + RunTimeLines(model);
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

// SPDX-License-Identifier: Apache-2.0
#include "predict/summary.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace trireme::predict {
namespace {

constexpr size_t kMostShown = 20;

double Seconds(const Summary& summary) {
  return std::chrono::duration<double>(summary.time).count();
}

int64_t RowsPerSecond(const Summary& summary) {
  const double seconds = Seconds(summary);
  return seconds > 0 ? static_cast<int64_t>(static_cast<double>(summary.rows_read - summary.resumed_at) / seconds) : 0;
}

std::string ShortSeconds(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", seconds);
  return text;
}

}  // namespace

std::string SummaryText(const Summary& summary, const PredictOptions& options) {
  std::string text = options.output.string() + ": " + Grouped(summary.rows_written) + " rows in " +
                     ShortSeconds(Seconds(summary)) + " (" + Grouped(RowsPerSecond(summary)) + " rows/s)";
  if (summary.resumed_at > 0) text += ", " + Grouped(summary.resumed_at) + " of them read by a run before";
  text += "\n";
  if (summary.bad_count == 0) return text;
  text += Grouped(static_cast<int64_t>(summary.bad_count)) + " passed over:\n";
  const size_t shown = std::min(summary.first_bad.size(), kMostShown);
  for (size_t i = 0; i < shown; ++i) {
    text += "  " + summary.first_bad[i].place + ": " + summary.first_bad[i].problem + "\n";
  }
  if (summary.bad_count > shown)
    text += "  and " + Grouped(static_cast<int64_t>(summary.bad_count - shown)) + " more\n";
  return text;
}

std::string SummaryJson(const Summary& summary, const PredictOptions& options) {
  nlohmann::json skipped = nlohmann::json::array();
  for (const BadRow& bad : summary.first_bad) skipped.push_back({{"place", bad.place}, {"problem", bad.problem}});
  const nlohmann::json object = {{"output", options.output.string()},
                                 {"rows_read", summary.rows_read},
                                 {"rows_written", summary.rows_written},
                                 {"resumed_at", summary.resumed_at},
                                 {"interrupted", summary.interrupted},
                                 {"seconds", Seconds(summary)},
                                 {"rows_per_second", RowsPerSecond(summary)},
                                 {"skipped_count", summary.bad_count},
                                 {"skipped", std::move(skipped)}};
  return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace trireme::predict

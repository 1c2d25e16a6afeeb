// SPDX-License-Identifier: Apache-2.0
#include "bench/replay_report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>

#include "bench/json_members.h"
#include "bench/report.h"
#include "bench/report_text.h"

namespace trireme::bench {
namespace {

void AppendRow(std::string& out, std::string_view name, std::string_view value) {
  constexpr size_t kWidth = 14;
  out.append(name).append(kWidth - std::min(kWidth - 1, name.size()), ' ').append(Visible(value)).append("\n");
}

std::string Count(uint64_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

// As short as it can be said, however small it is: "1e-05".
std::string Exponential(double value) {
  std::array<char, 32> text;
  return {text.data(), static_cast<size_t>(std::snprintf(text.data(), text.size(), "%.3g", value))};
}

std::string SpeedText(double speed) {
  return speed == 0 ? "as fast as answers come" : Short(speed) + " times as fast as recorded";
}

std::string DescribeFile(const ReplayReport& report) {
  std::string text = report.file + ": " + Count(report.requests, "request") + " to " +
                     (report.models.size() == 1 ? report.models.front() : Count(report.models.size(), "model")) +
                     " in " + Short(report.recorded_seconds) + " s";
  if (report.left_out_count > 0) text += ", " + Count(report.left_out_count, "line") + " left out";
  return text;
}

std::string DescribeRun(const ReplayReport& report, const ReplayRun& run) {
  std::string text = run.url;
  if (!run.version.empty()) text += " version " + run.version;
  if (!run.server.empty()) text += " (" + run.server + ")";
  text += ", " + (report.speed == 1 ? "as recorded" : SpeedText(report.speed)) + ", " +
          Count(run.connections, "connection");
  return run.early_end ? text + " (" + run.early_end->text + ")" : text;
}

double PerSecond(const ReplayRun& run) {
  return run.seconds > 0 ? static_cast<double>(run.answered) / run.seconds : 0;
}

std::string FailedText(const ReplayRun& run) {
  std::string text = std::to_string(run.failed);
  if (run.failed_as_recorded == 0) return text;
  if (run.failed_as_recorded == run.failed) return text + ", as recorded";
  return text + ", " + std::to_string(run.failed_as_recorded) + " of them as recorded";
}

void AppendRun(std::string& out, const ReplayReport& report, const ReplayRun& run) {
  AppendRow(out, &run == &report.runs.front() ? "replayed" : "and again", DescribeRun(report, run));
  if (run.late.count() > 0) {
    AppendRow(out, "sent late",
              "p50 " + ShortMilliseconds(run.late.Quantile(0.5)) + " ms, p99 " +
                  ShortMilliseconds(run.late.Quantile(0.99)) + " ms, most " + ShortMilliseconds(run.late.max()) +
                  " ms   (than recorded)");
  }
  if (run.answered > 0) {
    AppendRow(out, "throughput", Short(PerSecond(run)) + " requests/s");
    for (const auto& [name, share] : kQuantiles) {
      AppendRow(out, name, ShortMilliseconds(run.latency.Quantile(share)) + " ms");
    }
    AppendRow(out, "slowest", ShortMilliseconds(run.latency.max()) + " ms");
  }
  AppendRow(out, "answered", std::to_string(run.answered));
  AppendRow(out, "failed", FailedText(run));
  for (const auto& [kind, failure] : run.failures) AppendRow(out, "", kind + ": " + Describe(failure));
}

std::string DescribeOutput(const OutputDiff& diff) {
  std::string text = "largest difference " + Exponential(diff.largest_absolute) + " (relative " +
                     Exponential(diff.largest_relative) + "), " + Count(diff.differing, "request") + " of " +
                     std::to_string(diff.requests) + " differ" + (diff.differing == 1 ? "s" : "");
  if (diff.unlike > 0) text += ", " + std::to_string(diff.unlike) + " of them in type or shape";
  if (diff.rows > 0) {
    text += ", the same argmax in " + std::to_string(diff.same_argmax) + " of " + Count(diff.rows, "row");
  }
  return text;
}

void AppendDiff(std::string& out, const ReplayReport& report, const DiffReport& diff) {
  std::string text =
      Count(diff.compared, "answer") + (report.with_recorded ? " compared with the recorded ones, " : " compared, ");
  text += std::to_string(diff.differing) + (diff.differing == 1 ? " differs" : " differ") + " (tolerance " +
          Exponential(report.tolerance) + ")";
  if (diff.failed_alone > 0) text += ", " + std::to_string(diff.failed_alone) + " of them since one side failed";
  if (diff.left_out > 0) text += ", " + Count(diff.left_out, "request") + " without two answers";
  AppendRow(out, "outputs", text);
  for (const auto& [name, output] : diff.outputs) {
    AppendRow(out, "", name.first + "/" + name.second + ": " + DescribeOutput(output));
  }
  for (const std::string& first : diff.first) AppendRow(out, "", first);
  if (diff.differing > diff.first.size()) {
    AppendRow(out, "", "and " + std::to_string(diff.differing - diff.first.size()) + " more");
  }
}

void AppendRunMembers(std::string& out, const ReplayRun& run) {
  AppendText(out, "url", run.url);
  AppendText(out, "version", run.version);
  AppendText(out, "server", run.server);
  AppendNumber(out, "connections", run.connections);
  AppendNumber(out, "seconds", run.seconds);
  AppendNumber(out, "answered", run.answered);
  AppendNumber(out, "failed", run.failed);
  AppendNumber(out, "failed_as_recorded", run.failed_as_recorded);
  AppendNumber(out, "requests_per_second", PerSecond(run));
  AppendLatency(out, run.latency);
  if (run.late.count() > 0) {
    AppendMember(out, "sent_late_us");
    out += '{';
    for (const auto& [name, share] : kQuantiles) AppendNumber(out, name, Microseconds(run.late.Quantile(share)));
    AppendNumber(out, "max", Microseconds(run.late.max()));
    out += '}';
  }
  AppendMember(out, "failures");
  out += '{';
  for (const auto& [kind, failure] : run.failures) {
    AppendMember(out, kind);
    out += '{';
    AppendNumber(out, "count", failure.count);
    AppendText(out, "sample", failure.sample);
    out += '}';
  }
  out += '}';
  if (run.early_end) AppendText(out, "ended", run.early_end->text);
}

// JSON has no word for an infinity.
void AppendDifference(std::string& out, std::string_view name, double value) {
  if (std::isfinite(value)) return AppendNumber(out, name, value);
  AppendText(out, name, "infinite");
}

void AppendDiffMembers(std::string& out, const ReplayReport& report, const DiffReport& diff) {
  AppendText(out, "with", report.with_recorded ? "recorded" : "replayed");
  AppendNumber(out, "tolerance", report.tolerance);
  AppendNumber(out, "compared", diff.compared);
  AppendNumber(out, "differing", diff.differing);
  AppendNumber(out, "failed_alone", diff.failed_alone);
  AppendNumber(out, "left_out", diff.left_out);
  const std::vector<std::pair<std::pair<std::string, std::string>, OutputDiff>> outputs(diff.outputs.begin(),
                                                                                        diff.outputs.end());
  AppendList(out, "outputs", outputs, [&out](const auto& one) {
    const auto& [name, output] = one;
    AppendText(out, "model", name.first);
    AppendText(out, "output", name.second);
    AppendNumber(out, "requests", output.requests);
    AppendNumber(out, "differing", output.differing);
    AppendNumber(out, "unlike", output.unlike);
    AppendDifference(out, "largest_absolute", output.largest_absolute);
    AppendDifference(out, "largest_relative", output.largest_relative);
    AppendNumber(out, "rows", output.rows);
    AppendNumber(out, "same_argmax", output.same_argmax);
  });
  AppendTexts(out, "first", diff.first);
}

}  // namespace

bool ReplayReport::is_good() const {
  const bool all_answered = std::ranges::all_of(runs, [](const ReplayRun& run) {
    const bool is_as_recorded = run.failed == run.failed_as_recorded;
    return is_as_recorded && run.answered + run.failed > 0 && !run.early_end;
  });
  const bool has_answers = std::ranges::any_of(runs, [](const ReplayRun& run) { return run.answered > 0; });
  const bool is_same = !diff || (diff->differing == 0 && (diff->compared > 0 || !has_answers));
  return all_answered && left_out_count == 0 && is_same;
}

std::string Table(const ReplayReport& report) {
  std::string out;
  AppendRow(out, "recording", DescribeFile(report));
  for (const LeftOutLine& line : report.left_out) {
    AppendRow(out, "", "line " + std::to_string(line.line) + ": " + line.why);
  }
  for (const ReplayRun& run : report.runs) AppendRun(out, report, run);
  if (report.diff) AppendDiff(out, report, *report.diff);
  return out;
}

std::string Json(const ReplayReport& report) {
  std::string out = "{";
  AppendText(out, "recording", report.file);
  AppendNumber(out, "requests", report.requests);
  AppendTexts(out, "models", report.models);
  AppendNumber(out, "recorded_seconds", report.recorded_seconds);
  AppendNumber(out, "speed", report.speed);
  AppendNumber(out, "lines_left_out", report.left_out_count);
  AppendList(out, "left_out", report.left_out, [&out](const LeftOutLine& line) {
    AppendNumber(out, "line", line.line);
    AppendText(out, "why", line.why);
  });
  AppendList(out, "runs", report.runs, [&out](const ReplayRun& run) { AppendRunMembers(out, run); });
  if (report.diff) {
    AppendMember(out, "outputs");
    out += '{';
    AppendDiffMembers(out, report, *report.diff);
    out += '}';
  }
  AppendFlag(out, "good", report.is_good());
  AppendFacts(out, report.facts);
  return out + "}\n";
}

std::string Markdown(const ReplayReport& report) {
  std::string out = "# Replay of " + PlainMarkdown(report.file) + "\n\n";
  out += std::string(report.is_good() ? "Every request was answered" : "Something failed or differs") +
         (report.diff && report.is_good() ? ", and no output differs.\n\n" : ".\n\n");
  out += "```\n" + Table(report) + "```\n\n";
  out += PlainMarkdown(report.facts.date) + ", " + PlainMarkdown(report.facts.machine()) + "\n";
  return out;
}

std::string Write(const ReplayReport& report, ReportForm form) {
  return form == ReportForm::kJson ? Json(report) : Markdown(report);
}

}  // namespace trireme::bench

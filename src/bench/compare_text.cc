// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <string>
#include <vector>

#include "bench/cell_table.h"
#include "bench/compare_report.h"
#include "bench/json_members.h"
#include "bench/report_text.h"
#include "codec/json_writer.h"

namespace trireme::bench {
namespace {

std::string KindOf(const CompareLoad& load) {
  if (load.kind == CompareLoad::Kind::kClosed) return "closed";
  return load.kind == CompareLoad::Kind::kOpen ? "open" : "goodput";
}

void AppendInterval(std::string& out, std::string_view name, const Interval& interval) {
  if (interval.count == 0) return;
  AppendMember(out, name);
  out += '{';
  AppendNumber(out, "median", interval.median);
  if (!interval.has_extremes) {
    AppendNumber(out, "low", interval.low);
    AppendNumber(out, "high", interval.high);
  }
  AppendNumber(out, "rounds", static_cast<uint64_t>(interval.count));
  out += '}';
}

void AppendGpus(std::string& out, const std::vector<GpuUse>& gpus) {
  if (gpus.empty()) return;
  AppendList(out, "gpus", gpus, [&](const GpuUse& gpu) {
    AppendText(out, "name", gpu.name);
    AppendNumber(out, "busy", gpu.busy);
    AppendNumber(out, "bytes", gpu.bytes);
    if (gpu.watts) AppendNumber(out, "watts", *gpu.watts);
  });
}

void AppendTries(std::string& out, const Goodput& goodput) {
  AppendNumber(out, "alone_p50_us", Microseconds(goodput.alone.Quantile(0.5)));
  if (goodput.missed_per_second) AppendNumber(out, "missed_per_second", *goodput.missed_per_second);
  AppendFlag(out, "certain", goodput.is_certain());
  AppendList(out, "tries", goodput.tries, [&](const GoodputTry& each) {
    AppendNumber(out, "per_second", each.per_second);
    AppendFlag(out, "kept", each.kept);
    AppendFlag(out, "certain", each.is_certain);
    AppendFlag(out, "final", each.is_final);
    AppendNumber(out, "requests", each.requests);
    AppendNumber(out, "misses", each.misses);
    AppendNumber(out, "latency_us", Microseconds(each.latency));
  });
}

void AppendFailures(std::string& out, const std::map<std::string, Failures>& failures) {
  AppendMember(out, "failures");
  out += '{';
  for (const auto& [kind, failure] : failures) {
    AppendMember(out, kind);
    out += '{';
    AppendNumber(out, "count", failure.count);
    AppendText(out, "sample", failure.sample);
    out += '}';
  }
  out += '}';
}

void AppendRound(std::string& out, const CompareRound& round) {
  AppendNumber(out, "round", round.number);
  AppendFlag(out, "counts", round.counts);
  if (!round.problem.empty()) AppendText(out, "problem", round.problem);
  if (!round.measured) return;
  const Measurement& measured = *round.measured;
  AppendNumber(out, "requests", measured.latency.count());
  AppendNumber(out, "failed", measured.failed);
  AppendNumber(out, "requests_per_second", measured.per_second);
  AppendLatency(out, measured.latency);
  AppendFailures(out, measured.failures);
  if (measured.cpu_a_request) AppendNumber(out, "cpu_us", Microseconds(*measured.cpu_a_request));
  if (const auto cores = measured.resources.process_cores()) AppendNumber(out, "cores", *cores);
  if (measured.resources.process_bytes) AppendNumber(out, "bytes", *measured.resources.process_bytes);
  if (measured.resources.host_cores) AppendNumber(out, "host_cores", *measured.resources.host_cores);
  if (measured.resources.host_bytes) AppendNumber(out, "host_bytes", *measured.resources.host_bytes);
  AppendNumber(out, "client_cores", measured.client_cores);
  AppendGpus(out, measured.resources.gpus);
  if (round.goodput) AppendTries(out, *round.goodput);
}

void AppendRow(std::string& out, const CompareReport& report, size_t section, size_t row) {
  const CompareTarget& target = report.options.targets[row];
  const CompareRow& own = report.sections[section].rows[row];
  const CompareSummary summary = Summarize(report, section, row);
  AppendText(out, "name", target.name);
  AppendText(out, "url", target.local ? "local:" + target.local->path.string() : target.ask.url);
  AppendText(out, "server", own.server);
  AppendText(out, "model", own.model);
  AppendText(out, "inputs", own.inputs);
  AppendNumber(out, "rounds", static_cast<uint64_t>(summary.rounds));
  AppendInterval(out, "requests_per_second", summary.per_second);
  AppendInterval(out, "rate_ratio", summary.rate_ratio);
  AppendInterval(out, "p50_us", summary.p50_us);
  AppendInterval(out, "p99_us", summary.p99_us);
  AppendInterval(out, "p50_ratio", summary.p50_ratio);
  AppendInterval(out, "p99_ratio", summary.p99_ratio);
  AppendInterval(out, "goal_us", summary.goal_us);
  AppendInterval(out, "cpu_us", summary.cpu_us);
  AppendLatency(out, summary.latency);
  AppendNumber(out, "failed", summary.failed);
  if (summary.in_time) AppendNumber(out, "in_time", *summary.in_time);
  if (summary.bytes > 0) AppendNumber(out, "bytes", summary.bytes);
  if (summary.cores > 0) AppendNumber(out, "cores", summary.cores);
  if (summary.host_cores > 0) AppendNumber(out, "host_cores", summary.host_cores);
  if (summary.host_bytes > 0) AppendNumber(out, "host_bytes", summary.host_bytes);
  AppendGpus(out, summary.gpus);
  if (target.price_per_hour) AppendNumber(out, "price_per_hour", *target.price_per_hour);
  if (summary.cost) AppendNumber(out, "cost_per_million", *summary.cost);
  AppendList(out, "measured", own.rounds, [&](const CompareRound& round) { AppendRound(out, round); });
}

// CSV: what a kind of line does not have stays empty.
std::string Number(double value) {
  std::string text;
  AppendJsonNumber(text, value);
  return text;
}

void AppendCells(std::string& out, const Interval& interval) {
  if (interval.count == 0) {
    out += ",,,";
    return;
  }
  out += "," + Number(interval.median);
  out += interval.has_extremes ? ",," : "," + Number(interval.low) + "," + Number(interval.high);
}

// What is 0 is not known.
template <typename T>
void AppendIfKnown(std::string& out, T value) {
  out += ',';
  if (value > 0) AppendJsonNumber(out, value);
}

// All GPUs together.
void AppendGpuCells(std::string& out, const std::vector<GpuUse>& gpus) {
  if (gpus.empty()) {
    out += ",,,";
    return;
  }
  GpuUse all;
  double watts = 0;
  for (const GpuUse& gpu : gpus) {
    all.busy += gpu.busy;
    all.bytes += gpu.bytes;
    watts += gpu.watts.value_or(0);
  }
  out += "," + Number(all.busy) + "," + std::to_string(all.bytes);
  AppendIfKnown(out, watts);
}

void AppendCsvRow(std::string& out, const CompareReport& report, size_t section, size_t row) {
  const CompareSummary summary = Summarize(report, section, row);
  out += "row," + CsvField(Describe(report.sections[section].load)) + "," + CsvField(report.options.targets[row].name) +
         "," + std::to_string(summary.rounds) + "," + std::to_string(summary.latency.count()) + "," +
         std::to_string(summary.failed);
  for (const Interval& interval :
       {summary.per_second, summary.rate_ratio, summary.p50_us, summary.p99_us, summary.p99_ratio}) {
    AppendCells(out, interval);
  }
  AppendIfKnown(out, summary.cpu_us.median);
  AppendIfKnown(out, summary.bytes);
  AppendIfKnown(out, summary.cores);
  AppendIfKnown(out, summary.host_cores);
  AppendIfKnown(out, summary.host_bytes);
  AppendGpuCells(out, summary.gpus);
  AppendIfKnown(out, summary.cost.value_or(0));
  out += ",\n";
}

void AppendCsvRound(std::string& out, const CompareReport& report, size_t section, size_t row,
                    const CompareRound& round) {
  out += "round," + CsvField(Describe(report.sections[section].load)) + "," +
         CsvField(report.options.targets[row].name) + "," + std::to_string(round.number) + ",";
  if (!round.measured) {
    out += std::string(26, ',') + CsvField(round.problem) + "\n";
    return;
  }
  const Measurement& measured = *round.measured;
  const auto alone = [](double value) { return "," + Number(value) + ",,"; };
  out += std::to_string(measured.latency.count()) + "," + std::to_string(measured.failed) + alone(measured.per_second) +
         ",,," + alone(Microseconds(measured.latency.Quantile(0.5))) +
         alone(Microseconds(measured.latency.Quantile(0.99))) + ",,,";
  const ResourceUse& use = measured.resources;
  AppendIfKnown(out, Microseconds(measured.cpu_a_request.value_or(Duration(0))));
  AppendIfKnown(out, use.process_bytes.value_or(0));
  AppendIfKnown(out, use.process_cores().value_or(0));
  AppendIfKnown(out, use.host_cores.value_or(0));
  AppendIfKnown(out, use.host_bytes.value_or(0));
  AppendGpuCells(out, use.gpus);
  out += ",," + (round.problem.empty() ? "" : CsvField(round.problem)) + "\n";
}

void AppendCsvWords(std::string& out, std::string_view kind, std::string_view name, std::string_view text) {
  if (text.empty()) return;
  out.append(kind).append(",,").append(CsvField(name)).append(28, ',').append(CsvField(text)).append("\n");
}

}  // namespace

std::string Table(const CompareReport& report) {
  std::string out;
  for (size_t i = 0; i < report.sections.size(); ++i) {
    const CompareSection& section = report.sections[i];
    out += (i > 0 ? "\n" : "") + Describe(section.load) + ", " + std::to_string(report.options.rounds) + " round" +
           (report.options.rounds == 1 ? "" : "s") + "\n\n";
    AppendAligned(out, CompareTable(report, i));
    out += '\n';
    for (const std::string& remark : CompareRemarks(report, i)) out += remark + "\n";
  }
  if (report.options.rounds > 1) {
    out += "\nIntervals of 95 %; ~: the interval has 1 in it, so that no difference is shown.\n";
  }
  for (const std::string& note : report.Notes()) out += "note: " + note + "\n";
  return out;
}

std::string Markdown(const CompareReport& report) {
  std::string out = "# Comparison\n\n";
  for (const auto& [name, text] : report.About()) {
    if (!text.empty()) out += "- " + std::string(name) + ": " + PlainMarkdown(text) + "\n";
  }
  for (const std::string& note : report.Notes()) out += "- note: " + PlainMarkdown(note) + "\n";
  for (size_t i = 0; i < report.sections.size(); ++i) {
    const CompareSection& section = report.sections[i];
    out += "\n## " + PlainMarkdown(Describe(section.load)) + "\n\n";
    AppendMarkdownTable(out, CompareTable(report, i));
    out += '\n';
    for (size_t row = 0; row < section.rows.size(); ++row) {
      out += "- " + PlainMarkdown(DescribeTarget(report, i, row)) + "\n";
    }
    for (const std::string& remark : CompareRemarks(report, i)) out += "- " + PlainMarkdown(remark) + "\n";
  }
  return out;
}

std::string Csv(const CompareReport& report) {
  std::string out = "kind,load,name,rounds,requests,failed";
  for (const char* value : {"requests_per_s", "rate_ratio", "p50_us", "p99_us", "p99_ratio"}) {
    out += std::string(",") + value + "," + value + "_low," + value + "_high";
  }
  out += ",cpu_us,bytes,cores,host_cores,host_bytes,gpus_busy,gpus_bytes,gpus_watts,cost_per_million,text\n";
  for (size_t i = 0; i < report.sections.size(); ++i) {
    for (size_t row = 0; row < report.sections[i].rows.size(); ++row) {
      AppendCsvRow(out, report, i, row);
      for (const CompareRound& round : report.sections[i].rows[row].rounds) {
        AppendCsvRound(out, report, i, row, round);
      }
    }
  }
  for (const auto& [name, text] : report.About()) AppendCsvWords(out, "about", name, text);
  for (const std::string& note : report.Notes()) AppendCsvWords(out, "note", "", note);
  return out;
}

std::string Json(const CompareReport& report) {
  std::string out = "{";
  AppendFacts(out, report.facts);
  AppendNumber(out, "rounds", report.options.rounds);
  AppendNumber(out, "warm_up_ms", static_cast<int64_t>(report.options.warm_up.count()));
  AppendNumber(out, "window_ms", static_cast<int64_t>(report.options.window.count()));
  AppendNumber(out, "seed", report.options.seed);
  AppendFlag(out, "interrupted", report.interrupted);
  AppendTexts(out, "notes", report.Notes());
  AppendMember(out, "loads");
  out += '[';
  for (size_t i = 0; i < report.sections.size(); ++i) {
    const CompareSection& section = report.sections[i];
    out += i > 0 ? ",{" : "{";
    AppendText(out, "load", Describe(section.load));
    AppendText(out, "kind", KindOf(section.load));
    if (section.load.load.goal) AppendText(out, "slo", ToString(*section.load.load.goal));
    AppendTexts(out, "remarks", CompareRemarks(report, i));
    size_t row = 0;
    AppendList(out, "servers", section.rows, [&](const CompareRow&) { AppendRow(out, report, i, row++); });
    out += '}';
  }
  return out + "]}\n";
}

}  // namespace trireme::bench

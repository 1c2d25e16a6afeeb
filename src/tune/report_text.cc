// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/quantity.h"
#include "bench/cost.h"
#include "bench/json_members.h"
#include "bench/report_text.h"
#include "codec/json_writer.h"
#include "tune/report.h"

namespace trireme::tune {
namespace {

using bench::AppendFlag;
using bench::AppendList;
using bench::AppendMember;
using bench::AppendNumber;
using bench::AppendText;
using bench::CsvField;
using bench::Microseconds;
using bench::PlainMarkdown;
using bench::Visible;
using Cells = std::vector<std::string>;

constexpr size_t kMostRowsOnTerminal = 12;

// "cost of a million requests: 0.7619 (1.2 an hour / ... = 0.7619)"
std::string CostText(const Cost& cost) {
  const std::string formula = cost.formula.empty() ? "" : " (" + cost.formula + ")";
  return cost.name + ": " + cost.value_text() + formula;
}

void AppendAligned(std::string& out, const std::vector<Cells>& rows) {
  std::vector<size_t> widths(rows[0].size());
  for (const Cells& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const Cells& row : rows) {
    std::string line = row[0] + std::string(widths[0] - row[0].size(), ' ');
    // The last one is text, like the first.
    for (size_t i = 1; i + 1 < row.size(); ++i) line += std::string(2 + widths[i] - row[i].size(), ' ') + row[i];
    out += line + "  " + row.back() + '\n';
  }
}

void AppendMarkdown(std::string& out, const std::vector<Cells>& rows) {
  const auto line = [&](const Cells& row) {
    out += '|';
    for (const std::string& cell : row) out += " " + PlainMarkdown(cell) + " |";
    out += '\n';
  };
  line(rows[0]);
  out += "| --- |";
  for (size_t i = 1; i < rows[0].size(); ++i) out += i + 1 == rows[0].size() ? " --- |" : " ---: |";
  out += '\n';
  for (size_t i = 1; i < rows.size(); ++i) line(rows[i]);
}

std::vector<Cells> TableOf(const TuneReport& report, const ModelOutcome& model, size_t most) {
  std::vector<Cells> table = {Columns(report, model)};
  const std::vector<Cells> rows = Rows(report, model);
  table.insert(table.end(), rows.begin(), rows.begin() + static_cast<ptrdiff_t>(std::min(most, rows.size())));
  return table;
}

std::string CsvNumber(double value) {
  std::string text;
  if (std::isfinite(value)) AppendJsonNumber(text, value);
  return text;
}

void AppendCsvLine(std::string& out, const Cells& cells) {
  for (size_t i = 0; i < cells.size(); ++i) out += (i > 0 ? "," : "") + cells[i];
  out += '\n';
}

constexpr size_t kCsvColumns = 19;

// What all lines of a candidate begin with.
Cells CsvCandidate(const char* kind, const ModelOutcome& model, size_t number) {
  const Candidate& candidate = model.candidates[number];
  return {kind,
          CsvField(model.facts.name),
          std::to_string(candidate.max_batch),
          std::to_string(candidate.callers),
          std::to_string(candidate.threads),
          std::to_string(candidate.max_delay.count()),
          CsvField(candidate.device),
          std::string(onnxfile::Name(candidate.precision))};
}

void AppendCsvPoint(const LoadPoint& point, Cells& cells) {
  cells.insert(cells.end(), {point.is_open ? "" : std::to_string(point.users), CsvNumber(Microseconds(point.p50)),
                             CsvNumber(Microseconds(point.p99)), CsvNumber(Microseconds(point.at_quantile)),
                             std::to_string(point.answered), std::to_string(point.failed)});
}

Cells CsvResult(const TuneReport& report, const ModelOutcome& model, size_t number, const Standing* standing) {
  Cells cells = CsvCandidate("candidate", model, number);
  const Interval score = standing == nullptr ? Interval() : standing->score;
  cells.insert(cells.end(),
               {standing == nullptr ? "" : CsvNumber(score.mean), standing == nullptr ? "" : CsvNumber(score.low),
                standing == nullptr ? "" : CsvNumber(score.high)});
  if (const std::optional<LoadPoint> point = ChosenPoint(model, number)) AppendCsvPoint(*point, cells);
  cells.resize(kCsvColumns - 2);
  const std::optional<double> price = PriceOf(report.options.prices, model.candidates[number].device);
  cells.push_back(price && score.mean > 0 ? CsvNumber(bench::CostPerMillion(*price, score.mean)) : "");
  cells.push_back(CsvField(FateText(model, number)));
  return cells;
}

Cells CsvPoint(const ModelOutcome& model, size_t number, const LoadPoint& point) {
  Cells cells = CsvCandidate(point.is_open ? "goodput" : "load", model, number);
  cells.insert(cells.end(), {CsvNumber(point.per_second), "", ""});
  AppendCsvPoint(point, cells);
  cells.resize(kCsvColumns - 1);
  cells.push_back(CsvField(point.failure));
  return cells;
}

Cells CsvWords(const char* kind, std::string_view name, std::string_view text) {
  Cells cells(kCsvColumns);
  cells[0] = kind;
  cells[1] = CsvField(name);
  cells[kCsvColumns - 1] = CsvField(text);
  return cells;
}

Cells CsvCost(const Cost& cost) {
  Cells cells = CsvWords("cost", cost.name, cost.formula);
  cells[kCsvColumns - 2] = CsvNumber(cost.value);
  return cells;
}

void AppendCsvModel(std::string& out, const TuneReport& report, const ModelOutcome& model) {
  std::vector<bool> stands(model.candidates.size());
  for (const Standing& standing : model.result.standings) {
    stands[standing.candidate] = true;
    AppendCsvLine(out, CsvResult(report, model, standing.candidate, &standing));
  }
  for (size_t i = 0; i < model.candidates.size(); ++i) {
    if (!stands[i]) AppendCsvLine(out, CsvResult(report, model, i, nullptr));
  }
  for (size_t i = 0; i < model.candidates.size(); ++i) {
    for (const LoadPoint& point : PointsOf(model, i)) AppendCsvLine(out, CsvPoint(model, i, point));
  }
  AppendCsvLine(out, CsvWords("verdict", model.facts.name, Verdict(model)));
  for (const Cost& cost : Costs(report, model)) AppendCsvLine(out, CsvCost(cost));
  for (const std::string& note : Notes(report, model)) AppendCsvLine(out, CsvWords("note", model.facts.name, note));
}

void AppendJsonPoint(std::string& out, const LoadPoint& point) {
  AppendText(out, "loop", point.is_open ? "open" : "closed");
  if (!point.is_open) AppendNumber(out, "users", point.users);
  AppendNumber(out, "requests_per_second", point.per_second);
  AppendNumber(out, "answered", point.answered);
  AppendNumber(out, "failed", point.failed);
  AppendNumber(out, "p50_us", Microseconds(point.p50));
  AppendNumber(out, "p99_us", Microseconds(point.p99));
  AppendNumber(out, "quantile_us", Microseconds(point.at_quantile));
}

void AppendJsonCandidate(std::string& out, const TuneReport& report, const ModelOutcome& model, size_t number) {
  const Candidate& candidate = model.candidates[number];
  AppendText(out, "settings", ToText(candidate));
  AppendNumber(out, "max_batch", candidate.max_batch);
  AppendNumber(out, "callers", candidate.callers);
  AppendNumber(out, "threads", candidate.threads);
  AppendNumber(out, "max_delay_us", static_cast<int64_t>(candidate.max_delay.count()));
  AppendText(out, "device", candidate.device);
  AppendText(out, "precision", onnxfile::Name(candidate.precision));
  AppendText(out, "verdict", FateText(model, number));
  const auto standing = std::ranges::find(model.result.standings, number, &Standing::candidate);
  if (standing != model.result.standings.end()) {
    AppendNumber(out, "requests_per_second", standing->score.mean);
    if (std::isfinite(standing->score.high)) {
      AppendNumber(out, "low", standing->score.low);
      AppendNumber(out, "high", standing->score.high);
    }
    const std::optional<double> price = PriceOf(report.options.prices, candidate.device);
    if (price && standing->score.mean > 0) {
      AppendNumber(out, "cost_per_million", bench::CostPerMillion(*price, standing->score.mean));
    }
  }
  AppendList(out, "loads", PointsOf(model, number), [&](const LoadPoint& point) { AppendJsonPoint(out, point); });
}

void AppendJsonModel(std::string& out, const TuneReport& report, const ModelOutcome& model) {
  AppendText(out, "model", model.facts.name);
  AppendText(out, "digest", model.facts.digest);
  AppendText(out, "inputs", Visible(model.inputs));
  AppendText(out, "slo", model.wanted.goal ? ToString(*model.wanted.goal) : "");
  AppendFlag(out, "keeps_goal", model.KeepsGoal());
  AppendText(out, "verdict", Verdict(model));
  AppendText(out, "settings_file", model.settings_file.string());
  if (model.verified) {
    AppendMember(out, "verified");
    out += '{';
    AppendJsonPoint(out, *model.verified);
    out += '}';
  }
  AppendList(out, "costs", Costs(report, model), [&](const Cost& cost) {
    AppendText(out, "name", cost.name);
    AppendNumber(out, "value", cost.value);
    AppendText(out, "formula", cost.formula);
  });
  std::vector<size_t> order;
  for (const Standing& standing : model.result.standings) order.push_back(standing.candidate);
  for (size_t i = 0; i < model.candidates.size(); ++i) {
    if (std::ranges::find(order, i) == order.end()) order.push_back(i);
  }
  AppendList(out, "candidates", order, [&](size_t number) { AppendJsonCandidate(out, report, model, number); });
  bench::AppendTexts(out, "notes", Notes(report, model));
}

}  // namespace

std::string Table(const TuneReport& report) {
  std::string out;
  for (const ModelOutcome& model : report.models) {
    if (!out.empty()) out += '\n';
    out += Visible(model.facts.name) + ": " + Verdict(model) + "\n\n";
    const std::vector<Cells> table = TableOf(report, model, kMostRowsOnTerminal);
    AppendAligned(out, table);
    const size_t more = model.candidates.size() - (table.size() - 1);
    if (more > 0) out += "and " + std::to_string(more) + " more in the report\n";
    for (const Cost& cost : Costs(report, model)) out += "\n" + CostText(cost);
    if (!report.options.prices.empty()) out += '\n';
    for (const std::string& note : Notes(report, model)) out += "\nnote: " + note;
    if (model.settings_file.empty()) continue;
    out += "\n\nServe it so: trireme serve --config " + bench::ShellCommand(std::vector{model.settings_file.string()});
    out += '\n';
  }
  return out;
}

std::string Markdown(const TuneReport& report) {
  std::string out = "# Settings for serving\n\n";
  for (const auto& [name, text] : report.About()) {
    if (!text.empty()) out += "- " + std::string(name) + ": " + PlainMarkdown(text) + "\n";
  }
  for (const ModelOutcome& model : report.models) {
    out += "\n## " + PlainMarkdown(model.facts.name) + "\n\n**" + PlainMarkdown(Verdict(model)) + "**\n\n";
    out += "- requests: " + PlainMarkdown(Visible(model.inputs)) + "\n";
    if (!model.settings_file.empty()) {
      out += "- settings: " + PlainMarkdown(model.settings_file.string()) + ", for `trireme serve --config`\n";
    }
    for (const Cost& cost : Costs(report, model)) out += "- " + PlainMarkdown(CostText(cost)) + "\n";
    for (const std::string& note : Notes(report, model)) out += "- note: " + PlainMarkdown(note) + "\n";
    out += '\n';
    AppendMarkdown(out, TableOf(report, model, model.candidates.size()));
  }
  return out;
}

std::string Csv(const TuneReport& report) {
  std::string out =
      "kind,name,max_batch,callers,threads,max_delay_us,device,precision,requests_per_s,low,high,users,p50_us,p99_us,"
      "quantile_us,answered,failed,cost_per_million,text\n";
  for (const ModelOutcome& model : report.models) AppendCsvModel(out, report, model);
  for (const auto& [name, text] : report.About()) {
    if (!text.empty()) AppendCsvLine(out, CsvWords("about", name, text));
  }
  return out;
}

std::string Json(const TuneReport& report) {
  std::string out = "{";
  bench::AppendFacts(out, report.facts);
  AppendList(out, "models", report.models, [&](const ModelOutcome& model) { AppendJsonModel(out, report, model); });
  return out + "}\n";
}

}  // namespace trireme::tune

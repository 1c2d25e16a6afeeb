// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include "bench/capacity_report.h"
#include "bench/cell_table.h"
#include "bench/json_members.h"
#include "bench/report_text.h"
#include "codec/json_writer.h"

namespace trireme::bench {
namespace {

std::vector<Cells> RowsOf(const CapacityReport& report) {
  std::vector<Cells> rows = {CapacityColumns()};
  for (const CapacityRow& row : report.rows) rows.push_back(CapacityCells(row));
  return rows;
}

// Of the terminal, which has room for about a hundred letters: headings of two lines, without what the stages say of
// one user.
std::vector<Cells> NarrowRowsOf(const CapacityReport& report) {
  std::vector<Cells> rows = {{"", "models", "", "MiB", "load time,", "users before", "most"},
                             {"model", "held", "budget", "a model", "ms", "a failure", "requests/s"}};
  for (const CapacityRow& row : report.rows) {
    const Cells all = CapacityCells(row);
    Cells& cells = rows.emplace_back(all.begin(), all.begin() + 5);
    cells.insert(cells.end(), all.end() - 2, all.end());
  }
  return rows;
}

Cells StageColumns() {
  return {"model", "users", "requests/s", "p50, ms", "p99, ms", "failed"};
}

Cells StageCells(const CapacityRow& row, const CapacityStage& stage) {
  return {row.name,
          std::to_string(stage.users),
          Short(stage.per_second()),
          ShortMilliseconds(stage.latency.Quantile(0.5)),
          ShortMilliseconds(stage.latency.Quantile(0.99)),
          std::to_string(stage.failed)};
}

std::vector<Cells> StagesOf(const CapacityReport& report) {
  std::vector<Cells> rows = {StageColumns()};
  for (const CapacityRow& row : report.rows) {
    for (const CapacityStage& stage : row.stages) rows.push_back(StageCells(row, stage));
  }
  return rows;
}

std::string CsvNumber(double value) {
  std::string text;
  AppendJsonNumber(text, value);
  return text;
}

void AppendCsvLine(std::string& out, const Cells& cells) {
  for (size_t i = 0; i < cells.size(); ++i) out += (i > 0 ? "," : "") + cells[i];
  out += '\n';
}

// One of each kind of line has other cells; what it has not is empty.
Cells CsvModel(const CapacityRow& row) {
  return {"model",
          CsvField(row.name),
          std::to_string(row.models),
          std::to_string(row.budget_bytes),
          CsvNumber(row.bytes_a_model()),
          CsvNumber(row.load_ms().median),
          std::to_string(row.users_before_failure()),
          "",
          CsvNumber(row.best_per_second()),
          "",
          "",
          row.failure.empty() ? "" : CsvField(row.failure)};
}

Cells CsvStage(const CapacityRow& row, const CapacityStage& stage) {
  return {"stage",
          CsvField(row.name),
          std::to_string(row.models),
          "",
          "",
          "",
          std::to_string(stage.users),
          std::to_string(stage.failed),
          CsvNumber(stage.per_second()),
          CsvNumber(Microseconds(stage.latency.Quantile(0.5))),
          CsvNumber(Microseconds(stage.latency.Quantile(0.99))),
          ""};
}

Cells CsvWords(const std::string& kind, std::string_view name, std::string_view text) {
  Cells cells(12);
  cells[0] = kind;
  cells[1] = CsvField(name);
  cells[11] = CsvField(text);
  return cells;
}

void AppendJsonStage(std::string& out, const CapacityStage& stage) {
  AppendNumber(out, "users", stage.users);
  AppendNumber(out, "seconds", Seconds(stage.length));
  AppendNumber(out, "requests", stage.latency.count());
  AppendNumber(out, "failed", stage.failed);
  AppendNumber(out, "requests_per_second", stage.per_second());
  AppendLatency(out, stage.latency);
}

template <typename T>
void AppendNumbers(std::string& out, std::string_view name, const std::vector<T>& numbers) {
  AppendMember(out, name);
  out += '[';
  for (const T& number : numbers) {
    if (out.back() != '[') out += ',';
    AppendJsonNumber(out, number);
  }
  out += ']';
}

void AppendJsonRow(std::string& out, const CapacityRow& row) {
  AppendText(out, "model", row.name);
  AppendText(out, "inputs", row.inputs);
  AppendNumber(out, "file_bytes", row.file_bytes);
  AppendNumber(out, "models", static_cast<uint64_t>(row.models));
  AppendNumber(out, "budget_bytes", row.budget_bytes);
  AppendNumber(out, "bytes_a_model", row.bytes_a_model());
  if (row.process_bytes) AppendNumber(out, "process_bytes", *row.process_bytes);
  AppendNumber(out, "load_ms", row.load_ms().median);
  AppendNumber(out, "users_before_failure", row.users_before_failure());
  AppendNumber(out, "best_requests_per_second", row.best_per_second());
  AppendText(out, "refusal", row.refusal);
  AppendText(out, "failure", row.failure);
  AppendFlag(out, "interrupted", row.interrupted);
  AppendNumbers(out, "used_bytes", row.used_bytes);
  AppendNumbers(out, "load_seconds", row.load_seconds);
  AppendList(out, "stages", row.stages, [&](const CapacityStage& stage) { AppendJsonStage(out, stage); });
}

}  // namespace

std::string Table(const CapacityReport& report) {
  std::string out;
  AppendAligned(out, NarrowRowsOf(report));
  out += "\nUsers who wait for answers, at random models:\n\n";
  AppendAligned(out, StagesOf(report));
  for (const std::string& note : report.Notes()) out += "\nnote: " + note;
  if (out.back() != '\n') out += '\n';
  return out;
}

std::string Markdown(const CapacityReport& report) {
  std::string out = "# Models in a memory budget\n\n";
  for (const auto& [name, text] : report.About()) {
    if (!text.empty()) out += "- " + std::string(name) + ": " + PlainMarkdown(text) + "\n";
  }
  for (const std::string& note : report.Notes()) out += "- note: " + PlainMarkdown(note) + "\n";
  out += '\n';
  AppendMarkdownTable(out, RowsOf(report));
  out += "\nUsers who wait for answers, at random models:\n\n";
  AppendMarkdownTable(out, StagesOf(report));
  return out;
}

std::string Csv(const CapacityReport& report) {
  std::string out =
      "kind,name,models,budget_bytes,bytes_a_model,load_ms,users,failed,requests_per_s,p50_us,p99_us,text\n";
  for (const CapacityRow& row : report.rows) {
    AppendCsvLine(out, CsvModel(row));
    for (const CapacityStage& stage : row.stages) AppendCsvLine(out, CsvStage(row, stage));
  }
  for (const auto& [name, text] : report.About()) {
    if (!text.empty()) AppendCsvLine(out, CsvWords("about", name, text));
  }
  for (const std::string& note : report.Notes()) AppendCsvLine(out, CsvWords("note", "", note));
  return out;
}

std::string Json(const CapacityReport& report) {
  std::string out = "{";
  AppendFacts(out, report.facts);
  AppendList(out, "models", report.rows, [&](const CapacityRow& row) { AppendJsonRow(out, row); });
  AppendTexts(out, "notes", report.Notes());
  return out + "}\n";
}

}  // namespace trireme::bench

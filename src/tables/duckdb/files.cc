// SPDX-License-Identifier: Apache-2.0
#include "tables/duckdb/files.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/check.h"
#include "tables/duckdb/check_nesting.h"
#include "tables/duckdb/sql_text.h"

namespace trireme::duck {
namespace {

using table::Column;
using table::ColumnType;
using table::Format;
using table::SourceSpec;

// Lines that are wrong do not hide what the others are like: they are spoken of when they are read.
std::string SniffCall(const std::string& path, const SourceSpec& spec, int sample_rows) {
  std::string call =
      "sniff_csv(" + FileLiteral(path) + ", ignore_errors = true, sample_size = " + std::to_string(sample_rows);
  if (spec.header) call += std::string(", header = ") + (*spec.header ? "true" : "false");
  return call + ")";
}

std::string TextOr(const std::optional<std::string>& text, const std::string& instead) {
  return !text || text->empty() || *text == "(empty)" ? instead : *text;
}

Result<CsvDialect> LookAtDialect(Session& session, const std::string& path, const SourceSpec& spec) {
  ASSIGN_OR_RETURN(const auto rows, session.All("SELECT Delimiter, Quote, Escape, Comment, SkipRows::VARCHAR, "
                                                "HasHeader::VARCHAR FROM " +
                                                SniffCall(path, spec, 20480)));
  if (rows.size() != 1 || rows[0].size() != 6) return Internal("DuckDB says nothing of " + path);
  const Session::TextRow& row = rows[0];
  CsvDialect dialect;
  dialect.delimiter = TextOr(row[0], ",");
  dialect.quote = TextOr(row[1], "\"");
  dialect.escape = TextOr(row[2], dialect.quote);
  dialect.comment = TextOr(row[3], "");
  if (dialect.comment[0] == '\0') dialect.comment.clear();
  dialect.skip = TextOr(row[4], "0");
  dialect.header = TextOr(row[5], "false") == "true";
  return dialect;
}

Result<std::vector<Column>> ColumnsOf(Session& session, const std::string& sql) {
  ASSIGN_OR_RETURN(const auto rows, session.All(sql));
  std::vector<Column> columns;
  for (const Session::TextRow& row : rows) {
    const std::string native = row[1].value_or("VARCHAR");
    columns.push_back({.name = row[0].value_or(""), .type = TypeOf(native), .native = native});
  }
  return columns;
}

Result<std::vector<Column>> CsvColumns(Session& session, const std::string& path, const SourceSpec& spec,
                                       int sample_rows) {
  return ColumnsOf(session, "SELECT c.name, c.type FROM (SELECT unnest(Columns) AS c FROM " +
                                SniffCall(path, spec, sample_rows) + ")");
}

std::string ReadCall(const std::string& path, Format format) {
  if (format == Format::kParquet) return "read_parquet(" + FileLiteral(path) + ")";
  return "read_json(" + FileLiteral(path) + ", format = 'newline_delimited', ignore_errors = true)";
}

Result<std::vector<Column>> DescribedColumns(Session& session, const std::string& path, Format format) {
  return ColumnsOf(session,
                   "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM " + ReadCall(path, format) + ")");
}

// What DuckDB makes of lines that are not all objects.
bool IsOneOfJson(const std::vector<Column>& columns) {
  return columns.size() == 1 && columns[0].name == "json" && columns[0].native == "JSON";
}

std::string NamesOf(const std::vector<Column>& columns) {
  std::string names;
  for (const Column& column : columns) names += (names.empty() ? "" : ", ") + column.name;
  return names;
}

bool HaveSameNames(const std::vector<Column>& a, const std::vector<Column>& b) {
  return std::ranges::equal(a, b, {}, &Column::name, &Column::name);
}

// CSV files are read by position and have one dialect; in the others columns have names, and may be left out of lines.
Status CheckOtherFiles(Session& session, const SourceSpec& spec, const SourceFiles& files) {
  if (spec.format == Format::kJsonLines) return {};
  constexpr int kFewRows = 100;
  for (size_t i = 1; i < files.paths.size(); ++i) {
    const std::string& path = files.paths[i];
    const auto columns = spec.format == Format::kCsv ? CsvColumns(session, path, spec, kFewRows)
                                                     : DescribedColumns(session, path, spec.format);
    if (!columns.ok()) return Status(columns.status()).Within(path);
    const bool same = spec.format == Format::kCsv && !files.csv.header ? columns->size() == files.columns.size()
                                                                       : HaveSameNames(*columns, files.columns);
    if (same) continue;
    return InvalidArgument(path + ": expected the columns of " + files.paths[0] + " (" + NamesOf(files.columns) +
                           "), found " + NamesOf(*columns));
  }
  return {};
}

Result<std::vector<std::string>> FindFiles(Session& session, const std::string& pattern) {
  // A file of this very name is meant, whatever the name means as a pattern.
  std::error_code ignored;
  if (std::filesystem::exists(pattern, ignored) && !std::filesystem::is_directory(pattern, ignored)) {
    return std::vector<std::string>{pattern};
  }
  ASSIGN_OR_RETURN(const auto rows, session.All("SELECT file FROM glob(" + Literal(pattern) + ") ORDER BY file"));
  std::vector<std::string> paths;
  for (const Session::TextRow& row : rows) paths.push_back(row[0].value_or(""));
  if (paths.empty()) return NotFound("there is no file '" + pattern + "'");
  return paths;
}

}  // namespace

ColumnType TypeOf(const std::string& native) {
  for (const char* name : {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"}) {
    if (native == name) return ColumnType::kInt64;
  }
  if (native == "UBIGINT") return ColumnType::kUint64;
  if (native == "BOOLEAN") return ColumnType::kBool;
  if (native == "FLOAT") return ColumnType::kFp32;
  const bool is_wide = native == "DOUBLE" || native == "HUGEINT" || native == "UHUGEINT";
  if (is_wide || (native.starts_with("DECIMAL(") && native.ends_with(")"))) return ColumnType::kFp64;
  return ColumnType::kText;
}

const char* NativeOf(ColumnType type) {
  switch (type) {
    case ColumnType::kBool:
      return "BOOLEAN";
    case ColumnType::kInt64:
      return "BIGINT";
    case ColumnType::kUint64:
      return "UBIGINT";
    case ColumnType::kFp32:
      return "FLOAT";
    case ColumnType::kFp64:
      return "DOUBLE";
    case ColumnType::kText:
      return "VARCHAR";
  }
  CHECK(false);
}

Result<SourceFiles> LookAtFiles(Session& session, const SourceSpec& spec) {
  SourceFiles files;
  ASSIGN_OR_RETURN(files.paths, FindFiles(session, spec.files));
  for (const std::string& path : files.paths) {
    if (spec.format == Format::kJsonLines) RETURN_IF_ERROR(CheckNesting(path));
  }
  const std::string& first = files.paths[0];
  if (spec.format == Format::kCsv) {
    Result<CsvDialect> dialect = LookAtDialect(session, first, spec);
    if (!dialect.ok()) return std::move(dialect).status().Within(first);
    files.csv = *std::move(dialect);
  }
  auto columns = spec.format == Format::kCsv ? CsvColumns(session, first, spec, 20480)
                                             : DescribedColumns(session, first, spec.format);
  if (!columns.ok()) return std::move(columns).status().Within(first);
  files.columns = *std::move(columns);
  if (spec.format == Format::kJsonLines && IsOneOfJson(files.columns)) {
    return InvalidArgument(first + ": expected a JSON object on each line, found lines with other values");
  }
  RETURN_IF_ERROR(CheckOtherFiles(session, spec, files));
  return files;
}

}  // namespace trireme::duck

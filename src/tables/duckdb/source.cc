// SPDX-License-Identifier: Apache-2.0
#include "tables/duckdb/source.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/nearest_name.h"
#include "tables/duckdb/reader.h"
#include "tables/duckdb/sql_text.h"

namespace trireme::duck {
namespace {

using table::Column;
using table::ColumnType;
using table::ColumnWish;
using table::Format;

const ReadColumn* FindRead(const std::vector<ReadColumn>& columns, const std::string& name) {
  const auto found =
      std::ranges::find_if(columns, [&name](const ReadColumn& read) { return read.column.name == name; });
  return found == columns.end() ? nullptr : &*found;
}

// What a blank is not: then it is text that is no number, and its line is named.
constexpr const char* kNoBlank = "\x1a no value is this \x1a";

// Every column has a type, and those that are not read as numbers one that everything fits.
std::string CsvTypes(const SourceFiles& files, const std::vector<ReadColumn>& columns) {
  std::string types;
  for (const Column& column : files.columns) {
    const ReadColumn* read = FindRead(columns, column.name);
    const bool is_number = read != nullptr && read->is_number;
    types += (types.empty() ? "" : ", ") + Literal(column.name) + ": " + (is_number ? "'DOUBLE'" : "'VARCHAR'");
  }
  return "{" + types + "}";
}

std::string CsvCall(const SourceFiles& files, const std::vector<ReadColumn>& columns, const table::ReadRules& rules) {
  const CsvDialect& csv = files.csv;
  std::string call = "read_csv(" + FileList(files.paths) + ", auto_detect = false, delim = " + Literal(csv.delimiter) +
                     ", quote = " + Literal(csv.quote) + ", escape = " + Literal(csv.escape) + ", skip = " + csv.skip +
                     ", header = " + (csv.header ? "true" : "false") + ", columns = " + CsvTypes(files, columns);
  if (!csv.comment.empty()) call += ", comment = " + Literal(csv.comment);
  if (!rules.blank_numbers) call += ", nullstr = " + Literal(kNoBlank);
  if (rules.skip_bad_lines) {
    call += std::string(", store_rejects = true, rejects_table = '") + kRejects + "', rejects_scan = '" + kRejectScans +
            "'";
  }
  return call + ")";
}

std::string JsonCall(const SourceFiles& files, const std::vector<ReadColumn>& columns, const table::ReadRules& rules) {
  // One that is a number here and kept as it is there is read once, as text.
  std::map<std::string, ColumnType> type_of;
  for (const ReadColumn& read : columns) {
    const auto [known, is_new] = type_of.emplace(read.column.name, read.type);
    if (!is_new && known->second != read.type) known->second = ColumnType::kText;
  }
  std::string types;
  for (const auto& [name, type] : type_of) {
    types += (types.empty() ? "" : ", ") + Literal(name) + ": " + Literal(NativeOf(type));
  }
  return "read_json(" + FileList(files.paths) + ", format = 'newline_delimited', columns = {" + types + "}" +
         (rules.skip_bad_lines ? ", ignore_errors = true)" : ")");
}

std::string FromText(const table::SourceSpec& spec, const SourceFiles& files, const std::vector<ReadColumn>& columns,
                     const table::ReadRules& rules) {
  if (spec.files.empty()) return "(" + spec.query + "\n)";
  switch (spec.format) {
    case Format::kCsv:
      return CsvCall(files, columns, rules);
    case Format::kJsonLines:
      return JsonCall(files, columns, rules);
    case Format::kParquet:
      break;
  }
  return "read_parquet(" + FileList(files.paths) + ")";
}

bool IsCsv(const table::SourceSpec& spec) {
  return !spec.files.empty() && spec.format == Format::kCsv;
}

// Numbers in JSON's lines are read as the text that they are: what is no number would be NULL, and nobody could say
// what it was. DuckDB's CSV reader does say it.
ReadColumn Wanted(const Column& column, const ColumnWish& wish, const table::SourceSpec& spec) {
  ReadColumn read{.column = column, .type = column.type};
  if (wish.as == ColumnWish::As::kText) read.type = ColumnType::kText;
  if (wish.as != ColumnWish::As::kNumber || spec.files.empty()) return read;
  if (spec.format == Format::kJsonLines) read.type = ColumnType::kText;
  read.is_number = spec.format == Format::kCsv;
  if (read.is_number) read.type = ColumnType::kFp64;
  return read;
}

// A column of CSV that is a number here and kept as it is there is read once, as text.
void ReadOnce(std::vector<ReadColumn>& columns) {
  for (ReadColumn& read : columns) {
    const bool is_kept = std::ranges::any_of(columns, [&read](const ReadColumn& other) {
      return other.column.name == read.column.name && !other.is_number;
    });
    if (!read.is_number || !is_kept) continue;
    read.is_number = false;
    read.type = ColumnType::kText;
  }
}

// A blank in CSV is no value. In a line of JSON that is passed over nothing has to be of its type.
std::string SelectedValue(const ReadColumn& read, bool is_csv, const char* cast) {
  const std::string name = Identifier(read.column.name);
  if (is_csv && read.is_number) return name;
  const std::string value = is_csv ? "NULLIF(" + name + ", '')" : name;
  if (is_csv && read.type == ColumnType::kText) return value;
  return cast + ("(" + value) + " AS " + NativeOf(read.type) + ")";
}

// The user's own statement, as the inside of another one.
std::string WithoutEnd(std::string query) {
  while (!query.empty() && (query.back() == ';' || query.back() == ' ' || query.back() == '\n')) query.pop_back();
  return query;
}

}  // namespace

std::string SelectText(const table::SourceSpec& spec, const SourceFiles& files, const std::vector<ReadColumn>& columns,
                       const table::ReadRules& rules) {
  const bool is_json = !spec.files.empty() && spec.format == Format::kJsonLines;
  const char* cast = is_json && rules.skip_bad_lines ? "TRY_CAST" : "CAST";
  std::string list;
  for (const ReadColumn& read : columns) list += (list.empty() ? "" : ", ") + SelectedValue(read, IsCsv(spec), cast);
  std::string text = "SELECT " + list + " FROM " + FromText(spec, files, columns, rules);
  if (spec.limit) text += " LIMIT " + std::to_string(*spec.limit);
  return text;
}

Result<std::unique_ptr<table::Source>> DuckSource::Open(std::shared_ptr<Session> session,
                                                        const table::SourceSpec& spec) {
  table::SourceSpec settled = spec;
  SourceFiles files;
  if (!spec.files.empty()) {
    ASSIGN_OR_RETURN(files, LookAtFiles(*session, spec));
  } else {
    settled.query = WithoutEnd(spec.query);
    ASSIGN_OR_RETURN(const auto rows, session->All("SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM (" +
                                                   settled.query + "\n))"));
    for (const auto& row : rows) {
      const std::string native = row[1].value_or("VARCHAR");
      files.columns.push_back({.name = row[0].value_or(""), .type = TypeOf(native), .native = native});
    }
  }
  return std::unique_ptr<table::Source>(
      std::make_unique<DuckSource>(std::move(session), std::move(settled), std::move(files)));
}

Result<std::unique_ptr<table::Reader>> DuckSource::Read(const table::ReadRules& rules) {
  std::vector<ReadColumn> columns;
  for (const ColumnWish& wish : rules.columns) {
    const auto found = std::ranges::find(files_.columns, wish.name, &Column::name);
    if (found == files_.columns.end()) {
      std::vector<std::string> names;
      for (const Column& column : files_.columns) names.push_back(column.name);
      const std::string hint = DidYouMean(wish.name, names);
      return NotFound("there is no column \"" + wish.name + "\"" + (hint.empty() ? "" : "; " + hint));
    }
    columns.push_back(Wanted(*found, wish, spec_));
  }
  ReadOnce(columns);
  DuckReader::Options options{.select = SelectText(spec_, files_, columns, rules),
                              .texts = spec_.format == Format::kParquet ? std::vector<std::string>() : files_.paths,
                              .types = {},
                              .keeps_rejects = rules.skip_bad_lines && IsCsv(spec_)};
  for (const ReadColumn& column : columns) options.types.push_back(column.type);
  return std::unique_ptr<table::Reader>(std::make_unique<DuckReader>(session_, std::move(options)));
}

}  // namespace trireme::duck

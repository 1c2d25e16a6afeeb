// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "table/tables.h"
#include "tables/duckdb/session.h"

namespace trireme::duck {

// How CSV files are written, found in the beginning of the first.
struct CsvDialect {
  std::string delimiter = ",";
  std::string quote = "\"";
  std::string escape = "\"";
  std::string comment;
  std::string skip = "0";  // lines before the header
  bool header = true;
};

// Files of a source, and what they have in common.
struct SourceFiles {
  std::vector<std::string> paths;      // sorted; at least one
  std::vector<table::Column> columns;  // `native` is DuckDB's name of the type
  CsvDialect csv;                      // of CSV files
};

// kNotFound: there are none; kInvalidArgument: the first is no such table, or another has other columns.
Result<SourceFiles> LookAtFiles(Session& session, const table::SourceSpec& spec);

// What a type of DuckDB is to this program.
table::ColumnType TypeOf(const std::string& native);

// The type that DuckDB shall make of it.
const char* NativeOf(table::ColumnType type);

}  // namespace trireme::duck

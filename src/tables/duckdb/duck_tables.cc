// SPDX-License-Identifier: Apache-2.0
#include "tables/duckdb/duck_tables.h"

#include <utility>

#include "tables/duckdb/source.h"
#include "tables/duckdb/sql_text.h"
#include "tables/duckdb/writer.h"

namespace trireme::duck {

Result<std::unique_ptr<table::Tables>> DuckTables::Open(const table::TablesOptions& options) {
  ASSIGN_OR_RETURN(std::shared_ptr<Database> database, Database::Open(options));
  return std::unique_ptr<table::Tables>(std::make_unique<DuckTables>(options, std::move(database)));
}

std::string DuckTables::version() const {
  return std::string("DuckDB ") + duckdb_library_version();
}

Result<std::unique_ptr<table::Source>> DuckTables::Open(const table::SourceSpec& spec) {
  ASSIGN_OR_RETURN(std::shared_ptr<Session> session, Session::Open(database_));
  return DuckSource::Open(std::move(session), spec);
}

Result<std::unique_ptr<table::Writer>> DuckTables::Create(const table::WriterSpec& spec) {
  return DuckWriter::Create(options_, spec);
}

Status DuckTables::JoinParquet(const std::vector<std::filesystem::path>& parts, const std::filesystem::path& file) {
  std::vector<std::string> paths;
  for (const std::filesystem::path& part : parts) paths.push_back(part.string());
  ASSIGN_OR_RETURN(const std::shared_ptr<Session> session, Session::Open(database_));
  return session->Run("COPY (SELECT * FROM read_parquet(" + FileList(paths) + ")) TO " + Literal(file.string()) +
                      " (FORMAT parquet)");
}

}  // namespace trireme::duck

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "base/status.h"
#include "table/tables.h"
#include "tables/duckdb/session.h"

namespace trireme::duck {

// Tables through DuckDB (https://duckdb.org, its C interface).
class DuckTables final : public table::Tables {
 public:
  static Result<std::unique_ptr<table::Tables>> Open(const table::TablesOptions& options);
  DuckTables(table::TablesOptions options, std::shared_ptr<Database> database)
      : options_(std::move(options)), database_(std::move(database)) {}

  std::string version() const override;
  Result<std::unique_ptr<table::Source>> Open(const table::SourceSpec& spec) override;
  Result<std::unique_ptr<table::Writer>> Create(const table::WriterSpec& spec) override;
  Status JoinParquet(const std::vector<std::filesystem::path>& parts, const std::filesystem::path& file) override;

 private:
  const table::TablesOptions options_;
  const std::shared_ptr<Database> database_;  // shared with what reads
};

}  // namespace trireme::duck

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "table/tables.h"
#include "tables/duckdb/files.h"
#include "tables/duckdb/session.h"

namespace trireme::duck {

// Files or a query, read through DuckDB.
class DuckSource final : public table::Source {
 public:
  static Result<std::unique_ptr<table::Source>> Open(std::shared_ptr<Session> session, const table::SourceSpec& spec);
  DuckSource(std::shared_ptr<Session> session, table::SourceSpec spec, SourceFiles files)
      : session_(std::move(session)), spec_(std::move(spec)), files_(std::move(files)) {}

  const std::vector<table::Column>& columns() const override { return files_.columns; }
  Result<std::unique_ptr<table::Reader>> Read(const table::ReadRules& rules) override;

 private:
  const std::shared_ptr<Session> session_;  // shared with the reader
  const table::SourceSpec spec_;
  const SourceFiles files_;  // of a query: its columns alone
};

// One column as it is to be read.
struct ReadColumn {
  table::Column column;    // the source's
  table::ColumnType type;  // that is wanted
  bool is_number = false;  // in the lines of CSV
};

// The SELECT that reads them in this order.
std::string SelectText(const table::SourceSpec& spec, const SourceFiles& files, const std::vector<ReadColumn>& columns,
                       const table::ReadRules& rules);

}  // namespace trireme::duck

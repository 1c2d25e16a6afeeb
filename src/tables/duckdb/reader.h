// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "table/tables.h"
#include "tables/duckdb/session.h"

namespace trireme::duck {

struct ReadColumn;

// Where DuckDB notes lines that were passed over.
inline constexpr const char* kRejects = "trireme_rejects";
inline constexpr const char* kRejectScans = "trireme_reject_scans";

// A SELECT whose rows are fetched while it runs. Nothing is read before the first of them is wanted.
class DuckReader final : public table::Reader {
 public:
  struct Options {
    std::string select;
    std::vector<std::string> texts;  // files that it reads, if they are CSV or JSON: those that are compressed are
                                     // looked through first
    std::vector<table::ColumnType> types;
    bool keeps_rejects = false;
  };
  DuckReader(std::shared_ptr<Session> session, Options options)
      : session_(std::move(session)), options_(std::move(options)) {}

  Result<table::Batch> Next() override;
  std::optional<double> Progress() override { return session_->Progress(); }
  Result<table::BadLines> Skipped(size_t most) override;
  void Cancel() override;

 private:
  Status Begin();

  const std::shared_ptr<Session> session_;  // shared with the source
  const Options options_;
  std::unique_ptr<Rows> rows_;           // null: nothing was read yet
  std::atomic<bool> cancelled_ = false;  // a lone flag: it orders nothing
};

}  // namespace trireme::duck

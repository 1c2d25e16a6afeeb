// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/status.h"
#include "table/tables.h"
#include "tables/duckdb/session.h"

namespace trireme::duck {

// Batches on their way from who appends them to the COPY that writes them: a function of SQL that gives their rows.
class Feed {
 public:
  explicit Feed(std::vector<table::Column> columns) : columns_(std::move(columns)) {}

  const std::vector<table::Column>& columns() const { return columns_; }

  // Waits for room; false: nobody reads any more.
  bool Push(table::Batch batch);
  void End();    // no more comes
  void Close();  // nobody reads any more
  void Abort();  // what came is no whole table

  // Fills the chunk with the next rows, none at the end; false where it was aborted. On DuckDB's thread.
  bool Fill(duckdb_data_chunk chunk);

 private:
  static constexpr size_t kMostWaiting = 4;

  bool Take();

  const std::vector<table::Column> columns_;
  table::Batch current_;  // of the thread that fills
  size_t done_ = 0;       // rows of it that have been given
  Mutex mutex_;
  CondVar moved_;
  std::deque<table::Batch> waiting_ GUARDED_BY(mutex_);
  bool ended_ GUARDED_BY(mutex_) = false;
  bool closed_ GUARDED_BY(mutex_) = false;
  bool aborted_ GUARDED_BY(mutex_) = false;
};

// COPY (what is appended) TO a file, on a thread of its own.
class DuckWriter final : public table::Writer {
 public:
  static Result<std::unique_ptr<table::Writer>> Create(const table::TablesOptions& options,
                                                       const table::WriterSpec& spec);
  DuckWriter(std::shared_ptr<Session> session, std::unique_ptr<Feed> feed, std::string copy);
  ~DuckWriter() override;

  Status Append(const table::Batch& batch) override;
  Status Close() override;

 private:
  Status Finish();

  const std::unique_ptr<Feed> feed_;
  const std::shared_ptr<Session> session_;  // no one else's
  Status status_;                           // of the thread, once it has ended
  std::thread thread_;
};

// " (FORMAT csv, HEADER true)"
std::string CopyOptions(const table::WriterSpec& spec);

}  // namespace trireme::duck

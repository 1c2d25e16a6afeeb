// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <duckdb.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "table/tables.h"

namespace trireme::duck {

// A database in memory that has nothing in it, reads no file that nobody named, fetches and loads nothing.
class Database {
 public:
  static Result<std::shared_ptr<Database>> Open(const table::TablesOptions& options);
  explicit Database(duckdb_database database) : database_(database) {}
  ~Database() { duckdb_close(&database_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  duckdb_database get() const { return database_; }

 private:
  duckdb_database database_;
};

// Rows of a result, as they come out of it.
class Chunk {
 public:
  explicit Chunk(duckdb_data_chunk chunk) : chunk_(chunk) {}
  Chunk(Chunk&& other) noexcept : chunk_(std::exchange(other.chunk_, nullptr)) {}
  Chunk& operator=(Chunk&&) = delete;
  ~Chunk() {
    if (chunk_ != nullptr) duckdb_destroy_data_chunk(&chunk_);
  }

  size_t rows() const { return chunk_ == nullptr ? 0 : duckdb_data_chunk_get_size(chunk_); }
  size_t columns() const { return chunk_ == nullptr ? 0 : duckdb_data_chunk_get_column_count(chunk_); }
  duckdb_vector column(size_t i) const { return duckdb_data_chunk_get_vector(chunk_, i); }

 private:
  duckdb_data_chunk chunk_;
};

// A query that runs while its rows are fetched: it keeps no more of them than fit into a buffer.
class Rows {
 public:
  explicit Rows(duckdb_result result) : result_(result) {}
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;
  ~Rows() { duckdb_destroy_result(&result_); }

  // One without rows is the end.
  Result<Chunk> Next();

 private:
  duckdb_result result_;
};

// One conversation with a database. Used by one thread at a time, but for Interrupt().
class Session {
 public:
  static Result<std::shared_ptr<Session>> Open(std::shared_ptr<Database> database);
  Session(std::shared_ptr<Database> database, duckdb_connection connection)
      : database_(std::move(database)), connection_(connection) {}
  ~Session() { duckdb_disconnect(&connection_); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Result<std::unique_ptr<Rows>> Begin(const std::string& sql);

  // For those with few rows: all of them, as text; NULL is nothing.
  using TextRow = std::vector<std::optional<std::string>>;
  Result<std::vector<TextRow>> All(const std::string& sql);
  Status Run(const std::string& sql);

  // From 0 to 1; nothing if it cannot be told.
  std::optional<double> Progress() const;
  void Interrupt() const { duckdb_interrupt(connection_); }
  duckdb_connection get() const { return connection_; }

 private:
  const std::shared_ptr<Database> database_;  // shared by its sessions
  duckdb_connection connection_;
};

}  // namespace trireme::duck

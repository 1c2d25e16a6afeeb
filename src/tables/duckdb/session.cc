// SPDX-License-Identifier: Apache-2.0
#include "tables/duckdb/session.h"

#include <algorithm>
#include <array>

#include "tables/duckdb/problem_text.h"

namespace trireme::duck {
namespace {

// What it keeps of rows that nobody has fetched yet: enough to have all its threads read while the reader is busy.
constexpr const char* kStreamingBuffer = "32MiB";

Status Configure(duckdb_config config, const table::TablesOptions& options) {
  const std::string threads = std::to_string(std::max(options.threads, 1));
  const std::string memory = std::to_string(options.memory_bytes >> 20) + "MiB";
  const std::string scratch = options.scratch.string();
  const std::array<std::pair<const char*, const char*>, 7> settings = {{{"threads", threads.c_str()},
                                                                        {"memory_limit", memory.c_str()},
                                                                        {"temp_directory", scratch.c_str()},
                                                                        {"autoinstall_known_extensions", "false"},
                                                                        {"autoload_known_extensions", "false"},
                                                                        {"allow_community_extensions", "false"},
                                                                        {"preserve_insertion_order", "true"}}};
  for (const auto& [name, value] : settings) {
    if (duckdb_set_config(config, name, value) == DuckDBError) {
      return Internal("DuckDB does not take " + std::string(name) + " = " + value);
    }
  }
  return {};
}

std::string TextOf(const Chunk& chunk, size_t column, size_t row) {
  auto* texts = static_cast<duckdb_string_t*>(duckdb_vector_get_data(chunk.column(column)));
  return {duckdb_string_t_data(&texts[row]), duckdb_string_t_length(texts[row])};
}

}  // namespace

Result<std::shared_ptr<Database>> Database::Open(const table::TablesOptions& options) {
  duckdb_config config = nullptr;
  if (duckdb_create_config(&config) == DuckDBError) return Internal("DuckDB has no memory for its settings");
  Status status = Configure(config, options);
  duckdb_database database = nullptr;
  char* problem = nullptr;
  if (status.ok() && duckdb_open_ext(nullptr, &database, config, &problem) == DuckDBError) {
    status = Internal("DuckDB does not start: " + std::string(problem == nullptr ? "no reason given" : problem));
    duckdb_free(problem);
  }
  duckdb_destroy_config(&config);
  if (!status.ok()) return status;
  return std::make_shared<Database>(database);
}

Result<Chunk> Rows::Next() {
  Chunk chunk(duckdb_fetch_chunk(result_));
  if (chunk.rows() > 0) return chunk;
  const char* problem = duckdb_result_error(&result_);
  if (problem != nullptr && *problem != '\0') return ProblemOf(problem);
  return chunk;
}

Result<std::shared_ptr<Session>> Session::Open(std::shared_ptr<Database> database) {
  duckdb_connection connection = nullptr;
  if (duckdb_connect(database->get(), &connection) == DuckDBError) return Internal("DuckDB opens no connection");
  auto session = std::make_shared<Session>(std::move(database), connection);
  for (const char* setting : {"SET enable_progress_bar = true", "SET enable_progress_bar_print = false"}) {
    RETURN_IF_ERROR(session->Run(setting));
  }
  RETURN_IF_ERROR(session->Run(std::string("SET streaming_buffer_size = '") + kStreamingBuffer + "'"));
  return session;
}

Result<std::unique_ptr<Rows>> Session::Begin(const std::string& sql) {
  duckdb_prepared_statement statement = nullptr;
  if (duckdb_prepare(connection_, sql.c_str(), &statement) == DuckDBError) {
    Status status = ProblemOf(duckdb_prepare_error(statement));
    duckdb_destroy_prepare(&statement);
    return status;
  }
  duckdb_result result;
  const bool failed = duckdb_execute_prepared_streaming(statement, &result) == DuckDBError;
  duckdb_destroy_prepare(&statement);
  auto rows = std::make_unique<Rows>(result);
  if (failed) return ProblemOf(duckdb_result_error(&result));
  return rows;
}

Result<std::vector<Session::TextRow>> Session::All(const std::string& sql) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Rows> rows, Begin(sql));
  std::vector<TextRow> all;
  while (true) {
    ASSIGN_OR_RETURN(const Chunk chunk, rows->Next());
    if (chunk.rows() == 0) return all;
    for (size_t row = 0; row < chunk.rows(); ++row) {
      TextRow& texts = all.emplace_back();
      for (size_t column = 0; column < chunk.columns(); ++column) {
        uint64_t* valid = duckdb_vector_get_validity(chunk.column(column));
        const bool is_null = valid != nullptr && !duckdb_validity_row_is_valid(valid, row);
        texts.push_back(is_null ? std::nullopt : std::optional(TextOf(chunk, column, row)));
      }
    }
  }
}

Status Session::Run(const std::string& sql) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Rows> rows, Begin(sql));
  while (true) {
    ASSIGN_OR_RETURN(const Chunk chunk, rows->Next());
    if (chunk.rows() == 0) return {};
  }
}

std::optional<double> Session::Progress() const {
  const double percent = duckdb_query_progress(connection_).percentage;
  return percent < 0 ? std::nullopt : std::optional(std::min(percent / 100, 1.0));
}

}  // namespace trireme::duck

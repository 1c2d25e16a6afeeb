// SPDX-License-Identifier: Apache-2.0
// What DuckDB itself needs for a table, and tables to measure with:
//
//   scan_table make FILE.csv|FILE.parquet ROWS COLUMNS   x0, x1, ... with four decimals, of a formula
//   scan_table scan FILE THREADS                         "SECONDS ROWS": sum() of every column
#include <duckdb.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>

namespace {

[[noreturn]] void Fail(const std::string& problem) {
  std::cerr << "scan_table: " << problem << "\n";
  std::exit(1);
}

class Duck {
 public:
  explicit Duck(const std::string& threads) {
    duckdb_config config = nullptr;
    duckdb_create_config(&config);
    duckdb_set_config(config, "threads", threads.c_str());
    duckdb_set_config(config, "autoinstall_known_extensions", "false");
    char* problem = nullptr;
    if (duckdb_open_ext(nullptr, &database_, config, &problem) == DuckDBError) Fail(problem);
    duckdb_destroy_config(&config);
    if (duckdb_connect(database_, &connection_) == DuckDBError) Fail("no connection");
  }
  ~Duck() {
    duckdb_disconnect(&connection_);
    duckdb_close(&database_);
  }
  Duck(const Duck&) = delete;
  Duck& operator=(const Duck&) = delete;

  // The first number of the first row, if there is one.
  int64_t Run(const std::string& sql) {
    duckdb_result result;
    if (duckdb_query(connection_, sql.c_str(), &result) == DuckDBError) Fail(duckdb_result_error(&result));
    const int64_t number = duckdb_row_count(&result) > 0 ? duckdb_value_int64(&result, 0, 0) : 0;
    duckdb_destroy_result(&result);
    return number;
  }

  int64_t CountColumns(const std::string& file) {
    duckdb_result result;
    const std::string sql = "SELECT * FROM '" + file + "' LIMIT 0";
    if (duckdb_query(connection_, sql.c_str(), &result) == DuckDBError) Fail(duckdb_result_error(&result));
    const auto count = static_cast<int64_t>(duckdb_column_count(&result));
    duckdb_destroy_result(&result);
    return count;
  }

 private:
  duckdb_database database_ = nullptr;
  duckdb_connection connection_ = nullptr;
};

int Make(const std::string& file, const std::string& rows, int columns) {
  std::string list;
  for (int i = 0; i < columns; ++i) {
    // Values that repeat only after long, and have as many digits as measurements do.
    list += (i == 0 ? "" : ", ") + ("round(((r * " + std::to_string(7919 + 104 * i) + " + " + std::to_string(i)) +
            ") % 1000003) / 166667.0 - 3, 4) AS x" + std::to_string(i);
  }
  Duck duck("2");
  duck.Run("COPY (SELECT " + list + " FROM range(" + rows + ") t(r)) TO '" + file + "'");
  return 0;
}

int Scan(const std::string& file, const std::string& threads) {
  Duck duck(threads);
  std::string sums;
  const int64_t columns = duck.CountColumns(file);
  for (int64_t i = 0; i < columns; ++i) sums += ", sum(x" + std::to_string(i) + ")";
  const auto began = std::chrono::steady_clock::now();
  const int64_t rows = duck.Run("SELECT count(*)" + sums + " FROM '" + file + "'");
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::cout << took.count() << " " << rows << "\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string action = argc > 1 ? argv[1] : "";
  if (action == "make" && argc == 5) return Make(argv[2], argv[3], std::atoi(argv[4]));
  if (action == "scan" && argc == 4) return Scan(argv[2], argv[3]);
  Fail("expected make FILE ROWS COLUMNS, or scan FILE THREADS");
}

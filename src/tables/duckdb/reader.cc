// SPDX-License-Identifier: Apache-2.0
#include "tables/duckdb/reader.h"

#include <charconv>
#include <string_view>

#include "tables/duckdb/check_gzip.h"
#include "tables/duckdb/problem_text.h"
#include "tables/duckdb/source.h"
#include "tables/duckdb/sql_text.h"

namespace trireme::duck {
namespace {

using table::Batch;
using table::ColumnType;
using table::ColumnView;

// What the views of a batch view.
struct Kept {
  explicit Kept(Chunk taken) : chunk(std::move(taken)) {}
  Chunk chunk;
  std::vector<std::vector<std::string_view>> texts;
};

std::vector<std::string_view> TextsOf(duckdb_vector vector, const uint64_t* valid, size_t rows) {
  auto* values = static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector));
  std::vector<std::string_view> texts(rows);
  for (size_t row = 0; row < rows; ++row) {
    if (valid != nullptr && ((valid[row / 64] >> (row % 64)) & 1) == 0) continue;
    texts[row] = {duckdb_string_t_data(&values[row]), duckdb_string_t_length(values[row])};
  }
  return texts;
}

// Whether the text of a rejected line has others behind it, within quotes: a condition of SQL.
constexpr const char* kHasSeveralLines = "regexp_matches(trim(csv_line, E'\\r\\n'), '[\\r\\n]')";

// DuckDB reads on behind a quote that does not end as if the row ended there: how many rows were in it nobody knows.
Status CheckNoneTakenIn(Session& session) {
  ASSIGN_OR_RETURN(const auto rows,
                   session.All("SELECT s.file_path, r.line::VARCHAR FROM " + Identifier(kRejects) + " r JOIN " +
                               Identifier(kRejectScans) +
                               " s USING (scan_id, file_id) WHERE r.error_type::VARCHAR = 'UNQUOTED VALUE' AND " +
                               kHasSeveralLines + " ORDER BY r.file_id, r.line LIMIT 1"));
  if (rows.empty()) return {};
  return InvalidArgument(rows[0][0].value_or("") + " line " + rows[0][1].value_or("") + ": " +
                         LineProblem("UNQUOTED VALUE", "") +
                         "; it may have taken in rows behind it, so that this line cannot be passed over");
}

uint64_t NumberOf(const std::optional<std::string>& text) {
  uint64_t number = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), number);
  return number;
}

}  // namespace

Status DuckReader::Begin() {
  for (const std::string& path : options_.texts) {
    if (path.ends_with(".gz")) RETURN_IF_ERROR(CheckGzip(path, cancelled_));
  }
  ASSIGN_OR_RETURN(rows_, session_->Begin(options_.select));
  return {};
}

Result<Batch> DuckReader::Next() {
  if (cancelled_.load(std::memory_order_relaxed)) return Cancelled("reading was given up");
  if (rows_ == nullptr) RETURN_IF_ERROR(Begin());
  ASSIGN_OR_RETURN(Chunk chunk, rows_->Next());
  auto kept = std::make_shared<Kept>(std::move(chunk));
  Batch batch{.rows = kept->chunk.rows(), .columns = {}, .keep_alive = kept};
  if (batch.rows == 0) return batch;
  kept->texts.reserve(options_.types.size());
  for (size_t i = 0; i < options_.types.size(); ++i) {
    duckdb_vector vector = kept->chunk.column(i);
    ColumnView view{.type = options_.types[i],
                    .values = duckdb_vector_get_data(vector),
                    .stride = table::ValueBytes(options_.types[i]),
                    .valid = duckdb_vector_get_validity(vector)};
    if (view.type == ColumnType::kText) {
      view.values = kept->texts.emplace_back(TextsOf(vector, view.valid, batch.rows)).data();
    }
    batch.columns.push_back(view);
  }
  return batch;
}

Result<table::BadLines> DuckReader::Skipped(size_t most) {
  if (!options_.keeps_rejects) return table::BadLines();
  const std::string rejects = Identifier(kRejects);
  table::BadLines bad;
  // A line that has several faults is one line.
  ASSIGN_OR_RETURN(const auto count, session_->All("SELECT count(DISTINCT (file_id, line))::VARCHAR FROM " + rejects));
  bad.count = count.empty() ? 0 : NumberOf(count[0][0]);
  if (bad.count == 0) return bad;
  RETURN_IF_ERROR(CheckNoneTakenIn(*session_));
  ASSIGN_OR_RETURN(const auto rows,
                   session_->All("SELECT any_value(s.file_path), r.line::VARCHAR, first(r.error_type::VARCHAR ORDER BY "
                                 "r.column_idx), first(r.error_message ORDER BY r.column_idx), bool_or(" +
                                 std::string(kHasSeveralLines) + ")::VARCHAR FROM " + rejects + " r JOIN " +
                                 Identifier(kRejectScans) +
                                 " s USING (scan_id, file_id) GROUP BY r.file_id, r.line ORDER BY r.file_id, r.line "
                                 "LIMIT " +
                                 std::to_string(most)));
  for (const Session::TextRow& row : rows) {
    bad.first.push_back({.file = row[0].value_or(""),
                         .line = NumberOf(row[1]),
                         .problem = LineProblem(row[2].value_or(""), row[3].value_or("")) +
                                    (row[4] == "true" ? ", in a row of more than one line" : "")});
  }
  return bad;
}

void DuckReader::Cancel() {
  cancelled_.store(true, std::memory_order_relaxed);
  session_->Interrupt();
}

}  // namespace trireme::duck

// SPDX-License-Identifier: Apache-2.0
#include "tables/duckdb/writer.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/letter_case.h"
#include "tables/duckdb/files.h"
#include "tables/duckdb/sql_text.h"

namespace trireme::duck {
namespace {

using table::Batch;
using table::ColumnType;
using table::ColumnView;

constexpr const char* kFeedFunction = "trireme_rows";

template <typename T>
void CopyValues(const ColumnView& from, size_t first, size_t rows, duckdb_vector to) {
  T* values = static_cast<T*>(duckdb_vector_get_data(to));
  for (size_t row = 0; row < rows; ++row) values[row] = from.At<T>(first + row);
}

void CopyTexts(const ColumnView& from, size_t first, size_t rows, duckdb_vector to) {
  for (size_t row = 0; row < rows; ++row) {
    if (!from.IsValid(first + row)) continue;
    const auto& text = from.At<std::string_view>(first + row);
    duckdb_vector_assign_string_element_len(to, row, text.data(), text.size());
  }
}

void CopyNulls(const ColumnView& from, size_t first, size_t rows, duckdb_vector to) {
  if (from.valid == nullptr) return;
  duckdb_vector_ensure_validity_writable(to);
  uint64_t* valid = duckdb_vector_get_validity(to);
  for (size_t row = 0; row < rows; ++row) duckdb_validity_set_row_validity(valid, row, from.IsValid(first + row));
}

void CopyColumn(const ColumnView& from, size_t first, size_t rows, duckdb_vector to) {
  CopyNulls(from, first, rows, to);
  switch (from.type) {
    case ColumnType::kBool:
      return CopyValues<uint8_t>(from, first, rows, to);
    case ColumnType::kInt64:
      return CopyValues<int64_t>(from, first, rows, to);
    case ColumnType::kUint64:
      return CopyValues<uint64_t>(from, first, rows, to);
    case ColumnType::kFp32:
      return CopyValues<float>(from, first, rows, to);
    case ColumnType::kFp64:
      return CopyValues<double>(from, first, rows, to);
    case ColumnType::kText:
      return CopyTexts(from, first, rows, to);
  }
}

duckdb_type DuckType(ColumnType type) {
  switch (type) {
    case ColumnType::kBool:
      return DUCKDB_TYPE_BOOLEAN;
    case ColumnType::kInt64:
      return DUCKDB_TYPE_BIGINT;
    case ColumnType::kUint64:
      return DUCKDB_TYPE_UBIGINT;
    case ColumnType::kFp32:
      return DUCKDB_TYPE_FLOAT;
    case ColumnType::kFp64:
      return DUCKDB_TYPE_DOUBLE;
    case ColumnType::kText:
      break;
  }
  return DUCKDB_TYPE_VARCHAR;
}

void BindFeed(duckdb_bind_info info) {
  const auto* feed = static_cast<const Feed*>(duckdb_bind_get_extra_info(info));
  for (const table::Column& column : feed->columns()) {
    duckdb_logical_type type = duckdb_create_logical_type(DuckType(column.type));
    duckdb_bind_add_result_column(info, column.name.c_str(), type);
    duckdb_destroy_logical_type(&type);
  }
}

// One thread, so that rows stay in order.
void InitFeed(duckdb_init_info info) {
  duckdb_init_set_max_threads(info, 1);
}

void RunFeed(duckdb_function_info info, duckdb_data_chunk chunk) {
  auto* feed = static_cast<Feed*>(duckdb_function_get_extra_info(info));
  if (!feed->Fill(chunk)) duckdb_function_set_error(info, "the table was given up");
}

Status RegisterFeed(Session& session, Feed& feed) {
  duckdb_table_function function = duckdb_create_table_function();
  duckdb_table_function_set_name(function, kFeedFunction);
  duckdb_table_function_set_extra_info(function, &feed, nullptr);
  duckdb_table_function_set_bind(function, BindFeed);
  duckdb_table_function_set_init(function, InitFeed);
  duckdb_table_function_set_function(function, RunFeed);
  const bool failed = duckdb_register_table_function(session.get(), function) == DuckDBError;
  duckdb_destroy_table_function(&function);
  return failed ? Internal("DuckDB takes no function for rows") : Status();
}

}  // namespace

bool Feed::Push(Batch batch) {
  MutexLock lock(mutex_);
  while (waiting_.size() >= kMostWaiting && !closed_) moved_.Wait(mutex_);
  if (closed_) return false;
  waiting_.push_back(std::move(batch));
  moved_.NotifyAll();
  return true;
}

void Feed::End() {
  MutexLock lock(mutex_);
  ended_ = true;
  moved_.NotifyAll();
}

void Feed::Close() {
  MutexLock lock(mutex_);
  closed_ = true;
  moved_.NotifyAll();
}

void Feed::Abort() {
  MutexLock lock(mutex_);
  aborted_ = true;
  moved_.NotifyAll();
}

// The next batch; false: it was aborted. At the end the batch has no rows.
bool Feed::Take() {
  Batch taken;
  MutexLock lock(mutex_);
  while (waiting_.empty() && !ended_ && !aborted_) moved_.Wait(mutex_);
  if (aborted_) return false;
  if (!waiting_.empty()) {
    taken = std::move(waiting_.front());
    waiting_.pop_front();
    moved_.NotifyAll();
  }
  std::swap(current_, taken);  // what was current goes when the lock is free
  done_ = 0;
  return true;
}

bool Feed::Fill(duckdb_data_chunk chunk) {
  if (done_ == current_.rows && !Take()) return false;
  const size_t rows = std::min<size_t>(current_.rows - done_, duckdb_vector_size());
  for (size_t i = 0; rows > 0 && i < current_.columns.size(); ++i) {
    CopyColumn(current_.columns[i], done_, rows, duckdb_data_chunk_get_vector(chunk, i));
  }
  duckdb_data_chunk_set_size(chunk, rows);
  done_ += rows;
  return true;
}

std::string CopyOptions(const table::WriterSpec& spec) {
  const std::string name = LowerCase(spec.file.filename().string());
  switch (spec.format) {
    case table::Format::kCsv:
      return std::string(" (FORMAT csv, HEADER ") + (spec.header ? "true" : "false") +
             (name.find(".tsv") != std::string::npos ? ", DELIMITER '\t')" : ")");
    case table::Format::kJsonLines:
      return " (FORMAT json)";
    case table::Format::kParquet:
      break;
  }
  return " (FORMAT parquet)";
}

Result<std::unique_ptr<table::Writer>> DuckWriter::Create(const table::TablesOptions& options,
                                                          const table::WriterSpec& spec) {
  // A database of its own with the one thread that writes: that of the readers would lend it a thread of theirs, which
  // then waits for rows instead of reading.
  table::TablesOptions own = options;
  own.threads = 1;
  ASSIGN_OR_RETURN(std::shared_ptr<Database> database, Database::Open(own));
  ASSIGN_OR_RETURN(std::shared_ptr<Session> session, Session::Open(std::move(database)));
  auto feed = std::make_unique<Feed>(spec.columns);
  RETURN_IF_ERROR(RegisterFeed(*session, *feed));
  std::string copy =
      std::string("COPY (SELECT * FROM ") + kFeedFunction + "()) TO " + Literal(spec.file.string()) + CopyOptions(spec);
  return std::unique_ptr<table::Writer>(
      std::make_unique<DuckWriter>(std::move(session), std::move(feed), std::move(copy)));
}

DuckWriter::DuckWriter(std::shared_ptr<Session> session, std::unique_ptr<Feed> feed, std::string copy)
    : feed_(std::move(feed)), session_(std::move(session)), thread_([this, copy = std::move(copy)] {
        status_ = session_->Run(copy);
        feed_->Close();
      }) {}

DuckWriter::~DuckWriter() {
  if (!thread_.joinable()) return;
  feed_->Abort();
  thread_.join();
}

Status DuckWriter::Finish() {
  thread_.join();
  return status_;
}

Status DuckWriter::Append(const Batch& batch) {
  if (batch.rows == 0) return {};
  if (!thread_.joinable()) return status_.ok() ? Internal("the table was closed") : status_;
  if (feed_->Push(batch)) return {};
  const Status status = Finish();
  return status.ok() ? Internal("DuckDB ended a table before its last row") : status;
}

Status DuckWriter::Close() {
  if (!thread_.joinable()) return status_;
  feed_->End();
  return Finish();
}

}  // namespace trireme::duck

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "table/batch.h"

namespace trireme::table {

enum class Format : uint8_t { kCsv, kJsonLines, kParquet };

// By how the file's name ends (.csv, .tsv, .csv.gz, .jsonl, .ndjson, .json, .parquet, ...); nothing: it is none of
// these.
std::optional<Format> FormatOf(const std::filesystem::path& path);

// Where rows come from: files, or a query.
struct SourceSpec {
  std::string files;                   // a path, or a glob as SQL engines have it: "day-*.csv"; empty: a query
  Format format = Format::kCsv;        // of the files
  std::string query;                   // one SELECT, which may name files: "select * from 'x.parquet'"
  std::optional<bool> header = {};     // of CSV: whether the first line has names; nothing: its reader tells
  std::optional<uint64_t> limit = {};  // rows at most
};

// What is wanted of a column of the source.
struct ColumnWish {
  std::string name;
  // As the source has it, as text, or as numbers: in text, what is no number is a line that is wrong. (A source that
  // would not say what it was gives the text instead.)
  enum class As : uint8_t { kItself, kNumber, kText };
  As as = As::kItself;
};

// How lines are read that are not as the others.
struct ReadRules {
  std::vector<ColumnWish> columns;  // that are read, in this order
  bool blank_numbers = false;       // a blank where a number belongs is no value; else a line that is wrong
  bool skip_bad_lines = false;      // else the first ends it
};

// A line that was passed over.
struct BadLine {
  std::string file;
  uint64_t line = 0;    // counted from 1, the header included
  std::string problem;  // "column "x": expected a number, found 'abc'"
};

struct BadLines {
  uint64_t count = 0;
  std::vector<BadLine> first;  // the first of them, by file and line
};

// Reads a table from its beginning to its end, in an order that is the same each time for files and for queries that
// say one. What is read ahead is bounded, however slow the reader is.
//
// Used by one thread at a time, but for Cancel().
class Reader {
 public:
  virtual ~Reader() = default;

  // The next rows; one without rows is the end. Errors name file, line and column where the fault is in a line.
  virtual Result<Batch> Next() = 0;

  // How much of the source has been read, from 0 to 1; nothing where nobody knows.
  virtual std::optional<double> Progress() = 0;

  // Lines that were passed over, once the end has been reached; `most` are told in full. kInvalidArgument: one of them
  // may have taken others with it.
  virtual Result<BadLines> Skipped(size_t most) = 0;

  // Next() ends soon with kCancelled. Thread-safe.
  virtual void Cancel() = 0;
};

// A table that can be read once it is said how.
class Source {
 public:
  virtual ~Source() = default;

  virtual const std::vector<Column>& columns() const = 0;

  // kNotFound: no such column. The source must outlive the reader.
  virtual Result<std::unique_ptr<Reader>> Read(const ReadRules& rules) = 0;
};

// Writes a table into one file. Used by one thread at a time. One that goes without Close() leaves a file that is no
// whole table.
class Writer {
 public:
  virtual ~Writer() = default;

  // Rows behind those before, of the columns and types that it was made with. Waits where the disk is slow: no more
  // than a few batches are kept. An error (a full disk) is one of everything that was appended.
  virtual Status Append(const Batch& batch) = 0;

  // When this is OK all rows are in the file; whether they survive the machine is the caller's to ask (fsync).
  virtual Status Close() = 0;
};

struct WriterSpec {
  std::filesystem::path file;  // made anew
  Format format = Format::kCsv;
  std::vector<Column> columns;
  bool header = true;  // of CSV
};

// What a library for tables does for this program. Lives in a plug-in (table/plugin.h). Thread-safe.
class Tables {
 public:
  virtual ~Tables() = default;

  virtual std::string version() const = 0;  // "DuckDB 1.4.4"

  // Looks at a source: its columns, without reading more of it than its beginning. kNotFound: there are no such files;
  // kInvalidArgument: they are no such table, or the query is wrong.
  virtual Result<std::unique_ptr<Source>> Open(const SourceSpec& spec) = 0;

  virtual Result<std::unique_ptr<Writer>> Create(const WriterSpec& spec) = 0;

  // Writes the rows of Parquet files with the same columns into one, in this order. (Files of text are joined by
  // putting one behind the other.)
  virtual Status JoinParquet(const std::vector<std::filesystem::path>& parts, const std::filesystem::path& file) = 0;
};

// How much of the machine a plug-in may take.
struct TablesOptions {
  int threads = 1;
  uint64_t memory_bytes = uint64_t{1} << 30;
  std::filesystem::path scratch;  // a folder for what a query does not hold in memory; empty: it fails instead
};

}  // namespace trireme::table

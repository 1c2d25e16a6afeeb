// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "model/infer_response.h"
#include "predict/column_buffer.h"
#include "table/tables.h"

namespace trireme::predict {

// A row that cannot be scored. `place` is for people: "row 17", "photo.jpg".
struct BadRow {
  std::string place;
  std::string problem;
};

// One checksum for each stream of values of a source: each input's, each kept column's.
using Checksums = std::vector<uint32_t>;

// Some rows on their way through the model: what goes in, and what is copied beside what comes out.
struct Block {
  int64_t first_row = 0;  // in the source, counted from 0, bad ones included
  int64_t rows_read = 0;  // bad ones included
  int64_t rows = 0;       // that `inputs` has
  std::vector<NamedTensor> inputs;
  std::vector<ColumnBuffer> kept;
  std::vector<std::string> places;  // of the rows, for people, where they are more than numbers; else empty
  std::vector<int64_t> numbers;     // of the rows in the source, where some were taken out; else empty
  std::vector<BadRow> bad;          // in the order of the source
  Checksums checksums;              // of all rows up to the last of these

  int64_t end() const { return first_row + rows_read; }
};

// Where blocks come from: a table, an array, a folder of pictures. Gives the same rows in the same order each time.
// Used by one thread, but for Cancel().
class BlockSource {
 public:
  virtual ~BlockSource() = default;

  // The next rows, `most_rows` at most; nothing at the end. A row that cannot be scored is an error, or is among the
  // block's bad ones, as the source was told.
  virtual Result<std::optional<Block>> Next(int64_t most_rows) = 0;

  // A Next() that takes long ends soon, with an error. Thread-safe.
  virtual void Cancel() {}

  // Of Block::kept.
  virtual const std::vector<table::Column>& kept_columns() const = 0;

  // How much has been read, from 0 to 1; nothing where nobody knows.
  virtual std::optional<double> Progress() = 0;

  // At the end: lines that never became rows.
  virtual Result<table::BadLines> Skipped(size_t most) = 0;
};

}  // namespace trireme::predict

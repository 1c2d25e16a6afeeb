// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/memory_pool.h"
#include "predict/block.h"
#include "predict/column_plan.h"
#include "table/tables.h"

namespace trireme::predict {

// Blocks of a table's rows.
class TableBlocks final : public BlockSource {
 public:
  struct Options {
    ColumnPlan plan;
    bool skip_bad_rows = false;
    bool missing_is_nan = false;
    bool empty_is_bad = false;       // a row of which no column has a value
    bool keep_as_text = false;       // kept columns are copied as the text that they are
    bool has_rows_dimension = true;  // of the inputs
  };

  // The source must outlive it; the pool its blocks.
  static Result<std::unique_ptr<BlockSource>> Open(table::Source& source, Options options, MemoryPool& pool);
  TableBlocks(std::unique_ptr<table::Reader> reader, std::vector<table::Column> kept_columns, Options options,
              MemoryPool& pool);

  Result<std::optional<Block>> Next(int64_t most_rows) override;
  const std::vector<table::Column>& kept_columns() const override { return kept_columns_; }
  void Cancel() override { reader_->Cancel(); }
  std::optional<double> Progress() override { return reader_->Progress(); }
  Result<table::BadLines> Skipped(size_t most) override { return reader_->Skipped(most); }

 private:
  struct Filling;

  Result<bool> HaveRows();
  Status Take(Filling& filling);
  void FillInputs(Filling& filling, size_t rows);
  void FindEmpty(Filling& filling, size_t rows) const;
  Status Settle(Filling& filling);

  const std::unique_ptr<table::Reader> reader_;
  const std::vector<table::Column> kept_columns_;
  const Options options_;
  MemoryPool& pool_;
  table::Batch batch_;  // what was fetched last
  size_t taken_ = 0;    // rows of it
  bool at_end_ = false;
  int64_t next_row_ = 0;
  Checksums checksums_;
};

}  // namespace trireme::predict

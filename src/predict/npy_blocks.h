// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/memory_pool.h"
#include "base/regular_file.h"
#include "model/signature.h"
#include "predict/block.h"

namespace trireme::predict {

// Blocks of an array that NumPy saved: its outermost dimension counts the rows. The file is read block by block.
class NpyBlocks final : public BlockSource {
 public:
  // For a model with one input. kInvalidArgument: the array is not of that input's type (whole numbers go where they
  // fit, floating ones into another floating type), or of another shape.
  static Result<std::unique_ptr<BlockSource>> Open(const std::string& path, const Signature& signature, int64_t limit,
                                                   MemoryPool& pool);
  struct Array {
    RegularFile file;
    std::string head;  // that of the file, for its type
    Shape shape;
    size_t offset = 0;     // of the first row
    size_t row_bytes = 0;  // in the file
    DataType type = DataType::kFp32;
  };
  NpyBlocks(Array array, TensorSpec input, int64_t rows, MemoryPool& pool);

  Result<std::optional<Block>> Next(int64_t most_rows) override;
  const std::vector<table::Column>& kept_columns() const override { return none_; }
  std::optional<double> Progress() override;
  Result<table::BadLines> Skipped(size_t) override { return table::BadLines(); }

 private:
  const Array array_;
  const TensorSpec input_;
  const int64_t rows_;
  MemoryPool& pool_;
  const std::vector<table::Column> none_;
  int64_t next_row_ = 0;
  Checksums checksums_ = {0};
};

}  // namespace trireme::predict

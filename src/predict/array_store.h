// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "predict/output_file.h"

namespace trireme::predict {

// One output of the model as an array of NumPy's: its head has room for any number of rows, and says how many there
// are when all are there.
class ArrayStore final : public RowStore {
 public:
  static Result<std::unique_ptr<RowStore>> Open(const std::filesystem::path& folder, const Milestone& milestone);
  ArrayStore(std::filesystem::path path, std::unique_ptr<DurableFile> file)
      : path_(std::move(path)), file_(std::move(file)) {}

  Status Append(const table::Batch& batch, const NamedTensor* array) override;
  Status Settle(Milestone& milestone) override;
  Result<std::filesystem::path> Whole(const Milestone& milestone) override;

 private:
  const std::filesystem::path path_;
  const std::unique_ptr<DurableFile> file_;
  std::optional<Tensor> like_;  // a row of it; nothing: none has come to this process
};

// The head of a file with so many rows of such a shape: always kNpyHeadBytes.
inline constexpr size_t kNpyHeadBytes = 512;
Result<std::string> NpyHeadFor(DataType type, const Shape& row, int64_t rows);

}  // namespace trireme::predict

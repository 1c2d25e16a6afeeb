// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "predict/output_file.h"

namespace trireme::predict {

// Lines of text (CSV, JSON): one file that grows by what is settled.
class TextStore final : public RowStore {
 public:
  static Result<std::unique_ptr<RowStore>> Open(const std::filesystem::path& folder,
                                                const std::filesystem::path& output, table::Tables& tables,
                                                const std::vector<table::Column>& columns, const Milestone& milestone);
  TextStore(std::filesystem::path folder, table::Tables& tables, table::WriterSpec part,
            std::unique_ptr<DurableFile> lines)
      : folder_(std::move(folder)), tables_(tables), part_(std::move(part)), lines_(std::move(lines)) {}

  Status Append(const table::Batch& batch, const NamedTensor* array) override;
  Status Settle(Milestone& milestone) override;
  Result<std::filesystem::path> Whole(const Milestone& milestone) override;

 private:
  Status Open();

  const std::filesystem::path folder_;
  table::Tables& tables_;
  table::WriterSpec part_;
  const std::unique_ptr<DurableFile> lines_;
  std::unique_ptr<table::Writer> writer_;  // of the part that is being written; null: nothing was appended
};

// Parquet: a file for each milestone, which are joined at the end.
class PartStore final : public RowStore {
 public:
  static Result<std::unique_ptr<RowStore>> Open(const std::filesystem::path& folder, table::Tables& tables,
                                                const std::vector<table::Column>& columns, const Milestone& milestone);
  PartStore(std::filesystem::path folder, table::Tables& tables, std::vector<table::Column> columns, int64_t parts)
      : folder_(std::move(folder)), tables_(tables), columns_(std::move(columns)), parts_(parts) {}

  Status Append(const table::Batch& batch, const NamedTensor* array) override;
  Status Settle(Milestone& milestone) override;
  Result<std::filesystem::path> Whole(const Milestone& milestone) override;

 private:
  std::filesystem::path PartPath(int64_t part) const;
  Status Open();

  const std::filesystem::path folder_;
  table::Tables& tables_;
  const std::vector<table::Column> columns_;
  int64_t parts_;  // that are settled
  std::unique_ptr<table::Writer> writer_;
};

}  // namespace trireme::predict

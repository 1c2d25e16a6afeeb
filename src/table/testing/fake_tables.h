// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "table/tables.h"

namespace trireme::table {

// Rows of texts, given in batches of a size; nothing is a value that is not there.
class FakeSource final : public Source {
 public:
  using Row = std::vector<std::optional<std::string>>;

  FakeSource(std::vector<std::string> names, std::vector<Row> rows, size_t batch_rows);

  const std::vector<Column>& columns() const override { return columns_; }
  Result<std::unique_ptr<Reader>> Read(const ReadRules& rules) override;

 private:
  friend class FakeReader;

  std::vector<Column> columns_;
  const std::vector<Row> rows_;
  const size_t batch_rows_;
};

// Writes numbers as lines with spaces between; can be told to find the disk full.
class FakeTables final : public Tables {
 public:
  std::string version() const override { return "fake"; }
  Result<std::unique_ptr<Source>> Open(const SourceSpec&) override { return Unsupported("fake tables read nothing"); }
  Result<std::unique_ptr<Writer>> Create(const WriterSpec& spec) override;
  Status JoinParquet(const std::vector<std::filesystem::path>& parts, const std::filesystem::path& file) override;

  // From now on no file can be closed.
  void FillDisk() { *is_full_ = true; }
  void ClearDisk() { *is_full_ = false; }

 private:
  std::shared_ptr<bool> is_full_ = std::make_shared<bool>(false);  // shared with its writers
};

}  // namespace trireme::table

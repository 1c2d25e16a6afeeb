// SPDX-License-Identifier: Apache-2.0
#include "predict/table_stores.h"

namespace trireme::predict {

namespace fs = std::filesystem;

Result<std::unique_ptr<RowStore>> TextStore::Open(const fs::path& folder, const fs::path& output, table::Tables& tables,
                                                  const std::vector<table::Column>& columns,
                                                  const Milestone& milestone) {
  ASSIGN_OR_RETURN(std::unique_ptr<DurableFile> lines, DurableFile::Open(folder / "lines", milestone.bytes));
  // Its name ends as the output's does: that says how it is separated and compressed.
  table::WriterSpec part{.file = folder / ("part-" + output.filename().string()),
                         .format = table::FormatOf(output).value_or(table::Format::kCsv),
                         .columns = columns,
                         .header = milestone.bytes == 0};
  return std::unique_ptr<RowStore>(std::make_unique<TextStore>(folder, tables, std::move(part), std::move(lines)));
}

Status TextStore::Open() {
  if (writer_ != nullptr) return {};
  ASSIGN_OR_RETURN(writer_, tables_.Create(part_));
  return {};
}

Status TextStore::Append(const table::Batch& batch, const NamedTensor*) {
  RETURN_IF_ERROR(Open());
  return writer_->Append(batch);
}

Status TextStore::Settle(Milestone& milestone) {
  if (part_.header) RETURN_IF_ERROR(Open());  // of a table without rows there is a header still
  if (writer_ == nullptr) return {};
  const Status closed = writer_->Close();
  writer_ = nullptr;
  RETURN_IF_ERROR(closed);
  RETURN_IF_ERROR(lines_->AppendFile(part_.file));
  RETURN_IF_ERROR(lines_->Sync());
  part_.header = false;
  milestone.bytes = lines_->bytes();
  return {};
}

Result<fs::path> TextStore::Whole(const Milestone&) {
  return folder_ / "lines";
}

Result<std::unique_ptr<RowStore>> PartStore::Open(const fs::path& folder, table::Tables& tables,
                                                  const std::vector<table::Column>& columns,
                                                  const Milestone& milestone) {
  auto store = std::make_unique<PartStore>(folder, tables, columns, milestone.parts);
  for (int64_t part = 0; part < milestone.parts; ++part) {
    std::error_code ignored;
    if (fs::exists(store->PartPath(part), ignored)) continue;
    return InvalidArgument(store->PartPath(part).string() + ": expected a file, found none");
  }
  return std::unique_ptr<RowStore>(std::move(store));
}

fs::path PartStore::PartPath(int64_t part) const {
  return folder_ / ("part-" + std::to_string(part) + ".parquet");
}

Status PartStore::Open() {
  if (writer_ != nullptr) return {};
  ASSIGN_OR_RETURN(writer_,
                   tables_.Create({.file = PartPath(parts_), .format = table::Format::kParquet, .columns = columns_}));
  return {};
}

Status PartStore::Append(const table::Batch& batch, const NamedTensor*) {
  RETURN_IF_ERROR(Open());
  return writer_->Append(batch);
}

Status PartStore::Settle(Milestone& milestone) {
  if (parts_ == 0) RETURN_IF_ERROR(Open());
  if (writer_ == nullptr) return {};
  const Status closed = writer_->Close();
  writer_ = nullptr;
  RETURN_IF_ERROR(closed);
  RETURN_IF_ERROR(SyncPath(PartPath(parts_)));
  RETURN_IF_ERROR(SyncPath(folder_));
  milestone.parts = ++parts_;
  return {};
}

Result<fs::path> PartStore::Whole(const Milestone& milestone) {
  if (milestone.parts == 1) return PartPath(0);
  std::vector<fs::path> parts;
  for (int64_t part = 0; part < milestone.parts; ++part) parts.push_back(PartPath(part));
  const fs::path whole = folder_ / "whole.parquet";
  RETURN_IF_ERROR(tables_.JoinParquet(parts, whole));
  return whole;
}

}  // namespace trireme::predict

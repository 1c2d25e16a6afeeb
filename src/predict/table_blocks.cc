// SPDX-License-Identifier: Apache-2.0
#include "predict/table_blocks.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "codec/crc32c.h"
#include "predict/fill_column.h"
#include "tensor/bytes_elements.h"

namespace trireme::predict {
namespace {

using table::ColumnView;

std::string_view AsText(const Buffer& buffer) {
  return {reinterpret_cast<const char*>(buffer.data()), buffer.size()};
}

// The shape of so many rows of an input with so many elements each.
Shape ShapeOf(const InputPlan& input, int64_t rows, bool has_rows_dimension) {
  Shape shape = input.spec.shape;
  for (size_t i = 0; i < shape.rank(); ++i) {
    if (shape[i] == Shape::kAny) shape[i] = i == 0 ? rows : static_cast<int64_t>(input.columns.size());
  }
  if (has_rows_dimension && shape.rank() > 0) shape[0] = rows;
  return shape;
}

Buffer BufferOf(std::vector<std::byte> bytes) {
  auto owned = std::make_shared<std::vector<std::byte>>(std::move(bytes));
  return Buffer::View(owned->data(), owned->size(), owned);
}

}  // namespace

// A block that is being made.
struct TableBlocks::Filling {
  Block block;
  size_t most_rows = 0;
  std::vector<Tensor> tensors;                  // with room for all rows; of numbers
  std::vector<std::vector<std::byte>> strings;  // one an input; of BYTES
  std::map<size_t, BadRow> bad;                 // by row of the block
};

Result<std::unique_ptr<BlockSource>> TableBlocks::Open(table::Source& source, Options options, MemoryPool& pool) {
  using As = table::ColumnWish::As;
  table::ReadRules rules{
      .columns = {}, .blank_numbers = options.missing_is_nan, .skip_bad_lines = options.skip_bad_rows};
  for (const InputPlan& input : options.plan.inputs) {
    // The CSV reader knows lines, so it is to find what is no number; whole ones are checked to the last digit here.
    const bool is_floating = input.spec.type == DataType::kFp32 || input.spec.type == DataType::kFp64 ||
                             input.spec.type == DataType::kFp16 || input.spec.type == DataType::kBf16;
    const As as = is_floating ? As::kNumber : As::kText;
    for (const std::string& name : input.columns) rules.columns.push_back({.name = name, .as = as});
  }
  std::vector<table::Column> kept;
  for (const std::string& name : options.plan.keep) {
    rules.columns.push_back({.name = name, .as = options.keep_as_text ? As::kText : As::kItself});
    const auto found = std::ranges::find(source.columns(), name, &table::Column::name);
    if (found == source.columns().end()) return NotFound("there is no column \"" + name + "\"");
    kept.push_back(*found);
    if (options.keep_as_text) kept.back().type = table::ColumnType::kText;
  }
  ASSIGN_OR_RETURN(std::unique_ptr<table::Reader> reader, source.Read(rules));
  return std::unique_ptr<BlockSource>(
      std::make_unique<TableBlocks>(std::move(reader), std::move(kept), std::move(options), pool));
}

TableBlocks::TableBlocks(std::unique_ptr<table::Reader> reader, std::vector<table::Column> kept_columns,
                         Options options, MemoryPool& pool)
    : reader_(std::move(reader)),
      kept_columns_(std::move(kept_columns)),
      options_(std::move(options)),
      pool_(pool),
      checksums_(options_.plan.inputs.size() + kept_columns_.size()) {}

// Fetches until there are rows that nobody has taken; false at the end.
Result<bool> TableBlocks::HaveRows() {
  if (taken_ < batch_.rows) return true;
  if (at_end_) return false;
  batch_ = {};
  ASSIGN_OR_RETURN(batch_, reader_->Next());
  taken_ = 0;
  at_end_ = batch_.rows == 0;
  return !at_end_;
}

Result<std::optional<Block>> TableBlocks::Next(int64_t most_rows) {
  ASSIGN_OR_RETURN(const bool has_rows, HaveRows());
  if (!has_rows) return std::optional<Block>();
  Filling filling;
  filling.most_rows = static_cast<size_t>(most_rows);
  filling.block.first_row = next_row_;
  for (const InputPlan& input : options_.plan.inputs) {
    const bool is_bytes = input.spec.type == DataType::kBytes;
    const auto rows = is_bytes ? 0 : most_rows;
    filling.tensors.push_back(MakeTensor(pool_, is_bytes ? DataType::kUint8 : input.spec.type,
                                         Shape({rows, static_cast<int64_t>(input.columns.size())})));
    filling.strings.emplace_back();
  }
  for (const table::Column& column : kept_columns_) filling.block.kept.emplace_back(column.type);
  RETURN_IF_ERROR(Take(filling));
  RETURN_IF_ERROR(Settle(filling));
  return std::optional(std::move(filling.block));
}

Status TableBlocks::Take(Filling& filling) {
  while (static_cast<size_t>(filling.block.rows_read) < filling.most_rows) {
    ASSIGN_OR_RETURN(const bool has_rows, HaveRows());
    if (!has_rows) return {};
    const size_t rows =
        std::min(filling.most_rows - static_cast<size_t>(filling.block.rows_read), batch_.rows - taken_);
    FillInputs(filling, rows);
    if (options_.empty_is_bad) FindEmpty(filling, rows);
    const size_t kept_from = batch_.columns.size() - kept_columns_.size();
    for (size_t i = 0; i < kept_columns_.size(); ++i) {
      for (size_t row = 0; row < rows; ++row) {
        filling.block.kept[i].Append(batch_.columns[kept_from + i], taken_ + row);
      }
    }
    taken_ += rows;
    filling.block.rows_read += static_cast<int64_t>(rows);
  }
  return {};
}

void TableBlocks::FillInputs(Filling& filling, size_t rows) {
  size_t column = 0;
  const auto done = static_cast<size_t>(filling.block.rows_read);
  for (size_t i = 0; i < options_.plan.inputs.size(); ++i) {
    const InputPlan& input = options_.plan.inputs[i];
    const auto bad_in = [&](const std::string& name) {
      return [&filling, &name, done, this](size_t row, const std::string& problem) {
        const int64_t number = next_row_ + static_cast<int64_t>(done + row) + 1;
        filling.bad.try_emplace(done + row, BadRow{.place = "row " + std::to_string(number),
                                                   .problem = "column \"" + name + "\": " + problem});
      };
    };
    if (input.spec.type == DataType::kBytes) {
      for (size_t row = 0; row < rows; ++row) {
        for (size_t k = 0; k < input.columns.size(); ++k) {
          const ColumnView& view = batch_.columns[column + k];
          const bool is_valid = view.IsValid(taken_ + row);
          if (!is_valid) bad_in(input.columns[k])(row, "expected text, found nothing");
          AppendBytesElement(filling.strings[i],
                             is_valid ? view.At<std::string_view>(taken_ + row) : std::string_view());
        }
      }
      column += input.columns.size();
      continue;
    }
    const size_t element = ElementBytes(input.spec.type);
    const size_t stride = element * input.columns.size();
    std::byte* matrix = filling.tensors[i].data.mutable_data() + done * stride;
    for (size_t k = 0; k < input.columns.size(); ++k) {
      FillColumn(batch_.columns[column++], taken_, rows,
                 {.type = input.spec.type, .first = matrix + k * element, .stride = stride}, options_.missing_is_nan,
                 bad_in(input.columns[k]));
    }
  }
}

void TableBlocks::FindEmpty(Filling& filling, size_t rows) const {
  const auto done = static_cast<size_t>(filling.block.rows_read);
  for (size_t row = 0; row < rows; ++row) {
    const auto has_value = [this, row](const ColumnView& view) { return view.IsValid(taken_ + row); };
    if (std::ranges::any_of(batch_.columns, has_value)) continue;
    filling.bad.insert_or_assign(
        done + row, BadRow{.place = "row " + std::to_string(next_row_ + static_cast<int64_t>(done + row) + 1),
                           .problem = "expected a JSON object with columns of the table, found none"});
  }
}

// Takes bad rows out, and makes the rest the block's inputs.
Status TableBlocks::Settle(Filling& filling) {
  Block& block = filling.block;
  if (!filling.bad.empty() && !options_.skip_bad_rows) {
    const BadRow& first = filling.bad.begin()->second;
    return InvalidArgument(first.place + ": " + first.problem);
  }
  const auto rows_read = static_cast<size_t>(block.rows_read);
  std::vector<bool> good(rows_read, true);
  for (auto& [row, bad] : filling.bad) {
    good[row] = false;
    block.bad.push_back(std::move(bad));
  }
  block.rows = block.rows_read - static_cast<int64_t>(filling.bad.size());
  for (size_t row = 0; row < rows_read && !filling.bad.empty(); ++row) {
    if (good[row]) block.numbers.push_back(block.first_row + static_cast<int64_t>(row));
  }
  size_t stream = 0;
  for (size_t i = 0; i < options_.plan.inputs.size(); ++i) {
    const InputPlan& input = options_.plan.inputs[i];
    Tensor tensor{
        .type = input.spec.type, .shape = ShapeOf(input, block.rows, options_.has_rows_dimension), .data = {}};
    if (input.spec.type == DataType::kBytes) {
      std::vector<std::byte> strings;
      BytesReader reader(filling.strings[i]);
      for (size_t row = 0; row < rows_read; ++row) {
        for (size_t k = 0; k < input.columns.size(); ++k) {
          const std::string_view text = reader.Next().value_or(std::string_view());
          if (good[row]) AppendBytesElement(strings, text);
        }
      }
      tensor.data = BufferOf(std::move(strings));
    } else {
      const size_t bytes = ElementBytes(input.spec.type) * input.columns.size();
      Buffer& data = filling.tensors[i].data;
      size_t to = 0;
      for (size_t row = 0; row < rows_read && !filling.bad.empty(); ++row) {
        if (good[row]) std::memmove(data.mutable_data() + bytes * to++, data.data() + bytes * row, bytes);
      }
      tensor.data = data.Slice(0, bytes * static_cast<size_t>(block.rows));
    }
    checksums_[stream] = ExtendCrc32c(checksums_[stream], AsText(tensor.data));
    ++stream;
    block.inputs.push_back({.name = input.spec.name, .tensor = std::move(tensor)});
  }
  for (ColumnBuffer& kept : block.kept) {
    if (!filling.bad.empty()) kept.Filter(good);
    std::string bytes;
    kept.AppendTo(bytes);
    checksums_[stream] = ExtendCrc32c(checksums_[stream], bytes);
    ++stream;
  }
  block.checksums = checksums_;
  next_row_ += block.rows_read;
  return {};
}

}  // namespace trireme::predict

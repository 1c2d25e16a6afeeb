// SPDX-License-Identifier: Apache-2.0
#include "predict/column_buffer.h"

#include <utility>

namespace trireme::predict {

using table::ColumnType;
using table::ColumnView;

void ColumnBuffer::AppendValid(bool is_valid) {
  if (rows_ % 64 == 0) valid_.push_back(0);
  if (is_valid) valid_.back() |= uint64_t{1} << (rows_ % 64);
  ++rows_;
}

void ColumnBuffer::AppendText(std::string_view text) {
  texts_.emplace_back(text);
  AppendValid(true);
}

void ColumnBuffer::Append(const ColumnView& from, size_t row) {
  const bool is_valid = from.IsValid(row);
  if (type_ == ColumnType::kText) {
    texts_.emplace_back(is_valid ? from.At<std::string_view>(row) : std::string_view());
  } else {
    const auto* value = &from.At<std::byte>(row);
    if (is_valid) {
      fixed_.insert(fixed_.end(), value, value + table::ValueBytes(type_));
    } else {
      fixed_.resize(fixed_.size() + table::ValueBytes(type_));
    }
  }
  AppendValid(is_valid);
}

void ColumnBuffer::Filter(const std::vector<bool>& keep) {
  ColumnBuffer kept(type_);
  const ColumnView all = View();
  for (size_t row = 0; row < keep.size(); ++row) {
    if (keep[row]) kept.Append(all, row);
  }
  *this = std::move(kept);
}

// Row by row, so that it does not matter how many are in one buffer.
void ColumnBuffer::AppendTo(std::string& bytes) const {
  const size_t width = table::ValueBytes(type_);
  for (size_t row = 0; row < rows_; ++row) {
    bytes += ((valid_[row / 64] >> (row % 64)) & 1) != 0 ? '1' : '0';
    if (type_ == ColumnType::kText) {
      (bytes += texts_[row]) += '\0';
    } else {
      bytes.append(reinterpret_cast<const char*>(fixed_.data()) + row * width, width);
    }
  }
}

ColumnView ColumnBuffer::View() {
  ColumnView view{.type = type_, .values = fixed_.data(), .stride = table::ValueBytes(type_), .valid = valid_.data()};
  if (type_ == ColumnType::kText) {
    views_.assign(texts_.begin(), texts_.end());
    view.values = views_.data();
  }
  return view;
}

}  // namespace trireme::predict

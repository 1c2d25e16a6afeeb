// SPDX-License-Identifier: Apache-2.0
#include "predict/array_store.h"

#include "wire/sagemaker/npy_header.h"

namespace trireme::predict {
namespace {

constexpr std::string_view kMagic("\x93NUMPY\x01\x00", 8);  // version 1.0 (NEP 1)
constexpr size_t kLengthBytes = 2;

}  // namespace

Result<std::string> NpyHeadFor(DataType type, const Shape& row, int64_t rows) {
  const std::optional<std::string_view> numpy = sagemaker::NumpyType(type);
  if (!numpy) return Unsupported("NumPy has no type for " + std::string(Name(type)) + ": write a table");
  std::string shape = std::to_string(rows) + ",";
  for (const int64_t dim : row) shape += " " + std::to_string(dim) + ",";
  std::string text = "{'descr': '" + std::string(*numpy) + "', 'fortran_order': False, 'shape': (" + shape + "), }";
  const size_t room = kNpyHeadBytes - kMagic.size() - kLengthBytes;
  if (text.size() >= room) return Internal("the head of an array has no room for shape " + row.ToString());
  text.resize(room - 1, ' ');
  std::string head(kMagic);
  head += static_cast<char>(room & 0xFF);
  head += static_cast<char>(room >> 8);
  return head + text + "\n";
}

Result<std::unique_ptr<RowStore>> ArrayStore::Open(const std::filesystem::path& folder, const Milestone& milestone) {
  const std::filesystem::path path = folder / "array";
  ASSIGN_OR_RETURN(std::unique_ptr<DurableFile> file, DurableFile::Open(path, milestone.bytes));
  return std::unique_ptr<RowStore>(std::make_unique<ArrayStore>(path, std::move(file)));
}

Status ArrayStore::Append(const table::Batch& batch, const NamedTensor* array) {
  const Tensor& tensor = array->tensor;
  Tensor row{.type = tensor.type, .shape = tensor.shape, .data = {}};
  if (row.shape.rank() == 0 || row.shape[0] != static_cast<int64_t>(batch.rows)) {
    return InvalidArgument("output \"" + array->name + "\" of shape " + tensor.shape.ToString() +
                           " does not have a row for each of " + std::to_string(batch.rows));
  }
  row.shape = row.shape.Inner();
  if (like_ && (like_->type != row.type || !(like_->shape == row.shape))) {
    return InvalidArgument("output \"" + array->name + "\": expected rows of shape " + like_->shape.ToString() +
                           " as at first, found " + row.shape.ToString());
  }
  like_ = row;
  if (file_->bytes() == 0) {
    ASSIGN_OR_RETURN(const std::string head, NpyHeadFor(row.type, row.shape, 0));
    RETURN_IF_ERROR(file_->Append(head));
  }
  return file_->Append({reinterpret_cast<const char*>(tensor.data.data()), tensor.data.size()});
}

Status ArrayStore::Settle(Milestone& milestone) {
  if (like_) {
    ASSIGN_OR_RETURN(const std::string head, NpyHeadFor(like_->type, like_->shape, milestone.rows_written));
    RETURN_IF_ERROR(file_->WriteAt(0, head));
  }
  RETURN_IF_ERROR(file_->Sync());
  milestone.bytes = file_->bytes();
  return {};
}

Result<std::filesystem::path> ArrayStore::Whole(const Milestone& milestone) {
  if (milestone.bytes == 0) return InvalidArgument("there are no rows: nothing says what the array is like");
  return path_;
}

}  // namespace trireme::predict

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace trireme {

// Reads the elements of a BYTES tensor one after the other (layout: tensor/tensor.h). Safe on any bytes.
class BytesReader {
 public:
  explicit BytesReader(std::span<const std::byte> data) : data_(data) {}

  // The next element, or nothing: at the end, or where the data is cut off (then !AtEnd()).
  std::optional<std::string_view> Next();

  bool AtEnd() const { return at_ == data_.size(); }
  size_t offset() const { return at_; }

 private:
  std::span<const std::byte> data_;
  size_t at_ = 0;
};

// Whether the data is exactly `count` whole elements; the error says which element is wrong and how.
Status CheckBytesElements(std::span<const std::byte> data, int64_t count);

// Appends one element in the tensor's layout. It must be shorter than 4 GiB.
void AppendBytesElement(std::vector<std::byte>& data, std::string_view element);

}  // namespace trireme

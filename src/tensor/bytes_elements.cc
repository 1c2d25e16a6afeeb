// SPDX-License-Identifier: Apache-2.0
#include "tensor/bytes_elements.h"

#include <cstring>
#include <limits>

#include "base/check.h"

namespace trireme {
namespace {

constexpr size_t kLengthBytes = sizeof(uint32_t);  // little-endian, as every machine we build for

}  // namespace

std::optional<std::string_view> BytesReader::Next() {
  if (data_.size() - at_ < kLengthBytes) return std::nullopt;
  uint32_t length = 0;
  std::memcpy(&length, data_.data() + at_, kLengthBytes);
  if (length > data_.size() - at_ - kLengthBytes) return std::nullopt;
  const auto* text = reinterpret_cast<const char*>(data_.data()) + at_ + kLengthBytes;
  at_ += kLengthBytes + length;
  return std::string_view(text, length);
}

Status CheckBytesElements(std::span<const std::byte> data, int64_t count) {
  BytesReader reader(data);
  for (int64_t i = 0; i < count; ++i) {
    if (!reader.Next()) {
      return InvalidArgument("element " + std::to_string(i) + " of " + std::to_string(count) + " is cut off at byte " +
                             std::to_string(reader.offset()) + " of " + std::to_string(data.size()) +
                             ": expected a 4-byte length and that many bytes");
    }
  }
  if (!reader.AtEnd()) {
    return InvalidArgument("expected " + std::to_string(count) + (count == 1 ? " element" : " elements") + ", but " +
                           std::to_string(data.size() - reader.offset()) + " bytes follow them");
  }
  return {};
}

void AppendBytesElement(std::vector<std::byte>& data, std::string_view element) {
  CHECK(element.size() <= std::numeric_limits<uint32_t>::max());
  const uint32_t length = static_cast<uint32_t>(element.size());
  const size_t at = data.size();
  data.resize(at + kLengthBytes + element.size());
  std::memcpy(data.data() + at, &length, kLengthBytes);
  if (!element.empty()) std::memcpy(data.data() + at + kLengthBytes, element.data(), element.size());
}

}  // namespace trireme

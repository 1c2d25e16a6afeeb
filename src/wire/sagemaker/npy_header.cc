// SPDX-License-Identifier: Apache-2.0
#include "wire/sagemaker/npy_header.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "wire/sagemaker/npy.h"

namespace trireme::sagemaker {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr size_t kMaxTextBytes = 64 << 10;

constexpr std::array<std::pair<DataType, std::string_view>, 12> kTypes = {{{DataType::kBool, "|b1"},
                                                                           {DataType::kUint8, "|u1"},
                                                                           {DataType::kUint16, "<u2"},
                                                                           {DataType::kUint32, "<u4"},
                                                                           {DataType::kUint64, "<u8"},
                                                                           {DataType::kInt8, "|i1"},
                                                                           {DataType::kInt16, "<i2"},
                                                                           {DataType::kInt32, "<i4"},
                                                                           {DataType::kInt64, "<i8"},
                                                                           {DataType::kFp16, "<f2"},
                                                                           {DataType::kFp32, "<f4"},
                                                                           {DataType::kFp64, "<f8"}}};

// A dictionary as Python writes it: "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }".
class HeadReader {
 public:
  explicit HeadReader(std::string_view text) : rest_(text) {}

  bool Read() {
    if (!Take('{')) return false;
    while (!Take('}')) {
      const std::optional<std::string_view> key = ReadString();
      if (!key || !Take(':') || !ReadValue(*key)) return false;
      if (!Take(',') && !Sees('}')) return false;
    }
    SkipBlanks();
    return rest_.empty() && has_descr_ && has_order_ && has_shape_;
  }

  std::string_view descr() const { return descr_; }
  bool is_fortran() const { return is_fortran_; }
  const Shape& shape() const { return shape_; }

 private:
  bool ReadValue(std::string_view key) {
    if (key == "descr") {
      const std::optional<std::string_view> text = ReadString();
      descr_ = text.value_or("");
      return !std::exchange(has_descr_, true) && text.has_value();
    }
    if (key == "fortran_order") {
      is_fortran_ = TakeWord("True");
      return !std::exchange(has_order_, true) && (is_fortran_ || TakeWord("False"));
    }
    return key == "shape" && !std::exchange(has_shape_, true) && ReadShape();
  }

  bool ReadShape() {
    if (!Take('(')) return false;
    while (!Take(')')) {
      SkipBlanks();
      int64_t dim = -1;
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), dim);
      if (error != std::errc() || dim < 0 || !shape_.Append(dim)) return false;
      rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
      if (!Take(',') && !Sees(')')) return false;
    }
    return true;
  }

  std::optional<std::string_view> ReadString() {
    SkipBlanks();
    const char quote = rest_.empty() ? ' ' : rest_.front();
    if (quote != '\'' && quote != '"') return std::nullopt;
    const size_t end = rest_.find(quote, 1);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view text = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return text;
  }

  bool Sees(char c) {
    SkipBlanks();
    return rest_.starts_with(c);
  }
  bool Take(char c) {
    if (!Sees(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool TakeWord(std::string_view word) {
    SkipBlanks();
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  void SkipBlanks() {
    const size_t end = rest_.find_first_not_of(" \t\n");
    rest_.remove_prefix(std::min(end, rest_.size()));
  }

  std::string_view rest_;
  std::string_view descr_;
  Shape shape_;
  bool is_fortran_ = false;
  bool has_descr_ = false;
  bool has_order_ = false;
  bool has_shape_ = false;
};

Status NoNpy(std::string_view why) {
  return InvalidArgument("expected one array as numpy.save writes it, found " + std::string(why));
}

std::optional<DataType> TypeOf(std::string_view descr) {
  // '=' is what the writer's machine has, which nobody knows; single bytes have no order.
  const auto found = std::ranges::find_if(kTypes, [&](const auto& known) {
    return known.second == descr ||
           (known.second.front() == '|' && descr.starts_with('<') && known.second.substr(1) == descr.substr(1));
  });
  if (found == kTypes.end()) return std::nullopt;
  return found->first;
}

// Where the text begins, and how long it is.
Result<std::pair<size_t, size_t>> TextOf(std::string_view file) {
  constexpr size_t kVersion = kMagic.size();
  if (!file.starts_with(kMagic) || file.size() < kVersion + 2) return NoNpy("something else");
  const char version = file[kVersion];
  if (version < 1 || version > 3) return NoNpy("version " + std::to_string(version) + " of its format");
  const size_t length_bytes = version == 1 ? 2 : 4;
  const size_t begin = kVersion + 2 + length_bytes;
  if (file.size() < begin) return NoNpy("the beginning of one");
  size_t length = 0;
  for (size_t i = 0; i < length_bytes; ++i) {
    length |= static_cast<size_t>(static_cast<uint8_t>(file[kVersion + 2 + i])) << (8 * i);
  }
  if (length > kMaxTextBytes || length > file.size() - begin) return NoNpy("the beginning of one");
  return std::pair(begin, length);
}

}  // namespace

std::optional<std::string_view> NumpyType(DataType type) {
  const auto found = std::ranges::find(kTypes, type, &std::pair<DataType, std::string_view>::first);
  if (found == kTypes.end()) return std::nullopt;
  return found->second;
}

Result<NpyHead> ReadNpyHead(std::span<const std::byte> bytes) {
  const std::string_view file(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  ASSIGN_OR_RETURN(const auto text, TextOf(file));
  HeadReader reader(file.substr(text.first, text.second));
  if (!reader.Read()) return NoNpy("a head that cannot be read");
  const std::optional<DataType> type = TypeOf(reader.descr());
  if (!type) {
    return NoNpy("elements of type '" + std::string(reader.descr().substr(0, 40)) +
                 "': expected little-endian numbers or bool");
  }
  if (reader.is_fortran() && reader.shape().rank() > 1) {
    return NoNpy("Fortran order: expected C order, as of numpy.ascontiguousarray");
  }
  return NpyHead{.type = *type, .shape = reader.shape(), .bytes = text.first + text.second};
}

Result<std::string> NpyHeader(const Tensor& tensor) {
  const std::optional<std::string_view> type = NumpyType(tensor.type);
  if (!type)
    return Unsupported("NumPy has no type " + std::string(Name(tensor.type)) +
                       ": ask for application/json or text/csv");
  std::string text = "{'descr': '" + std::string(*type) + "', 'fortran_order': False, 'shape': (";
  for (const int64_t dim : tensor.shape) text += std::to_string(dim) + ", ";
  text += "), }";
  constexpr size_t kBefore = kMagic.size() + 4;
  text.append(64 - (kBefore + text.size() + 1) % 64, ' ');
  text += '\n';
  std::string head(kMagic);
  head += {'\x01', '\0', static_cast<char>(text.size() & 0xff), static_cast<char>(text.size() >> 8)};
  return head + text;
}

}  // namespace trireme::sagemaker

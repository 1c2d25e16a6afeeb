// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "base/check.h"
#include "codec/proto_wire.h"
#include "wire/kserve/proto_fields.h"
#include "wire/tfserving/data_types.h"
#include "wire/tfserving/tensor_list.h"
#include "wire/tfserving/tensor_proto.h"

namespace trireme::tfserving {
namespace {

using kserve::NameOfType;
using kserve::Place;
using kserve::ReadProto;
using kserve::ReadProtoBytes;
using kserve::ReadProtoMessage;
using Type = ProtoField::Type;

// A TensorProto before its elements are read.
struct Head {
  uint64_t type_number = 0;
  Shape shape;
  std::string_view content;
};

Status ReadDim(std::string_view message, const Place& place, Shape& shape) {
  int64_t size = 0;
  RETURN_IF_ERROR(ReadProtoMessage(message, place, [&](const ProtoField& field) {
    return field.number == 1 ? ReadProto(field, Place("size", &place), size) : Status();
  }));
  if (size < 0) return place.Wrong("a size of 0 or more", std::to_string(size));
  if (shape.Append(size)) return {};
  return place.Wrong("at most " + std::to_string(Shape::kMaxRank) + " dimensions", "more");
}

Status ReadShape(const ProtoField& field, const Place& place, Shape& shape) {
  std::string_view message;
  RETURN_IF_ERROR(ReadProtoBytes(field, place, "a message", message));
  return ReadProtoMessage(message, place, [&](const ProtoField& member) -> Status {
    if (member.number == 3 && member.value != 0) return place.Wrong("a known rank", "unknown_rank");
    if (member.number != 2) return {};
    const Place dims("dim", &place);
    const Place dim(shape.rank(), &dims);
    std::string_view bytes;
    RETURN_IF_ERROR(ReadProtoBytes(member, dim, "a message", bytes));
    return ReadDim(bytes, dim, shape);
  });
}

Result<Head> ReadHead(std::string_view message, const Place& place) {
  Head head;
  RETURN_IF_ERROR(ReadProtoMessage(message, place, [&](const ProtoField& field) -> Status {
    switch (field.number) {
      case 1:
        return ReadProto(field, Place("dtype", &place), head.type_number);
      case 2:
        return ReadShape(field, Place("tensor_shape", &place), head.shape);
      case 4:
        return ReadProtoBytes(field, Place("tensor_content", &place), "bytes", head.content);
      default:
        return {};
    }
  }));
  return head;
}

size_t FixedBytes(Type element) {
  return element == Type::kFixed32 ? sizeof(uint32_t) : sizeof(uint64_t);
}

std::string Elements(size_t count) {
  return std::to_string(count) + (count == 1 ? " element" : " elements");
}

// How many elements a field has, whose bytes may be anything yet.
Result<size_t> CountElements(const ProtoField& field, const TensorList& list, const Place& place) {
  if (field.type == list.element) return 1;
  if (field.type != Type::kBytes) return Place(list.name, &place).Wrong("a list of elements", NameOfType(field.type));
  if (list.element == Type::kVarint) {
    const auto is_last = [](char byte) { return static_cast<uint8_t>(byte) < 0x80; };
    return static_cast<size_t>(std::count_if(field.bytes.begin(), field.bytes.end(), is_last));
  }
  const size_t bytes = FixedBytes(list.element);
  if (field.bytes.size() % bytes == 0) return field.bytes.size() / bytes;
  return Place(list.name, &place)
      .Wrong("a multiple of " + std::to_string(bytes) + " bytes", std::to_string(field.bytes.size()));
}

// One tensor while it is read.
class Reader {
 public:
  Reader(std::string_view message, const Head& head, const Place& place, const TensorSource& source)
      : message_(message), head_(head), place_(place), source_(source) {}

  Result<Tensor> Read() {
    const std::optional<DataType> type = TypeOfNumber(head_.type_number);
    if (!type) {
      return Place("dtype", &place_).Wrong("a type that models here take", EnumNameOfNumber(head_.type_number));
    }
    tensor_ = {.type = *type, .shape = head_.shape, .data = {}};
    const std::optional<int64_t> elements = head_.shape.ElementCount();
    if (!elements) {
      return Place("tensor_shape", &place_).Wrong("less than 2^63 elements", head_.shape.ToString());
    }
    elements_ = static_cast<size_t>(*elements);
    if (!head_.content.empty()) return ReadContent();
    list_ = &TensorListOf(*type);
    RETURN_IF_ERROR(Count());
    return *type == DataType::kBytes ? ReadStrings() : ReadNumbers();
  }

 private:
  Status Spend(size_t bytes) {
    if (bytes > source_.bytes_left) {
      return TooLarge(place_.text() + ": expected at most " + std::to_string(source_.bytes_left) +
                      " bytes of elements, as many as a message may have, found a tensor " + head_.shape.ToString() +
                      " of " + std::string(EnumName(tensor_.type)));
    }
    source_.bytes_left -= bytes;
    return {};
  }

  Result<Tensor> ReadContent() {
    const Place content("tensor_content", &place_);
    if (tensor_.type == DataType::kBytes) return content.Wrong("string_val for DT_STRING", "tensor_content");
    const std::optional<size_t> expected = ByteSize(tensor_.type, tensor_.shape);
    if (expected != head_.content.size()) {
      return content.Wrong((expected ? std::to_string(*expected) : "more than 2^63") + " bytes for " +
                               std::string(EnumName(tensor_.type)) + " " + tensor_.shape.ToString(),
                           std::to_string(head_.content.size()));
    }
    tensor_.data = ViewOrCopy(head_.content);
    return std::move(tensor_);
  }

  // A view where the elements can be read in place.
  Buffer ViewOrCopy(std::string_view raw) const {
    const auto* const data = reinterpret_cast<const std::byte*>(raw.data());
    if (IsAligned(tensor_.type, data)) return Buffer::View(data, raw.size(), source_.keep_alive);
    Buffer copy = Buffer::Take(source_.pool, raw.size());
    std::memcpy(copy.mutable_data(), data, raw.size());
    return copy;
  }

  // Calls read(field) for each field with elements of this type. They are walked as often as that is needed, and not
  // kept: there may be one an element.
  template <typename Read>
  Status ForEachField(Read read) const {
    return ReadProtoMessage(message_, place_, [&](const ProtoField& field) {
      return field.number == list_->number ? read(field) : Status();
    });
  }

  Status Count() {
    bool has_others = false;
    RETURN_IF_ERROR(ReadProtoMessage(message_, place_, [&](const ProtoField& field) -> Status {
      if (field.number != list_->number) {
        has_others |= IsTensorList(field.number) && (field.type != Type::kBytes || !field.bytes.empty());
        return {};
      }
      ASSIGN_OR_RETURN(const size_t count, CountElements(field, *list_, place_));
      fields_ += 1;
      last_field_ = field;
      count_ += count;
      string_bytes_ += field.bytes.size();
      return {};
    }));
    if (count_ == 0 && has_others) {
      return place_.Wrong(std::string(list_->name) + " for " + std::string(EnumName(tensor_.type)), "another list");
    }
    if (count_ <= elements_) return {};
    return Place(list_->name, &place_)
        .Wrong("at most " + Elements(elements_) + " for shape " + head_.shape.ToString(), std::to_string(count_));
  }

  Result<Tensor> ReadStrings() {
    if (string_bytes_ > std::numeric_limits<uint32_t>::max()) {
      return place_.Wrong("less than 4 GiB of strings", std::to_string(string_bytes_) + " bytes");
    }
    const size_t missing = elements_ - count_;
    const std::string_view last = last_field_.bytes;
    const size_t each = sizeof(uint32_t) + last.size();
    if (missing > std::numeric_limits<size_t>::max() / 2 / each) return Spend(std::numeric_limits<size_t>::max());
    const size_t own = string_bytes_ + count_ * sizeof(uint32_t);
    RETURN_IF_ERROR(Spend(missing * each));
    Buffer buffer = Buffer::Take(source_.pool, own + missing * each);
    std::byte* to = buffer.mutable_data();
    const auto put = [&](std::string_view element) {
      const auto length = static_cast<uint32_t>(element.size());
      std::memcpy(to, &length, sizeof length);
      to += sizeof length;
      if (length > 0) std::memcpy(to, element.data(), length);
      to += length;
    };
    RETURN_IF_ERROR(ForEachField([&](const ProtoField& field) {
      put(field.bytes);
      return Status();
    }));
    for (size_t i = 0; i < missing; ++i) put(last);
    tensor_.data = std::move(buffer);
    return std::move(tensor_);
  }

  Result<Tensor> ReadNumbers() {
    if (elements_ == 0) return std::move(tensor_);
    const size_t bytes = ByteSize(tensor_.type, tensor_.shape).value_or(std::numeric_limits<size_t>::max());
    // Whole numbers may take less on the wire than in memory, but never less than an eighth.
    if (count_ < elements_) RETURN_IF_ERROR(Spend(bytes));
    const bool is_in_place =
        fields_ == 1 && last_field_.type == Type::kBytes && count_ == elements_ && list_->element != Type::kVarint;
    if (is_in_place) {
      tensor_.data = ViewOrCopy(last_field_.bytes);
      return std::move(tensor_);
    }
    tensor_.data = Buffer::Take(source_.pool, bytes);
    RETURN_IF_ERROR(Fill());
    return std::move(tensor_);
  }

  Status Fill() {
    switch (tensor_.type) {
      case DataType::kBool:
        return FillWith<bool>();
      case DataType::kUint8:
        return FillWith<uint8_t>();
      case DataType::kUint16:
      case DataType::kFp16:
      case DataType::kBf16:
        return FillWith<uint16_t>();
      case DataType::kUint32:
        return FillWith<uint32_t>();
      case DataType::kUint64:
        return FillWith<uint64_t>();
      case DataType::kInt8:
        return FillWith<int8_t>();
      case DataType::kInt16:
        return FillWith<int16_t>();
      case DataType::kInt32:
        return FillWith<int32_t>();
      case DataType::kInt64:
        return FillWith<int64_t>();
      case DataType::kFp32:
        return FillWith<float>();
      case DataType::kFp64:
        return FillWith<double>();
      case DataType::kBytes:
        break;
    }
    CHECK(false);
  }

  template <typename T>
  Status FillWith() {
    T* const begin = reinterpret_cast<T*>(tensor_.data.mutable_data());
    T* to = begin;
    const auto put = [&](const ProtoField& field) -> Status {
      if constexpr (std::is_floating_point_v<T>) {
        const auto* const single = reinterpret_cast<const char*>(&field.value);
        const std::string_view bytes = field.type == Type::kBytes ? field.bytes : std::string_view(single, sizeof(T));
        if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
        to += bytes.size() / sizeof(T);
        return {};
      } else {
        return PutIntegers(field, begin, to);
      }
    };
    RETURN_IF_ERROR(ForEachField(put));
    std::fill(to, begin + elements_, to == begin ? T{} : to[-1]);
    return {};
  }

  template <typename T>
  Status PutIntegers(const ProtoField& field, const T* begin, T*& to) {
    if (field.type == Type::kVarint) return PutInteger(field.value, begin, to);
    for (std::string_view rest = field.bytes; !rest.empty();) {
      auto value = uint64_t{static_cast<uint8_t>(rest.front())};
      if (value < 0x80) {
        rest.remove_prefix(1);
      } else {
        const std::optional<uint64_t> taken = TakeVarint(rest);
        if (!taken) {
          return Place(static_cast<size_t>(to - begin), &place_).Wrong("an integer", "one that is cut off or too long");
        }
        value = *taken;
      }
      RETURN_IF_ERROR(PutInteger(value, begin, to));
    }
    return {};
  }

  template <typename T>
  Status PutInteger(uint64_t value, const T* begin, T*& to) {
    if constexpr (std::is_same_v<T, bool>) {
      *to++ = value != 0;
      return {};
    } else {
      const bool fits = std::is_signed_v<T> ? std::in_range<T>(static_cast<int64_t>(value)) : std::in_range<T>(value);
      if (!fits) {
        const std::string found =
            IsSignedList(*list_) ? std::to_string(static_cast<int64_t>(value)) : std::to_string(value);
        const Place list(list_->name, &place_);
        return Place(static_cast<size_t>(to - begin), &list)
            .Wrong("an integer from " + std::to_string(std::numeric_limits<T>::min()) + " to " +
                       std::to_string(std::numeric_limits<T>::max()),
                   found);
      }
      *to++ = static_cast<T>(value);
      return {};
    }
  }

  const std::string_view message_;
  const Head head_;
  const Place& place_;
  const TensorSource& source_;
  const TensorList* list_ = nullptr;
  Tensor tensor_;
  size_t elements_ = 0;  // of the shape
  size_t count_ = 0;     // that are there
  size_t fields_ = 0;    // that they are in
  ProtoField last_field_;
  size_t string_bytes_ = 0;
};

}  // namespace

Result<Tensor> ReadTensorProto(std::string_view message, const Place& place, const TensorSource& source) {
  ASSIGN_OR_RETURN(const Head head, ReadHead(message, place));
  return Reader(message, head, place, source).Read();
}

}  // namespace trireme::tfserving

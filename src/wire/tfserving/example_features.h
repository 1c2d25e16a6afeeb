// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "codec/proto_wire.h"

namespace trireme::tfserving {

// A feature of an Example: a list of values of one kind. Views of what was read.
struct Feature {
  enum class Kind : uint8_t { kNone = 0, kBytes = 1, kFloat = 2, kInt64 = 3 };  // as the fields of the message

  Kind kind = Kind::kNone;
  std::vector<std::string_view> lists;  // pieces of a BytesList, FloatList or Int64List
  size_t count = 0;                     // of values

  // Calls take(value) for each: a string_view, a float or an int64_t.
  template <typename Take>
  void ForEachBytes(Take take) const {
    for (const std::string_view list : lists) {
      ProtoReader reader(list);
      while (const auto field = reader.Next()) {
        if (field->number == 1) take(field->bytes);
      }
    }
  }
  template <typename Take>
  void ForEachFloat(Take take) const {
    for (const std::string_view list : lists) {
      ProtoReader reader(list);
      while (const auto field = reader.Next()) {
        if (field->number != 1) continue;
        if (field->type == ProtoField::Type::kFixed32) take(std::bit_cast<float>(static_cast<uint32_t>(field->value)));
        for (size_t at = 0; at < field->bytes.size(); at += sizeof(float)) {
          float value = 0;
          std::memcpy(&value, field->bytes.data() + at, sizeof value);
          take(value);
        }
      }
    }
  }
  template <typename Take>
  void ForEachInt64(Take take) const {
    for (const std::string_view list : lists) {
      ProtoReader reader(list);
      while (const auto field = reader.Next()) {
        if (field->number != 1) continue;
        if (field->type == ProtoField::Type::kVarint) take(static_cast<int64_t>(field->value));
        std::string_view rest = field->bytes;
        while (!rest.empty()) take(static_cast<int64_t>(TakeVarint(rest).value_or(0)));
      }
    }
  }
};

std::string_view NameOf(Feature::Kind kind);  // "float"

// The names of the features that somebody looks for, each with a number of its own from 0 on. Views.
using FeatureNames = std::unordered_map<std::string_view, size_t>;

// Those features of one Example, looked up by name; others are passed over, however many a client sends. Of a name that
// is there twice the last counts, as in any map.
class ExampleFeatures {
 public:
  // `names` must outlive it.
  explicit ExampleFeatures(const FeatureNames& names) : names_(names), features_(names.size()) {}

  // Reads one more message, whose features replace those of the same name. kInvalidArgument: it is no Example.
  Status Add(std::string_view example);

  // Of one of the names. kInvalidArgument: its values are malformed. Null: there is none of that name.
  Result<std::optional<Feature>> Find(std::string_view name) const;

 private:
  const FeatureNames& names_;
  std::vector<std::optional<std::string_view>> features_;  // messages, by their names' numbers
};

}  // namespace trireme::tfserving

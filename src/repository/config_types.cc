// SPDX-License-Identifier: Apache-2.0
#include "repository/config_types.h"

#include <string_view>

namespace trireme {
namespace {

// Room for the batch dimension.
constexpr int kMaxDims = static_cast<int>(Shape::kMaxRank) - 1;

}  // namespace

std::optional<DataType> ReadDataType(inference::DataType type, const ConfigPlace& place, FindingList& findings) {
  if (type == inference::TYPE_INVALID) return std::nullopt;
  if (type == inference::TYPE_STRING) return DataType::kBytes;
  std::string_view name = inference::DataType_Name(type);
  if (name.starts_with("TYPE_")) name.remove_prefix(5);
  const std::optional<DataType> known = ParseDataType(name);
  if (!known) findings.Add(place.Error("a type like TYPE_FP32", std::to_string(type)));
  return known;
}

std::optional<Shape> ReadDims(const google::protobuf::RepeatedField<int64_t>& dims, const ConfigPlace& place,
                              const char* field, bool may_be_free, FindingList& findings) {
  if (dims.size() > kMaxDims) {
    findings.Add(
        place.At(field).Error("at most " + std::to_string(kMaxDims) + " dimensions", std::to_string(dims.size())));
    return std::nullopt;
  }
  Shape shape;
  bool good = true;
  for (int i = 0; i < dims.size(); ++i) {
    shape.Append(dims[i]);
    if (dims[i] >= 1 || (may_be_free && dims[i] == Shape::kAny)) continue;
    good = false;
    findings.Add(
        place.At(field, i).Error(may_be_free ? "1 or more, or -1 for any size" : "1 or more", std::to_string(dims[i])));
  }
  if (!good) return std::nullopt;
  return shape;
}

}  // namespace trireme

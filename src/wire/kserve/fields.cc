// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/fields.h"

#include <charconv>
#include <utility>
#include <variant>

#include "wire/kserve/infer_request_message.h"

namespace trireme::kserve {
namespace {

template <typename T, typename Read>
Status ReadOnce(JsonCursor& json, const Place& place, std::optional<T>& to, Read read) {
  if (to) return place.GivenTwice();
  const auto value = read();
  if (!value) return place.Wrong(json);
  to.emplace(*value);
  return {};
}

template <typename T>
std::optional<T> WholeInteger(std::string_view text) {
  T value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<ParameterValue> ReadNumber(JsonCursor& json) {
  const size_t at = json.offset();
  const std::optional<std::string_view> text = json.ReadNumberText();
  if (!text) return std::nullopt;
  if (text->find_first_of(".eE") == std::string_view::npos) {
    if (const auto value = WholeInteger<int64_t>(*text)) return *value;
    if (const auto value = WholeInteger<uint64_t>(*text)) return *value;
    json.Refuse(at, "an integer of 64 bits");
    return std::nullopt;
  }
  const std::optional<double> value = json.At(at).ReadDouble();
  if (!value) {
    json.Refuse(at, "a number that fits FP64");
    return std::nullopt;
  }
  return *value;
}

std::optional<ParameterValue> ReadValue(JsonCursor& json) {
  switch (json.Peek()) {
    case JsonCursor::Kind::kString:
      if (const auto text = json.ReadString()) return std::string(*text);
      return std::nullopt;
    case JsonCursor::Kind::kBool:
      if (const auto value = json.ReadBool()) return *value;
      return std::nullopt;
    case JsonCursor::Kind::kNumber:
      return ReadNumber(json);
    default:
      json.Refuse(json.offset(), "a string, a number or a bool");
      return std::nullopt;
  }
}

}  // namespace

Status ReadField(JsonCursor& json, const Place& place, std::optional<std::string>& to) {
  return ReadOnce(json, place, to, [&] { return json.ReadString(); });
}

Status ReadField(JsonCursor& json, const Place& place, std::optional<bool>& to) {
  return ReadOnce(json, place, to, [&] { return json.ReadBool(); });
}

Status ReadField(JsonCursor& json, const Place& place, std::optional<uint64_t>& to) {
  return ReadOnce(json, place, to, [&] { return json.ReadUint64(); });
}

Status ReadField(JsonCursor& json, const Place& place, std::optional<DataType>& to) {
  std::optional<std::string> name;
  if (to) return place.GivenTwice();
  RETURN_IF_ERROR(ReadField(json, place, name));
  to = ParseDataType(*name);
  if (to) return {};
  return place.Wrong("BOOL, BYTES, BF16, FP16 to FP64, INT8 to INT64 or UINT8 to UINT64", Quoted(*name));
}

Status ReadField(JsonCursor& json, const Place& place, std::optional<Shape>& to, int64_t least_dim) {
  if (to) return place.GivenTwice();
  to.emplace();
  if (!json.EnterArray()) return place.Wrong(json);
  while (json.NextElement()) {
    const Place element(to->rank(), &place);
    json.Peek();
    const size_t at = json.offset();
    const std::optional<int64_t> dim = json.ReadInt64();
    if (dim && *dim < least_dim) json.Refuse(at, "a size of at least " + std::to_string(least_dim));
    if (!json.ok()) return element.Wrong(json);
    if (!to->Append(*dim)) return place.Wrong("at most " + std::to_string(Shape::kMaxRank) + " dimensions", "more");
  }
  return json.ok() ? Status() : place.Wrong(json);
}

Status NameTooLong(const Place& place, std::string_view name) {
  return place.Wrong("a name of at most " + std::to_string(kMaxNameBytes) + " bytes", std::to_string(name.size()));
}

Status ReadParameter(JsonCursor& json, const Place& place, std::string key, Parameters& to) {
  if (key.size() > kMaxNameBytes) return NameTooLong(place, key);
  if (FindParameter(to, key) != nullptr) return place.GivenTwice();
  if (to.size() == kMaxParameters) {
    return place.Wrong("at most " + std::to_string(kMaxParameters) + " parameters", "more");
  }
  std::optional<ParameterValue> value = ReadValue(json);
  if (!value) return place.Wrong(json);
  to.emplace_back(std::move(key), *std::move(value));
  return {};
}

Status IgnoreParameter(JsonCursor& json, const Place& place) {
  return ReadValue(json) ? Status() : place.Wrong(json);
}

}  // namespace trireme::kserve

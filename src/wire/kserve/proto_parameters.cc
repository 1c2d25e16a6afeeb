// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/proto_parameters.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "wire/kserve/fields.h"
#include "wire/kserve/infer_request_message.h"
#include "wire/kserve/proto_fields.h"

namespace trireme::kserve {
namespace {

template <typename T>
Status ReadChoice(const ProtoField& field, const Place& place, std::optional<ParameterValue>& to) {
  T value{};
  RETURN_IF_ERROR(ReadProto(field, place, value));
  to = std::move(value);
  return {};
}

// Again where an entry has it in pieces: the last one counts.
Status ReadValue(const ProtoField& value, const Place& place, std::optional<ParameterValue>& to) {
  std::string_view message;
  RETURN_IF_ERROR(ReadProtoBytes(value, place, "an InferParameter", message));
  return ReadProtoMessage(message, place, [&](const ProtoField& field) -> Status {
    switch (field.number) {
      case parameter_field::kBool:
        return ReadChoice<bool>(field, place, to);
      case parameter_field::kInt64:
        return ReadChoice<int64_t>(field, place, to);
      case parameter_field::kString:
        return ReadChoice<std::string>(field, place, to);
      case parameter_field::kDouble:
        return ReadChoice<double>(field, place, to);
      case parameter_field::kUint64:
        return ReadChoice<uint64_t>(field, place, to);
      default:
        return {};
    }
  });
}

std::string RangeText(uint64_t least, uint64_t most) {
  return "an integer from " + std::to_string(least) + " to " + std::to_string(most);
}

constexpr auto kMostInt64 = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());

}  // namespace

Result<ProtoParameter> ReadParameterEntry(const ProtoField& entry, const Place& map) {
  std::string_view found_key;
  std::optional<ParameterValue> found;
  RETURN_IF_ERROR(ReadProtoEntry(entry, map, found_key, [&](const Place& place, const ProtoField& value) {
    return ReadValue(value, place, found);
  }));
  if (!found) return Place(found_key, &map).Wrong("a string, a number or a bool", "nothing");
  return ProtoParameter{.key = found_key, .value = *std::move(found)};
}

Status WantBool(const ParameterValue& value, const Place& place, bool& to) {
  const bool* flag = std::get_if<bool>(&value);
  if (flag == nullptr) return place.Wrong("true or false in bool_param", Described(value));
  to = *flag;
  return {};
}

Status WantString(const ParameterValue& value, const Place& place, std::string& to) {
  const std::string* text = std::get_if<std::string>(&value);
  if (text == nullptr) return place.Wrong("a string in string_param", Described(value));
  to = *text;
  return {};
}

Status WantInt64(const ParameterValue& value, const Place& place, int64_t least, uint64_t& to) {
  const int64_t* number = std::get_if<int64_t>(&value);
  if (number == nullptr || *number < least) {
    return place.Wrong(RangeText(static_cast<uint64_t>(least), kMostInt64) + " in int64_param", Described(value));
  }
  to = static_cast<uint64_t>(*number);
  return {};
}

Status WantUint64(const ParameterValue& value, const Place& place, uint64_t& to) {
  if (const uint64_t* number = std::get_if<uint64_t>(&value)) {
    to = *number;
    return {};
  }
  const int64_t* number = std::get_if<int64_t>(&value);
  if (number == nullptr || *number < 0) {
    return place.Wrong(RangeText(0, std::numeric_limits<uint64_t>::max()) + " in int64_param or uint64_param",
                       Described(value));
  }
  to = static_cast<uint64_t>(*number);
  return {};
}

std::string Described(const ParameterValue& value) {
  struct {
    std::string operator()(bool flag) const { return std::string("bool_param ") + (flag ? "true" : "false"); }
    std::string operator()(int64_t number) const { return "int64_param " + std::to_string(number); }
    std::string operator()(uint64_t number) const { return "uint64_param " + std::to_string(number); }
    std::string operator()(double number) const { return "double_param " + std::to_string(number); }
    std::string operator()(const std::string& text) const { return "string_param " + Quoted(text); }
  } describe;
  return std::visit(describe, value);
}

Status KeepParameter(ProtoParameter parameter, const Place& place, Parameters& to) {
  if (parameter.key.size() > kMaxNameBytes) return NameTooLong(place, parameter.key);
  const auto same = std::find_if(to.begin(), to.end(), [&](const auto& other) { return other.first == parameter.key; });
  if (same != to.end()) {
    same->second = std::move(parameter.value);
    return {};
  }
  if (to.size() == kMaxParameters) {
    return place.Wrong("at most " + std::to_string(kMaxParameters) + " parameters", "more");
  }
  to.emplace_back(parameter.key, std::move(parameter.value));
  return {};
}

}  // namespace trireme::kserve

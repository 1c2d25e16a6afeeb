// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "base/status.h"
#include "codec/proto_wire.h"
#include "model/parameters.h"
#include "wire/kserve/place.h"

namespace trireme::kserve {

// A map<string, InferParameter>, which requests, responses and their tensors have.

// Which field of an InferParameter holds the value.
namespace parameter_field {
inline constexpr int kBool = 1;
inline constexpr int kInt64 = 2;
inline constexpr int kString = 3;
inline constexpr int kDouble = 4;
inline constexpr int kUint64 = 5;
}  // namespace parameter_field

// One entry of the map.
struct ProtoParameter {
  std::string_view key;  // a view of what was read
  ParameterValue value;
};
// kInvalidArgument: it has no value, ...
Result<ProtoParameter> ReadParameterEntry(const ProtoField& entry, const Place& map);

// What the value of a known parameter must be. kInvalidArgument names the field of InferParameter that was expected,
// and what came.
Status WantBool(const ParameterValue& value, const Place& place, bool& to);
Status WantString(const ParameterValue& value, const Place& place, std::string& to);
// An int64_param of at least `least`, which is not below 0.
Status WantInt64(const ParameterValue& value, const Place& place, int64_t least, uint64_t& to);
// An int64_param from 0, or a uint64_param.
Status WantUint64(const ParameterValue& value, const Place& place, uint64_t& to);
// "int64_param -1"
std::string Described(const ParameterValue& value);

// A parameter that is handed on as it is. It replaces one of the same name, as the last of a map's entries counts. At
// most kMaxParameters.
Status KeepParameter(ProtoParameter parameter, const Place& place, Parameters& to);

// Writes an entry of the map to a ProtoWriter or a ProtoSizer.
template <typename Sink>
void WriteParameter(Sink& sink, int number, std::string_view key, const ParameterValue& value) {
  const auto write_value = [&value](auto& choice) {
    const auto write = [&choice](const auto& alternative) {
      using Alternative = std::decay_t<decltype(alternative)>;
      if constexpr (std::is_same_v<Alternative, bool>) {
        choice.Varint(parameter_field::kBool, alternative ? 1 : 0);
      } else if constexpr (std::is_same_v<Alternative, int64_t>) {
        choice.Varint(parameter_field::kInt64, static_cast<uint64_t>(alternative));
      } else if constexpr (std::is_same_v<Alternative, uint64_t>) {
        choice.Varint(parameter_field::kUint64, alternative);
      } else if constexpr (std::is_same_v<Alternative, double>) {
        choice.Fixed64(parameter_field::kDouble, std::bit_cast<uint64_t>(alternative));
      } else {
        choice.Bytes(parameter_field::kString, alternative);
      }
    };
    std::visit(write, value);
  };
  sink.Message(number, [&](auto& entry) {
    entry.Bytes(1, key);
    entry.Message(2, write_value);
  });
}

}  // namespace trireme::kserve

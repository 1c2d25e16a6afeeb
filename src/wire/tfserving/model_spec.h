// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "codec/proto_wire.h"
#include "model/version_choice.h"
#include "wire/kserve/place.h"

namespace trireme::tfserving {

// Which model, which version of it and which of its signatures somebody means (tensorflow.serving.ModelSpec).
struct ModelSpec {
  std::string name;
  VersionChoice version;
  std::string signature_name;  // empty: the default one

  bool operator==(const ModelSpec&) const = default;
};

// Reads a field that holds one, over what was read before: as protobuf merges a message that is there in pieces.
Status ReadModelSpec(const ProtoField& field, const kserve::Place& place, ModelSpec& spec);

// kInvalidArgument: there is none, or it names no model.
Status CheckModelSpec(const std::optional<ModelSpec>& spec);

// Writes one to a ProtoWriter or a ProtoSizer, with the version that answered.
template <typename Sink>
void WriteModelSpec(Sink& sink, int number, std::string_view name, int64_t version, std::string_view signature_name) {
  sink.Message(number, [&](auto& spec) {
    spec.Bytes(1, name);
    spec.Message(2, [&](auto& value) { value.Varint(1, static_cast<uint64_t>(version)); });
    if (!signature_name.empty()) spec.Bytes(3, signature_name);
  });
}

}  // namespace trireme::tfserving

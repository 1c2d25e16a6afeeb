// SPDX-License-Identifier: Apache-2.0
#include "bench/stream_answer.h"

#include <algorithm>
#include <cstdint>

#include "codec/proto_wire.h"

namespace trireme::bench {
namespace {

// Calls `take` with every field of which all is there, and with the beginning of one that is cut off.
template <typename Take>
void WalkFields(std::string_view bytes, Take take) {
  while (!bytes.empty()) {
    ProtoReader reader(bytes);
    if (const std::optional<ProtoField> field = reader.Next()) {
      take(field->number, *field);
      bytes.remove_prefix(reader.position());
      continue;
    }
    const std::optional<uint64_t> tag = TakeVarint(bytes);
    if (!tag || (*tag & 7) != static_cast<uint64_t>(ProtoField::Type::kBytes)) return;
    const std::optional<uint64_t> length = TakeVarint(bytes);
    if (!length || *length <= bytes.size()) return;
    take(static_cast<int>(*tag >> 3 & INT32_MAX), {.number = 0, .type = ProtoField::Type::kBytes, .bytes = bytes});
    return;
  }
}

std::optional<bool> ReadFinal(std::string_view parameter) {
  std::string_view key;
  std::optional<bool> value;
  WalkFields(parameter, [&](int number, const ProtoField& field) {
    if (field.type != ProtoField::Type::kBytes) return;
    if (number == 1) key = field.bytes;
    if (number != 2) return;
    WalkFields(field.bytes, [&](int kind, const ProtoField& choice) {
      if (kind == 1 && choice.type == ProtoField::Type::kVarint) value = choice.value != 0;
    });
  });
  // A false one may be left out of its message.
  return key == "triton_final_response" ? std::optional<bool>(value.value_or(false)) : std::nullopt;
}

}  // namespace

StreamAnswer ReadStreamAnswer(std::string_view beginning) {
  StreamAnswer answer;
  WalkFields(beginning, [&](int number, const ProtoField& field) {
    if (field.type != ProtoField::Type::kBytes) return;
    if (number == 1) answer.error = field.bytes;
    if (number != 2) return;
    WalkFields(field.bytes, [&](int inner, const ProtoField& part) {
      if (part.type != ProtoField::Type::kBytes) return;
      if (inner == 3) answer.id = part.bytes;
      if (inner == 5 || inner == 6) answer.has_outputs = true;
      if (inner != 4) return;
      if (const std::optional<bool> is_final = ReadFinal(part.bytes)) answer.is_final = is_final;
    });
  });
  return answer;
}

}  // namespace trireme::bench

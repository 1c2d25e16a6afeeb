// SPDX-License-Identifier: Apache-2.0
#include "repository/config_utf8.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "base/utf8.h"

namespace trireme {
namespace {

namespace pb = google::protobuf;
using Tree = pb::TextFormat::ParseInfoTree;

// A field of a message, or the element `index` of one that repeats it; else -1.
struct Slot {
  const pb::Message& message;
  const pb::FieldDescriptor* field;
  int index = -1;
};

std::optional<FieldPlace> FindIn(const pb::Message& message, const Tree* tree);

std::string StringAt(const Slot& slot) {
  const pb::Reflection* reflection = slot.message.GetReflection();
  return slot.index < 0 ? reflection->GetString(slot.message, slot.field)
                        : reflection->GetRepeatedString(slot.message, slot.field, slot.index);
}

const pb::Message& MessageAt(const Slot& slot) {
  const pb::Reflection* reflection = slot.message.GetReflection();
  return slot.index < 0 ? reflection->GetMessage(slot.message, slot.field)
                        : reflection->GetRepeatedMessage(slot.message, slot.field, slot.index);
}

// Where it stands; of one of a list, at least where that begins.
FieldPlace PlaceOf(const Slot& slot, const Tree* tree) {
  FieldPlace place{.field = slot.field->name()};
  if (tree == nullptr) return place;
  pb::TextFormat::ParseLocation at = tree->GetLocation(slot.field, slot.index);
  if (at.line < 0 && slot.index > 0) at = tree->GetLocation(slot.field, 0);
  if (at.line < 0) return place;
  place.line = at.line + 1;
  place.column = at.column + 1;
  return place;
}

std::optional<FieldPlace> FindAt(const Slot& slot, const Tree* tree) {
  if (slot.field->type() == pb::FieldDescriptor::TYPE_STRING) {
    if (IsUtf8(StringAt(slot))) return std::nullopt;
    return PlaceOf(slot, tree);
  }
  if (slot.field->cpp_type() != pb::FieldDescriptor::CPPTYPE_MESSAGE) return std::nullopt;
  std::optional<FieldPlace> inside =
      FindIn(MessageAt(slot), tree == nullptr ? nullptr : tree->GetTreeForNested(slot.field, slot.index));
  if (inside && inside->line == 0) {
    const FieldPlace around = PlaceOf(slot, tree);
    inside->line = around.line;
    inside->column = around.column;
  }
  return inside;
}

// The depth is that of what the parser has taken in, which is bounded.
std::optional<FieldPlace> FindIn(const pb::Message& message, const Tree* tree) {
  std::vector<const pb::FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const pb::FieldDescriptor* field : fields) {
    if (!field->is_repeated()) {
      if (auto found = FindAt({.message = message, .field = field}, tree)) return found;
      continue;
    }
    const int count = message.GetReflection()->FieldSize(message, field);
    for (int i = 0; i < count; ++i) {
      if (auto found = FindAt({.message = message, .field = field, .index = i}, tree)) return found;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<FieldPlace> FindBadUtf8(const ConfigMessage& config) {
  return FindIn(config.message, config.places.get());
}

}  // namespace trireme

// SPDX-License-Identifier: Apache-2.0
#include "repository/config_place.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "base/check.h"
#include "repository/model_name.h"

namespace trireme {
namespace {

namespace pb = google::protobuf;
using Tree = pb::TextFormat::ParseInfoTree;
using Location = pb::TextFormat::ParseLocation;

bool Known(const Location& location) {
  return location.line >= 0;
}

bool Before(const Location& a, const Location& b) {
  return std::tie(a.line, a.column) < std::tie(b.line, b.column);
}

// Where the first of the fields inside stands.
Location FirstInside(const Tree* inside, const pb::Descriptor* type) {
  Location first;
  if (inside == nullptr || type == nullptr) return first;
  for (int i = 0; i < type->field_count(); ++i) {
    const Location location = inside->GetLocation(type->field(i), type->field(i)->is_repeated() ? 0 : -1);
    if (Known(location) && (!Known(first) || Before(location, first))) first = location;
  }
  return first;
}

// Written as one list, "input [ {...}, {...} ]", only the list has a place, and what is inside its elements.
Location FindLocation(const Tree& tree, const pb::FieldDescriptor* field, int index, const Tree* inside) {
  const Location own = tree.GetLocation(field, index);
  const Location first = FirstInside(inside, field->message_type());
  if (Known(first) && (!Known(own) || Before(first, own))) return first;
  if (!Known(own) && index > 0) return tree.GetLocation(field, 0);
  return own;
}

std::string KeyText(const pb::Message& entry) {
  const pb::FieldDescriptor* key = entry.GetDescriptor()->FindFieldByNumber(1);
  if (key->cpp_type() == pb::FieldDescriptor::CPPTYPE_STRING) return entry.GetReflection()->GetString(entry, key);
  CHECK(key->cpp_type() == pb::FieldDescriptor::CPPTYPE_UINT64);
  return std::to_string(entry.GetReflection()->GetUInt64(entry, key));
}

}  // namespace

ConfigPlace::ConfigPlace(const ConfigMessage& config, std::filesystem::path file)
    : file_(std::move(file)), type_(config.message.GetDescriptor()), inside_(config.places.get()) {}

ConfigPlace ConfigPlace::At(const char* name, int index) const {
  CHECK(type_ != nullptr);
  const pb::FieldDescriptor* field = type_->FindFieldByName(name);
  CHECK(field != nullptr);
  ConfigPlace found = *this;
  found.place_.field += (place_.field.empty() ? "" : ".") + std::string(name);
  if (index >= 0) found.place_.field += "[" + std::to_string(index) + "]";
  found.type_ = field->message_type();
  found.inside_ = nullptr;
  if (inside_ == nullptr) return found;
  const int at = field->is_repeated() ? std::max(index, 0) : -1;
  if (field->message_type() != nullptr) found.inside_ = inside_->GetTreeForNested(field, at);
  const Location location = FindLocation(*inside_, field, at, found.inside_);
  if (Known(location)) {
    found.place_.line = location.line + 1;
    found.place_.column = location.column + 1;
  }
  return found;
}

ConfigPlace ConfigPlace::Entry(const char* name, const pb::Message& message, const std::string& key) const {
  const pb::FieldDescriptor* field = type_->FindFieldByName(name);
  CHECK(field != nullptr && field->is_map());
  const pb::Reflection* reflection = message.GetReflection();
  int index = 0;
  for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
    if (KeyText(reflection->GetRepeatedMessage(message, field, i)) == key) index = i;
  }
  const ConfigPlace entry = At(name, index);
  ConfigPlace value = entry.type_->FindFieldByNumber(2)->message_type() != nullptr ? entry.At("value") : entry;
  value.place_.field = (place_.field.empty() ? "" : place_.field + ".") + name + "[" + Quoted(key) + "]";
  return value;
}

Finding ConfigPlace::Make(Finding::Severity severity) const {
  Finding finding;
  finding.severity = severity;
  finding.file = file_;
  finding.line = place_.line;
  finding.column = place_.column;
  finding.field = place_.field;
  return finding;
}

Finding ConfigPlace::Error(std::string expected, std::string found, std::string fix) const {
  Finding finding = Make(Finding::Severity::kError);
  finding.expected = std::move(expected);
  finding.found = std::move(found);
  finding.fix = std::move(fix);
  return finding;
}

Finding ConfigPlace::Warning(std::string expected, std::string found, std::string fix) const {
  Finding finding = Error(std::move(expected), std::move(found), std::move(fix));
  finding.severity = Finding::Severity::kWarning;
  return finding;
}

Finding ConfigPlace::Note(std::string found, std::string fix) const {
  Finding finding = Error("", std::move(found), std::move(fix));
  finding.severity = Finding::Severity::kNote;
  return finding;
}

}  // namespace trireme

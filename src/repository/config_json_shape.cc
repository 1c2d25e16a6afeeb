// SPDX-License-Identifier: Apache-2.0
#include "repository/config_json_shape.h"

#include <google/protobuf/descriptor.h>

#include "codec/json_cursor.h"

namespace trireme {
namespace {

namespace pb = google::protobuf;

const pb::FieldDescriptor* FieldOf(const pb::Descriptor& type, std::string_view key) {
  const std::string name(key);
  const pb::FieldDescriptor* field = type.FindFieldByName(name);
  return field != nullptr ? field : type.FindFieldByCamelcaseName(name);
}

// As deep as the text, which the cursor bounds.
class Walker {
 public:
  explicit Walker(std::string_view json) : json_(json) {}

  std::optional<WrongKind> Walk(const pb::Descriptor& type) {
    if (Message(type) && json_.Finish()) return std::nullopt;
    return WrongKind{.field = path_, .problem = json_.status().message()};
  }

 private:
  // Each of these passes over one value; false where it is wrong, and `path_` leads there.
  bool Message(const pb::Descriptor& type) {
    if (!json_.EnterObject()) return false;
    while (const auto key = json_.NextKey()) {
      const size_t length = path_.size();
      path_.append(path_.empty() ? "" : ".").append(*key);
      const pb::FieldDescriptor* field = FieldOf(type, *key);
      if (!(field == nullptr || json_.Peek() == JsonCursor::Kind::kNull ? Scalar() : Field(*field))) return false;
      path_.resize(length);
    }
    return json_.ok();
  }

  bool Field(const pb::FieldDescriptor& field) {
    if (field.is_map()) return Map(*field.message_type()->FindFieldByNumber(2));
    return field.is_repeated() ? List(field) : Value(field);
  }

  bool List(const pb::FieldDescriptor& field) {
    if (!json_.EnterArray()) return false;
    for (size_t i = 0; json_.NextElement(); ++i) {
      const size_t length = path_.size();
      path_ += "[" + std::to_string(i) + "]";
      if (!Value(field)) return false;
      path_.resize(length);
    }
    return json_.ok();
  }

  bool Map(const pb::FieldDescriptor& value) {
    if (!json_.EnterObject()) return false;
    while (const auto key = json_.NextKey()) {
      const size_t length = path_.size();
      path_.append("[").append(*key).append("]");
      if (!Value(value)) return false;
      path_.resize(length);
    }
    return json_.ok();
  }

  bool Value(const pb::FieldDescriptor& field) {
    if (field.message_type() != nullptr) return Message(*field.message_type());
    const JsonCursor::Kind kind = json_.Peek();
    if (kind == JsonCursor::Kind::kArray || kind == JsonCursor::Kind::kObject || kind == JsonCursor::Kind::kNull) {
      json_.Refuse(json_.offset(), "a single value");
      return false;
    }
    return Scalar();
  }

  bool Scalar() { return json_.Skip(NonFinite::kAccept); }

  JsonCursor json_;
  std::string path_;
};

}  // namespace

std::optional<WrongKind> FindWrongKind(std::string_view json, const pb::Descriptor& type) {
  return Walker(json).Walk(type);
}

}  // namespace trireme

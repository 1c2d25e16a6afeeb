// SPDX-License-Identifier: Apache-2.0
#include "wire/tfserving/examples_json.h"

#include <bit>
#include <cstdint>
#include <optional>
#include <utility>

#include "codec/base64.h"
#include "codec/json_cursor.h"
#include "codec/proto_wire.h"
#include "wire/tfserving/example_features.h"
#include "wire/tfserving/nested_values.h"

namespace trireme::tfserving {
namespace {

using Kind = JsonCursor::Kind;

// "has element with unexpected JSON type: Null"
std::string_view TypeName(Kind kind) {
  switch (kind) {
    case Kind::kObject:
      return "Object";
    case Kind::kArray:
      return "Array";
    case Kind::kString:
      return "String";
    case Kind::kBool:
      return "Bool";
    case Kind::kNull:
      return "Null";
    case Kind::kNumber:
    case Kind::kOther:
      return "Number";
  }
  return "";
}

// The values of a feature as they are read, in the wire form of their list.
class FeatureWriter {
 public:
  explicit FeatureWriter(std::string name) : name_(std::move(name)) {}

  Status Read(JsonCursor& json) {
    if (json.Peek() != Kind::kArray) return ReadValue(json);
    if (!json.EnterArray()) return NoJson(json);
    while (json.NextElement()) RETURN_IF_ERROR(ReadValue(json));
    return json.ok() ? Status() : NoJson(json);
  }

  // Appends the entry of a map to the Features.
  void AppendTo(std::string& features) const {
    std::string feature;
    ProtoWriter feature_writer(feature);
    if (kind_ != Feature::Kind::kNone) feature_writer.Bytes(static_cast<int>(kind_), List());
    ProtoWriter(features).Message(1, [&](auto& entry) {
      entry.Bytes(1, name_);
      entry.Bytes(2, feature);
    });
  }

 private:
  Status ReadValue(JsonCursor& json) {
    const Kind kind = json.Peek();
    const JsonCursor at_value = json.At(json.offset());
    switch (kind) {
      case Kind::kString:
        return ReadText(json);
      case Kind::kObject:
        return ReadCoded(json, at_value);
      case Kind::kBool:
        return ReadBool(json);
      case Kind::kNumber:
      case Kind::kOther:
        return ReadNumber(json, at_value);
      case Kind::kArray:
      case Kind::kNull:
        break;
    }
    return Unexpected(json, kind);
  }

  Status Unexpected(JsonCursor& json, Kind kind) const {
    if (!json.Skip(NonFinite::kAccept)) return NoJson(json);
    return InvalidArgument("Feature: " + name_ +
                           " has element with unexpected JSON type: " + std::string(TypeName(kind)));
  }

  Status Want(Feature::Kind kind) {
    if (kind_ == Feature::Kind::kNone) kind_ = kind;
    if (kind_ == kind) return {};
    return InvalidArgument("Unexpected element type in feature: " + name_ +
                           " expecting type: " + std::string(NameOf(kind_)) + ", found " + std::string(NameOf(kind)));
  }

  Status ReadText(JsonCursor& json) {
    RETURN_IF_ERROR(Want(Feature::Kind::kBytes));
    const auto text = json.ReadString();
    if (!text) return NoJson(json);
    ProtoWriter(list_).Bytes(1, *text);
    return {};
  }

  Status ReadCoded(JsonCursor& json, const JsonCursor& at_value) {
    if (!json.EnterObject()) return NoJson(json);
    const auto key = json.NextKey();
    if (!key || *key != "b64" || json.Peek() != Kind::kString) {
      return json.ok() ? InvalidArgument("Feature: " + name_ + " has element with unexpected JSON type: Object")
                       : NoJson(json);
    }
    const auto text = json.ReadString();
    if (!text) return NoJson(json);
    const Result<std::string> bytes = DecodeLaxBase64(*text);
    if (!bytes.ok())
      return InvalidArgument("Unable to base64 decode Feature: " + name_ + ": " + bytes.status().message());
    if (json.NextKey()) {
      return InvalidArgument("JSON Value: " + ValueText(at_value) + " not formatted correctly for base64 data");
    }
    if (!json.ok()) return NoJson(json);
    RETURN_IF_ERROR(Want(Feature::Kind::kBytes));
    ProtoWriter(list_).Bytes(1, *bytes);
    return {};
  }

  Status ReadBool(JsonCursor& json) {
    RETURN_IF_ERROR(Want(Feature::Kind::kInt64));
    const auto value = json.ReadBool();
    if (!value) return NoJson(json);
    ProtoWriter::AppendVarint(list_, *value ? 1 : 0);
    return {};
  }

  // With a fraction or an exponent, or NaN and its like, it is a float.
  Status ReadNumber(JsonCursor& json, JsonCursor at_value) {
    const auto text = at_value.ReadNumberText();
    if (text && text->find_first_of(".eE") == std::string_view::npos) return ReadInteger(json, *text);
    RETURN_IF_ERROR(Want(Feature::Kind::kFloat));
    const auto value = json.ReadAs<float>(NonFinite::kAccept);
    if (!value) return NoJson(json);
    const auto bits = std::bit_cast<uint32_t>(*value);
    for (int byte = 0; byte < 4; ++byte) list_ += static_cast<char>(bits >> (8 * byte) & 0xFF);
    return {};
  }

  Status ReadInteger(JsonCursor& json, std::string_view text) {
    RETURN_IF_ERROR(Want(Feature::Kind::kInt64));
    const auto value = json.ReadInt64();
    if (!value) {
      return InvalidArgument("Feature: " + name_ + " has uint64_t element. Only int64_t is supported. Found " +
                             std::string(text.substr(0, 40)));
    }
    ProtoWriter::AppendVarint(list_, static_cast<uint64_t>(*value));
    return {};
  }

  // Numbers are packed.
  std::string List() const {
    if (kind_ == Feature::Kind::kBytes) return list_;
    std::string list;
    ProtoWriter(list).Bytes(1, list_);
    return list;
  }

  const std::string name_;
  Feature::Kind kind_ = Feature::Kind::kNone;
  std::string list_;
};

// An object of features, as a serialized Example.
Result<std::string> ReadExample(JsonCursor& json) {
  std::string features;
  const JsonCursor at_value = json.At(json.offset());
  if (json.Peek() != Kind::kObject) {
    if (!json.Skip(NonFinite::kAccept)) return NoJson(json);
    return InvalidArgument("JSON Value: " + ValueText(at_value) + " Is not object");
  }
  if (!json.EnterObject()) return NoJson(json);
  while (const auto key = json.NextKey()) {
    FeatureWriter writer{std::string(*key)};
    RETURN_IF_ERROR(writer.Read(json));
    writer.AppendTo(features);
  }
  if (!json.ok()) return NoJson(json);
  std::string example;
  ProtoWriter(example).Bytes(1, features);
  return example;
}

Status ReadList(JsonCursor& json, std::vector<std::string>& examples) {
  const JsonCursor at_value = json.At(json.offset());
  if (json.Peek() != Kind::kArray) {
    return InvalidArgument("JSON Value: " + ValueText(at_value) + " Expecting 'examples' to be an list/array");
  }
  if (!json.EnterArray()) return NoJson(json);
  while (json.NextElement()) {
    ASSIGN_OR_RETURN(std::string example, ReadExample(json));
    examples.push_back(std::move(example));
  }
  if (!json.ok()) return NoJson(json);
  return examples.empty() ? InvalidArgument("No values in 'examples' array") : Status();
}

}  // namespace

Examples ExamplesBody::views() const {
  Examples views;
  views.examples.assign(examples.begin(), examples.end());
  if (!context.empty()) views.context.push_back(context);
  return views;
}

Result<ExamplesBody> DecodeExamples(std::string_view text, std::string_view method) {
  JsonCursor json(text);
  ExamplesBody body;
  const Kind kind = json.Peek();
  const JsonCursor whole = json.At(json.offset());
  if (json.bytes_left() == 0) return InvalidArgument("JSON Parse error: The document is empty");
  if (kind != Kind::kObject) {
    if (!json.Skip(NonFinite::kAccept)) return NoJson(json);
    return InvalidArgument("JSON Value: " + ValueText(whole) + " Is not object");
  }
  bool has_examples = false;
  bool has_name = false;
  if (!json.EnterObject()) return NoJson(json);
  while (const auto key = json.NextKey()) {
    if (*key == "signature_name") {
      if (json.Peek() != Kind::kString) {
        return InvalidArgument("JSON Value: " + ValueText(whole) +
                               " not formatted correctly. 'signature_name' key must be a string value.");
      }
      const auto name = json.ReadString();
      if (name && !std::exchange(has_name, true)) body.signature_name = *name;  // of two the first counts
    } else if (*key == "context") {
      ASSIGN_OR_RETURN(body.context, ReadExample(json));
    } else if (*key == "examples") {
      if (has_examples) return InvalidArgument("'examples': expected once, found twice");
      has_examples = true;
      RETURN_IF_ERROR(ReadList(json, body.examples));
    } else {
      json.Skip(NonFinite::kAccept);
    }
  }
  if (!json.ok()) return NoJson(json);
  if (has_examples) return body;
  return InvalidArgument("JSON Value: " + ValueText(whole) + " When method is " + std::string(method) +
                         ", key 'examples' is expected and was not found");
}

}  // namespace trireme::tfserving

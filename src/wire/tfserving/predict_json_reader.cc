// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <utility>

#include "wire/tfserving/nested_values.h"
#include "wire/tfserving/predict_json.h"

namespace trireme::tfserving {
namespace {

using Kind = JsonCursor::Kind;

constexpr std::string_view kInstances = "instances";
constexpr std::string_view kInputs = "inputs";
constexpr std::string_view kSignatureName = "signature_name";
constexpr size_t kMostShownOfName = 256;

std::string NamesOf(const std::vector<TensorSpec>& inputs) {
  std::string names;
  for (const TensorSpec& input : inputs) names += (names.empty() ? "" : ",") + input.name;
  return names;
}

Status OnlyOneForm(const JsonCursor& body) {
  return InvalidArgument("JSON Value: " + ValueText(body) +
                         " Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist ");
}

// The body of one request while it is read.
class BodyReader {
 public:
  BodyReader(std::string_view text, const Signature& signature, MemoryPool& pool)
      : json_(text), inputs_(signature.inputs), pool_(pool) {}

  Result<PredictBody> Read() {
    const Kind kind = json_.Peek();
    const JsonCursor body = json_.At(json_.offset());
    if (json_.bytes_left() == 0) return InvalidArgument("JSON Parse error: The document is empty");
    if (kind != Kind::kObject) return NoObject(body);
    if (!json_.EnterObject()) return NoJson(json_);
    while (const auto key = json_.NextKey()) {
      if (*key == kSignatureName) {
        RETURN_IF_ERROR(ReadSignatureName(body));
      } else if (*key == kInstances || *key == kInputs) {
        if (has_tensors_) return OnlyOneForm(body);
        has_tensors_ = true;
        body_.form = *key == kInstances ? PredictForm::kRows : PredictForm::kColumns;
        RETURN_IF_ERROR(body_.form == PredictForm::kRows ? ReadInstances() : ReadInputs());
      } else if (!json_.Skip(NonFinite::kAccept)) {
        return NoJson(json_);
      }
    }
    if (!json_.ok()) return NoJson(json_);
    if (!has_tensors_) return InvalidArgument("Missing 'inputs' or 'instances' key");
    return std::move(body_);
  }

 private:
  static Status NoObject(JsonCursor body) {
    JsonCursor value = body.At(body.offset());
    if (!value.Skip(NonFinite::kAccept)) return NoJson(value);
    return InvalidArgument("JSON Value: " + ValueText(std::move(body)) + " Is not object");
  }

  Status ReadSignatureName(const JsonCursor& body) {
    if (json_.Peek() != Kind::kString) {
      return InvalidArgument("JSON Value: " + ValueText(body) +
                             " not formatted correctly. 'signature_name' key must be a string value.");
    }
    const auto name = json_.ReadString();
    if (!name) return NoJson(json_);
    if (!has_signature_name_) body_.signature_name = *name;  // of two the first counts
    has_signature_name_ = true;
    return {};
  }

  // Rows.
  Status ReadInstances() {
    const JsonCursor list = json_.At(json_.offset());
    if (json_.Peek() != Kind::kArray) {
      return InvalidArgument("JSON Value: " + ValueText(list) + " Expecting 'instances' to be an list/array");
    }
    JsonCursor ahead = json_.At(json_.offset());
    if (!ahead.EnterArray() || !ahead.NextElement()) {
      return ahead.ok() ? InvalidArgument("No values in 'instances' array") : NoJson(ahead);
    }
    if (IsObjectOfInputs(ahead)) return ReadObjects();
    if (inputs_.size() != 1) {
      return InvalidArgument(
          "instances is a plain list, but expecting list of objects as multiple input tensors "
          "required as per tensorinfo_map");
    }
    NestedValues values(inputs_.front(), pool_);
    RETURN_IF_ERROR(values.ReadRows(json_));
    body_.inputs.push_back({.name = inputs_.front().name, .tensor = values.Take()});
    return {};
  }

  // An object that is no {"b64": "..."}, which is a value.
  static bool IsObjectOfInputs(JsonCursor at_value) {
    if (at_value.Peek() != Kind::kObject || !at_value.EnterObject()) return false;
    const auto key = at_value.NextKey();
    if (!key || *key != "b64" || at_value.Peek() != Kind::kString) return true;
    return at_value.Skip() && at_value.NextKey().has_value();
  }

  Status ReadObjects() {
    std::vector<NestedValues> values;
    values.reserve(inputs_.size());
    for (const TensorSpec& input : inputs_) values.emplace_back(input, pool_);
    if (!json_.EnterArray()) return NoJson(json_);
    for (int64_t row = 0; json_.NextElement(); ++row) {
      const Kind kind = json_.Peek();
      if (kind != Kind::kObject) {
        return InvalidArgument(std::string("Expecting object but got ") + (kind == Kind::kArray ? "list" : "value") +
                               " at item " + std::to_string(row) + " of input list");
      }
      const size_t offset = json_.offset();
      RETURN_IF_ERROR(ReadObject(row, values));
      const auto lacks = [&](size_t i) { return !inputs_[i].optional && values[i].rows() != row + 1; };
      for (size_t i = 0; i < inputs_.size(); ++i) {
        if (lacks(i)) return WrongKeys(row, json_.At(offset));
      }
    }
    return json_.ok() ? TakeAll(values) : NoJson(json_);
  }

  Status ReadObject(int64_t row, std::vector<NestedValues>& values) {
    const size_t offset = json_.offset();
    if (!json_.EnterObject()) return NoJson(json_);
    while (const auto key = json_.NextKey()) {
      const int index = FindSpec(inputs_, *key);
      if (index < 0) {
        const std::string name(key->substr(0, kMostShownOfName));
        return InvalidArgument(
            "Failed to process element: " + std::to_string(row) + " key: " + name +
            " of 'instances' list. Error: INVALID_ARGUMENT: JSON object: does not have named input: " + name);
      }
      const auto at = static_cast<size_t>(index);
      // What came twice, or was missing before.
      if (std::max<int64_t>(values[at].rows(), 0) != row) return WrongKeys(row, json_.At(offset));
      if (const Status read = values[at].ReadRow(json_); !read.ok()) {
        return InvalidArgument("Failed to process element: " + std::to_string(row) + " key: " + inputs_[at].name +
                               " of 'instances' list. Error: INVALID_ARGUMENT: " + read.message());
      }
    }
    return json_.ok() ? Status() : NoJson(json_);
  }

  Status WrongKeys(int64_t row, JsonCursor object) const {
    return InvalidArgument("Failed to process element: " + std::to_string(row) + " of 'instances' list. JSON object: " +
                           ValueText(std::move(object)) + " keys must be equal to: " + NamesOf(inputs_));
  }

  Status TakeAll(std::vector<NestedValues>& values) {
    int64_t rows = 0;
    for (const NestedValues& value : values) rows = std::max(rows, value.rows());
    for (size_t i = 0; i < inputs_.size(); ++i) {
      if (values[i].rows() < 0) continue;  // optional, and nobody gave it
      if (values[i].rows() != rows) {
        return InvalidArgument("input '" + inputs_[i].name + "': expected in each of " + std::to_string(rows) +
                               " elements of 'instances' or in none, found in " + std::to_string(values[i].rows()));
      }
      body_.inputs.push_back({.name = inputs_[i].name, .tensor = values[i].Take()});
    }
    return {};
  }

  // Columns.
  Status ReadInputs() {
    json_.Peek();
    if (IsObjectOfInputs(json_.At(json_.offset()))) return ReadNamed();
    if (inputs_.size() != 1) {
      return InvalidArgument(
          "inputs is a plain value/list, but expecting an object as multiple input tensors required "
          "as per tensorinfo_map");
    }
    return ReadWhole(inputs_.front());
  }

  Status ReadWhole(const TensorSpec& input) {
    NestedValues values(input, pool_);
    RETURN_IF_ERROR(values.ReadWhole(json_));
    body_.inputs.push_back({.name = input.name, .tensor = values.Take()});
    return {};
  }

  Status ReadNamed() {
    if (!json_.EnterObject()) return NoJson(json_);
    while (const auto key = json_.NextKey()) {
      const int index = FindSpec(inputs_, *key);
      if (index < 0) {
        if (!json_.Skip(NonFinite::kAccept)) return NoJson(json_);
        continue;
      }
      const TensorSpec& input = inputs_[static_cast<size_t>(index)];
      if (IsThere(input.name)) return InvalidArgument("named input '" + input.name + "' in 'inputs': found twice");
      if (Status read = ReadWhole(input); !read.ok()) {
        return InvalidArgument("named input '" + input.name + "' in 'inputs': " + read.message());
      }
    }
    if (!json_.ok()) return NoJson(json_);
    for (const TensorSpec& input : inputs_) {
      if (input.optional || IsThere(input.name)) continue;
      return InvalidArgument("Missing named input: " + input.name + " in 'inputs' object.");
    }
    return {};
  }

  bool IsThere(std::string_view name) const {
    return std::ranges::any_of(body_.inputs, [&](const NamedTensor& input) { return input.name == name; });
  }

  JsonCursor json_;
  const std::vector<TensorSpec>& inputs_;
  MemoryPool& pool_;
  PredictBody body_;
  bool has_tensors_ = false;
  bool has_signature_name_ = false;
};

}  // namespace

// A body is only walked through if the name is somewhere in it, as it is in few.
std::string SignatureNameIn(std::string_view text) {
  if (text.find(kSignatureName) == std::string_view::npos) return {};
  JsonCursor json(text);
  if (json.Peek() != Kind::kObject || !json.EnterObject()) return {};
  while (const auto key = json.NextKey()) {
    if (*key == kSignatureName) return std::string(json.Peek() == Kind::kString ? json.ReadString().value_or("") : "");
    if (!json.Skip(NonFinite::kAccept)) break;
  }
  return {};
}

Result<PredictBody> DecodePredict(std::string_view text, const Signature& signature, MemoryPool& pool) {
  return BodyReader(text, signature, pool).Read();
}

}  // namespace trireme::tfserving

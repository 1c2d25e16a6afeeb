// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/request_inputs.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/excerpt.h"
#include "codec/base64.h"
#include "codec/file_kind.h"
#include "codec/json_cursor.h"
#include "codec/picture_kind.h"
#include "net/http_chars.h"
#include "wire/sagemaker/csv.h"
#include "wire/sagemaker/nested_json.h"
#include "wire/sagemaker/npy.h"

namespace trireme::torchserve {
namespace {

constexpr size_t kMostInstances = 10'000;

std::string_view TextOf(const RequestPart& part) {
  return {reinterpret_cast<const char*>(part.bytes.data()), part.bytes.size()};
}

bool IsType(const RequestPart& part, std::string_view lower_case) {
  return net::EqualsIgnoringCase(net::TrimBlanks(part.content_type.substr(0, part.content_type.find(';'))), lower_case);
}

bool IsPicture(const RequestPart& part) {
  const std::string_view type = part.content_type.substr(0, 6);
  return net::EqualsIgnoringCase(type, "image/") || PictureKindOf(TextOf(part));
}

bool IsNumpy(const RequestPart& part) {
  return IsType(part, "application/x-npy") || TextOf(part).starts_with("\x93NUMPY");
}

bool IsJson(const RequestPart& part) {
  if (IsType(part, "application/json")) return true;
  const std::string_view text = TextOf(part);
  const size_t begin = text.find_first_not_of(" \t\r\n");
  return begin != std::string_view::npos && (text[begin] == '[' || text[begin] == '{');
}

Result<Tensor> BytesTensor(std::span<const std::string_view> elements, const Shape& shape, MemoryPool& pool) {
  size_t bytes = 0;
  for (const std::string_view element : elements) {
    if (element.size() > std::numeric_limits<uint32_t>::max()) {
      return TooLarge("expected at most 4294967295 bytes in one element, found " + std::to_string(element.size()));
    }
    bytes += sizeof(uint32_t) + element.size();
  }
  Tensor tensor{.type = DataType::kBytes, .shape = shape, .data = Buffer::Take(pool, bytes)};
  std::byte* to = tensor.data.mutable_data();
  for (const std::string_view element : elements) {
    const auto length = static_cast<uint32_t>(element.size());
    std::memcpy(to, &length, sizeof(length));
    if (length > 0) std::memcpy(to + sizeof(length), element.data(), length);
    to += sizeof(length) + length;
  }
  return tensor;
}

// Of as many dimensions as an input has, all in the first.
Shape ColumnOf(int64_t count, const TensorSpec& input) {
  std::vector<int64_t> shape(std::max<size_t>(input.shape.rank(), 1), 1);
  shape.front() = count;
  return Shape(shape);
}

// One text as all that an input of BYTES has: of as many dimensions, each of one.
Result<Tensor> TextTensor(std::string_view text, const TensorSpec& input, MemoryPool& pool) {
  const std::vector<int64_t> ones(input.shape.rank(), 1);
  return BytesTensor({&text, 1}, Shape(ones), pool);
}

// How many arrays lie in one another at the beginning of a text.
size_t DepthOf(std::string_view text) {
  size_t depth = 0;
  for (const char c : text) {
    if (c == '[') {
      ++depth;
    } else if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
      break;
    }
  }
  return depth;
}

// A member of an object, as its value is spelled.
struct Member {
  std::string key;
  std::string_view value;
};

Result<std::vector<Member>> MembersOf(std::string_view text) {
  JsonCursor json(text, JsonCursor::kMostDepth);
  std::vector<Member> members;
  if (!json.EnterObject()) return json.status();
  while (const auto key = json.NextKey()) {
    std::string name(*key);
    json.Peek();  // passes the blanks
    const size_t begin = json.offset();
    json.Skip(NonFinite::kAccept);
    if (members.size() == kMostInstances) return TooLarge("expected at most 10000 members of an object, found more");
    members.push_back({.key = std::move(name), .value = text.substr(begin, json.offset() - begin)});
  }
  json.Finish();
  if (!json.ok()) return json.status();
  return members;
}

const Member* FindMember(const std::vector<Member>& members, std::string_view key) {
  const auto found = std::ranges::find(members, key, &Member::key);
  return found == members.end() ? nullptr : &*found;
}

// What is read for, and into.
struct Reading {
  const TensorSpec& input;
  bool takes_pictures;  // for which Base64 is a picture wherever TorchServe's handlers of pictures take a text
  MemoryPool& pool;
  RequestInputs& found;
};

bool IsText(std::string_view value) {
  return JsonCursor(value).Peek() == JsonCursor::Kind::kString;
}

// The elements of an array of objects, each by its one member that has a row, or of texts that are pictures.
struct Instances {
  bool are_pictures = false;  // "b64"
  std::vector<std::string_view> values;
};

Status AddInstance(std::string_view value, bool takes_pictures, Instances& instances) {
  if (IsText(value)) {
    instances.are_pictures = true;
    instances.values.push_back(value);
    return {};
  }
  ASSIGN_OR_RETURN(const std::vector<Member> members, MembersOf(value));
  for (const char* key : {"b64", "data", "body"}) {
    const Member* const member = FindMember(members, key);
    if (member == nullptr) continue;
    instances.are_pictures |= std::string_view(key) == "b64" || (takes_pictures && IsText(member->value));
    instances.values.push_back(member->value);
    return {};
  }
  return InvalidArgument("\"instances\": expected \"b64\", \"data\" or \"body\" in each object, found none of them");
}

// Nothing: the array has no objects.
Result<std::optional<Instances>> InstancesOf(std::string_view array, bool takes_pictures) {
  JsonCursor json(array, JsonCursor::kMostDepth);
  if (!json.EnterArray()) return json.status();
  std::optional<Instances> instances;
  while (json.NextElement()) {
    const JsonCursor::Kind kind = json.Peek();
    const bool is_picture = takes_pictures && kind == JsonCursor::Kind::kString;
    if (kind != JsonCursor::Kind::kObject && !is_picture) {
      if (!instances) return std::optional<Instances>();
      return InvalidArgument("\"instances\": expected objects alone, found something else among them");
    }
    const size_t begin = json.offset();
    json.Skip(NonFinite::kAccept);
    if (!json.ok()) return json.status();
    if (!instances) instances.emplace();
    if (instances->values.size() == kMostInstances) {
      return TooLarge("\"instances\": expected at most 10000, found more");
    }
    RETURN_IF_ERROR(AddInstance(array.substr(begin, json.offset() - begin), takes_pictures, *instances));
  }
  if (!json.ok()) return json.status();
  return instances;
}

// Each in Base64, in which TorchServe's handlers pass over line breaks.
Result<Tensor> DecodePictures(std::span<const std::string_view> values, MemoryPool& pool) {
  std::vector<std::string> pictures;
  for (const std::string_view value : values) {
    JsonCursor json(value);
    const auto text = json.ReadString();
    if (!text) return json.status();
    Result<std::string> bytes = DecodeBase64(*text);
    if (!bytes.ok()) return std::move(bytes).status().Within("a picture in Base64");
    pictures.push_back(*std::move(bytes));
  }
  const std::vector<std::string_view> views(pictures.begin(), pictures.end());
  return BytesTensor(views, Shape({static_cast<int64_t>(views.size())}), pool);
}

Result<Tensor> ReadArray(std::string_view array, const Reading& reading) {
  if (reading.takes_pictures && IsText(array)) {
    reading.found.is_lone_row = reading.found.has_pictures = true;
    return DecodePictures({&array, 1}, reading.pool);
  }
  ASSIGN_OR_RETURN(Tensor tensor, sagemaker::ReadNestedJson(array, reading.input, reading.pool));
  reading.found.is_lone_row = tensor.shape.rank() == DepthOf(array) + 1;
  return tensor;
}

Result<Tensor> ReadInstances(std::string_view array, const Reading& reading) {
  reading.found.has_instances = true;
  ASSIGN_OR_RETURN(const std::optional<Instances> instances, InstancesOf(array, reading.takes_pictures));
  if (!instances) {
    Result<Tensor> tensor = ReadArray(array, reading);
    reading.found.is_lone_row = false;  // they are rows, however few dimensions each has
    if (!tensor.ok()) return std::move(tensor).status().Within("\"instances\"");
    return tensor;
  }
  if (instances->are_pictures) {
    reading.found.has_pictures = true;
    return DecodePictures(instances->values, reading.pool);
  }
  std::string rows = "[";
  for (const std::string_view value : instances->values) {
    if (rows.size() > 1) rows += ',';
    rows += value;
  }
  rows += ']';
  Result<Tensor> tensor = sagemaker::ReadNestedJson(rows, reading.input, reading.pool);
  if (!tensor.ok()) return std::move(tensor).status().Within("\"instances\", put together");
  return tensor;
}

Result<Tensor> ReadObject(std::string_view text, const Reading& reading) {
  ASSIGN_OR_RETURN(const std::vector<Member> members, MembersOf(text));
  // Predictions are what a model answered to instances: the next one in a workflow takes them as such.
  for (const std::string_view key : {"instances", "predictions"}) {
    if (const Member* const member = FindMember(members, key)) return ReadInstances(member->value, reading);
  }
  for (const std::string_view key :
       {std::string_view("data"), std::string_view("body"), std::string_view(reading.input.name)}) {
    if (const Member* const member = FindMember(members, key)) return ReadArray(member->value, reading);
  }
  return InvalidArgument("expected \"instances\", \"data\" or \"body\", found an object without");
}

Result<Tensor> ReadJson(std::string_view text, const Reading& reading) {
  JsonCursor json(text);
  if (json.Peek() == JsonCursor::Kind::kObject) return ReadObject(text, reading);
  return ReadArray(text, reading);
}

// A body that is nothing but a picture in Base64.
std::optional<std::string> PictureInText(std::string_view text) {
  Result<std::string> bytes = DecodeBase64(net::TrimBlanks(text));
  if (!bytes.ok() || !PictureKindOf(*bytes)) return std::nullopt;
  return *std::move(bytes);
}

// What a model answers to a lone row may have no dimension left, and the next one in a workflow takes it as a lone row.
bool IsNumber(std::string_view text) {
  constexpr size_t kMostDigits = 64;
  JsonCursor json(text);
  return text.size() <= kMostDigits && json.ReadDouble(NonFinite::kAccept) && json.Finish();
}

// What curl -d sends without a name is a form, too.
std::string NothingOf(const RequestPart& part) {
  if (part.name.empty() || part.name == "data" || part.name == "body") return "nothing";
  return "a form with a field " + Excerpt(part.name) + " that has no value (a file is sent by curl -T)";
}

std::string FoundInstead(const RequestPart& part) {
  const std::string_view text = TextOf(part);
  if (text.empty()) return NothingOf(part);
  return IsBinary(text) ? DescribeFile(text) : Excerpt(text);
}

// The input that a part is for, in whatever form it came.
Result<Tensor> InputOf(const RequestPart& part, const Reading& reading) {
  const auto& [input, takes_pictures, pool, found] = reading;
  const std::string_view text = TextOf(part);
  if (IsPicture(part)) {
    found.is_lone_row = found.has_pictures = true;
    return BytesTensor({&text, 1}, Shape({1}), pool);
  }
  if (IsNumpy(part)) return sagemaker::ReadNpy(part.bytes, part.storage, input, pool);
  if (IsType(part, "text/csv")) return sagemaker::ReadCsv(text, input, pool);
  // A text for a model that takes texts may well begin like JSON.
  const bool is_text = input.type == DataType::kBytes && !IsType(part, "application/json");
  if (IsJson(part)) {
    Result<Tensor> tensor = ReadJson(text, reading);
    if (tensor.ok() || !is_text) return tensor;
    found.is_lone_row = found.has_pictures = found.has_instances = false;
  }
  if (!is_text && IsNumber(text)) {
    found.is_lone_row = true;
    return sagemaker::ReadNestedJson("[" + std::string(text) + "]", input, pool);
  }
  if (is_text) {
    found.is_lone_row = true;
    return TextTensor(text, input, pool);
  }
  if (const auto picture = takes_pictures ? PictureInText(text) : std::nullopt) {
    found.is_lone_row = found.has_pictures = true;
    const std::string_view bytes = *picture;
    return BytesTensor({&bytes, 1}, Shape({1}), pool);
  }
  return InvalidArgument("expected an array in JSON, a NumPy file, text/csv or a picture (JPEG, PNG, WebP), found " +
                         FoundInstead(part));
}

const RequestPart* FindPart(std::span<const RequestPart> parts, std::string_view name) {
  const auto found = std::ranges::find(parts, name, &RequestPart::name);
  return found == parts.end() ? nullptr : &*found;
}

std::string NamesOf(std::span<const RequestPart> parts) {
  std::string names;
  for (const RequestPart& part : parts.first(std::min<size_t>(parts.size(), 5))) {
    names += (names.empty() ? "" : ", ") + Excerpt(part.name);
  }
  return names.empty() ? "none" : names;
}

Result<const RequestPart*> PartFor(const TensorSpec& input, std::span<const RequestPart> parts) {
  for (const std::string_view name :
       {std::string_view("data"), std::string_view("body"), std::string_view(input.name)}) {
    if (const RequestPart* const part = FindPart(parts, name)) return part;
  }
  if (parts.size() == 1) return &parts.front();
  return InvalidArgument("expected a field 'data', 'body' or '" + input.name + "', found " + NamesOf(parts));
}

// `takes_pictures`: they are decoded for it. To an input of BYTES they are texts like others.
Status AddInput(const RequestPart& part, const TensorSpec& input, bool takes_pictures, MemoryPool& pool,
                RequestInputs& found) {
  Result<Tensor> tensor = InputOf(part, {input, takes_pictures, pool, found});
  if (!tensor.ok()) return std::move(tensor).status().Within("input '" + input.name + "'");
  if (found.has_pictures && !takes_pictures) {
    if (input.type != DataType::kBytes) {
      return InvalidArgument(
          "the model takes no pictures: expected numbers, found a picture (image: in a trireme.yaml beside a model "
          "says "
          "how one becomes numbers)");
    }
    found.has_pictures = false;
    tensor->shape = ColumnOf(tensor->shape[0], input);
  }
  found.inputs.push_back({.name = input.name, .tensor = *std::move(tensor)});
  return {};
}

// Of a model with several inputs: each part is one of them.
Result<RequestInputs> NamedInputs(const Signature& signature, const std::string& picture_input,
                                  std::span<const RequestPart> parts, MemoryPool& pool) {
  RequestInputs found;
  bool has_pictures = false;
  std::optional<bool> are_lone_rows;
  for (const RequestPart& part : parts) {
    const int index = FindSpec(signature.inputs, part.name);
    if (index < 0) {
      std::string expected;
      for (const TensorSpec& input : signature.inputs) expected += (expected.empty() ? "'" : ", '") + input.name + "'";
      return InvalidArgument("expected a field for each input (" + expected + "), found " + Excerpt(part.name));
    }
    found.is_lone_row = found.has_pictures = false;
    RETURN_IF_ERROR(
        AddInput(part, signature.inputs[static_cast<size_t>(index)], part.name == picture_input, pool, found));
    has_pictures |= found.has_pictures;
    are_lone_rows = are_lone_rows.value_or(true) && found.is_lone_row;
  }
  found.has_pictures = has_pictures;
  found.is_lone_row = are_lone_rows.value_or(false);
  found.has_instances = false;
  return found;
}

bool IsObject(const RequestPart& part) {
  JsonCursor json(TextOf(part));
  return IsJson(part) && json.Peek() == JsonCursor::Kind::kObject;
}

Result<RequestInputs> SeveralInputs(const Signature& signature, const std::string& picture_input,
                                    std::span<const RequestPart> parts, MemoryPool& pool) {
  const bool is_object =
      parts.size() == 1 && FindSpec(signature.inputs, parts.front().name) < 0 && IsObject(parts.front());
  if (!is_object) return NamedInputs(signature, picture_input, parts, pool);
  ASSIGN_OR_RETURN(const std::vector<Member> members, MembersOf(TextOf(parts.front())));
  std::vector<RequestPart> named;
  named.reserve(members.size());
  for (const Member& member : members) {
    named.push_back({.name = member.key,
                     .content_type = "application/json",
                     .bytes = std::as_bytes(std::span(member.value)),
                     .storage = parts.front().storage});
  }
  return NamedInputs(signature, picture_input, named, pool);
}

}  // namespace

Result<RequestInputs> InputsOf(const Signature& signature, const std::string& picture_input,
                               std::span<const RequestPart> parts, MemoryPool& pool) {
  const std::vector<TensorSpec>& inputs = signature.inputs;
  const auto is_needed = [](const TensorSpec& input) { return !input.optional; };
  if (inputs.size() != 1 && std::ranges::count_if(inputs, is_needed) != 1) {
    return SeveralInputs(signature, picture_input, parts, pool);
  }
  const TensorSpec& input = inputs.size() == 1 ? inputs.front() : *std::ranges::find_if(inputs, is_needed);
  ASSIGN_OR_RETURN(const RequestPart* part, PartFor(input, parts));
  RequestInputs found;
  // What was decoded around a model may be for another input than the rest, which is optional then.
  const bool takes_pictures = input.type != DataType::kBytes && !picture_input.empty();
  RETURN_IF_ERROR(AddInput(*part, input, takes_pictures, pool, found));
  if (found.has_pictures) found.inputs.front().name = picture_input;
  return found;
}

}  // namespace trireme::torchserve

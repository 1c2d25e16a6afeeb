// SPDX-License-Identifier: Apache-2.0
#include "repository/config_message.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "base/nearest_name.h"
#include "base/utf8.h"
#include "repository/config_json_shape.h"
#include "repository/config_utf8.h"
#include "repository/model_name.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;
namespace pb = google::protobuf;

// A config nests eight deep.
constexpr int kMaxNesting = 32;
constexpr size_t kMaxErrors = 20;
constexpr size_t kMaxShownBytes = 200;

std::string Shown(std::string_view text) {
  const std::string quoted = Quoted(text.substr(0, kMaxShownBytes));
  return quoted.substr(1, quoted.size() - 2) + (text.size() > kMaxShownBytes ? "..." : "");
}

// The texts between quotes of a parser's message, in order.
std::vector<std::string> QuotedParts(std::string_view message) {
  std::vector<std::string> parts;
  for (size_t begin = message.find('"'); begin != std::string_view::npos; begin = message.find('"', begin)) {
    const size_t end = message.find('"', begin + 1);
    if (end == std::string_view::npos) break;
    parts.emplace_back(message.substr(begin + 1, end - begin - 1));
    begin = end + 1;
  }
  return parts;
}

std::vector<std::string> FieldNames(const pb::Descriptor& type) {
  std::vector<std::string> names;
  names.reserve(static_cast<size_t>(type.field_count()));
  for (int i = 0; i < type.field_count(); ++i) names.push_back(type.field(i)->name());
  return names;
}

void VisitFields(const pb::Descriptor& type, std::set<const pb::Descriptor*>& seen,
                 const std::function<void(const pb::FieldDescriptor&)>& visit) {
  if (!seen.insert(&type).second) return;
  for (int i = 0; i < type.field_count(); ++i) {
    visit(*type.field(i));
    if (type.field(i)->message_type() != nullptr) VisitFields(*type.field(i)->message_type(), seen, visit);
  }
}

std::vector<std::string> ValueNames(const pb::EnumDescriptor& type) {
  std::vector<std::string> names;
  names.reserve(static_cast<size_t>(type.value_count()));
  for (int i = 0; i < type.value_count(); ++i) {
    // It stands for nothing that was said, and nobody means it.
    if (type.value(i)->name() != "TYPE_INVALID") names.push_back(type.value(i)->name());
  }
  return names;
}

// The values that a field of that name may have. Fields of several messages have one name, and a message of the parser
// does not say which is meant: the one that has the value nearest to `value`, else the first. None: no such field.
std::vector<std::string> ValuesOf(std::string_view field_name, std::string_view value) {
  std::vector<std::vector<std::string>> types;
  std::vector<std::string> all;
  std::set<const pb::Descriptor*> seen;
  VisitFields(*inference::ModelConfig::descriptor(), seen, [&](const pb::FieldDescriptor& field) {
    if (field.name() != field_name || field.enum_type() == nullptr) return;
    types.push_back(ValueNames(*field.enum_type()));
    all.insert(all.end(), types.back().begin(), types.back().end());
  });
  if (types.empty()) return {};
  const std::string nearest = NearestName(value, all).value_or(types.front().front());
  return *std::ranges::find_if(types, [&](const auto& names) { return std::ranges::count(names, nearest) > 0; });
}

std::string LastPart(const std::string& name) {
  return name.substr(name.rfind('.') + 1);
}

Finding ErrorIn(const fs::path& file) {
  Finding finding;
  finding.severity = Finding::Severity::kError;
  finding.file = file;
  return finding;
}

void SayUnknownField(const std::string& name, const pb::Descriptor* type, Finding& finding) {
  finding.field = Shown(name);
  finding.expected = type == nullptr ? "a field of a model's config" : "a field of " + LastPart(type->full_name());
  finding.found = Shown(Quoted(name));
  if (type == nullptr) return;
  finding.fix = DidYouMean(name, FieldNames(*type));
  const pb::Descriptor* whole = inference::ModelConfig::descriptor();
  if (type != whole && whole->FindFieldByName(name) != nullptr) {
    finding.fix = "it is a field of ModelConfig: is a closing bracket missing above?";
  }
}

// Without what all values of a type begin with: "FP32" or "fp32" for TYPE_FP32.
std::optional<std::string> WithItsPrefix(std::string_view value, const std::vector<std::string>& values) {
  std::string ending = "_";
  for (const char c : value) ending += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  const auto known = std::ranges::find_if(values, [&](const std::string& name) { return name.ends_with(ending); });
  return known == values.end() ? std::nullopt : std::optional(*known);
}

// What other frameworks call the types; by the letters alone another one would be nearest.
std::string OurNameOf(const std::string& value) {
  static constexpr std::array<std::pair<std::string_view, const char*>, 10> kOtherNames = {{{"FLOAT", "TYPE_FP32"},
                                                                                            {"FLOAT16", "TYPE_FP16"},
                                                                                            {"HALF", "TYPE_FP16"},
                                                                                            {"BFLOAT16", "TYPE_BF16"},
                                                                                            {"FLOAT32", "TYPE_FP32"},
                                                                                            {"FLOAT64", "TYPE_FP64"},
                                                                                            {"DOUBLE", "TYPE_FP64"},
                                                                                            {"INT", "TYPE_INT32"},
                                                                                            {"LONG", "TYPE_INT64"},
                                                                                            {"BYTES", "TYPE_STRING"}}};
  const std::string_view word = std::string_view(value).substr(value.starts_with("TYPE_") ? 5 : 0);
  for (const auto& [other, ours] : kOtherNames) {
    if (word == other) return ours;
  }
  return value;
}

void SayUnknownValue(const std::string& value, const std::string& field, Finding& finding) {
  const std::vector<std::string> values = ValuesOf(field, value);
  for (const std::string& known : values) finding.expected += (finding.expected.empty() ? "" : ", ") + known;
  finding.field = Shown(field);
  finding.found = Shown(value);
  finding.fix = DidYouMean(WithItsPrefix(value, values).value_or(OurNameOf(value)), values);
}

// Collects what the text's parser has to say.
class TextErrors : public pb::io::ErrorCollector {
 public:
  TextErrors(std::string_view text, const fs::path& file) : text_(text), file_(file) {}

  void AddError(int line, pb::io::ColumnNumber column, const std::string& message) override {
    if (findings_.size() >= kMaxErrors) return;
    Finding finding = ErrorIn(file_);
    if (line >= 0) {
      finding.line = line + 1;
      finding.column = column + 1;
    }
    const std::vector<std::string> parts = QuotedParts(message);
    if (parts.size() == 2 && message.find("has no field named") != std::string::npos) {
      SayUnknownField(parts[1], pb::DescriptorPool::generated_pool()->FindMessageTypeByName(parts[0]), finding);
      MoveBackTo(parts[1], finding);
    } else if (parts.size() == 2 && message.starts_with("Unknown enumeration value")) {
      SayUnknownValue(parts[0], parts[1], finding);
      MoveBackTo(parts[0], finding);
    } else if (parts.size() == 1 && message.find("is specified multiple times") != std::string::npos) {
      finding.field = Shown(parts[0]);
      finding.expected = "it once";
      finding.found = "it a second time";
      finding.fix = "remove one of them";
      MoveBackTo(parts[0], finding);
    } else if (parts.size() == 3 && message.find("another member of oneof") != std::string::npos) {
      finding.field = Shown(parts[0]);
      finding.expected = "either " + Shown(parts[0]) + " or " + Shown(parts[1]);
      finding.found = "both";
      finding.fix = "remove one of them";
      MoveBackTo(parts[0], finding);
    } else {
      SayUnexpected(message, finding);
    }
    findings_.push_back(std::move(finding));
  }
  void AddWarning(int /*line*/, pb::io::ColumnNumber /*column*/, const std::string& /*message*/) override {}

  std::vector<Finding> Take() { return std::move(findings_); }

 private:
  // "Expected integer, got: eight", and whose value that would be; or whatever else the parser says.
  void SayUnexpected(const std::string& message, Finding& finding) const {
    constexpr std::string_view kExpected = "Expected ";
    constexpr std::string_view kFound = ", got: ";
    const size_t found = message.find(kFound);
    if (!message.starts_with(kExpected) || found == std::string::npos) {
      finding.found = Shown(message);
      return;
    }
    finding.field = Shown(FieldBefore(finding));
    finding.expected = Shown(message.substr(kExpected.size(), found - kExpected.size()));
    finding.found = Shown(message.substr(found + kFound.size()));
    if (finding.found.empty()) finding.found = "the end of the file";
  }

  // The name in front of the colon that is the last thing before the place, or nothing.
  std::string FieldBefore(const Finding& finding) const {
    constexpr std::string_view kBlanks = " \t[";
    std::string_view before = Line(finding.line);
    before = before.substr(0, std::min(before.size(), static_cast<size_t>(std::max(finding.column, 1)) - 1));
    before = before.substr(0, before.find_last_not_of(kBlanks) + 1);
    if (!before.ends_with(':')) return {};
    before.remove_suffix(1);
    before = before.substr(0, before.find_last_not_of(kBlanks) + 1);
    const auto is_letter = [](char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    const auto begin = std::find_if_not(before.rbegin(), before.rend(), is_letter).base();
    return std::string(begin, before.end());
  }

  // The parser stands behind a name when it finds that it knows none such.
  void MoveBackTo(const std::string& name, Finding& finding) const {
    const std::string_view line = Line(finding.line);
    const size_t begin = line.substr(0, static_cast<size_t>(finding.column) - 1).rfind(name);
    // With a tab in front, columns are not bytes.
    if (begin != std::string_view::npos && line.substr(0, begin).find('\t') == std::string_view::npos) {
      finding.column = static_cast<int>(begin) + 1;
    }
  }

  std::string_view Line(int number) const {
    std::string_view rest = text_;
    for (; number > 1 && rest.find('\n') != std::string_view::npos; --number) rest.remove_prefix(rest.find('\n') + 1);
    return rest.substr(0, rest.find('\n'));
  }

  const std::string_view text_;
  const fs::path& file_;
  std::vector<Finding> findings_;
};

// The type that a place like "input[0].reshape" or "parameters[2].value" leads to; null if there is none.
const pb::Descriptor* TypeAt(std::string_view place) {
  const pb::Descriptor* type = inference::ModelConfig::descriptor();
  while (!place.empty() && type != nullptr) {
    const std::string_view part = place.substr(0, place.find('.'));
    place.remove_prefix(std::min(place.size(), part.size() + 1));
    const std::string name(part.substr(0, part.find('[')));
    const pb::FieldDescriptor* field = type->FindFieldByName(name);
    if (field == nullptr) field = type->FindFieldByCamelcaseName(name);
    type = field == nullptr ? nullptr : field->message_type();
  }
  return type;
}

// "(input[0]) dmis: Cannot find field."
Finding JsonError(const std::string& message, const fs::path& file) {
  Finding finding = ErrorIn(file);
  std::string rest = message;
  if (rest.starts_with('(') && rest.find(')') != std::string::npos) {
    finding.field = rest.substr(1, rest.find(')') - 1);
    rest.erase(0, rest.find(')') + 1);
  }
  const size_t begin = rest.find_first_not_of(": ");
  rest.erase(0, begin == std::string::npos ? rest.size() : begin);
  const std::vector<std::string> parts = QuotedParts(rest);
  if (const size_t end = rest.find(": Cannot find field."); end != std::string::npos) {
    const std::string where = std::exchange(finding.field, "");
    const std::string name = rest.substr(0, end);
    SayUnknownField(name, TypeAt(where), finding);
    finding.field = Shown(where + (where.empty() ? "" : ".") + name);
    return finding;
  }
  const std::string name = LastPart(finding.field);
  if (rest.starts_with("invalid value") && parts.size() == 1 && !ValuesOf(name, parts[0]).empty()) {
    const std::string where = std::exchange(finding.field, "");
    SayUnknownValue(parts[0], name, finding);
    finding.field = Shown(where);
    return finding;
  }
  finding.field = Shown(finding.field);
  std::replace(rest.begin(), rest.end(), '\n', ' ');
  finding.found = Shown(rest);
  return finding;
}

std::optional<Finding> TooLong(std::string_view text, const fs::path& file) {
  if (text.size() <= kMaxConfigBytes) return std::nullopt;
  Finding finding = ErrorIn(file);
  finding.expected = "at most " + std::to_string(kMaxConfigBytes) + " bytes";
  finding.found = std::to_string(text.size());
  return finding;
}

// A message with such a string cannot be sent on, so it is not taken in: what proto3 does when it reads one.
void RefuseBadUtf8(const fs::path& file, ConfigMessage& config) {
  const std::optional<FieldPlace> place = FindBadUtf8(config);
  if (!place) return;
  Finding finding = ErrorIn(file);
  finding.line = place->line;
  finding.column = place->column;
  finding.field = place->field;
  finding.expected = "text in UTF-8";
  finding.found = "other bytes in a string";
  finding.fix = "save the file as UTF-8";
  config.findings.push_back(std::move(finding));
}

// What editors of another system put in front of UTF-8 is no part of the text.
std::string_view WithoutByteOrderMark(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  return text;
}

}  // namespace

ConfigMessage ParseConfigText(std::string_view text, const fs::path& file) {
  ConfigMessage config;
  text = WithoutByteOrderMark(text);
  if (auto finding = TooLong(text, file)) {
    config.findings.push_back(*std::move(finding));
    return config;
  }
  const pb::LogSilencer silence;
  TextErrors errors(text, file);
  config.places = std::make_unique<pb::TextFormat::ParseInfoTree>();
  pb::TextFormat::Parser parser;
  parser.RecordErrorsTo(&errors);
  parser.WriteLocationsTo(config.places.get());
  parser.SetRecursionLimit(kMaxNesting);
  pb::io::ArrayInputStream stream(text.data(), static_cast<int>(text.size()));
  const bool parsed = parser.Parse(&stream, &config.message);
  config.findings = errors.Take();
  if (config.findings.empty()) RefuseBadUtf8(file, config);
  if (config.findings.empty() && !parsed) {
    Finding finding = ErrorIn(file);
    finding.found = "a text that is no config";
    config.findings.push_back(std::move(finding));
  }
  return config;
}

ConfigMessage ParseConfigJson(std::string_view json, const fs::path& file) {
  ConfigMessage config;
  json = WithoutByteOrderMark(json);
  if (auto finding = TooLong(json, file)) {
    config.findings.push_back(*std::move(finding));
    return config;
  }
  const pb::LogSilencer silence;
  const auto status = pb::util::JsonStringToMessage(pb::StringPiece(json.data(), json.size()), &config.message);
  if (!status.ok()) {
    config.findings.push_back(JsonError(std::string(status.message()), file));
  } else if (const auto wrong = FindWrongKind(json, *config.message.GetDescriptor())) {
    Finding finding = ErrorIn(file);
    finding.field = Shown(wrong->field);
    finding.found = Shown(wrong->problem);
    config.findings.push_back(std::move(finding));
  }
  return config;
}

std::string SerializeConfig(const inference::ModelConfig& message) {
  const pb::LogSilencer silence;
  std::string bytes;
  {
    pb::io::StringOutputStream stream(&bytes);
    pb::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializePartialToCodedStream(&coded);
  }
  return bytes;
}

}  // namespace trireme

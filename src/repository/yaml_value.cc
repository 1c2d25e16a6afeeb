// SPDX-License-Identifier: Apache-2.0
#include "repository/yaml_value.h"

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

#include "base/log.h"
#include "codec/json_writer.h"
#include "repository/model_name.h"

namespace trireme {
namespace {

constexpr std::string_view kOwnTags = "tag:yaml.org,2002:";
constexpr std::string_view kMergeKey = "<<";

template <size_t kCount>
bool IsOneOf(std::string_view text, const std::array<std::string_view, kCount>& words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

constexpr std::array<std::string_view, 5> kNulls = {"", "~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 9> kTrue = {"yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"};
constexpr std::array<std::string_view, 9> kFalse = {"no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"};

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// The digits of an integer and their base, or no digits.
std::pair<std::string_view, int> IntegerDigits(std::string_view text) {
  if (text.starts_with("0x")) return {text.substr(2), 16};
  if (text.size() > 1 && text.starts_with('0')) return {text.substr(1), 8};
  return {text, 10};
}

bool ReadInteger(std::string_view text, YamlValue& to) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const auto [digits, base] = IntegerDigits(text);
  uint64_t magnitude = 0;
  const char* const end = digits.data() + digits.size();
  const auto [at, error] = std::from_chars(digits.data(), end, magnitude, base);
  if (error != std::errc() || at != end) return false;
  constexpr uint64_t kMost = INT64_MAX;
  if (magnitude > kMost) return false;
  to.kind = YamlValue::Kind::kInteger;
  to.integer = negative ? -static_cast<int64_t>(magnitude) : static_cast<int64_t>(magnitude);
  return true;
}

bool ReadNumber(std::string_view text, YamlValue& to) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
  const bool begins = !digits.empty() && (IsDigit(digits[0]) || digits[0] == '.');
  if (!begins || text.find('.') == std::string_view::npos) return false;
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || at != end || !std::isfinite(number)) return false;
  to.kind = YamlValue::Kind::kNumber;
  to.number = number;
  return true;
}

void Resolve(YamlValue& value) {
  using Kind = YamlValue::Kind;
  if (IsOneOf(value.text, kNulls)) {
    value.kind = Kind::kNull;
  } else if (IsOneOf(value.text, kTrue) || IsOneOf(value.text, kFalse)) {
    value.kind = Kind::kBool;
    value.boolean = IsOneOf(value.text, kTrue);
  } else if (!ReadInteger(value.text, value) && !ReadNumber(value.text, value)) {
    value.kind = Kind::kText;
  }
}

struct Size {
  size_t values = 0;
  size_t bytes = 0;
};

Size SizeOf(const YamlValue& value) {
  Size size{.values = 1, .bytes = value.text.size()};
  const auto add = [&](const YamlValue& inside) {
    const Size more = SizeOf(inside);
    size.values += more.values;
    size.bytes += more.bytes;
  };
  for (const YamlValue& item : value.items) add(item);
  for (const auto& [key, member] : value.members) {
    size.bytes += key.size();
    add(member);
  }
  return size;
}

YamlValue* Find(YamlValue& map, std::string_view key) {
  const auto at = std::find_if(map.members.begin(), map.members.end(), [&](const auto& m) { return m.key == key; });
  return at == map.members.end() ? nullptr : &at->value;
}

// Puts a document together from what yaml-cpp meets, which keeps no tree then. After the first failure it does nothing.
class Builder : public YAML::EventHandler {
 public:
  explicit Builder(const YamlLimits& limits) : limits_(limits) {}

  const Status& status() const { return status_; }
  YamlValue TakeRoot() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (Charge({.values = 1, .bytes = 0}, LineOf(mark))) Put(YamlValue{.line = LineOf(mark)}, anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto at = anchors_.find(anchor);
    if (at == anchors_.end()) return Fail(mark, "a value that ends before its alias", "an alias of what it is in");
    if (!Charge(SizeOf(at->second), LineOf(mark))) return;
    YamlValue copy = at->second;
    copy.line = LineOf(mark);
    Put(std::move(copy), 0);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    YamlValue value{.kind = YamlValue::Kind::kText, .line = LineOf(mark), .text = text};
    if (!Charge({.values = 1, .bytes = text.size()}, LineOf(mark))) return;
    const bool is_text = tag == "!" || tag == std::string(kOwnTags) + "str";
    if (!is_text && !CheckTag(mark, tag)) return;
    if (!is_text) Resolve(value);
    Put(std::move(value), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    Open(mark, tag, anchor, YamlValue::Kind::kList);
  }
  void OnSequenceEnd() override { Close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    Open(mark, tag, anchor, YamlValue::Kind::kMap);
  }
  void OnMapEnd() override { Close(); }

 private:
  struct Frame {
    YamlValue value;
    YAML::anchor_t anchor = 0;
    std::optional<std::string> key = {};       // of a map: of the value that comes next
    int key_line = 0;                          // where that stands
    std::map<std::string, int> own_keys = {};  // of a map: those that are not merged into it, and their lines
  };

  static int LineOf(const YAML::Mark& mark) { return mark.line + 1; }

  void Fail(int line, const std::string& expected, const std::string& found) {
    if (!status_.ok()) return;
    status_ = InvalidArgument("line " + std::to_string(line) + ": expected " + expected + ", found " + found);
    frames_.clear();
  }
  void Fail(const YAML::Mark& mark, const std::string& expected, const std::string& found) {
    Fail(LineOf(mark), expected, found);
  }

  bool CheckTag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || (tag.starts_with(kOwnTags) && tag.find('/') == std::string::npos)) return true;
    Fail(mark, "plain values, texts, lists and maps", "the tag " + Quoted(tag.substr(0, 64)));
    return false;
  }

  void Open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YamlValue::Kind kind) {
    if (!Charge({.values = 1, .bytes = 0}, LineOf(mark)) || !CheckTag(mark, tag)) return;
    if (frames_.size() == limits_.depth) {
      return Fail(mark, "at most " + std::to_string(limits_.depth) + " lists and maps in one another", "more");
    }
    if (IsKeyNext()) return Fail(mark, "a plain value for a key", "a list or a map");
    frames_.push_back({.value = {.kind = kind, .line = LineOf(mark)}, .anchor = anchor});
  }

  void Close() {
    if (!status_.ok() || frames_.empty()) return;
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    Put(std::move(frame.value), frame.anchor);
  }

  bool IsKeyNext() const {
    return !frames_.empty() && frames_.back().value.kind == YamlValue::Kind::kMap && !frames_.back().key.has_value();
  }

  bool Charge(const Size& size, int line) {
    if (!status_.ok()) return false;
    charged_.values += size.values;
    charged_.bytes += size.bytes;
    if (charged_.values <= limits_.values && charged_.bytes <= limits_.value_bytes) return true;
    Fail(line,
         "at most " + std::to_string(limits_.values) + " values of " + std::to_string(limits_.value_bytes) +
             " bytes, aliases followed",
         "more");
    return false;
  }

  // A value that is whole, in its place.
  void Put(YamlValue value, YAML::anchor_t anchor) {
    if (!status_.ok()) return;
    if (anchor != 0) {
      if (!Charge(SizeOf(value), value.line)) return;
      anchors_.insert_or_assign(anchor, value);
    }
    if (frames_.empty()) {
      root_ = std::move(value);
      return;
    }
    Frame& frame = frames_.back();
    if (frame.value.kind == YamlValue::Kind::kList) {
      frame.value.items.push_back(std::move(value));
    } else if (!frame.key) {
      if (value.kind == YamlValue::Kind::kList || value.kind == YamlValue::Kind::kMap) {
        return Fail(value.line, "a plain value for a key", "an alias of a list or a map");
      }
      frame.key = std::move(value.text);
      frame.key_line = value.line;
    } else {
      std::string key = *std::exchange(frame.key, std::nullopt);
      const auto [own, is_new] = frame.own_keys.try_emplace(key, frame.key_line);
      if (!is_new && !limits_.repeated_keys) {
        return Fail(frame.key_line, "each key once", Quoted(key.substr(0, 64)) + " again");
      }
      value.key_line = frame.key_line;
      value.earlier_line = is_new ? 0 : std::exchange(own->second, frame.key_line);
      PutMember(frame.value, std::move(key), std::move(value));
    }
  }

  static void PutMember(YamlValue& map, std::string key, YamlValue value) {
    if (key == kMergeKey && value.kind == YamlValue::Kind::kMap) return Merge(map, std::move(value));
    if (key == kMergeKey && value.kind == YamlValue::Kind::kList) {
      for (YamlValue& each : value.items) Merge(map, std::move(each));
      return;
    }
    if (YamlValue* before = Find(map, key)) {
      *before = std::move(value);
    } else {
      map.members.push_back({.key = std::move(key), .value = std::move(value)});
    }
  }

  // What stands in the map itself counts, also if it comes later: then it replaces what is put here.
  static void Merge(YamlValue& map, YamlValue from) {
    for (auto& [key, value] : from.members) {
      if (Find(map, key) == nullptr) map.members.push_back({.key = std::move(key), .value = std::move(value)});
    }
  }

  const YamlLimits& limits_;
  Status status_;
  YamlValue root_;
  std::vector<Frame> frames_;
  std::map<YAML::anchor_t, YamlValue> anchors_;
  Size charged_;
};

std::string Number(double number) {
  std::string text;
  AppendJsonNumber(text, number);
  return text;
}

}  // namespace

std::string YamlValue::Described() const {
  constexpr size_t kShown = 64;
  switch (kind) {
    case Kind::kNull:
      return "nothing";
    case Kind::kBool:
      return boolean ? "true" : "false";
    case Kind::kInteger:
    case Kind::kNumber:
      return "the number " + PlainText(text.substr(0, kShown));
    case Kind::kText:
      return "the text " + Quoted(text.substr(0, kShown));
    case Kind::kList:
      return "a list";
    case Kind::kMap:
      return "a map";
  }
  return "something else";
}

void YamlValue::AppendJson(std::string& out) const {
  char before = 0;
  switch (kind) {
    case Kind::kNull:
      out += "null";
      return;
    case Kind::kBool:
      out += boolean ? "true" : "false";
      return;
    case Kind::kInteger:
      out += std::to_string(integer);
      return;
    case Kind::kNumber:
      out += Number(number);
      return;
    case Kind::kText:
      AppendJsonString(out, text);
      return;
    case Kind::kList:
      before = '[';
      for (const YamlValue& item : items) {
        out += std::exchange(before, ',');
        item.AppendJson(out);
      }
      out += items.empty() ? "[]" : "]";
      return;
    case Kind::kMap:
      before = '{';
      for (const auto& [key, value] : members) {
        out += std::exchange(before, ',');
        AppendJsonString(out, key);
        out += ':';
        value.AppendJson(out);
      }
      out += members.empty() ? "{}" : "}";
      return;
  }
}

namespace {

// Which of the first `lines` lines has a tab in front of what it says; 0: none.
int LineIndentedByTab(std::string_view text, int lines) {
  for (int line = 1; line <= lines && !text.empty(); ++line) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view whole = text.substr(0, end);
    const std::string_view indent = whole.substr(0, std::min(whole.find_first_not_of(" \t"), whole.size()));
    if (indent.size() < whole.size() && indent.find('\t') != std::string_view::npos) return line;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return 0;
}

}  // namespace

Result<YamlValue> ParseYaml(std::string_view text, const YamlLimits& limits) {
  if (text.size() > limits.bytes) {
    return InvalidArgument("expected at most " + std::to_string(limits.bytes) + " bytes, found more");
  }
  Builder builder(limits);
  try {
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    const bool any = parser.HandleNextDocument(builder);
    RETURN_IF_ERROR(builder.status());
    YamlValue root = builder.TakeRoot();
    if (any && parser) return InvalidArgument("expected one document, found several");
    return root;
  } catch (const YAML::DeepRecursion& e) {
    return InvalidArgument("line " + std::to_string(e.mark.line + 1) + ": expected YAML, found lists or maps within " +
                           std::to_string(e.depth()) + " others");
  } catch (const YAML::Exception& e) {
    if (const int line = LineIndentedByTab(text, e.mark.line + 1); line > 0) {
      return InvalidArgument("line " + std::to_string(line) + ": expected YAML, whose lines are indented by spaces, " +
                             "found a tab");
    }
    return InvalidArgument("line " + std::to_string(e.mark.line + 1) + ": expected YAML, found: " + e.msg);
  }
}

}  // namespace trireme

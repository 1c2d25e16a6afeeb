// SPDX-License-Identifier: Apache-2.0
#include "wire/torchserve/gson_writer.h"

#include <array>
#include <utility>

#include "base/utf8.h"
#include "codec/json_cursor.h"

namespace trireme::torchserve {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

void AppendUnicode(std::string& out, uint32_t code) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kDigits[code >> shift & 0xf];
}

// Nothing: the letter stands for itself.
std::string_view ShortEscape(char c) {
  switch (c) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\t':
      return "\\t";
    case '\b':
      return "\\b";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\f':
      return "\\f";
    default:
      return {};
  }
}

void AppendAscii(std::string& out, char c) {
  if (const std::string_view escape = ShortEscape(c); !escape.empty()) {
    out += escape;
  } else if (c < ' ' || std::string_view("<>&='").find(c) != std::string_view::npos) {
    AppendUnicode(out, static_cast<unsigned char>(c));
  } else {
    out += c;
  }
}

}  // namespace

void AppendGsonString(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const size_t bytes = Utf8SequenceLength(text);
    const std::string_view letter = text.substr(0, bytes);
    if (bytes == 0) {
      out += kReplacement;
    } else if (bytes == 1) {
      AppendAscii(out, letter.front());
    } else if (letter == "\xe2\x80\xa8" || letter == "\xe2\x80\xa9") {
      AppendUnicode(out, letter.back() == '\xa8' ? 0x2028 : 0x2029);
    } else {
      out += letter;
    }
    text.remove_prefix(bytes == 0 ? 1 : bytes);
  }
  out += '"';
}

void GsonWriter::BeginLine() {
  text_ += '\n';
  text_.append(2 * static_cast<size_t>(depth_), ' ');
}

void GsonWriter::BeginValue() {
  if (std::exchange(behind_key_, false)) return;
  if (depth_ == 0) return;
  if (!std::exchange(is_empty_, false)) text_ += ',';
  BeginLine();
}

GsonWriter& GsonWriter::Begin(char bracket) {
  BeginValue();
  text_ += bracket;
  ++depth_;
  is_empty_ = true;
  return *this;
}

GsonWriter& GsonWriter::End(char bracket) {
  --depth_;
  if (!is_empty_) BeginLine();
  text_ += bracket;
  is_empty_ = false;
  return *this;
}

GsonWriter& GsonWriter::Key(std::string_view key) {
  BeginValue();
  AppendGsonString(text_, key);
  text_ += ": ";
  behind_key_ = true;
  return *this;
}

GsonWriter& GsonWriter::Text(std::string_view text) {
  BeginValue();
  AppendGsonString(text_, text);
  return *this;
}

GsonWriter& GsonWriter::Raw(std::string_view json) {
  BeginValue();
  text_ += json;
  return *this;
}

namespace {

// One value that is neither object nor array, or the beginning of one.
void PrintValue(JsonCursor& json, GsonWriter& out, std::string& open) {
  switch (json.Peek()) {
    case JsonCursor::Kind::kObject:
      if (json.EnterObject()) out.BeginObject(), open += '{';
      return;
    case JsonCursor::Kind::kArray:
      if (json.EnterArray()) out.BeginArray(), open += '[';
      return;
    case JsonCursor::Kind::kString:
      if (const auto text = json.ReadString()) out.Text(*text);
      return;
    case JsonCursor::Kind::kNumber:
      if (const auto number = json.ReadNumberText()) out.Raw(*number);
      return;
    case JsonCursor::Kind::kBool:
      if (const auto value = json.ReadBool()) out.Bool(*value);
      return;
    case JsonCursor::Kind::kNull:
    case JsonCursor::Kind::kOther:
      if (json.ReadNull()) out.Null();
      return;
  }
}

}  // namespace

std::string PrintedByGson(std::string_view text) {
  JsonCursor json(text);
  GsonWriter out;
  std::string open;  // brackets: of what the cursor is in
  PrintValue(json, out, open);
  while (!open.empty() && json.ok()) {
    if (open.back() == '{') {
      if (const auto key = json.NextKey()) {
        out.Key(*key);
        PrintValue(json, out, open);
      } else if (json.ok()) {
        out.EndObject();
        open.pop_back();
      }
    } else if (json.NextElement()) {
      PrintValue(json, out, open);
    } else if (json.ok()) {
      out.EndArray();
      open.pop_back();
    }
  }
  return json.Finish() ? out.Take() : "";
}

}  // namespace trireme::torchserve

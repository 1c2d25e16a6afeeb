// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace trireme::torchserve {

// Appends a text as a JSON string, with its quotes, as Java's Gson writes it: < > & = ' and U+2028, U+2029 are escaped
// too, other letters are as they are; bytes that are not UTF-8 become U+FFFD.
void AppendGsonString(std::string& out, std::string_view text);

// JSON as Gson prints it prettily: two spaces a level, `"key": value`, each element on a line of its own, [] and {}
// where there is nothing. Whoever writes leaves out what is null, as Gson does.
//
//   GsonWriter json;
//   json.BeginObject().Key("status").Text("Healthy").EndObject();
//   json.Take() == "{\n  \"status\": \"Healthy\"\n}"
class GsonWriter {
 public:
  GsonWriter& BeginObject() { return Begin('{'); }
  GsonWriter& EndObject() { return End('}'); }
  GsonWriter& BeginArray() { return Begin('['); }
  GsonWriter& EndArray() { return End(']'); }
  GsonWriter& Key(std::string_view key);
  GsonWriter& Text(std::string_view text);
  GsonWriter& Integer(int64_t number) { return Raw(std::to_string(number)); }
  GsonWriter& Bool(bool value) { return Raw(value ? "true" : "false"); }
  GsonWriter& Null() { return Raw("null"); }
  // A number as it is spelled.
  GsonWriter& Raw(std::string_view json);

  std::string Take() { return std::move(text_); }

 private:
  GsonWriter& Begin(char bracket);
  GsonWriter& End(char bracket);
  void BeginValue();
  void BeginLine();

  std::string text_;
  int depth_ = 0;
  bool is_empty_ = true;  // the innermost object or array
  bool behind_key_ = false;
};

// Any JSON printed like that; empty if it is none. Nesting is bounded by that of a JsonCursor.
std::string PrintedByGson(std::string_view text);

}  // namespace trireme::torchserve

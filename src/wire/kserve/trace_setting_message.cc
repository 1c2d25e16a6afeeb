// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/trace_setting_message.h"

#include <utility>

#include "base/log.h"
#include "codec/json_cursor.h"
#include "wire/kserve/infer_request_message.h"
#include "wire/kserve/message_writer.h"
#include "wire/kserve/place.h"

namespace trireme::kserve {
namespace {

constexpr std::string_view kList = "trace_level";
constexpr size_t kMaxLevels = 16;

Status ReadList(JsonCursor& json, const Place& place, std::vector<std::string>& values) {
  if (!json.EnterArray()) return place.Wrong(json);
  while (json.NextElement()) {
    if (values.size() == kMaxLevels) return place.Wrong("at most " + std::to_string(kMaxLevels) + " levels", "more");
    const auto text = json.ReadString();
    if (!text) return place.Wrong(json);
    values.emplace_back(*text);
  }
  return json.ok() ? Status() : place.Wrong(json);
}

Status ReadValues(JsonCursor& json, const Place& place, std::vector<std::string>& values) {
  switch (json.Peek()) {
    case JsonCursor::Kind::kNull:
      return json.ReadNull() ? Status() : place.Wrong(json);
    case JsonCursor::Kind::kArray:
      return ReadList(json, place, values);
    default: {
      const auto text = json.ReadString();
      if (!text) return place.Wrong(json);
      values.emplace_back(*text);
      return {};
    }
  }
}

}  // namespace

std::string EncodeTraceSettings(const TraceSettingValues& settings) {
  std::string json;
  ObjectWriter object(json);
  for (const auto& [name, values] : settings) {
    if (name != kList) {
      object.Member(name, std::string_view(values.empty() ? std::string_view() : std::string_view(values.front())));
      continue;
    }
    std::string& out = object.Key(name);
    out += '[';
    for (const std::string& value : values) {
      if (out.back() != '[') out += ',';
      AppendJsonString(out, value);
    }
    out += ']';
  }
  object.Close();
  return json;
}

Result<TraceSettingValues> DecodeTraceSettings(std::string_view text) {
  TraceSettingValues settings;
  if (text.empty()) return settings;
  JsonCursor json(text);
  if (!json.EnterObject()) return json.status();
  while (const auto key = json.NextKey()) {
    const std::string name(*key);
    const Place place(name, nullptr);
    if (settings.contains(name)) return place.GivenTwice();
    if (settings.size() == kMaxParameters) {
      return InvalidArgument("expected at most " + std::to_string(kMaxParameters) + " settings, got more");
    }
    std::vector<std::string> values;
    RETURN_IF_ERROR(ReadValues(json, place, values));
    settings.emplace(name, std::move(values));
  }
  if (!json.Finish()) return json.status();
  return settings;
}

}  // namespace trireme::kserve

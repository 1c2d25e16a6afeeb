// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/log_settings.h"

#include <cstdint>

#include "codec/json_cursor.h"
#include "wire/kserve/fields.h"
#include "wire/kserve/log_fields.h"
#include "wire/kserve/message_writer.h"
#include "wire/kserve/place.h"

namespace trireme::kserve {
namespace {

Status ReadMember(JsonCursor& json, std::string_view key, LogFields& fields) {
  const Place place(key, nullptr);
  if (key == "log_info") return ReadField(json, place, fields.info);
  if (key == "log_warning") return ReadField(json, place, fields.warning);
  if (key == "log_error") return ReadField(json, place, fields.error);
  if (key == "log_verbose_level") return ReadField(json, place, fields.verbose_level);
  if (key == "log_file") return ReadField(json, place, fields.file);
  if (key == "log_format") return ReadField(json, place, fields.format);
  return UnknownLogSetting(key);
}

}  // namespace

std::string EncodeLogSettings(const Logger::Settings& settings) {
  std::string json;
  ObjectWriter object(json);
  object.Member("log_file", std::string_view());
  object.Member("log_info", settings.info);
  object.Member("log_warning", settings.warning);
  object.Member("log_error", settings.error);
  object.Member("log_verbose_level", static_cast<uint64_t>(settings.verbose_level));
  object.Member("log_format", std::string_view("default"));
  object.Close();
  return json;
}

Result<Logger::Settings> DecodeLogSettings(std::string_view text, const Logger::Settings& now) {
  if (text.empty()) return now;
  JsonCursor json(text);
  LogFields fields;
  if (!json.EnterObject()) return json.status();
  while (const auto key = json.NextKey()) RETURN_IF_ERROR(ReadMember(json, *key, fields));
  if (!json.Finish()) return json.status();
  return Apply(fields, now);
}

}  // namespace trireme::kserve

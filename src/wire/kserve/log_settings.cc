// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/log_settings.h"

#include <cstdint>
#include <optional>

#include "codec/json_cursor.h"
#include "wire/kserve/fields.h"
#include "wire/kserve/message_writer.h"
#include "wire/kserve/place.h"

namespace trireme::kserve {
namespace {

// The fields as a client sends them.
struct Fields {
  std::optional<bool> info;
  std::optional<bool> warning;
  std::optional<bool> error;
  std::optional<uint64_t> verbose_level;
  std::optional<std::string> file;
  std::optional<std::string> format;
};

Status ReadMember(JsonCursor& json, std::string_view key, Fields& fields) {
  const Place place(key, nullptr);
  if (key == "log_info") return ReadField(json, place, fields.info);
  if (key == "log_warning") return ReadField(json, place, fields.warning);
  if (key == "log_error") return ReadField(json, place, fields.error);
  if (key == "log_verbose_level") return ReadField(json, place, fields.verbose_level);
  if (key == "log_file") return ReadField(json, place, fields.file);
  if (key == "log_format") return ReadField(json, place, fields.format);
  return InvalidArgument(
      "expected log_file, log_info, log_warning, log_error, log_verbose_level or log_format, found key " + Quoted(key));
}

// What goes where, in which form, is decided by whoever started the server. Saying what is so already is no change.
Status CheckUnchangeable(const Fields& fields) {
  if (fields.file && !fields.file->empty()) {
    return Place("log_file", nullptr).Wrong("\"\": no client may name a file", Quoted(*fields.file));
  }
  if (fields.format && *fields.format != "default" && *fields.format != "ISO8601") {
    return Place("log_format", nullptr).Wrong("\"default\" or \"ISO8601\"", Quoted(*fields.format));
  }
  return {};
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
  constexpr uint64_t kMostVerbose = (1 << 20) - 1;  // that a Logger keeps
  if (text.empty()) return now;
  JsonCursor json(text);
  Fields fields;
  if (!json.EnterObject()) return json.status();
  while (const auto key = json.NextKey()) RETURN_IF_ERROR(ReadMember(json, *key, fields));
  if (!json.Finish()) return json.status();
  RETURN_IF_ERROR(CheckUnchangeable(fields));
  if (fields.verbose_level.value_or(0) > kMostVerbose) {
    return Place("log_verbose_level", nullptr)
        .Wrong("at most " + std::to_string(kMostVerbose), std::to_string(*fields.verbose_level));
  }
  Logger::Settings settings = now;
  settings.info = fields.info.value_or(now.info);
  settings.warning = fields.warning.value_or(now.warning);
  settings.error = fields.error.value_or(now.error);
  if (fields.verbose_level) settings.verbose_level = static_cast<int>(*fields.verbose_level);
  return settings;
}

}  // namespace trireme::kserve

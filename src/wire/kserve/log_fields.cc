// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/log_fields.h"

#include "wire/kserve/place.h"

namespace trireme::kserve {
namespace {

// What goes where, in which form, is decided by whoever started the server. Saying what is so already is no change.
Status CheckUnchangeable(const LogFields& fields) {
  if (fields.file && !fields.file->empty()) {
    return Place("log_file", nullptr).Wrong("\"\": no client may name a file", Quoted(*fields.file));
  }
  if (fields.format && *fields.format != "default" && *fields.format != "ISO8601") {
    return Place("log_format", nullptr).Wrong("\"default\" or \"ISO8601\"", Quoted(*fields.format));
  }
  return {};
}

}  // namespace

Result<Logger::Settings> Apply(const LogFields& fields, const Logger::Settings& now) {
  constexpr uint64_t kMostVerbose = (1 << 20) - 1;  // that a Logger keeps
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

Status UnknownLogSetting(std::string_view key) {
  return InvalidArgument(
      "expected log_file, log_info, log_warning, log_error, log_verbose_level or log_format, found key " + Quoted(key));
}

}  // namespace trireme::kserve

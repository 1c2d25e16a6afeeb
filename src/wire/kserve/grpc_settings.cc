// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/grpc_settings.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "proto/grpc_service.pb.h"
#include "wire/kserve/infer_request_message.h"
#include "wire/kserve/log_fields.h"
#include "wire/kserve/proto_fields.h"

namespace trireme::kserve {
namespace {

// Fields of LogSettingsRequest.SettingValue.
constexpr int kBoolParam = 1;
constexpr int kUint32Param = 2;
constexpr int kStringParam = 3;

// Appends the elements of a SettingValue.
Status ReadList(const ProtoField& value, const Place& place, std::vector<std::string>& to) {
  std::string_view message;
  RETURN_IF_ERROR(ReadProtoBytes(value, place, "a SettingValue", message));
  return ReadProtoMessage(message, place, [&](const ProtoField& field) -> Status {
    if (field.number != 1) return {};
    if (to.size() == kMaxParameters) {
      return place.Wrong("at most " + std::to_string(kMaxParameters) + " values", "more");
    }
    const Place element(to.size(), &place);
    return ReadProto(field, element, to.emplace_back());
  });
}

Status ReadTraceSetting(const ProtoField& entry, const Place& settings, TraceSettingValues& to) {
  std::string_view key;
  std::vector<std::string> values;
  RETURN_IF_ERROR(ReadProtoEntry(entry, settings, key, [&](const Place& place, const ProtoField& value) {
    return ReadList(value, place, values);
  }));
  if (to.size() == kMaxParameters) {
    return settings.Wrong("at most " + std::to_string(kMaxParameters) + " settings", "more");
  }
  to.insert_or_assign(std::string(key), std::move(values));
  return {};
}

// The choice of a LogSettingsRequest.SettingValue that came last, or nothing.
Status ReadChoice(const ProtoField& value, const Place& place, std::optional<ProtoField>& choice) {
  std::string_view message;
  RETURN_IF_ERROR(ReadProtoBytes(value, place, "a SettingValue", message));
  return ReadProtoMessage(message, place, [&](const ProtoField& field) {
    if (field.number >= kBoolParam && field.number <= kStringParam) choice = field;
    return Status();
  });
}

Status Want(int number, const std::optional<ProtoField>& choice, const Place& place) {
  constexpr std::string_view kNames[] = {"bool_param", "uint32_param", "string_param"};
  if (choice && choice->number == number) return {};
  return place.Wrong(kNames[number - 1], choice ? kNames[choice->number - 1] : "nothing");
}

template <typename T>
Status Read(int number, const std::optional<ProtoField>& choice, const Place& place, std::optional<T>& to) {
  RETURN_IF_ERROR(Want(number, choice, place));
  return ReadProto(*choice, place, to.emplace());
}

Status ReadLogSetting(const ProtoField& entry, const Place& settings, LogFields& fields) {
  std::string_view key;
  std::optional<ProtoField> choice;
  RETURN_IF_ERROR(ReadProtoEntry(entry, settings, key, [&](const Place& place, const ProtoField& value) {
    return ReadChoice(value, place, choice);
  }));
  const Place place(key, &settings);
  if (key == "log_info") return Read(kBoolParam, choice, place, fields.info);
  if (key == "log_warning") return Read(kBoolParam, choice, place, fields.warning);
  if (key == "log_error") return Read(kBoolParam, choice, place, fields.error);
  if (key == "log_verbose_level") return Read(kUint32Param, choice, place, fields.verbose_level);
  if (key == "log_file") return Read(kStringParam, choice, place, fields.file);
  if (key == "log_format") return Read(kStringParam, choice, place, fields.format);
  return UnknownLogSetting(key);
}

}  // namespace

Result<GrpcTraceSettingRequest> DecodeGrpcTraceSettingRequest(std::span<const std::byte> bytes) {
  GrpcTraceSettingRequest request;
  const Place place("TraceSettingRequest", nullptr);
  RETURN_IF_ERROR(ReadProtoMessage(bytes, place, [&](const ProtoField& field) {
    if (field.number == 1) return ReadTraceSetting(field, Place("settings", &place), request.settings);
    return field.number == 2 ? ReadProto(field, Place("model_name", &place), request.model_name) : Status();
  }));
  return request;
}

std::string EncodeGrpcTraceSettings(const TraceSettingValues& settings) {
  inference::TraceSettingResponse response;
  for (const auto& [key, values] : settings) {
    auto& setting = (*response.mutable_settings())[Utf8OrReplaced(key)];
    for (const std::string& value : values) setting.add_value(Utf8OrReplaced(value));
  }
  return response.SerializeAsString();
}

Result<GrpcLogSettingsRequest> DecodeGrpcLogSettings(std::span<const std::byte> bytes, const Logger::Settings& now) {
  GrpcLogSettingsRequest request;
  LogFields fields;
  const Place place("LogSettingsRequest", nullptr);
  RETURN_IF_ERROR(ReadProtoMessage(bytes, place, [&](const ProtoField& field) {
    if (field.number != 1) return Status();
    request.changes = true;
    return ReadLogSetting(field, Place("settings", &place), fields);
  }));
  ASSIGN_OR_RETURN(request.settings, Apply(fields, now));
  return request;
}

std::string EncodeGrpcLogSettings(const Logger::Settings& settings) {
  inference::LogSettingsResponse response;
  auto& values = *response.mutable_settings();
  values["log_file"].set_string_param("");
  values["log_info"].set_bool_param(settings.info);
  values["log_warning"].set_bool_param(settings.warning);
  values["log_error"].set_bool_param(settings.error);
  values["log_verbose_level"].set_uint32_param(static_cast<uint32_t>(settings.verbose_level));
  values["log_format"].set_string_param("default");
  return response.SerializeAsString();
}

}  // namespace trireme::kserve

// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/grpc_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "proto/grpc_service.pb.h"
#include "wire/kserve/testing/received_proto.h"

namespace trireme::kserve {
namespace {

using ::testing::HasSubstr;

TEST(GrpcSettingsTest, TraceSettingsAreListsByName) {
  inference::TraceSettingRequest message;
  message.set_model_name("m");
  auto& settings = *message.mutable_settings();
  settings["trace_level"].add_value("TIMESTAMPS");
  settings["trace_level"].add_value("TENSORS");
  settings["trace_rate"];  // cleared
  const auto request = DecodeGrpcTraceSettingRequest(AsBytes(message.SerializeAsString()));
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->model_name, "m");
  const TraceSettingValues expected = {{"trace_level", {"TIMESTAMPS", "TENSORS"}}, {"trace_rate", {}}};
  EXPECT_EQ(request->settings, expected);

  inference::TraceSettingResponse response;
  ASSERT_TRUE(response.ParseFromString(EncodeGrpcTraceSettings(expected)));
  EXPECT_EQ(response.settings().at("trace_level").value(1), "TENSORS");
  EXPECT_EQ(response.settings().at("trace_rate").value_size(), 0);
}

TEST(GrpcSettingsTest, RefusesTraceSettingsThatAreNone) {
  EXPECT_THAT(DecodeGrpcTraceSettingRequest(AsBytes("\x0a\x05\x0a\x01k\x12\x09")).status().message(),
              HasSubstr("TraceSettingRequest.settings: expected a protobuf message"));
  EXPECT_THAT(DecodeGrpcTraceSettingRequest(AsBytes("\x0a\x07\x0a\x01k\x12\x02\x08\x01")).status().message(),
              HasSubstr("TraceSettingRequest.settings.k[0]: expected a string, found an integer"));
}

TEST(GrpcSettingsTest, LogSettingsChangeThoseThatAreNamed) {
  const Logger::Settings now{.info = true, .warning = true, .error = true, .verbose_level = 3};
  const auto none = DecodeGrpcLogSettings({}, now);
  EXPECT_FALSE(none->changes);
  EXPECT_EQ(none->settings, now);

  inference::LogSettingsRequest message;
  auto& settings = *message.mutable_settings();
  settings["log_info"].set_bool_param(false);
  settings["log_verbose_level"].set_uint32_param(1);
  settings["log_file"].set_string_param("");
  settings["log_format"].set_string_param("ISO8601");
  const auto request = DecodeGrpcLogSettings(AsBytes(message.SerializeAsString()), now);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_TRUE(request->changes);
  const Logger::Settings expected{.info = false, .warning = true, .error = true, .verbose_level = 1};
  EXPECT_EQ(request->settings, expected);

  inference::LogSettingsResponse response;
  ASSERT_TRUE(response.ParseFromString(EncodeGrpcLogSettings(expected)));
  EXPECT_EQ(response.settings_size(), 6);
  EXPECT_FALSE(response.settings().at("log_info").bool_param());
  EXPECT_EQ(response.settings().at("log_verbose_level").uint32_param(), 1U);
  EXPECT_EQ(response.settings().at("log_format").string_param(), "default");
}

TEST(GrpcSettingsTest, RefusesLogSettingsAsJsonDoes) {
  const auto error = [](const std::string& key,
                        const std::function<void(inference::LogSettingsRequest::SettingValue&)>& set) {
    inference::LogSettingsRequest message;
    set((*message.mutable_settings())[key]);
    const Status status = DecodeGrpcLogSettings(AsBytes(message.SerializeAsString()), {}).status();
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
    return status.message();
  };
  const auto text = [](auto& value) { value.set_string_param("/etc/passwd"); };
  EXPECT_THAT(error("log_file", text), HasSubstr("log_file: expected \"\": no client may name a file, found '/etc"));
  EXPECT_THAT(error("log_format", text), HasSubstr("log_format: expected \"default\" or \"ISO8601\""));
  EXPECT_THAT(error("log_info", text),
              HasSubstr("LogSettingsRequest.settings.log_info: expected bool_param, found string_param"));
  EXPECT_THAT(error("log_error", [](auto&) {}), HasSubstr("log_error: expected bool_param, found nothing"));
  EXPECT_THAT(error("log_verbose_level", [](auto& value) { value.set_uint32_param(1 << 20); }),
              HasSubstr("log_verbose_level: expected at most 1048575"));
  EXPECT_THAT(error("log_color", text), HasSubstr("found key 'log_color'"));
}

}  // namespace
}  // namespace trireme::kserve

// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/grpc_methods.h"

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <utility>

#include "proto/grpc_service.pb.h"
#include "protocols/kserve/testing/grpc_fixture.h"

namespace trireme::kserve {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;
using net::GrpcCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::UnorderedElementsAre;

// Sees no other model than "m".
class OnlyM final : public Grant {
 public:
  bool Allows(Operation, std::string_view model) const override { return model == "m"; }
  bool CoversEveryModel() const override { return false; }
};

class GrpcMethodsTest : public GrpcFixture {
 protected:
  template <typename Response>
  Response Ask(std::string_view rpc, const google::protobuf::Message& request, const Identity& identity = {}) {
    const net::RecordedGrpcAnswer& answer = Call(rpc, request.SerializeAsString(), identity);
    EXPECT_EQ(answer.status->code, GrpcCode::kOk) << rpc << ": " << answer.status->message;
    Response response;
    if (answer.status->code != GrpcCode::kOk) return response;
    EXPECT_THAT(answer.messages, SizeIs(1));
    EXPECT_TRUE(response.ParseFromString(answer.messages.front()));
    return response;
  }

  GrpcCode Refused(std::string_view rpc, const google::protobuf::Message& request) {
    return Call(rpc, request.SerializeAsString()).status->code;
  }

  const Identity only_m_{.principal = "somebody", .tenant = {}, .grant = std::make_shared<OnlyM>()};
};

// The field that names the model that a request is about.
const FieldDescriptor* ModelField(const MethodDescriptor& rpc) {
  const auto& message = *rpc.input_type();
  if (const FieldDescriptor* field = message.FindFieldByName("model_name")) return field;
  return rpc.name().starts_with("Model") ? message.FindFieldByName("name") : nullptr;
}

TEST_F(GrpcMethodsTest, AreThoseOfTheService) {
  const ServiceDescriptor& service =
      *inference::ModelInferRequest::descriptor()->file()->FindServiceByName("GRPCInferenceService");
  ASSERT_EQ(methods_.size(), static_cast<size_t>(service.method_count()));
  for (int i = 0; i < service.method_count(); ++i) {
    const MethodDescriptor& rpc = *service.method(i);
    const GrpcMethod& method = Method(rpc.name());
    EXPECT_EQ(method.stream != nullptr, rpc.client_streaming()) << rpc.name();
    EXPECT_EQ(method.call != nullptr, !rpc.client_streaming()) << rpc.name();
    const FieldDescriptor* field = ModelField(rpc);
    EXPECT_EQ(method.model_field, field == nullptr ? 0 : field->number()) << rpc.name();
  }
}

TEST_F(GrpcMethodsTest, RefuseWhatIsNoMessage) {
  for (const GrpcMethod& method : methods_) {
    if (method.stream != nullptr) continue;
    const std::string rpc = method.path.substr(method.path.rfind('/') + 1);
    const net::RecordedGrpcAnswer& answer = Call(rpc, "\x0f");
    EXPECT_EQ(answer.status->code, GrpcCode::kInvalidArgument) << rpc << ": " << answer.status->message;
    EXPECT_EQ(answer.finishes, 1) << rpc;
  }
}

TEST_F(GrpcMethodsTest, TellWhoIsReady) {
  EXPECT_TRUE(Ask<inference::ServerLiveResponse>("ServerLive", inference::ServerLiveRequest()).live());
  EXPECT_TRUE(Ask<inference::ServerReadyResponse>("ServerReady", inference::ServerReadyRequest()).ready());
  inference::ModelReadyRequest model;
  model.set_name("m");
  EXPECT_TRUE(Ask<inference::ModelReadyResponse>("ModelReady", model).ready());
  model.set_version("1");
  EXPECT_TRUE(Ask<inference::ModelReadyResponse>("ModelReady", model).ready());
  model.set_version("2");
  EXPECT_FALSE(Ask<inference::ModelReadyResponse>("ModelReady", model).ready());
  model.set_version("first");  // a label that there is not
  EXPECT_FALSE(Ask<inference::ModelReadyResponse>("ModelReady", model).ready());
  model.set_version("1st");
  EXPECT_EQ(Refused("ModelReady", model), GrpcCode::kInvalidArgument);
  engine_.StopAccepting();
  EXPECT_FALSE(Ask<inference::ServerReadyResponse>("ServerReady", inference::ServerReadyRequest()).ready());
}

TEST_F(GrpcMethodsTest, TellOfModelsThatAreNotReady) {
  lifecycle_.SetDesired({.models = {Entry("m"), FakeEntry("bad")}, .problems = {}, .notes = {}});
  lifecycle_.WaitUntilSettled();
  inference::ModelReadyRequest model;
  for (const char* name : {"bad", "not there at all"}) {
    model.set_name(name);
    EXPECT_FALSE(Ask<inference::ModelReadyResponse>("ModelReady", model).ready()) << name;
  }
}

TEST_F(GrpcMethodsTest, DescribeServerAndModels) {
  const auto server = Ask<inference::ServerMetadataResponse>("ServerMetadata", inference::ServerMetadataRequest());
  EXPECT_EQ(server.name(), "trireme");
  EXPECT_THAT(server.extensions(), testing::Contains("statistics"));
  EXPECT_THAT(server.extensions(), testing::Not(testing::Contains("system_shared_memory")));

  inference::ModelMetadataRequest metadata;
  metadata.set_name("m");
  const auto model = Ask<inference::ModelMetadataResponse>("ModelMetadata", metadata);
  EXPECT_EQ(model.name(), "m");
  EXPECT_THAT(model.versions(), ElementsAre("1"));
  ASSERT_THAT(model.inputs(), SizeIs(1));
  EXPECT_EQ(model.inputs(0).name(), "x");
  EXPECT_EQ(model.inputs(0).datatype(), "FP32");
  EXPECT_THAT(model.inputs(0).shape(), ElementsAre(-1, 4));
  metadata.set_name("nobody");
  EXPECT_EQ(Refused("ModelMetadata", metadata), GrpcCode::kNotFound);

  inference::ModelConfigRequest config;
  config.set_name("m");
  EXPECT_EQ(Ask<inference::ModelConfigResponse>("ModelConfig", config).config().name(), "m");
}

TEST_F(GrpcMethodsTest, TellWhatModelsDid) {
  Call("ModelInfer", Request("m", "i"));
  inference::ModelStatisticsRequest request;
  EXPECT_THAT(Ask<inference::ModelStatisticsResponse>("ModelStatistics", request).model_stats(), SizeIs(3));
  request.set_name("m");
  const auto response = Ask<inference::ModelStatisticsResponse>("ModelStatistics", request);
  ASSERT_THAT(response.model_stats(), SizeIs(1));
  EXPECT_EQ(response.model_stats(0).name(), "m");
  EXPECT_EQ(response.model_stats(0).inference_count(), 1U);
}

TEST_F(GrpcMethodsTest, LeaveOutOfListsWhatACallerMayNotSee) {
  const auto statistics =
      Ask<inference::ModelStatisticsResponse>("ModelStatistics", inference::ModelStatisticsRequest(), only_m_);
  ASSERT_THAT(statistics.model_stats(), SizeIs(1));
  EXPECT_EQ(statistics.model_stats(0).name(), "m");
  EXPECT_THAT(Ask<inference::RepositoryIndexResponse>("RepositoryIndex", inference::RepositoryIndexRequest()).models(),
              SizeIs(3));
  const auto index =
      Ask<inference::RepositoryIndexResponse>("RepositoryIndex", inference::RepositoryIndexRequest(), only_m_);
  ASSERT_THAT(index.models(), SizeIs(1));
  EXPECT_EQ(index.models(0).name(), "m");
  EXPECT_EQ(index.models(0).version(), "1");
  EXPECT_EQ(index.models(0).state(), "READY");
}

TEST_F(GrpcMethodsTest, SayWhyModelsCannotBeChanged) {
  inference::RepositoryModelLoadRequest load;
  EXPECT_EQ(Refused("RepositoryModelLoad", load), GrpcCode::kInvalidArgument);
  load.set_model_name("m");
  EXPECT_EQ(Refused("RepositoryModelLoad", load), GrpcCode::kUnavailable);
  (*load.mutable_parameters())["file:1/model.onnx"].set_bytes_param(std::string(1 << 20, 'x'));
  EXPECT_EQ(Refused("RepositoryModelLoad", load), GrpcCode::kInvalidArgument);  // read elsewhere: it has no config
  inference::RepositoryModelUnloadRequest unload;
  unload.set_model_name("m");
  EXPECT_EQ(Refused("RepositoryModelUnload", unload), GrpcCode::kUnavailable);
}

TEST_F(GrpcMethodsTest, SayThatSharedMemoryIsSwitchedOff) {
  inference::SystemSharedMemoryRegisterRequest region;
  region.set_name("r");
  region.set_key("/r");
  region.set_byte_size(16);
  EXPECT_EQ(Refused("SystemSharedMemoryRegister", region), GrpcCode::kUnimplemented);
  EXPECT_EQ(Refused("SystemSharedMemoryStatus", inference::SystemSharedMemoryStatusRequest()),
            GrpcCode::kUnimplemented);
  // Clients clean up before they begin.
  Ask<inference::SystemSharedMemoryUnregisterResponse>("SystemSharedMemoryUnregister",
                                                       inference::SystemSharedMemoryUnregisterRequest());
  Ask<inference::CudaSharedMemoryUnregisterResponse>("CudaSharedMemoryUnregister",
                                                     inference::CudaSharedMemoryUnregisterRequest());
}

TEST_F(GrpcMethodsTest, ChangeAndTellTraceSettings) {
  inference::TraceSettingRequest request;
  EXPECT_THAT(Ask<inference::TraceSettingResponse>("TraceSetting", request).settings().at("trace_rate").value(),
              ElementsAre("1000"));
  (*request.mutable_settings())["trace_rate"].add_value("5");
  request.set_model_name("m");
  EXPECT_THAT(Ask<inference::TraceSettingResponse>("TraceSetting", request).settings().at("trace_rate").value(),
              ElementsAre("5"));
  EXPECT_EQ(tracer_.settings("m").rate, 5U);
  EXPECT_EQ(tracer_.settings("n").rate, 1000U);
  (*request.mutable_settings())["trace_rate"].clear_value();
  Ask<inference::TraceSettingResponse>("TraceSetting", request);
  EXPECT_EQ(tracer_.settings("m").rate, 1000U);
  request.set_model_name("nobody");
  EXPECT_EQ(Refused("TraceSetting", request), GrpcCode::kNotFound);
  request.clear_model_name();
  (*request.mutable_settings())["trace_file"].add_value("/tmp/trace.json");
  EXPECT_EQ(Refused("TraceSetting", request), GrpcCode::kUnimplemented);
}

TEST_F(GrpcMethodsTest, ChangeAndTellLogSettings) {
  inference::LogSettingsRequest request;
  const Logger::Settings before = log_.settings();
  EXPECT_EQ(Ask<inference::LogSettingsResponse>("LogSettings", request).settings().at("log_error").bool_param(),
            before.error);
  EXPECT_EQ(log_.settings(), before);
  (*request.mutable_settings())["log_verbose_level"].set_uint32_param(2);
  EXPECT_EQ(
      Ask<inference::LogSettingsResponse>("LogSettings", request).settings().at("log_verbose_level").uint32_param(),
      2U);
  EXPECT_EQ(log_.settings().verbose_level, 2);
}

}  // namespace
}  // namespace trireme::kserve

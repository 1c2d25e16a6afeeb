// SPDX-License-Identifier: Apache-2.0
#include "protocols/grpc/reflection.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include "net/testing/recorded_grpc_answer.h"
#include "proto/health.pb.h"
#include "proto/reflection.pb.h"
#include "proto/reflection_alpha.pb.h"

namespace trireme {
namespace {

using net::RecordedGrpcAnswer;
using testing::ElementsAre;
using V1Request = grpc::reflection::v1::ServerReflectionRequest;
using V1Response = grpc::reflection::v1::ServerReflectionResponse;

class ReflectionTest : public testing::Test {
 protected:
  template <typename Response, typename Request>
  Response Ask(size_t method, const Request& request) {
    Response response;
    const std::string bytes = request.SerializeAsString();
    const auto answer = std::make_shared<RecordedGrpcAnswer>();
    auto receiver = methods_.at(method).stream({}, Identity(), net::GrpcReply(answer));
    receiver->OnMessage({.bytes = std::as_bytes(std::span(bytes))});
    EXPECT_EQ(answer->messages.size(), 1U);
    EXPECT_TRUE(response.ParseFromString(answer->messages.at(0)));
    receiver->OnEnd();
    EXPECT_EQ(answer->status->code, net::GrpcCode::kOk);
    return response;
  }
  V1Response Ask(const V1Request& request) { return Ask<V1Response>(0, request); }

  static std::vector<std::string> FileNames(const V1Response& response) {
    std::vector<std::string> names;
    for (const std::string& bytes : response.file_descriptor_response().file_descriptor_proto()) {
      google::protobuf::FileDescriptorProto file;
      EXPECT_TRUE(file.ParseFromString(bytes));
      names.push_back(file.name());
    }
    return names;
  }

  const grpc::health::v1::HealthCheckRequest linked_in_;
  const std::vector<GrpcMethod> methods_ = ReflectionMethods({"grpc.health.v1.Health", "b.B"});
};

TEST_F(ReflectionTest, IsMetadataInTwoVersions) {
  ASSERT_EQ(methods_.size(), 2U);
  EXPECT_EQ(methods_[0].path, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo");
  EXPECT_EQ(methods_[1].path, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo");
  for (const GrpcMethod& method : methods_) EXPECT_EQ(method.operation, Operation::kMetadata);
}

TEST_F(ReflectionTest, ListsServicesInTheirOrder) {
  V1Request request;
  request.set_host("here");
  request.set_list_services("*");
  const V1Response response = Ask(request);
  EXPECT_EQ(response.valid_host(), "here");
  EXPECT_EQ(response.original_request().list_services(), "*");
  ASSERT_EQ(response.list_services_response().service_size(), 2);
  EXPECT_EQ(response.list_services_response().service(0).name(), "grpc.health.v1.Health");
  EXPECT_EQ(response.list_services_response().service(1).name(), "b.B");
}

TEST_F(ReflectionTest, SpeaksTheOldVersionToo) {
  grpc::reflection::v1alpha::ServerReflectionRequest request;
  request.set_list_services("");
  const auto response = Ask<grpc::reflection::v1alpha::ServerReflectionResponse>(1, request);
  EXPECT_EQ(response.list_services_response().service_size(), 2);
}

TEST_F(ReflectionTest, FindsTheFileOfASymbol) {
  for (const char* symbol : {"grpc.health.v1.Health", "grpc.health.v1.Health.Check",
                             "grpc.health.v1.HealthCheckRequest", "grpc.health.v1.HealthCheckResponse.ServingStatus"}) {
    V1Request request;
    request.set_file_containing_symbol(symbol);
    EXPECT_THAT(FileNames(Ask(request)), ElementsAre("proto/health.proto")) << symbol;
  }
}

TEST_F(ReflectionTest, FindsFilesByName) {
  V1Request request;
  request.set_file_by_filename("google/protobuf/descriptor.proto");
  EXPECT_THAT(FileNames(Ask(request)), ElementsAre("google/protobuf/descriptor.proto"));
}

TEST_F(ReflectionTest, SaysInTheAnswerWhatIsNotThere) {
  V1Request symbol;
  symbol.set_file_containing_symbol("no.Such");
  EXPECT_EQ(Ask(symbol).error_response().error_code(), 5);
  EXPECT_EQ(Ask(symbol).error_response().error_message(), "no symbol 'no.Such'");
  V1Request file;
  file.set_file_by_filename("../secret.proto");
  EXPECT_EQ(Ask(file).error_response().error_code(), 5);
  V1Request extension;
  extension.mutable_file_containing_extension()->set_containing_type("grpc.health.v1.HealthCheckRequest");
  extension.mutable_file_containing_extension()->set_extension_number(7);
  EXPECT_EQ(Ask(extension).error_response().error_message(), "no extension 7 of 'grpc.health.v1.HealthCheckRequest'");
  V1Request numbers;
  numbers.set_all_extension_numbers_of_type("no.Such");
  EXPECT_EQ(Ask(numbers).error_response().error_code(), 5);
  EXPECT_EQ(Ask(V1Request()).error_response().error_code(), 3);
}

TEST_F(ReflectionTest, MessagesHaveNoExtensions) {
  V1Request request;
  request.set_all_extension_numbers_of_type("grpc.health.v1.HealthCheckRequest");
  const V1Response response = Ask(request);
  EXPECT_EQ(response.all_extension_numbers_response().base_type_name(), "grpc.health.v1.HealthCheckRequest");
  EXPECT_EQ(response.all_extension_numbers_response().extension_number_size(), 0);
}

TEST_F(ReflectionTest, WhatIsNoMessageEndsTheStream) {
  const auto answer = std::make_shared<RecordedGrpcAnswer>();
  auto receiver = methods_[0].stream({}, Identity(), net::GrpcReply(answer));
  const std::string bytes = "\x0a\x7f";
  receiver->OnMessage({.bytes = std::as_bytes(std::span(bytes))});
  ASSERT_TRUE(answer->status);
  EXPECT_EQ(answer->status->code, net::GrpcCode::kInvalidArgument);
  receiver->OnMessage({});
  receiver->OnEnd();
  EXPECT_TRUE(answer->messages.empty());
  EXPECT_EQ(answer->finishes, 1);
}

}  // namespace
}  // namespace trireme

// SPDX-License-Identifier: Apache-2.0
#include "wire/torchserve/grpc_management.h"

#include <limits>
#include <utility>

#include "proto/torchserve_management.pb.h"

namespace trireme::torchserve {
namespace {

namespace messages = org::pytorch::serve::grpc::management;

template <typename Message>
Result<Message> Parse(std::span<const std::byte> bytes) {
  Message message;
  const bool fits = bytes.size() <= static_cast<size_t>(std::numeric_limits<int>::max());
  if (fits && message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return message;
  return InvalidArgument("expected a " + message.GetTypeName() + ", found other bytes");
}

template <typename Message>
Result<GrpcModel> ModelOf(const Message& message) {
  if (message.model_name().empty()) {
    return InvalidArgument("model_name: expected the name of a model, found nothing");
  }
  return GrpcModel{.name = message.model_name(), .version = message.model_version()};
}

std::optional<int64_t> Given(int32_t number) {
  return number == 0 ? std::nullopt : std::optional<int64_t>(number);
}

std::optional<std::string> Given(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string>(text);
}

}  // namespace

Result<GrpcDescribe> DecodeGrpcDescribe(std::span<const std::byte> bytes) {
  ASSIGN_OR_RETURN(const auto message, Parse<messages::DescribeModelRequest>(bytes));
  ASSIGN_OR_RETURN(GrpcModel model, ModelOf(message));
  return GrpcDescribe{.model = std::move(model), .customized = message.customized()};
}

Result<ListRequest> DecodeGrpcList(std::span<const std::byte> bytes) {
  ASSIGN_OR_RETURN(const auto message, Parse<messages::ListModelsRequest>(bytes));
  return ListRequest{.limit = Given(message.limit()).value_or(100), .next_page_token = message.next_page_token()};
}

Result<RegisterRequest> DecodeGrpcRegister(std::span<const std::byte> bytes) {
  ASSIGN_OR_RETURN(const auto message, Parse<messages::RegisterModelRequest>(bytes));
  return RegisterRequest{.url = Given(message.url()),
                         .model_name = message.model_name(),
                         .handler = message.handler(),
                         .runtime = Given(message.runtime()),
                         .batch_size = Given(message.batch_size()),
                         .max_batch_delay = Given(message.max_batch_delay()),
                         .initial_workers = Given(message.initial_workers()),
                         .response_timeout = Given(message.response_timeout()),
                         .startup_timeout = Given(message.startup_timeout()),
                         .synchronous = message.synchronous(),
                         .s3_sse_kms = message.s3_sse_kms()};
}

Result<GrpcScale> DecodeGrpcScale(std::span<const std::byte> bytes) {
  ASSIGN_OR_RETURN(const auto message, Parse<messages::ScaleWorkerRequest>(bytes));
  ASSIGN_OR_RETURN(GrpcModel model, ModelOf(message));
  const int64_t least = Given(message.min_worker()).value_or(1);
  return GrpcScale{.model = std::move(model),
                   .request = {.min_worker = least,
                               .max_worker = Given(message.max_worker()).value_or(least),
                               .number_gpu = Given(message.number_gpu()),
                               .timeout = Given(message.timeout()).value_or(-1),
                               .synchronous = message.synchronous()}};
}

Result<GrpcModel> DecodeGrpcModel(std::span<const std::byte> bytes) {
  // Both messages have these two fields alone.
  ASSIGN_OR_RETURN(const auto message, Parse<messages::UnregisterModelRequest>(bytes));
  return ModelOf(message);
}

}  // namespace trireme::torchserve

// SPDX-License-Identifier: Apache-2.0
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "dialect/answer_later.h"
#include "dialect/small_body.h"
#include "protocols/torchserve/grpc_methods.h"
#include "protocols/torchserve/manage.h"
#include "wire/torchserve/grpc_management.h"
#include "wire/torchserve/grpc_messages.h"
#include "wire/torchserve/messages.h"

namespace trireme::torchserve {
namespace {

void Finish(net::GrpcReply& reply, const ManageResult& result) {
  if (const Failure* const failure = std::get_if<Failure>(&result)) return reply.Finish(ManagementStatus(*failure));
  reply.Finish(net::GrpcPayload{.text = EncodeTextResponse(std::get<Managed>(result).text), .inserts = {}});
}

void Finish(net::GrpcReply& reply, const std::variant<std::string, Failure>& result) {
  if (const Failure* const failure = std::get_if<Failure>(&result)) return reply.Finish(ManagementStatus(*failure));
  const std::string text(WithoutNewline(std::get<std::string>(result)));
  reply.Finish(net::GrpcPayload{.text = EncodeTextResponse(text), .inserts = {}});
}

ManageDone AnswerWhenDone(net::GrpcReply reply) {
  return SendLater<ManageResult>(std::move(reply),
                                 [](net::GrpcReply& to, const ManageResult& result) { Finish(to, result); });
}

// A method that decodes its message, and is refused with the decoder's words if there is none.
template <typename Decode, typename Answer>
GrpcMethod Method(std::string_view rpc, Operation operation, int model_field, Decode decode, Answer answer) {
  return {.path = "/org.pytorch.serve.grpc.management.ManagementAPIsService/" + std::string(rpc),
          .operation = operation,
          .model_field = model_field,
          .max_message_bytes = kMaxSmallBodyBytes,
          .call = [decode, answer](const net::GrpcHead&, const net::GrpcMessage& message, const Identity& identity,
                                   net::GrpcReply reply) {
            const auto request = decode(message.bytes);
            if (!request.ok()) return reply.Finish(ManagementStatus(FailureOf(request.status())));
            answer(*request, identity, std::move(reply));
          }};
}

}  // namespace

std::vector<GrpcMethod> ManagementMethods(const Services& services) {
  std::vector<GrpcMethod> methods;
  methods.push_back(Method("DescribeModel", Operation::kMetadata, 1, DecodeGrpcDescribe,
                           [&services](const GrpcDescribe& request, const Identity&, net::GrpcReply reply) {
                             Finish(reply,
                                    Describe(services, request.model.name, request.model.version, request.customized));
                           }));
  methods.push_back(Method("ListModels", Operation::kMetadata, 0, DecodeGrpcList,
                           [&services](const ListRequest& request, const Identity& identity, net::GrpcReply reply) {
                             Finish(reply, std::variant<std::string, Failure>(List(services, request, identity)));
                           }));
  methods.push_back(Method("RegisterModel", Operation::kModelControl, 5, DecodeGrpcRegister,
                           [&services](const RegisterRequest& request, const Identity& identity, net::GrpcReply reply) {
                             Register(services, request, identity, AnswerWhenDone(std::move(reply)));
                           }));
  methods.push_back(Method("ScaleWorker", Operation::kModelControl, 1, DecodeGrpcScale,
                           [&services](const GrpcScale& scale, const Identity&, net::GrpcReply reply) {
                             Scale(services, scale.model.name, scale.model.version, scale.request,
                                   AnswerWhenDone(std::move(reply)));
                           }));
  methods.push_back(Method("SetDefault", Operation::kModelControl, 1, DecodeGrpcModel,
                           [&services](const GrpcModel& model, const Identity&, net::GrpcReply reply) {
                             Finish(reply, SetDefault(services, model.name, model.version));
                           }));
  methods.push_back(Method("UnregisterModel", Operation::kModelControl, 1, DecodeGrpcModel,
                           [&services](const GrpcModel& model, const Identity&, net::GrpcReply reply) {
                             Unregister(services, model.name, model.version, AnswerWhenDone(std::move(reply)));
                           }));
  return methods;
}

}  // namespace trireme::torchserve

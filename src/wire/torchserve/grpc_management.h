// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/status.h"
#include "wire/torchserve/requests.h"

namespace trireme::torchserve {

// The requests of org.pytorch.serve.grpc.management.ManagementAPIsService; their answers are EncodeTextResponse's. A
// number of 0 and an empty text count as not given, as everything does in these messages.
//
// kInvalidArgument: no such message, or one without the name of a model where it must have one.
struct GrpcModel {
  std::string name;
  std::string version;  // empty: the default one
};

struct GrpcDescribe {
  GrpcModel model;
  bool customized = false;
};
Result<GrpcDescribe> DecodeGrpcDescribe(std::span<const std::byte> bytes);

Result<ListRequest> DecodeGrpcList(std::span<const std::byte> bytes);

// `synchronous` is false where it is not given, unlike over REST.
Result<RegisterRequest> DecodeGrpcRegister(std::span<const std::byte> bytes);

struct GrpcScale {
  GrpcModel model;
  ScaleRequest request;
};
Result<GrpcScale> DecodeGrpcScale(std::span<const std::byte> bytes);

// SetDefaultRequest, UnregisterModelRequest
Result<GrpcModel> DecodeGrpcModel(std::span<const std::byte> bytes);

}  // namespace trireme::torchserve

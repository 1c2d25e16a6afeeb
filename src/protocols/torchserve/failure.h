// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "net/grpc_message.h"
#include "wire/torchserve/errors.h"

namespace trireme::torchserve {

// Something that went wrong, as a client of TorchServe's is told.
struct Failure {
  ErrorType type = ErrorType::kInternalServer;
  std::string message;
  int http = 0;                               // 0: that of the type
  std::chrono::milliseconds try_again_in{0};  // if somebody knows

  int code() const { return http != 0 ? http : NumbersOf(type).http; }
};

// The one table from our codes to TorchServe's, where nothing more is known. What is a client's fault is 4xx, also
// where TorchServe answers 500 or 503.
Failure FailureOf(const Status& status);

Failure ModelNotFound(std::string_view model);
Failure VersionNotFound(std::string_view model, std::string_view version);
// 503: the model has no worker, or none that is free while its line is full: TorchServe says the same of both.
Failure NoWorker(std::string_view model, std::string_view version);
Failure BadRequest(std::string message);
// 400, of a number that is given and out of its bounds.
std::optional<Failure> CheckNumber(std::string_view name, const std::optional<int64_t>& value, int64_t least,
                                   int64_t most);
// 405, of what exists, but is not allowed here.
Failure NotAllowed();

// How a call of the inference service ends: with the type behind the message, as TorchServe has it.
net::GrpcStatus InferenceStatus(const Failure& failure);
// The same of the management service.
net::GrpcStatus ManagementStatus(const Failure& failure);

}  // namespace trireme::torchserve

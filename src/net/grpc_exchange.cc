// SPDX-License-Identifier: Apache-2.0
#include "net/grpc_exchange.h"

#include "net/grpc_call.h"

namespace trireme::net {

void GrpcExchange::Send(GrpcPayload message) {
  if (call_ != nullptr) call_->Send(std::move(message));
}

void GrpcExchange::Finish(GrpcStatus status) {
  if (call_ != nullptr) call_->Finish(std::move(status));
}

void GrpcExchange::Pause(bool paused) {
  if (call_ != nullptr) call_->Pause(paused);
}

void GrpcErrand::Send(std::shared_ptr<GrpcExchange> exchange, What what) {
  Executor& loop = exchange->executor();
  loop.Post(std::make_unique<GrpcErrand>(std::move(exchange), what).release());
}

void GrpcErrand::Run() {
  const std::unique_ptr<GrpcErrand> self(this);
  if (GrpcCall* const call = exchange_->call()) (call->*what_)();
}

}  // namespace trireme::net

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "access/authoriser.h"
#include "net/grpc_handler.h"
#include "server/access_log.h"
#include "server/grpc_router.h"
#include "server/tenant_of.h"

namespace trireme {

// Stands between a listener and the gRPC methods of its dialects, as FrontHandler does for paths: finds the method,
// asks whether the caller may, then hands the call on. The only way from the network to a method. Thread-safe.
//
// Who asks is settled at the head, and again at every message, so that a key that was taken away ends a stream at its
// next message, when those before it are answered. The model is read out of the message itself
// (GrpcMethod::model_field) before the method sees it. Where no keys are asked for, none of this costs anything.
class GrpcFrontHandler final : public net::GrpcHandler {
 public:
  // All must outlive it; `access_log` may be null, and `tenants`, if nobody has one but by his key.
  GrpcFrontHandler(const GrpcRouter& router, Authoriser& authoriser, uint64_t max_message_bytes,
                   AccessLogWriter* access_log, const TenantRules* tenants = nullptr)
      : router_(router),
        authoriser_(authoriser),
        max_message_bytes_(max_message_bytes),
        access_log_(access_log),
        tenants_(tenants) {}

  net::GrpcPlan OnHead(const net::GrpcHead& head) override;
  void OnCall(net::GrpcHead head, net::GrpcMessage message, net::GrpcReply reply) override;
  std::unique_ptr<net::GrpcReceiver> OnStream(net::GrpcHead head, net::GrpcReply reply) override;

 private:
  void Handle(net::GrpcHead head, net::GrpcMessage message, net::GrpcReply& reply);
  std::unique_ptr<net::GrpcReceiver> Open(net::GrpcHead head, net::GrpcReply& reply);

  const GrpcRouter& router_;
  Authoriser& authoriser_;
  const uint64_t max_message_bytes_;
  AccessLogWriter* const access_log_;
  const TenantRules* const tenants_;
};

}  // namespace trireme

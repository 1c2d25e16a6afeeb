// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "access/authoriser.h"
#include "net/http_handler.h"
#include "server/access_log.h"
#include "server/credentials_of.h"
#include "server/router.h"
#include "server/tenant_of.h"

namespace trireme {

// Stands between a listener and its dialects: finds the route, asks whether the caller may, then hands the request to
// the protocol. The only way from the network to a route. Thread-safe.
class FrontHandler final : public net::HttpHandler {
 public:
  // All must outlive it; `access_log` may be null, and `tenants`, if nobody has one but by his key.
  FrontHandler(const Router& router, Authoriser& authoriser, uint64_t max_body_bytes, AccessLogWriter* access_log,
               const TenantRules* tenants = nullptr)
      : router_(router),
        authoriser_(authoriser),
        max_body_bytes_(max_body_bytes),
        access_log_(access_log),
        tenants_(tenants) {}

  net::BodyPlan OnHead(const net::HttpRequest& head) override;
  void OnRequest(net::HttpRequest request, net::HttpReply reply) override;

 private:
  net::BodyPlan Plan(const net::HttpRequest& head);
  void Handle(net::HttpRequest request, net::HttpReply& reply);
  Admission Admit(const net::HttpRequest& request, const RouteMatch& match) const;

  const Router& router_;
  Authoriser& authoriser_;
  const uint64_t max_body_bytes_;
  AccessLogWriter* const access_log_;
  const TenantRules* const tenants_;
};

}  // namespace trireme

// SPDX-License-Identifier: Apache-2.0
#include "server/front_handler.h"

#include <new>
#include <optional>
#include <utility>

#include "base/excerpt.h"
#include "net/http_error.h"
#include "server/credentials_of.h"
#include "server/deadline_of.h"

namespace trireme {
namespace {

net::HttpResponse NoSuchRoute(const net::HttpRequest& request, const RouteMatch& match) {
  if (match.allowed_methods.empty()) {
    return match.dialect->error(NotFound("no such path " + Excerpt(request.path)));
  }
  net::HttpResponse response =
      match.dialect->no_such_method
          ? match.dialect->no_such_method(match.allowed_methods)
          : match.dialect->error(InvalidArgument("method " + std::string(request.method) + " on " +
                                                 Excerpt(request.path) + ": expected " + match.allowed_methods));
  response.status = 405;
  response.headers.emplace_back("Allow", match.allowed_methods);
  return response;
}

net::HttpResponse Refusal(const Dialect& dialect, const Status& why) {
  net::HttpResponse response = dialect.error(why);
  // RFC 9110 section 11.6.1: a 401 says how to do better.
  if (why.code() == StatusCode::kUnauthenticated) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

}  // namespace

net::BodyPlan FrontHandler::OnHead(const net::HttpRequest& head) {
  try {
    return Plan(head);
  } catch (const std::bad_alloc&) {
    return {.refusal = net::OutOfMemoryResponse()};
  }
}

net::BodyPlan FrontHandler::Plan(const net::HttpRequest& head) {
  const RouteMatch match = router_.Find(head.method, head.path);
  Admission admission = Admit(head, match);
  if (match.route != nullptr) {
    FindTenantAtHead(tenants_, match.route->operation, head, admission);
    if (admission.status.ok()) admission.status = TimeoutOf(match.route->operation, head).status();
  }
  net::BodyPlan plan;
  if (match.route == nullptr) {
    plan.refusal = NoSuchRoute(head, match);
  } else if (!admission.status.ok()) {
    plan.refusal = Refusal(*match.dialect, admission.status);
  } else if (match.route->plan_body) {
    plan = match.route->plan_body(head);
  }
  if (plan.max_bytes == 0) plan.max_bytes = max_body_bytes_;
  if (plan.refusal && access_log_ != nullptr) access_log_->Write(head, admission.identity.principal, *plan.refusal);
  return plan;
}

// What a handler lets go for want of memory has answered on its way.
void FrontHandler::OnRequest(net::HttpRequest request, net::HttpReply reply) {
  try {
    Handle(std::move(request), reply);
  } catch (const std::bad_alloc&) {
    if (reply) reply.Send(net::OutOfMemoryResponse());
  }
}

void FrontHandler::Handle(net::HttpRequest request, net::HttpReply& reply) {
  const RouteMatch match = router_.Find(request.method, request.path);
  // The head of this request passed OnHead, but what it decided may have changed while the body came.
  Admission admission = Admit(request, match);
  if (match.route != nullptr) {
    FindTenant(tenants_, match.route->operation, request, admission);
    request.deadline = DeadlineOf(match.route->operation, request);
  }
  if (access_log_ != nullptr) reply = access_log_->Watch(request, admission.identity.principal, std::move(reply));
  if (match.route == nullptr || !admission.status.ok()) {
    reply.Send(Refusal(*match.dialect, admission.status));
    return;
  }
  const PathArguments arguments = match.arguments;
  match.route->handle(std::move(request), arguments, admission.identity, std::move(reply));
}

Admission FrontHandler::Admit(const net::HttpRequest& request, const RouteMatch& match) const {
  if (match.route == nullptr) return {.status = NotFound("no such path"), .identity = {}};
  if (match.route->operation == Operation::kProbe || !authoriser_.asks_for_keys()) return {};
  Result<Identity> identity = authoriser_.Authenticate(CredentialsOf(request));
  if (!identity.ok()) return {.status = std::move(identity).status(), .identity = {}};
  Status status = Authorise(*identity, match.route->operation, match.arguments.model);
  return {.status = std::move(status), .identity = *std::move(identity)};
}

}  // namespace trireme

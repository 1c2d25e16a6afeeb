// SPDX-License-Identifier: Apache-2.0
#include "server/probe_dialect.h"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/log.h"
#include "protocols/kserve/error_answer.h"

namespace trireme {
namespace {

net::HttpResponse Text(int status, const std::string& text) {
  net::HttpResponse response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
  response.body = text + "\n";
  return response;
}

net::HttpResponse Verdict(const Status& why_not) {
  return why_not.ok() ? Text(200, "ok") : Text(503, PlainText(why_not.message()));
}

Route ProbeRoute(std::string path, std::function<Status()> why_not) {
  return {.method = "GET",
          .pattern = std::move(path),
          .operation = Operation::kProbe,
          .handle = [why_not = std::move(why_not)](const net::HttpRequest&, const PathArguments&, const Identity&,
                                                   net::HttpReply reply) { reply.Send(Verdict(why_not())); },
          .plan_body = [](const net::HttpRequest&) { return net::BodyPlan{.max_bytes = 1024}; }};
}

}  // namespace

Dialect MakeProbeDialect(const Engine& engine, bool names_models) {
  const auto why_not = [&engine, names_models]() -> Status {
    if (engine.Ready()) return {};
    return names_models ? engine.WhyNotReady() : Unavailable("not ready");
  };
  // Shared by the copies of the route's handler. A lone flag: it orders nothing.
  const auto has_started = std::make_shared<std::atomic<bool>>(false);
  Dialect dialect{.name = "probes", .routes = {}, .error = kserve::ErrorResponse};
  dialect.routes.push_back(ProbeRoute("/livez", [] { return Status(); }));
  dialect.routes.push_back(ProbeRoute("/readyz", why_not));
  dialect.routes.push_back(ProbeRoute("/startupz", [why_not, has_started]() -> Status {
    if (has_started->load(std::memory_order_relaxed)) return {};
    Status status = why_not();
    if (status.ok()) has_started->store(true, std::memory_order_relaxed);
    return status;
  }));
  return dialect;
}

}  // namespace trireme

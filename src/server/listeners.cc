// SPDX-License-Identifier: Apache-2.0
#include "server/listeners.h"

#include <utility>

namespace trireme {
namespace {

bool IsSameAddress(const net::ListenAddress& a, const net::ListenAddress& b) {
  return a.unix_socket.empty() && b.unix_socket.empty() && a.port != 0 && a.port == b.port && a.host == b.host;
}

// Puts a listener beside those that are planned, or into the one that listens there already.
Status Add(std::vector<ListenerPlan>& plans, ListenerPlan plan) {
  for (ListenerPlan& other : plans) {
    if (!IsSameAddress(other.address, plan.address)) continue;
    if (other.sagemaker || plan.sagemaker) {
      return InvalidArgument(other.flag + " and " + plan.flag +
                             ": expected a port of its own for SageMaker, found the same");
    }
    if (other.tls != plan.tls) {
      return InvalidArgument(other.flag + " and " + plan.flag +
                             ": expected the same TLS settings for one port, found different ones");
    }
    other.also.push_back(plan.port);
    return {};
  }
  plans.push_back(std::move(plan));
  return {};
}

ListenerPlan TcpListener(const std::string& name, const std::string& host, uint16_t port,
                         uint16_t ServerPorts::*bound) {
  return {.name = name,
          .flag = "--" + name + "-port " + std::to_string(port),
          .address = {.host = host, .port = port},
          .port = bound};
}

}  // namespace

Result<std::vector<ListenerPlan>> PlanListeners(const ServerOptions& options) {
  const net::TlsOptions* tls = options.tls ? &*options.tls : nullptr;
  std::vector<ListenerPlan> plans;
  if (options.allow_http) {
    ListenerPlan http = TcpListener("http", options.host, options.http_port, &ServerPorts::http);
    http.inference = true;
    http.tls = tls;
    RETURN_IF_ERROR(Add(plans, std::move(http)));
  }
  if (options.allow_grpc) {
    ListenerPlan grpc = TcpListener("grpc", options.grpc_host, options.grpc_port, &ServerPorts::grpc);
    grpc.inference = true;
    grpc.tls = options.grpc_tls ? &*options.grpc_tls : tls;
    RETURN_IF_ERROR(Add(plans, std::move(grpc)));
  }
  if (options.allow_metrics) {
    ListenerPlan metrics = TcpListener("metrics", options.metrics_host, options.metrics_port, &ServerPorts::metrics);
    metrics.tls = tls;
    RETURN_IF_ERROR(Add(plans, std::move(metrics)));
  }
  if (options.allow_sagemaker) {
    ListenerPlan sagemaker =
        TcpListener("sagemaker", options.sagemaker_host, options.sagemaker_port, &ServerPorts::sagemaker);
    sagemaker.sagemaker = true;
    sagemaker.tls = tls;
    RETURN_IF_ERROR(Add(plans, std::move(sagemaker)));
  }
  if (!options.unix_socket.empty()) {
    plans.push_back({.name = "unix",
                     .flag = "--unix-socket",
                     .address = {.unix_socket = options.unix_socket, .unix_mode = options.unix_socket_mode},
                     .inference = true});
  }
  return plans;
}

}  // namespace trireme

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
    if (other.torchserve.any() != plan.torchserve.any()) {
      return InvalidArgument(other.flag + " and " + plan.flag +
                             ": expected a port of its own for TorchServe, found the same");
    }
    if (other.tfserving != plan.tfserving) {
      return InvalidArgument(other.flag + " and " + plan.flag +
                             ": expected a port of its own for TF Serving, found the same");
    }
    if (other.tls != plan.tls) {
      return InvalidArgument(other.flag + " and " + plan.flag +
                             ": expected the same TLS settings for one port, found different ones");
    }
    other.also.push_back(plan.port);
    other.torchserve.inference |= plan.torchserve.inference;
    other.torchserve.management |= plan.torchserve.management;
    other.torchserve.metrics |= plan.torchserve.metrics;
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

Status AddTorchserve(std::vector<ListenerPlan>& plans, const ServerOptions& options, const net::TlsOptions* tls) {
  const TorchserveListeners& wanted = options.torchserve;
  const auto add = [&](const std::string& name, const std::string& host, uint16_t port, uint16_t ServerPorts::*bound,
                       const TorchserveSurfaces& surfaces) {
    ListenerPlan plan = TcpListener(name, host, port, bound);
    plan.torchserve = surfaces;
    plan.tls = tls;
    return Add(plans, std::move(plan));
  };
  RETURN_IF_ERROR(add("torchserve", wanted.host, wanted.port, &ServerPorts::torchserve, {.inference = true}));
  RETURN_IF_ERROR(add("torchserve-management", wanted.management_host, wanted.management_port,
                      &ServerPorts::torchserve_management, {.management = true}));
  if (wanted.allow_metrics) {
    RETURN_IF_ERROR(add("torchserve-metrics", wanted.metrics_host, wanted.metrics_port,
                        &ServerPorts::torchserve_metrics, {.metrics = true}));
  }
  RETURN_IF_ERROR(
      add("torchserve-grpc", wanted.grpc_host, wanted.grpc_port, &ServerPorts::torchserve_grpc, {.inference = true}));
  return add("torchserve-grpc-management", wanted.grpc_management_host, wanted.grpc_management_port,
             &ServerPorts::torchserve_grpc_management, {.management = true});
}

Status AddTfserving(std::vector<ListenerPlan>& plans, const ServerOptions& options, const net::TlsOptions* tls) {
  const TfservingListeners& wanted = options.tfserving;
  const auto add = [&](const std::string& name, const std::string& host, uint16_t port, uint16_t ServerPorts::*bound) {
    ListenerPlan plan = TcpListener(name, host, port, bound);
    plan.tfserving = true;
    plan.tls = tls;
    return Add(plans, std::move(plan));
  };
  if (wanted.allow_rest) RETURN_IF_ERROR(add("tfserving", wanted.host, wanted.port, &ServerPorts::tfserving));
  if (!wanted.allow_grpc) return {};
  return add("tfserving-grpc", wanted.grpc_host, wanted.grpc_port, &ServerPorts::tfserving_grpc);
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
  if (options.torchserve.allow) RETURN_IF_ERROR(AddTorchserve(plans, options, tls));
  if (options.tfserving.allow) RETURN_IF_ERROR(AddTfserving(plans, options, tls));
  if (!options.unix_socket.empty()) {
    plans.push_back({.name = "unix",
                     .flag = "--unix-socket",
                     .address = {.unix_socket = options.unix_socket, .unix_mode = options.unix_socket_mode},
                     .inference = true});
  }
  return plans;
}

}  // namespace trireme

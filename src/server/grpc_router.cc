// SPDX-License-Identifier: Apache-2.0
#include "server/grpc_router.h"

#include <algorithm>

namespace trireme {
namespace {

constexpr size_t kMaxTextBytes = 200;  // of anything that a client chose

struct PathParts {
  std::string_view service;
  std::string_view method;
};

// "/package.Service/Method"
PathParts Split(std::string_view path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {.service = path, .method = {}};
  return {.service = path.substr(0, slash), .method = path.substr(slash + 1)};
}

std::string Quoted(std::string_view text) {
  return "'" + std::string(text.substr(0, kMaxTextBytes)) + "'";
}

template <typename Names>
std::string Joined(const Names& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + std::string(name);
  return text.empty() ? "none" : text;
}

}  // namespace

void GrpcRouter::Add(std::span<const GrpcMethod> methods) {
  for (const GrpcMethod& method : methods) {
    if (!methods_.emplace(method.path, &method).second) continue;
    const PathParts parts = Split(method.path);
    services_[std::string(parts.service)].push_back(parts.method);
  }
}

const GrpcMethod* GrpcRouter::Find(std::string_view path) const {
  const auto found = methods_.find(path);
  return found == methods_.end() ? nullptr : found->second;
}

Status GrpcRouter::NoSuchMethod(std::string_view path) const {
  const PathParts parts = Split(path);
  const auto service = services_.find(parts.service);
  if (service == services_.end()) {
    return Unsupported("no gRPC service " + Quoted(parts.service) + ": there are " + Joined(services()));
  }
  return Unsupported("gRPC service " + Quoted(parts.service) + " has no method " + Quoted(parts.method) +
                     ": expected one of " + Joined(service->second));
}

std::vector<std::string> GrpcRouter::services() const {
  std::vector<std::string> names;
  names.reserve(services_.size());
  for (const auto& [name, methods] : services_) names.push_back(name);
  return names;
}

}  // namespace trireme

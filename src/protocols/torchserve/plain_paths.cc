// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/plain_paths.h"

#include <string>
#include <utility>

#include "codec/percent_encoding.h"
#include "protocols/torchserve/answers.h"

namespace trireme::torchserve {
namespace {

// What was meant, if this caller may do this with it.
Result<VersionName> PlainName(const PathArguments& path, const Identity& identity, Operation operation) {
  VersionName name;
  const auto decode = [](std::string_view text, std::string_view what, std::string& to) -> Status {
    Result<std::string> plain = PercentDecoded(text);
    if (!plain.ok()) return std::move(plain).status().Within(std::string(what));
    to = *std::move(plain);
    return {};
  };
  RETURN_IF_ERROR(decode(path.model, "the model's name in the path", name.model));
  RETURN_IF_ERROR(decode(path.version, "the version in the path", name.version));
  if (name.model != path.model) RETURN_IF_ERROR(Authorise(identity, operation, name.model));
  return name;
}

bool IsPlain(const PathArguments& path) {
  return path.model.find('%') == std::string_view::npos && path.version.find('%') == std::string_view::npos;
}

}  // namespace

Route WithPlainPaths(const Services& services, Route route) {
  route.handle = [&services, operation = route.operation, handle = std::move(route.handle)](
                     net::HttpRequest http, const PathArguments& path, const Identity& identity, net::HttpReply reply) {
    if (IsPlain(path)) return handle(std::move(http), path, identity, std::move(reply));
    const Result<VersionName> name = PlainName(path, identity, operation);
    if (!name.ok()) return reply.Send(FailureAnswer(services, FailureOf(name.status())));
    const PathArguments plain{.model = name->model, .version = name->version, .region = path.region};
    handle(std::move(http), plain, identity, std::move(reply));
  };
  return route;
}

}  // namespace trireme::torchserve

// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/management_routes.h"

#include <string>
#include <utility>

#include "protocols/torchserve/answers.h"
#include "protocols/torchserve/cold_route.h"
#include "protocols/torchserve/manage.h"
#include "protocols/torchserve/open_api.h"
#include "protocols/torchserve/workflow_routes.h"
#include "wire/torchserve/messages.h"
#include "wire/torchserve/requests.h"

namespace trireme::torchserve {
namespace {

using net::HttpReply;
using net::HttpRequest;

Result<RegisterRequest> ReadRegistration(const HttpRequest& http, Parameters query) {
  if (!HasJsonBody(http)) return ReadRegisterRequest(query);
  return ParseRegisterRequest(BodyText(http));
}

Route RegisterRoute(const Services& services) {
  return ColdRoute(services, "POST", "/models", Operation::kModelControl,
                   [&services](const HttpRequest& http, Parameters query, const PathArguments&,
                               const Identity& identity, HttpReply reply) {
                     const Result<RegisterRequest> request = ReadRegistration(http, query);
                     if (!request.ok()) return reply.Send(FailureAnswer(services, FailureOf(request.status())));
                     Register(services, *request, identity, AnswerWhenDone(services, std::move(reply)));
                   });
}

Route ListRoute(const Services& services) {
  return ColdRoute(services, "GET", "/models", Operation::kMetadata,
                   [&services](const HttpRequest&, Parameters query, const PathArguments&, const Identity& identity,
                               HttpReply reply) {
                     reply.Send(JsonAnswer(services, 200, List(services, ReadListRequest(query), identity)));
                   });
}

Route DescribeRoute(const Services& services, std::string pattern) {
  return ColdRoute(
      services, "GET", std::move(pattern), Operation::kMetadata,
      [&services](const HttpRequest&, Parameters query, const PathArguments& path, const Identity&, HttpReply reply) {
        const bool customized = BoolOf(query, "customized", false);
        reply.Send(
            TextAnswer(services, Describe(services, std::string(path.model), std::string(path.version), customized)));
      });
}

Route ScaleRoute(const Services& services, std::string pattern) {
  return ColdRoute(
      services, "PUT", std::move(pattern), Operation::kModelControl,
      [&services](const HttpRequest&, Parameters query, const PathArguments& path, const Identity&, HttpReply reply) {
        Scale(services, std::string(path.model), std::string(path.version), ReadScaleRequest(query),
              AnswerWhenDone(services, std::move(reply)));
      });
}

Route UnregisterRoute(const Services& services, std::string pattern) {
  return ColdRoute(
      services, "DELETE", std::move(pattern), Operation::kModelControl,
      [&services](const HttpRequest&, Parameters, const PathArguments& path, const Identity&, HttpReply reply) {
        Unregister(services, std::string(path.model), std::string(path.version),
                   AnswerWhenDone(services, std::move(reply)));
      });
}

Route SetDefaultRoute(const Services& services) {
  return ColdRoute(
      services, "PUT", "/models/{model}/{any_version}/set-default", Operation::kModelControl,
      [&services](const HttpRequest&, Parameters, const PathArguments& path, const Identity&, HttpReply reply) {
        reply.Send(AnswerOf(services, SetDefault(services, std::string(path.model), std::string(path.version))));
      });
}

// Of KServe's first protocol.
Route ReadyRoute(const Services& services) {
  return ColdRoute(
      services, "GET", "/v1/models/{model}", Operation::kMetadata,
      [&services](const HttpRequest&, Parameters, const PathArguments& path, const Identity&, HttpReply reply) {
        const std::string model(path.model);
        const auto found = services.book.Find(model, {});
        const Target* const target = std::get_if<Target>(&found);
        const Status ready = target == nullptr ? Unavailable("no worker")
                                               : services.engine.ModelReady(target->engine_name, target->version);
        if (ready.code() == StatusCode::kNotFound) {
          return reply.Send(FailureAnswer(services, ModelNotFound(model)));
        }
        reply.Send(JsonAnswer(services, 200, EncodeReady(model, ready.ok())));
      });
}

}  // namespace

void AddManagementRoutes(std::vector<Route>& routes, const Services& services) {
  routes.push_back(RegisterRoute(services));
  routes.push_back(ListRoute(services));
  routes.push_back(ModelApiRoute(services, "/models/{model}"));
  routes.push_back(DescribeRoute(services, "/models/{model}"));
  routes.push_back(DescribeRoute(services, "/models/{model}/{any_version}"));
  routes.push_back(ScaleRoute(services, "/models/{model}"));
  routes.push_back(ScaleRoute(services, "/models/{model}/{any_version}"));
  routes.push_back(SetDefaultRoute(services));
  routes.push_back(UnregisterRoute(services, "/models/{model}"));
  routes.push_back(UnregisterRoute(services, "/models/{model}/{any_version}"));
  routes.push_back(ReadyRoute(services));
  AddWorkflowRoutes(routes, services);
}

}  // namespace trireme::torchserve

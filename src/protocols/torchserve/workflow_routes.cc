// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/workflow_routes.h"

#include <string>
#include <utility>

#include "protocols/torchserve/answers.h"
#include "protocols/torchserve/cold_route.h"
#include "protocols/torchserve/workflow_manage.h"

namespace trireme::torchserve {
namespace {

using net::HttpReply;
using net::HttpRequest;

Route RegisterRoute(const Services& services) {
  return ColdRoute(services, "POST", "/workflows", Operation::kModelControl,
                   [&services](const HttpRequest& http, Parameters query, const PathArguments&,
                               const Identity& identity, HttpReply reply) {
                     const Result<WorkflowRequest> request =
                         HasJsonBody(http) ? ParseWorkflowRequest(BodyText(http)) : ReadWorkflowRequest(query);
                     if (!request.ok()) return reply.Send(FailureAnswer(services, FailureOf(request.status())));
                     RegisterWorkflow(services, *request, identity, AnswerWhenDone(services, std::move(reply)));
                   });
}

Route ListRoute(const Services& services) {
  return ColdRoute(services, "GET", "/workflows", Operation::kMetadata,
                   [&services](const HttpRequest&, Parameters query, const PathArguments&, const Identity& identity,
                               HttpReply reply) {
                     reply.Send(JsonAnswer(services, 200, ListWorkflows(services, ReadListRequest(query), identity)));
                   });
}

Route DescribeRoute(const Services& services) {
  return ColdRoute(
      services, "GET", "/workflows/{model}", Operation::kMetadata,
      [&services](const HttpRequest&, Parameters, const PathArguments& path, const Identity&, HttpReply reply) {
        reply.Send(TextAnswer(services, DescribeWorkflow(services, std::string(path.model))));
      });
}

Route UnregisterRoute(const Services& services) {
  return ColdRoute(
      services, "DELETE", "/workflows/{model}", Operation::kModelControl,
      [&services](const HttpRequest&, Parameters, const PathArguments& path, const Identity&, HttpReply reply) {
        UnregisterWorkflow(services, std::string(path.model), AnswerWhenDone(services, std::move(reply)));
      });
}

}  // namespace

void AddWorkflowRoutes(std::vector<Route>& routes, const Services& services) {
  routes.push_back(RegisterRoute(services));
  routes.push_back(ListRoute(services));
  routes.push_back(DescribeRoute(services));
  routes.push_back(UnregisterRoute(services));
}

}  // namespace trireme::torchserve

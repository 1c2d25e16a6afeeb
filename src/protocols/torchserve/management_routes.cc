// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/management_routes.h"

#include <string>
#include <utility>

#include "dialect/answer_later.h"
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
using net::HttpResponse;

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

Failure NoSuchToken() {
  return {.type = ErrorType::kInvalidKey,
          .message = "Token Authentication failed. Token either incorrect, expired, or not provided correctly"};
}

// Makes a key anew; it is read in the file of keys, and not in the answer.
void RenewToken(const Services& services, Parameters query, HttpReply reply) {
  if (!services.renew_token) return reply.Send(ErrorAnswer(services, NotFound("")));
  const std::string type = TextOf(query, "type").value_or("");
  if (type != "inference" && type != "management") return reply.Send(FailureAnswer(services, NoSuchToken()));
  const auto surface = type == "inference" ? Services::Surface::kInference : Services::Surface::kManagement;
  auto answer = AnswerLater(std::move(reply), [&services](const Status& status) {
    return status.ok() ? Dressed(services, HttpResponse()) : FailureAnswer(services, FailureOf(status));
  });
  const auto renew = [&services, surface, answer] { answer(services.renew_token(surface)); };
  if (!services.codec_workers.Submit(renew)) answer(Overloaded("too many requests are being read; try again later"));
}

Route TokenRoute(const Services& services) {
  return ColdRoute(services, "GET", "/token", Operation::kKeyControl,
                   [&services](const HttpRequest&, Parameters query, const PathArguments&, const Identity&,
                               HttpReply reply) { RenewToken(services, query, std::move(reply)); });
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
  routes.push_back(TokenRoute(services));
  AddWorkflowRoutes(routes, services);
}

}  // namespace trireme::torchserve

// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/management_routes.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "codec/form_fields.h"
#include "dialect/answer_later.h"
#include "net/http_chars.h"
#include "protocols/torchserve/answers.h"
#include "protocols/torchserve/manage.h"
#include "protocols/torchserve/open_api.h"
#include "wire/torchserve/messages.h"
#include "wire/torchserve/requests.h"

namespace trireme::torchserve {
namespace {

using net::HttpReply;
using net::HttpRequest;
using net::HttpResponse;

constexpr uint64_t kMaxColdBytes = 64 << 10;

net::BodyPlan PlanSmallBody(const HttpRequest&) {
  return {.max_bytes = kMaxColdBytes};
}

HttpResponse AnswerOf(const Services& services, const ManageResult& result) {
  if (const Failure* const failure = std::get_if<Failure>(&result)) return FailureAnswer(services, *failure);
  const Managed& managed = std::get<Managed>(result);
  return StatusAnswer(services, managed.http, managed.text);
}

ManageDone AnswerWhenDone(const Services& services, HttpReply reply) {
  // Shared by the one who says what became of it and the answer, which is made later, on the loop.
  auto result = std::make_shared<std::optional<ManageResult>>();
  auto answer =
      AnswerLater(std::move(reply), [&services, result](const Status&) { return AnswerOf(services, **result); });
  return [result, answer](ManageResult done) {
    *result = std::move(done);
    answer({});
  };
}

HttpResponse TextAnswer(const Services& services, const std::variant<std::string, Failure>& found) {
  if (const Failure* const failure = std::get_if<Failure>(&found)) return FailureAnswer(services, *failure);
  return JsonAnswer(services, 200, std::get<std::string>(found));
}

// What a request says, once its query is read.
using Handle = std::function<void(const HttpRequest&, Parameters, const PathArguments&, const Identity&, HttpReply)>;

Route ColdRoute(const Services& services, std::string method, std::string pattern, Operation operation, Handle handle) {
  return {.method = std::move(method),
          .pattern = std::move(pattern),
          .operation = operation,
          .handle =
              [&services, handle = std::move(handle)](const HttpRequest& http, const PathArguments& path,
                                                      const Identity& identity, HttpReply reply) {
                const Result<std::vector<FormField>> query = ParseFormFields(http.query);
                if (!query.ok()) return reply.Send(FailureAnswer(services, FailureOf(query.status())));
                handle(http, *query, path, identity, std::move(reply));
              },
          .plan_body = PlanSmallBody};
}

bool HasJsonBody(const HttpRequest& http) {
  const std::string_view* const type = http.Find("content-type");
  if (http.body.empty() || type == nullptr) return false;
  return net::EqualsIgnoringCase(net::TrimBlanks(type->substr(0, type->find(';'))), "application/json");
}

Result<RegisterRequest> ReadRegistration(const HttpRequest& http, Parameters query) {
  if (!HasJsonBody(http)) return ReadRegisterRequest(query);
  return ParseRegisterRequest({reinterpret_cast<const char*>(http.body.data()), http.body.size()});
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
}

}  // namespace trireme::torchserve

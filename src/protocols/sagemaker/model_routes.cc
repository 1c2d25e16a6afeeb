// SPDX-License-Identifier: Apache-2.0
#include "protocols/sagemaker/model_routes.h"

#include <memory>
#include <string>
#include <utility>

#include "base/excerpt.h"
#include "codec/percent_encoding.h"
#include "dialect/answer_later.h"
#include "dialect/http_answer.h"
#include "dialect/small_body.h"
#include "protocols/sagemaker/invocation.h"
#include "protocols/sagemaker/load_request.h"
#include "protocols/sagemaker/model_list.h"
#include "protocols/sagemaker/names.h"

namespace trireme::sagemaker {
namespace {

using net::HttpReply;
using net::HttpRequest;
using net::HttpResponse;

// The model that a path names, if this caller may do this with it: the front asked about the name as it is written.
Result<std::string> ModelOf(const PathArguments& path, const Identity& identity, Operation operation) {
  Result<std::string> name = PercentDecoded(path.model);
  if (!name.ok()) return std::move(name).status().Within("the model's name in the path");
  if (*name != path.model) RETURN_IF_ERROR(Authorise(identity, operation, *name));
  return name;
}

Status NotLoaded(const std::string& name) {
  return NotFound("model " + Excerpt(name) + " is not loaded");
}

// A request to load a model: looks at the file system on a codec worker, because a loop must not.
class LoadCall {
 public:
  LoadCall(const Services& services, std::shared_ptr<LoadedModels> loaded, LoadRequest request, HttpReply reply)
      : services_(services), loaded_(std::move(loaded)), request_(std::move(request)) {
    answer_ = AnswerLater(std::move(reply), [this_request = request_, loaded = loaded_,
                                             &error = services.v2.error](const Status& status) {
      if (!status.ok()) return error(status);
      loaded->Remember(this_request.model_name, this_request.url);
      return HttpResponse();
    });
  }

  void Start() {
    // The answer for most requests that come twice, and it costs nothing.
    if (loaded_->Find(request_.model_name)) {
      return answer_({StatusCode::kAlreadyExists, "model " + Excerpt(request_.model_name) + " is already loaded"});
    }
    const auto load = [&engine = services_.engine, models = services_.options.models, request = request_,
                       answer = answer_] {
      const Result<std::filesystem::path> path = ResolveModelUrl(models, request.url);
      if (!path.ok()) return answer(path.status());
      engine.LoadFrom(request.model_name, *path, answer);
    };
    if (!services_.codec_workers.Submit(load)) answer_(Overloaded("too many requests are being read; try again later"));
  }

 private:
  const Services& services_;
  const std::shared_ptr<LoadedModels> loaded_;  // shared by the routes
  const LoadRequest request_;
  std::function<void(Status)> answer_;
};

Route LoadRoute(const Services& services, const std::shared_ptr<LoadedModels>& loaded) {
  return {.method = "POST",
          .pattern = "/models",
          .operation = Operation::kModelControl,
          .handle =
              [&services, loaded](const HttpRequest& http, const PathArguments&, const Identity& identity,
                                  HttpReply reply) {
                const std::string_view body(reinterpret_cast<const char*>(http.body.data()), http.body.size());
                Result<LoadRequest> request = ReadLoadRequest(body, http.query);
                const Status status = request.ok() ? Authorise(identity, Operation::kModelControl, request->model_name)
                                                   : request.status();
                if (!status.ok()) return reply.Send(services.v2.error(status));
                LoadCall(services, loaded, *std::move(request), std::move(reply)).Start();
              },
          .plan_body = PlanSmallBody};
}

Route ListRoute(const Services& services, const std::shared_ptr<LoadedModels>& loaded) {
  return {.method = "GET",
          .pattern = "/models",
          .operation = Operation::kMetadata,
          .handle =
              [&services, loaded](const HttpRequest& http, const PathArguments&, const Identity& identity,
                                  HttpReply reply) {
                const Result<Page> page = ReadPage(http.query);
                if (!page.ok()) return reply.Send(services.v2.error(page.status()));
                std::vector<ListedModel> models = loaded->List();
                std::erase_if(models, [&](const ListedModel& model) { return !identity.Sees(model.name); });
                reply.Send(JsonAnswer(EncodeModels(models, *page)));
              },
          .plan_body = PlanSmallBody};
}

Route FindRoute(const Services& services, const std::shared_ptr<LoadedModels>& loaded) {
  return {.method = "GET",
          .pattern = "/models/{model}",
          .operation = Operation::kMetadata,
          .handle =
              [&services, loaded](const HttpRequest&, const PathArguments& path, const Identity& identity,
                                  HttpReply reply) {
                const Result<std::string> name = ModelOf(path, identity, Operation::kMetadata);
                if (!name.ok()) return reply.Send(services.v2.error(name.status()));
                const std::optional<ListedModel> model = loaded->Find(*name);
                reply.Send(model ? JsonAnswer(EncodeModel(*model)) : services.v2.error(NotLoaded(*name)));
              },
          .plan_body = PlanSmallBody};
}

void StartUnload(const Services& services, const std::shared_ptr<LoadedModels>& loaded, const std::string& name,
                 HttpReply reply) {
  if (!loaded->Find(name)) return reply.Send(services.v2.error(NotLoaded(name)));
  services.engine.Unload(
      name, AnswerLater(std::move(reply), [loaded, name, &error = services.v2.error](const Status& status) {
        if (!status.ok()) return error(status);
        loaded->Forget(name);
        return HttpResponse();
      }));
}

Route UnloadRoute(const Services& services, const std::shared_ptr<LoadedModels>& loaded) {
  return {.method = "DELETE",
          .pattern = "/models/{model}",
          .operation = Operation::kModelControl,
          .handle =
              [&services, loaded](const HttpRequest&, const PathArguments& path, const Identity& identity,
                                  HttpReply reply) {
                const Result<std::string> name = ModelOf(path, identity, Operation::kModelControl);
                if (!name.ok()) return reply.Send(services.v2.error(name.status()));
                StartUnload(services, loaded, *name, std::move(reply));
              },
          .plan_body = PlanSmallBody};
}

Route InvokeRoute(const Services& services) {
  return {.method = "POST",
          .pattern = "/models/{model}/invoke",
          .operation = Operation::kInfer,
          .handle =
              [&services](HttpRequest http, const PathArguments& path, const Identity& identity, HttpReply reply) {
                const Result<std::string> name = ModelOf(path, identity, Operation::kInfer);
                if (!name.ok()) return reply.Send(services.v2.error(name.status()));
                StartInvocation(services, std::move(http), *name, identity, std::move(reply));
              },
          .plan_body = [&services](const HttpRequest& head) { return PlanInvocation(services, head); }};
}

}  // namespace

void AddModelRoutes(std::vector<Route>& routes, const Services& services) {
  const auto loaded = std::make_shared<LoadedModels>(services.engine);
  routes.push_back(LoadRoute(services, loaded));
  routes.push_back(ListRoute(services, loaded));
  routes.push_back(FindRoute(services, loaded));
  routes.push_back(UnloadRoute(services, loaded));
  routes.push_back(InvokeRoute(services));
}

}  // namespace trireme::sagemaker

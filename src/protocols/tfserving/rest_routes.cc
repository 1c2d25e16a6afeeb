// SPDX-License-Identifier: Apache-2.0
#include "protocols/tfserving/rest_routes.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "codec/percent_encoding.h"
#include "dialect/content_coding.h"
#include "dialect/http_answer.h"
#include "dialect/request_headers.h"
#include "metrics/exposition.h"
#include "protocols/tfserving/call.h"
#include "protocols/tfserving/describe.h"
#include "protocols/tfserving/failure.h"
#include "protocols/tfserving/rest_questions.h"

namespace trireme::tfserving {
namespace {

using net::HttpReply;
using net::HttpRequest;

constexpr uint64_t kMaxColdBytes = 1024;

Status Malformed(const HttpRequest& http) {
  return InvalidArgument("Malformed request: " + std::string(http.method) + " " +
                         std::string(http.path.substr(0, 256)));
}

// How a path says which version it means.
enum class Versioning { kNone, kNumber, kLabel };

// "/v1/models/{model}" and what may stand behind it.
std::string Pattern(Versioning versioning, std::string_view behind) {
  constexpr std::string_view kParts[] = {"", "/versions/{any_version}", "/labels/{any_version}"};
  return "/v1/models/{model}" + std::string(kParts[static_cast<size_t>(versioning)]) + std::string(behind);
}

// What is meant: clients escape what stands in names. The front has asked for the model as it is written; where that is
// another one, it is asked for here.
Result<std::string> PlainModel(const PathArguments& path, const Identity& identity, Operation operation) {
  ASSIGN_OR_RETURN(std::string model, PercentDecoded(path.model));
  if (model != path.model) RETURN_IF_ERROR(Authorise(identity, operation, model));
  return model;
}

Result<ModelSpec> SpecOf(const HttpRequest& http, const PathArguments& path, Versioning versioning,
                         const Identity& identity, Operation operation) {
  ModelSpec spec;
  ASSIGN_OR_RETURN(spec.name, PlainModel(path, identity, operation));
  if (versioning == Versioning::kLabel) {
    ASSIGN_OR_RETURN(std::string label, PercentDecoded(path.version));
    spec.version = VersionChoice::OfLabel(std::move(label));
  }
  if (versioning != Versioning::kNumber) return spec;
  const std::string_view text = path.version;
  if (!std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) return Malformed(http);
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) {
    return InvalidArgument("Failed to convert version: " + std::string(text.substr(0, 256)) + " to numeric.");
  }
  spec.version = number;
  return spec;
}

CallFacts FactsOf(const HttpRequest& http, const Identity& identity, ModelSpec spec, std::string_view api) {
  return {.spec = std::move(spec),
          .caller = {.principal = identity.principal, .tenant = identity.tenant},
          .cancellation = http.cancellation,
          .received = http.received,
          .deadline = http.deadline,
          .trace = TraceOf(http),
          .protocol = "http",
          .entrypoint = "REST",
          .api = api};
}

net::BodyPlan PlanBody(const HttpRequest& head) {
  constexpr int kUnsupportedMediaType = 415;
  const Result<ContentCoding> coding = CodingOfBody(head);
  if (coding.ok()) return {};
  net::HttpResponse refusal = ErrorAnswer(coding.status());
  refusal.status = kUnsupportedMediaType;
  refusal.headers.emplace_back("Accept-Encoding", "gzip, deflate");
  return {.refusal = std::move(refusal)};
}

using MakeQuestion = std::function<std::unique_ptr<Question>(HttpRequest, HttpReply)>;

// A POST that asks the model. `api` is a constant, which names the verb.
Route AskRoute(const Services& services, Versioning versioning, std::string_view api, MakeQuestion make) {
  return {.method = "POST",
          .pattern = Pattern(versioning, ":" + std::string(api)),
          .operation = Operation::kInfer,
          .handle =
              [&services, versioning, api, make = std::move(make)](HttpRequest http, const PathArguments& path,
                                                                   const Identity& identity, HttpReply reply) {
                Result<ModelSpec> spec = SpecOf(http, path, versioning, identity, Operation::kInfer);
                if (!spec.ok()) return reply.Send(ErrorAnswer(spec.status()));
                CallFacts facts = FactsOf(http, identity, *std::move(spec), api);
                StartCall(services, std::move(facts), make(std::move(http), std::move(reply)));
              },
          .plan_body = PlanBody};
}

// Without it, "m:predict" would be the name of a model whose status is asked.
Route NoGetRoute(Versioning versioning, std::string_view verb) {
  constexpr int kMethodNotAllowed = 405;
  return {.method = "GET",
          .pattern = Pattern(versioning, ":" + std::string(verb)),
          .operation = Operation::kMetadata,
          .handle =
              [](const HttpRequest& http, const PathArguments&, const Identity&, HttpReply reply) {
                net::HttpResponse answer = ErrorAnswer(
                    InvalidArgument("Malformed request: " + std::string(http.method) + " " +
                                    std::string(http.path.substr(0, 256)) + ": expected POST, with a body of JSON"));
                answer.status = kMethodNotAllowed;
                answer.headers.emplace_back("Allow", "POST");
                reply.Send(std::move(answer));
              },
          .plan_body = [](const HttpRequest&) { return net::BodyPlan{.max_bytes = kMaxColdBytes}; }};
}

// What is found out at once, on the loop.
using Look = std::function<Result<std::string>(const ModelSpec& spec)>;

Route LookRoute(Versioning versioning, std::string_view behind, Look look) {
  return {.method = "GET",
          .pattern = Pattern(versioning, behind),
          .operation = Operation::kMetadata,
          .handle =
              [versioning, look = std::move(look)](const HttpRequest& http, const PathArguments& path,
                                                   const Identity& identity, HttpReply reply) {
                const Result<ModelSpec> spec = SpecOf(http, path, versioning, identity, Operation::kMetadata);
                if (!spec.ok()) return reply.Send(ErrorAnswer(spec.status()));
                Result<std::string> json = look(*spec);
                reply.Send(json.ok() ? JsonAnswer(*std::move(json)) : ErrorAnswer(json.status()));
              },
          .plan_body = [](const HttpRequest&) { return net::BodyPlan{.max_bytes = kMaxColdBytes}; }};
}

Result<std::string> StatusJson(const Engine& engine, const ModelSpec& spec) {
  ASSIGN_OR_RETURN(const std::vector<VersionStatus> versions, DescribeVersions(engine, spec));
  return EncodeStatusJson(versions);
}

Result<std::string> MetadataJson(const Engine& engine, const ModelSpec& spec) {
  ASSIGN_OR_RETURN(const DescribedModel model, DescribeSignatures(engine, spec));
  return EncodeMetadataJson(model.id, model.signatures);
}

Route MetricsRoute(const Services& services) {
  return {.method = "GET",
          .pattern = services.options.metrics_path,
          .operation = Operation::kMetrics,
          .handle =
              [&services](const HttpRequest&, const PathArguments&, const Identity&, HttpReply reply) {
                net::HttpResponse response;
                response.headers.emplace_back("Content-Type", std::string(metrics::kExpositionType));
                response.body = services.counts.Text();
                reply.Send(std::move(response));
              },
          .plan_body = [](const HttpRequest&) { return net::BodyPlan{.max_bytes = kMaxColdBytes}; }};
}

Route MalformedRoute(std::string pattern) {
  return {.method = "*",
          .pattern = std::move(pattern),
          .operation = Operation::kMetadata,
          .handle =
              [](const HttpRequest& http, const PathArguments&, const Identity&, HttpReply reply) {
                const bool is_list = http.path == "/v1/models" && (http.method == "GET" || http.method == "HEAD");
                reply.Send(ErrorAnswer(is_list ? InvalidArgument("Missing model name in request.") : Malformed(http)));
              },
          .plan_body = nullptr};
}

}  // namespace

void AddModelRoutes(std::vector<Route>& routes, const Services& services) {
  Engine& engine = services.engine;
  for (const Versioning versioning : {Versioning::kNone, Versioning::kNumber, Versioning::kLabel}) {
    routes.push_back(AskRoute(services, versioning, "predict", [&services](HttpRequest http, HttpReply reply) {
      return PredictOverRest(services, std::move(http), std::move(reply));
    }));
    routes.push_back(AskRoute(services, versioning, "classify", [&services](HttpRequest http, HttpReply reply) {
      return InferOverRest(services, ResultKind::kClassify, std::move(http), std::move(reply));
    }));
    routes.push_back(AskRoute(services, versioning, "regress", [&services](HttpRequest http, HttpReply reply) {
      return InferOverRest(services, ResultKind::kRegress, std::move(http), std::move(reply));
    }));
    for (const char* verb : {"predict", "classify", "regress"}) routes.push_back(NoGetRoute(versioning, verb));
    routes.push_back(LookRoute(versioning, "", [&engine](const ModelSpec& spec) { return StatusJson(engine, spec); }));
    routes.push_back(
        LookRoute(versioning, "/metadata", [&engine](const ModelSpec& spec) { return MetadataJson(engine, spec); }));
  }
}

void AddOwnRoutes(std::vector<Route>& routes, const Services& services) {
  if (!services.options.metrics_path.empty()) routes.push_back(MetricsRoute(services));
  routes.push_back(MalformedRoute("/v1/{rest}"));
}

}  // namespace trireme::tfserving

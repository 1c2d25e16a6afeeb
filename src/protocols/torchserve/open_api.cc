// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/open_api.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/letter_case.h"
#include "base/version.h"
#include "protocols/torchserve/answers.h"
#include "wire/torchserve/gson_writer.h"

namespace trireme::torchserve {
namespace {

// By method, in lower case as OpenAPI has them.
using Paths = std::map<std::string, std::vector<std::string>>;

void BeginDocument(GsonWriter& json, const std::string& title) {
  json.BeginObject().Key("openapi").Text("3.0.1");
  json.Key("info").BeginObject().Key("title").Text(title).Key("version").Text(kVersion).EndObject();
  json.Key("paths").BeginObject();
}

void WriteParameters(GsonWriter& json, std::string_view path) {
  json.Key("parameters").BeginArray();
  for (size_t at = 0; (at = path.find('{', at)) != std::string_view::npos;) {
    const size_t end = path.find('}', at);
    json.BeginObject().Key("name").Text(path.substr(at + 1, end - at - 1)).Key("in").Text("path");
    json.Key("required").Bool(true).Key("schema").BeginObject().Key("type").Text("string").EndObject().EndObject();
    at = end;
  }
  json.EndArray();
}

void WriteResponses(GsonWriter& json) {
  json.Key("responses").BeginObject().Key("200").BeginObject().Key("description").Text("the answer").EndObject();
  json.Key("default").BeginObject().Key("description").Text("an object of code, type and message").EndObject();
  json.EndObject();
}

void WritePath(GsonWriter& json, const std::string& path, const std::vector<std::string>& methods) {
  json.Key(path).BeginObject();
  for (const std::string& method : methods) {
    json.Key(method).BeginObject();
    WriteParameters(json, path);
    WriteResponses(json);
    json.EndObject();
  }
  json.EndObject();
}

Paths PathsOf(const std::vector<Route>& routes) {
  Paths paths;
  for (const Route& route : routes) {
    std::vector<std::string>& methods = paths[route.pattern];
    const std::vector<std::string> named =
        route.method == "*" ? std::vector<std::string>{"get", "post", "put"} : std::vector{LowerCase(route.method)};
    for (const std::string& method : named) {
      if (std::ranges::find(methods, method) == methods.end()) methods.push_back(method);
    }
  }
  return paths;
}

std::string DocumentOf(const Paths& paths, const std::string& title) {
  GsonWriter json;
  BeginDocument(json, title);
  for (const auto& [path, methods] : paths) WritePath(json, path, methods);
  json.EndObject().EndObject();
  return json.Take() + "\n";
}

void WriteTensors(GsonWriter& json, std::string_view key, const std::vector<TensorSpec>& specs) {
  json.Key(key).BeginArray();
  for (const TensorSpec& spec : specs) {
    json.BeginObject().Key("name").Text(spec.name).Key("datatype").Text(Name(spec.type)).Key("shape").BeginArray();
    for (size_t i = 0; i < spec.shape.rank(); ++i) json.Integer(spec.shape[i]);
    json.EndArray().EndObject();
  }
  json.EndArray();
}

std::string DocumentOfModel(const std::string& model, const Signature& signature) {
  GsonWriter json;
  BeginDocument(json, "Model \"" + model + "\"");
  const std::string path = "/predictions/" + model;
  json.Key(path).BeginObject().Key("post").BeginObject();
  WriteParameters(json, "");
  WriteResponses(json);
  WriteTensors(json, "x-inputs", signature.inputs);
  WriteTensors(json, "x-outputs", signature.outputs);
  json.EndObject().EndObject().EndObject().EndObject();
  return json.Take() + "\n";
}

// Also of a version that takes no requests, because it has no worker.
std::variant<Signature, Failure> SignatureOf(const Services& services, const std::string& model,
                                             std::string_view version) {
  std::variant<Target, Failure> found = services.book.Find(model, version);
  if (const auto booked = services.book.VersionOf(model, version)) found = Target{.engine_name = booked->engine_name};
  if (const Failure* const failure = std::get_if<Failure>(&found)) return *failure;
  const Target& target = std::get<Target>(found);
  auto described = services.engine.Describe(target.engine_name, target.version);
  if (described.ok()) return std::move(described->signature);
  const bool has_others = !version.empty() && services.engine.Describe(target.engine_name, {}).ok();
  return has_others ? VersionNotFound(model, version) : ModelNotFound(model);
}

}  // namespace

void AddListenerApi(std::vector<Route>& routes, const Services& services, const std::string& title) {
  std::string document = DocumentOf(PathsOf(routes), title);
  routes.push_back({.method = "OPTIONS",
                    .pattern = "/",
                    .operation = Operation::kProbe,
                    .handle = [&services, document = std::move(document)](
                                  const net::HttpRequest&, const PathArguments&, const Identity&,
                                  net::HttpReply reply) { reply.Send(JsonAnswer(services, 200, document)); },
                    .plan_body = [](const net::HttpRequest&) { return net::BodyPlan{.max_bytes = 1024}; }});
}

Route ModelApiRoute(const Services& services, std::string pattern) {
  return {.method = "OPTIONS",
          .pattern = std::move(pattern),
          .operation = Operation::kMetadata,
          .handle =
              [&services](const net::HttpRequest&, const PathArguments& path, const Identity&, net::HttpReply reply) {
                const std::string model(path.model);
                const auto signature = SignatureOf(services, model, path.version);
                if (const Failure* const failure = std::get_if<Failure>(&signature)) {
                  return reply.Send(FailureAnswer(services, *failure));
                }
                reply.Send(JsonAnswer(services, 200, DocumentOfModel(model, std::get<Signature>(signature))));
              },
          .plan_body = [](const net::HttpRequest&) { return net::BodyPlan{.max_bytes = 1024}; }};
}

}  // namespace trireme::torchserve

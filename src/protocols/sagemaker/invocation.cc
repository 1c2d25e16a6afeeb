// SPDX-License-Identifier: Apache-2.0
#include "protocols/sagemaker/invocation.h"

#include <optional>
#include <string_view>
#include <utility>

#include "codec/picture_kind.h"
#include "dialect/request_headers.h"
#include "net/http_chars.h"
#include "protocols/sagemaker/default_model.h"
#include "protocols/sagemaker/media_type.h"
#include "protocols/sagemaker/plain_call.h"
#include "protocols/sagemaker/v2_translation.h"
#include "wire/sagemaker/nested_json.h"

namespace trireme::sagemaker {
namespace {

std::string_view TextOf(const net::HttpRequest& http) {
  return {reinterpret_cast<const char*>(http.body.data()), http.body.size()};
}

net::HttpResponse Refusal(const Services& services, int status, const std::string& text) {
  net::HttpResponse response = services.v2.error(Unsupported(text));
  response.status = status;
  return response;
}

std::string Quoted(std::string_view value) {
  return "'" + std::string(value.substr(0, 256)) + "'";
}

// Nothing: the head is fine.
std::optional<net::HttpResponse> RefuseHead(const Services& services, const net::HttpRequest& head) {
  const std::string_view type = HeaderOf(head, "content-type");
  if (const auto size = JsonSizeIn(type); !size.ok()) return services.v2.error(size.status());
  if (!FormatOfBody(type)) {
    return Refusal(services, 415, "Content-Type: expected " + std::string(kTakenTypes) + ", found " + Quoted(type));
  }
  const std::string_view coding = HeaderOf(head, "content-encoding");
  if (!coding.empty() && !net::EqualsIgnoringCase(coding, "identity")) {
    return Refusal(services, 415, "Content-Encoding: expected a body that is not compressed, found " + Quoted(coding));
  }
  return std::nullopt;
}

// An answer in V2's form takes no notice of it: such clients say it by habit.
std::optional<Format> WantedFormat(const Services& services, const net::HttpRequest& http) {
  const Format otherwise = FormatOfAnswer(services.options.default_accept, Format::kJson).value_or(Format::kJson);
  return FormatOfAnswer(HeaderOf(http, "accept"), otherwise);
}

void Infer(const Services& services, net::HttpRequest http, const std::string& model, const Identity& identity,
           net::HttpReply reply) {
  const std::optional<std::string_view> size =
      JsonSizeIn(HeaderOf(http, "content-type")).value();  // OnHead has refused what has none
  if (size) {
    if (const Status status = CheckJsonSize(*size, http.body.size()); !status.ok()) {
      return reply.Send(services.v2.error(status));
    }
  }
  TranslateHeaders(http, size);
  services.v2.infer(std::move(http), {.model = model, .version = {}, .region = {}}, identity, std::move(reply));
}

void InferPlainly(const Services& services, PlainRequest request, const Identity& identity, net::HttpReply reply) {
  const std::optional<Format> answer = WantedFormat(services, request.http);
  if (!answer) {
    return reply.Send(Refusal(services, 406,
                              "Accept: expected application/json, text/csv or application/x-npy, found " +
                                  Quoted(HeaderOf(request.http, "accept"))));
  }
  request.answer = *answer;
  StartPlainCall(services, std::move(request), identity, std::move(reply));
}

bool IsV2(const net::HttpRequest& http, Format format) {
  if (format != Format::kJson) return false;
  return JsonSizeIn(HeaderOf(http, "content-type")).value() || FormOfJson(TextOf(http)) == JsonForm::kV2;
}

void Generate(const V2::Handle& handle, net::HttpRequest http, const std::string& model, const Identity& identity,
              net::HttpReply reply) {
  TranslateHeaders(http, std::nullopt);
  handle(std::move(http), {.model = model, .version = {}, .region = {}}, identity, std::move(reply));
}

}  // namespace

net::BodyPlan PlanInvocation(const Services& services, const net::HttpRequest& head) {
  if (auto refusal = RefuseHead(services, head)) return {.refusal = std::move(refusal)};
  net::HttpRequest translated = head;
  TranslateHeaders(translated, JsonSizeIn(HeaderOf(head, "content-type")).value());
  return services.v2.plan_infer(translated);
}

void StartInvocation(const Services& services, net::HttpRequest http, const std::string& model,
                     const Identity& identity, net::HttpReply reply) {
  reply = TranslateReply(std::move(reply), CustomAttributesOf(http));
  Format format = FormatOfBody(HeaderOf(http, "content-type")).value();
  // Clients send pictures as application/octet-stream, too.
  if (format == Format::kJson && PictureKindOf(TextOf(http))) format = Format::kPicture;
  if (IsV2(http, format)) return Infer(services, std::move(http), model, identity, std::move(reply));
  InferPlainly(services, {.http = std::move(http), .model = model, .body = format}, identity, std::move(reply));
}

void StartDefaultInvocation(const Services& services, net::HttpRequest http, const Identity& identity,
                            net::HttpReply reply) {
  const Result<std::string> model = DefaultModel(services, identity);
  const Status status = model.ok() ? Authorise(identity, Operation::kInfer, *model) : model.status();
  if (!status.ok()) return reply.Send(services.v2.error(status));
  if (services.options.inference_type == InferenceType::kInfer) {
    return StartInvocation(services, std::move(http), *model, identity, std::move(reply));
  }
  reply = TranslateReply(std::move(reply), CustomAttributesOf(http));
  const bool is_stream = services.options.inference_type == InferenceType::kGenerateStream;
  Generate(is_stream ? services.v2.generate_stream : services.v2.generate, std::move(http), *model, identity,
           std::move(reply));
}

}  // namespace trireme::sagemaker

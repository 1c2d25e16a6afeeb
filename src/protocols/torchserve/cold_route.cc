// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/cold_route.h"

#include <utility>
#include <vector>

#include "codec/form_fields.h"
#include "dialect/answer_later.h"
#include "dialect/small_body.h"
#include "net/http_chars.h"
#include "protocols/torchserve/answers.h"

namespace trireme::torchserve {
namespace {

using net::HttpReply;
using net::HttpRequest;
using net::HttpResponse;

}  // namespace

HttpResponse AnswerOf(const Services& services, const ManageResult& result) {
  if (const Failure* const failure = std::get_if<Failure>(&result)) return FailureAnswer(services, *failure);
  const Managed& managed = std::get<Managed>(result);
  return StatusAnswer(services, managed.http, managed.text);
}

ManageDone AnswerWhenDone(const Services& services, HttpReply reply) {
  return SendLater<ManageResult>(std::move(reply), [&services](HttpReply& to, const ManageResult& result) {
    to.Send(AnswerOf(services, result));
  });
}

HttpResponse TextAnswer(const Services& services, const std::variant<std::string, Failure>& found) {
  if (const Failure* const failure = std::get_if<Failure>(&found)) return FailureAnswer(services, *failure);
  return JsonAnswer(services, 200, std::get<std::string>(found));
}

Route ColdRoute(const Services& services, std::string method, std::string pattern, Operation operation,
                HandleCold handle) {
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

std::string_view BodyText(const HttpRequest& http) {
  return {reinterpret_cast<const char*>(http.body.data()), http.body.size()};
}

}  // namespace trireme::torchserve

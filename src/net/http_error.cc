// SPDX-License-Identifier: Apache-2.0
#include "net/http_error.h"

#include "base/log.h"
#include "net/listener.h"

namespace trireme::net {

HttpResponse ErrorResponse(int status, std::string_view text) {
  HttpResponse response{.status = status, .headers = {{"Content-Type", "application/json"}}};
  response.body = "{\"error\":";
  AppendJsonString(response.body, text);
  response.body += '}';
  return response;
}

HttpResponse ErrorResponse(const HttpError& error) {
  HttpResponse response = ErrorResponse(error.status, error.text);
  if (error.retry_after.count() > 0) {
    response.headers.emplace_back("Retry-After", std::to_string(error.retry_after.count()));
  }
  return response;
}

HttpError NoMemoryFor(std::string_view what) {
  std::string text = "the system gives no more memory for ";
  return {.status = 507, .text = text.append(what).append("; try again later"), .retry_after = std::chrono::seconds(1)};
}

HttpResponse OutOfMemoryResponse() {
  return ErrorResponse(NoMemoryFor("this request"));
}

HttpError BodyTooLarge(uint64_t most, const HttpLimits& limits, std::string_view got) {
  std::string text = "body: expected at most " + std::to_string(most) + " bytes";
  if (most == limits.max_body_bytes) text += " (--http-max-input-size, --max-body-in-flight or half of --budget)";
  return {.status = 413, .text = text.append(", got ").append(got)};
}

HttpError AnswerTooLarge(uint64_t bytes, const HttpLimits& limits) {
  return {.status = 507,
          .text = "answer: expected at most " + std::to_string(limits.max_body_bytes_in_flight) +
                  " bytes (--max-body-in-flight or half of --budget), got " + std::to_string(bytes) +
                  ": no wait lifts that"};
}

std::string Quoted(std::string_view sent) {
  constexpr size_t kLongest = 48;
  std::string quoted = "'";
  quoted += sent.substr(0, kLongest);
  quoted += sent.size() > kLongest ? "...'" : "'";
  return quoted;
}

}  // namespace trireme::net

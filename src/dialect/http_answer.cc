// SPDX-License-Identifier: Apache-2.0
#include "dialect/http_answer.h"

#include <algorithm>
#include <string>
#include <utility>

namespace trireme {

int ToHttpStatus(StatusCode code) {
  switch (code) {
    case StatusCode::kOk:
      return 200;
    case StatusCode::kInvalidArgument:
    case StatusCode::kUnsupported:  // a wish of the client's
      return 400;
    case StatusCode::kUnauthenticated:
      return 401;
    case StatusCode::kPermissionDenied:
      return 403;
    case StatusCode::kNotFound:
      return 404;
    case StatusCode::kAlreadyExists:
      return 409;
    case StatusCode::kTooLarge:
      return 413;
    case StatusCode::kOverloaded:
      return 429;
    case StatusCode::kCancelled:
      return 499;
    case StatusCode::kInternal:
      return 500;
    case StatusCode::kUnavailable:
      return 503;
    case StatusCode::kDeadlineExceeded:
      return 504;
    case StatusCode::kOutOfMemory:
      return 507;
  }
  return 500;
}

std::chrono::seconds RetryAfter(const Status& status) {
  return std::max(std::chrono::ceil<std::chrono::seconds>(status.try_again_in()), std::chrono::seconds(1));
}

net::HttpResponse JsonAnswer(std::string json) {
  net::HttpResponse response{.status = 200, .headers = {{"Content-Type", "application/json"}}};
  response.body = std::move(json);
  return response;
}

net::HttpResponse JsonErrorAnswer(const Status& status, std::string json) {
  net::HttpResponse response = JsonAnswer(std::move(json));
  response.status = ToHttpStatus(status.code());
  const bool worth_trying_again = status.code() == StatusCode::kOverloaded || status.code() == StatusCode::kUnavailable;
  if (worth_trying_again) response.headers.emplace_back("Retry-After", std::to_string(RetryAfter(status).count()));
  return response;
}

}  // namespace trireme

// SPDX-License-Identifier: Apache-2.0
#include "protocols/admin/http_answer.h"

#include <utility>

#include "wire/admin/listing.h"

namespace trireme::admin {
namespace {

// The one table from our codes to this dialect's numbers.
int HttpStatus(StatusCode code) {
  switch (code) {
    case StatusCode::kOk:
      return 200;
    case StatusCode::kInvalidArgument:
    case StatusCode::kUnsupported:
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

}  // namespace

net::HttpResponse JsonAnswer(std::string json) {
  net::HttpResponse response;
  response.headers.emplace_back("Content-Type", "application/json");
  response.body = std::move(json);
  return response;
}

net::HttpResponse ErrorAnswer(const Status& status) {
  net::HttpResponse response = JsonAnswer(EncodeError(status.message()));
  response.status = HttpStatus(status.code());
  return response;
}

}  // namespace trireme::admin

// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/http_status.h"

#include <utility>

#include "wire/kserve/metadata.h"

namespace trireme::kserve {

int HttpStatus(StatusCode code) {
  switch (code) {
    case StatusCode::kOk:
      return 200;
    case StatusCode::kInvalidArgument:
      return 400;
    case StatusCode::kNotFound:
      return 404;
    case StatusCode::kAlreadyExists:
      return 409;
    case StatusCode::kTooLarge:
      return 413;
    case StatusCode::kUnauthenticated:
      return 401;
    case StatusCode::kPermissionDenied:
      return 403;
    case StatusCode::kOverloaded:
      return 429;
    case StatusCode::kOutOfMemory:
      return 507;
    case StatusCode::kUnavailable:
      return 503;
    case StatusCode::kDeadlineExceeded:
      return 504;
    case StatusCode::kCancelled:
      return 499;
    case StatusCode::kUnsupported:
      return 400;
    case StatusCode::kInternal:
      return 500;
  }
  return 500;
}

net::HttpResponse JsonResponse(std::string json) {
  net::HttpResponse response;
  response.headers.emplace_back("Content-Type", "application/json");
  response.body = std::move(json);
  return response;
}

net::HttpResponse ErrorResponse(const Status& status) {
  net::HttpResponse response = JsonResponse(EncodeError(status.message()));
  response.status = HttpStatus(status.code());
  const bool worth_trying_again = status.code() == StatusCode::kOverloaded || status.code() == StatusCode::kUnavailable;
  if (worth_trying_again) response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace trireme::kserve

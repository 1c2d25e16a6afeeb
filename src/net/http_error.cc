// SPDX-License-Identifier: Apache-2.0
#include "net/http_error.h"

#include "base/log.h"

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

std::string_view FlagOfBodyLimit(uint64_t most, const HttpLimits& limits) {
  return most == limits.max_body_bytes ? " (--http-max-input-size)" : "";
}

std::string Quoted(std::string_view sent) {
  constexpr size_t kLongest = 48;
  std::string quoted = "'";
  quoted += sent.substr(0, kLongest);
  quoted += sent.size() > kLongest ? "...'" : "'";
  return quoted;
}

}  // namespace trireme::net

// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/answers.h"

#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <utility>

#include "wire/torchserve/messages.h"

namespace trireme::torchserve {
namespace {

// A random UUID (RFC 9562, version 4).
std::string NewRequestId() {
  std::array<uint8_t, 16> bytes{};
  (void)getentropy(bytes.data(), bytes.size());  // without it the id is a bad one, and nothing depends on it
  bytes[6] = static_cast<uint8_t>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<uint8_t>((bytes[8] & 0x3F) | 0x80);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string id;
  id.reserve(36);
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) id += '-';
    id += kDigits[bytes[i] >> 4];
    id += kDigits[bytes[i] & 0x0F];
  }
  return id;
}

}  // namespace

net::HttpResponse Dressed(const Services& services, net::HttpResponse response) {
  services.counts.Add(response.status);
  response.headers.emplace_back("x-request-id", NewRequestId());
  response.headers.emplace_back("Pragma", "no-cache");
  response.headers.emplace_back("Cache-Control", "no-cache; no-store, must-revalidate, private");
  response.headers.emplace_back("Expires", "Thu, 01 Jan 1970 00:00:00 UTC");
  if (response.status >= 400) response.close = true;
  return response;
}

net::HttpResponse JsonAnswer(const Services& services, int status, std::string json) {
  net::HttpResponse response{.status = status, .headers = {{"Content-Type", "application/json"}}};
  response.body = std::move(json);
  return Dressed(services, std::move(response));
}

net::HttpResponse StatusAnswer(const Services& services, int status, std::string_view text) {
  return JsonAnswer(services, status, EncodeStatus(text));
}

net::HttpResponse FailureAnswer(const Services& services, const Failure& failure) {
  net::HttpResponse answer =
      JsonAnswer(services, failure.code(), EncodeError(failure.code(), NumbersOf(failure.type).type, failure.message));
  if (failure.try_again_in.count() > 0) {
    const auto whole = std::chrono::ceil<std::chrono::seconds>(failure.try_again_in);
    answer.headers.emplace_back("Retry-After", std::to_string(whole.count()));
  }
  return answer;
}

net::HttpResponse ErrorAnswer(const Services& services, const Status& status) {
  if (status.code() != StatusCode::kNotFound) return FailureAnswer(services, FailureOf(status));
  return FailureAnswer(services, {.type = ErrorType::kResourceNotFound,
                                  .message = "Requested resource is not found, please refer to API document."});
}

}  // namespace trireme::torchserve

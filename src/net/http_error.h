// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "net/http_message.h"

namespace trireme::net {

struct HttpLimits;

// Why a connection itself refuses a request: before any handler has seen it, or instead of one.
struct HttpError {
  int status = 400;
  std::string text;                     // names the thing, what was expected and what came
  std::chrono::seconds retry_after{0};  // said to the client if not zero
};

// {"error":"<text>"}
HttpResponse ErrorResponse(int status, std::string_view text);

HttpResponse ErrorResponse(const HttpError& error);

// 507: the system gives no more memory, and this request ends for it.
HttpResponse OutOfMemoryResponse();
HttpError NoMemoryFor(std::string_view what);

// 413 for a body of more than `most` bytes: names the flag that moves the limit, if it is the server's and not that of
// one path. `got` is what came: "Content-Length 5".
HttpError BodyTooLarge(uint64_t most, const HttpLimits& limits, std::string_view got);

// 507 for an answer of `bytes`, which is more than may be under way at all.
HttpError AnswerTooLarge(uint64_t bytes, const HttpLimits& limits);

// A piece of what a client sent, in quotes and short enough to be sent back.
std::string Quoted(std::string_view sent);

}  // namespace trireme::net

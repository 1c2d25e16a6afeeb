// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"

namespace trireme {

// What can go wrong in a healthy server, in a client's words. Each protocol has one table from these to its own
// numbers; nothing else in the server knows HTTP or gRPC codes.
enum class StatusCode {
  kOk,
  kInvalidArgument,  // the request is wrong and will be wrong again
  kNotFound,         // no such model, version, path
  kAlreadyExists,
  kTooLarge,          // over a stated bound; the message names the setting
  kUnauthenticated,   // no key, or one we do not know
  kPermissionDenied,  // a known caller who may not do this
  kOverloaded,        // try again later: a line is full
  kOutOfMemory,       // a memory budget is full, and nothing in it may go; the message says who holds it
  kUnavailable,       // not ready: loading, draining, failed
  kDeadlineExceeded,
  kCancelled,    // the client went away
  kUnsupported,  // a valid wish that this server does not grant
  kInternal,     // ours
};

std::string_view Name(StatusCode code);

// Success, or a code with a message for the person who must act on it. A value: cheap to move, fine to copy.
class [[nodiscard]] Status {
 public:
  Status() = default;  // OK
  Status(StatusCode code, std::string message) : code_(code), message_(std::move(message)) {}

  bool ok() const { return code_ == StatusCode::kOk; }
  StatusCode code() const { return code_; }
  const std::string& message() const { return message_; }

  // Puts what was being done in front of what went wrong: "warming up resnet: <message>". OK stays OK.
  Status Within(std::string_view what) &&;

  // Says when it is worth to try again; zero: nobody knows, or never.
  Status TryAgainIn(std::chrono::milliseconds time) &&;
  std::chrono::milliseconds try_again_in() const { return try_again_in_; }

  // "invalid argument: <message>", for logs.
  std::string ToString() const;

 private:
  StatusCode code_ = StatusCode::kOk;
  std::string message_;
  std::chrono::milliseconds try_again_in_{0};
};

std::ostream& operator<<(std::ostream& out, const Status& status);

Status InvalidArgument(std::string message);
Status NotFound(std::string message);
Status TooLarge(std::string message);
Status AlreadyExists(std::string message);
Status Overloaded(std::string message);
Status OutOfMemory(std::string message);
Status Unavailable(std::string message);
Status DeadlineExceeded(std::string message);
Status Cancelled(std::string message);
Status Unsupported(std::string message);
Status Internal(std::string message);

// A T, or the Status that says why there is none. Reading the value of a failed Result ends the process.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}                                 // NOLINT: as intended, implicit
  Result(Status status) : status_(std::move(status)) { CHECK(!status_.ok()); }  // NOLINT: as intended, implicit

  bool ok() const { return value_.has_value(); }
  const Status& status() const& { return status_; }
  Status status() && { return std::move(status_); }

  T& value() & {
    CHECK(ok());
    return *value_;
  }
  const T& value() const& {
    CHECK(ok());
    return *value_;
  }
  T value() && {
    CHECK(ok());
    return *std::move(value_);
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  Status status_;
  std::optional<T> value_;
};

}  // namespace trireme

#define TRIREME_CONCAT_(a, b) a##b
#define TRIREME_CONCAT(a, b) TRIREME_CONCAT_(a, b)

#define RETURN_IF_ERROR(expression)                                                             \
  do {                                                                                          \
    if (::trireme::Status status_or_ok = (expression); !status_or_ok.ok()) return status_or_ok; \
  } while (false)

// ASSIGN_OR_RETURN(auto config, ReadConfig(path));
#define ASSIGN_OR_RETURN(declaration, expression) \
  ASSIGN_OR_RETURN_(TRIREME_CONCAT(result_, __LINE__), declaration, expression)
#define ASSIGN_OR_RETURN_(result, declaration, expression) \
  auto result = (expression);                              \
  if (!result.ok()) return std::move(result).status();     \
  declaration = std::move(result).value()

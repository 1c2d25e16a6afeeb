// SPDX-License-Identifier: Apache-2.0
#include "bench/http_carrier.h"

#include <cstdint>
#include <string_view>

#include "client/kserve_client.h"

namespace trireme::bench {
namespace {

using Progress = client::HttpConnection::Progress;

constexpr size_t kErrorBytes = 512;  // of a body, for the message
constexpr int kOk = 200;
constexpr std::string_view kHeaderLengthName = "inference-header-content-length";  // in small letters

}  // namespace

HttpCarrier::HttpCarrier(size_t number, const client::Endpoint& endpoint, const Workload& workload,
                         CarrierListener& listener, bool keeps_answers)
    : number_(number), endpoint_(endpoint), workload_(workload), listener_(listener), keeps_answers_(keeps_answers) {}

void HttpCarrier::Open() {
  ++generation_;
  // What fails here fails again, and is told, when a call begins.
  if (!connection_.Open(endpoint_).ok()) connection_.Close();
}

void HttpCarrier::Close() {
  connection_.Close();
  busy_ = false;
}

bool HttpCarrier::Begin(size_t /*slot*/, size_t requests) {
  busy_ = true;
  body_.clear();
  if (!connection_.is_reusable()) {
    ++generation_;
    if (!connection_.Open(endpoint_).ok()) {
      Failed();
      return true;
    }
  }
  received_ = connection_.bytes_received();
  const size_t most_kept = keeps_answers_ ? SIZE_MAX : kErrorBytes;
  Went(connection_.Start(workload_.Http(requests, number_, turn_++), &body_, most_kept));
  return true;
}

void HttpCarrier::Cancel(size_t /*slot*/) {
  Close();
}

void HttpCarrier::Drive(std::span<char> scratch) {
  if (connection_.is_open()) Went(connection_.Drive(scratch));
}

void HttpCarrier::Went(Progress progress) {
  if (progress == Progress::kWaiting) return;
  // A server may close a connection on which nobody waits.
  if (!busy_) return connection_.Close();
  if (progress == Progress::kAnswered) {
    Answered();
  } else {
    Failed();
  }
}

void HttpCarrier::Answered() {
  busy_ = false;
  const int status = connection_.response().status();
  if (status == kOk) {
    CallEnd end{.ok = true, .bytes = connection_.bytes_received() - received_};
    if (keeps_answers_) {
      end.answer = body_;
      end.json_bytes = connection_.response().Find(kHeaderLengthName).value_or("");
    }
    listener_.OnEnd(0, end);
    return;
  }
  const std::string kind = "HTTP " + std::to_string(status);
  const std::string message = client::RefusalText(body_);
  listener_.OnEnd(0, {.ok = false, .kind = kind, .message = message});
}

void HttpCarrier::Failed() {
  const Status error = connection_.error();
  Close();
  listener_.OnEnd(0, {.ok = false, .kind = Name(error.code()), .message = error.message()});
}

}  // namespace trireme::bench

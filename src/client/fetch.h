// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "client/address_rules.h"
#include "client/endpoint.h"
#include "client/http_connection.h"
#include "client/stop_signal.h"
#include "client/tls_client.h"

namespace trireme::client {

// What may be fetched by a URL that somebody else has chosen.
struct FetchRules {
  using LookUp = std::function<Result<std::vector<Endpoint>>(const std::string& host, uint16_t port)>;

  // Asked about the URL, and about each that an answer redirects to.
  std::function<bool(std::string_view url)> allows;
  // Beside public addresses, which are always connected to. The address that was looked up and checked is the one that
  // is connected to: a name cannot mean another one in between.
  std::vector<NetworkRange> networks = {};
  uint64_t max_bytes = uint64_t{16} << 30;                             // of the body
  std::chrono::milliseconds timeout = std::chrono::hours(1);           // for all of it
  std::chrono::milliseconds stall_timeout = std::chrono::seconds(30);  // without a byte
  // On average, once stall_timeout has passed: what comes in drops holds the place of another.
  uint64_t min_bytes_per_second = uint64_t{16} << 10;
  int max_redirects = 5;
  TlsTrust trust = {};  // of https
  LookUp look_up = LookUpHost;
};

// Gets what is at an http or https URL and hands its body to `sink`, piece by piece, on the calling thread, which may
// wait. Redirects are followed, but from https to http.
//
// kInvalidArgument: the URL is none, or one on the way is not allowed, or the answer is no HTTP, or not 200; kTooLarge;
// kDeadlineExceeded; kUnavailable: the host has no address that may be connected to, or none that answers, or the
// answer ends early; kOutOfMemory; kCancelled: `stop` was given; or what `sink` says. Messages name no address. Pieces
// may have been handed out before it fails.
Status Fetch(const std::string& url, const FetchRules& rules, const BodySink& sink, const StopSignal& stop);

}  // namespace trireme::client

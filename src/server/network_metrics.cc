// SPDX-License-Identifier: Apache-2.0
#include "server/network_metrics.h"

#include <atomic>
#include <ctime>
#include <string>
#include <utility>

namespace trireme {
namespace {

double ProcessCpuSeconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

}  // namespace

NetworkMetrics::NetworkMetrics(metrics::Registry& registry, const net::NetCounters& counters) {
  const auto count = [&](std::string name, std::string help, const std::atomic<uint64_t>& value) {
    series_.push_back(registry.ReadCounter({std::move(name), std::move(help)}, {}, [&value] {
      return static_cast<double>(value.load(std::memory_order_relaxed));
    }));
  };
  count("trireme_http_connections_accepted_total", "Connections accepted.", counters.connections_accepted);
  count("trireme_http_connections_refused_total", "Connections refused because too many were open.",
        counters.connections_refused);
  count("trireme_tls_handshakes_total", "TLS handshakes that succeeded.", counters.tls_handshakes);
  count("trireme_tls_handshake_failures_total", "TLS handshakes that failed.", counters.tls_handshakes_failed);
  count("trireme_http_requests_total", "HTTP requests received.", counters.requests);
  count("trireme_http_bad_requests_total", "Requests that broke the grammar of HTTP, a limit or a time-out.",
        counters.bad_requests);
  count("trireme_http2_connections_ended_total",
        "HTTP/2 connections ended for what the client did: floods, broken frames, time-outs.",
        counters.http2_connections_ended);
  series_.push_back(registry.ReadGauge(
      {"trireme_http2_streams", "HTTP/2 streams, gRPC calls among them, open now."}, {},
      [&counters] { return static_cast<double>(counters.http2_streams_open.load(std::memory_order_relaxed)); }));
  count("trireme_http_received_bytes_total", "Bytes received.", counters.bytes_in);
  count("trireme_http_sent_bytes_total", "Bytes sent.", counters.bytes_out);
  series_.push_back(registry.ReadGauge({"trireme_http_connections", "Connections open now."}, {}, [&counters] {
    return static_cast<double>(counters.connections_open.load(std::memory_order_relaxed));
  }));
  series_.push_back(registry.ReadCounter({"process_cpu_seconds_total", "Processor time that the process has used."}, {},
                                         ProcessCpuSeconds));
}

}  // namespace trireme

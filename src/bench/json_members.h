// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bench/latency_histogram.h"
#include "bench/run_facts.h"
#include "codec/json_writer.h"

namespace trireme::bench {

// Members of a JSON object that is being written: each appends `"name":value`, with a comma in front where one is due.

void AppendMember(std::string& out, std::string_view name);  // the name alone
void AppendText(std::string& out, std::string_view name, std::string_view value);
void AppendFlag(std::string& out, std::string_view name, bool value);
void AppendTexts(std::string& out, std::string_view name, const std::vector<std::string>& values);
// Quantiles, in microseconds.
void AppendLatency(std::string& out, const LatencyHistogram& latency);
// What must be said with the numbers.
void AppendFacts(std::string& out, const RunFacts& facts);

template <typename T>
void AppendNumber(std::string& out, std::string_view name, T value) {
  AppendMember(out, name);
  AppendJsonNumber(out, value);
}

// An array of objects, each written by `append`.
template <typename T, typename Append>
void AppendList(std::string& out, std::string_view name, const std::vector<T>& values, Append append) {
  AppendMember(out, name);
  out += '[';
  for (const T& value : values) {
    if (out.back() != '[') out += ',';
    out += '{';
    append(value);
    out += '}';
  }
  out += ']';
}

}  // namespace trireme::bench

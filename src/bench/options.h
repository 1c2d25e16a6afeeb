// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "tensor/shape.h"

namespace trireme::bench {

// How tensors travel.
enum class Form : uint8_t { kJson, kBinary };

// A shape that a person gave for an input.
struct InputShape {
  std::string input;
  Shape shape;
};

// What `trireme bench URL` measures.
struct BenchOptions {
  std::string url;      // "http://127.0.0.1:8000"; a path is put in front of "/v2"
  std::string model;    // --model; empty: the only one that the server lists as ready
  std::string version;  // --model-version; empty: the one the server takes

  int connections = 1;        // --connections: each has one request under way at all times (closed loop)
  Form form = Form::kBinary;  // --form binary|json, of inputs and outputs

  int64_t rows = 1;                // --rows: the size of every input's outermost dimension where it is free
  std::vector<InputShape> shapes;  // --shape NAME=1,3,224,224: instead of what the metadata says
  uint64_t seed = 1;               // --seed of the random elements
  std::string input_file;          // --input: a V2 infer request in JSON, sent instead of random elements

  std::chrono::milliseconds warm_up{1'000};   // --warm-up: load that is not measured
  int windows = 5;                            // --windows: measured one behind the other, without a pause
  std::chrono::milliseconds window{2'000};    // --window: of each
  std::chrono::milliseconds timeout{30'000};  // --timeout: an answer that takes longer is a failure

  std::optional<pid_t> server_pid;  // --pid: whose CPU time is measured; else found by the port, on this machine

  bool json = false;  // --json: a JSON object instead of a table
};

inline constexpr int kMaxConnections = 10'000;
inline constexpr int kMaxWindows = 1'000;

// Numbers out of range, by the flag's name.
Status Check(const BenchOptions& options);

// Reads the value of --shape: "NAME=1,3,224,224", "NAME=" for a scalar. Dimensions are 0 or more.
Result<InputShape> ParseInputShape(std::string_view text);
// Reads the value of --form.
Result<Form> ParseForm(std::string_view text);

std::string_view Name(Form form);

}  // namespace trireme::bench

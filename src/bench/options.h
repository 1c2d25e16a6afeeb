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
#include "bench/arrivals.h"
#include "bench/model_mix.h"
#include "bench/stages.h"
#include "client/tls_client.h"
#include "model/service_goal.h"
#include "tensor/shape.h"

namespace trireme::bench {

// What is spoken, in the words of `trireme serve --dialects`.
enum class Dialect : uint8_t { kKserve, kTorchserve, kSagemaker, kTfserving };

// How tensors travel.
enum class Form : uint8_t { kJson, kBinary };

enum class SharedMemory : uint8_t { kNone, kSystem };

// A shape that a person gave for an input.
struct InputShape {
  std::string input;
  Shape shape;
};

// How a report is written.
enum class ReportForm : uint8_t { kMarkdown, kCsv, kJson, kHtml };

// A report that is to be written to a file.
struct ReportFile {
  std::string path;
  ReportForm form = ReportForm::kJson;
};

// What `trireme bench` measures: a server by its URL, or (capacity.h) how many models fit into one.
struct BenchOptions {
  std::string url;  // client/url.h; of http a path is put in front of "/v2", "/predictions", "/invocations"
  // --dialect: /v2/models/M/infer; /predictions/M or, over gRPC, Predictions; /models/M/invoke or, without a model,
  // /invocations; /v1/models/M:predict or, over gRPC, Predict.
  Dialect dialect = Dialect::kKserve;
  std::vector<ModelShare> models;  // --model; empty: the only one that the server lists as ready
  std::string version;             // --model-version; empty: the one the server takes

  int connections = 1;        // --connections
  int calls = 1;              // --calls: at a time on each connection (gRPC)
  bool stream = false;        // --stream: one ModelStreamInfer on each connection carries its calls (gRPC)
  Form form = Form::kBinary;  // --form binary|json, of inputs and outputs (HTTP)
  SharedMemory shared_memory = SharedMemory::kNone;  // --shared-memory system: inputs and outputs do not travel

  // Open loop: --rate requests a second whatever becomes of them. 0: every call slot has one request under way at all
  // times (closed loop).
  double per_second = 0;
  Arrivals arrivals = Arrivals::kPoisson;  // --arrivals poisson|constant
  size_t most_waiting = 10'000;            // --max-waiting: more arrivals without a free connection end the load
  // --slo: the run says whether it was kept, and exits with 1 if not. With --goodput no load is given: the highest rate
  // that keeps it is looked for, to `tolerance`, in tries of at most `longest_try` each (bench/goodput.h).
  std::optional<ServiceGoal> goal;
  bool goodput = false;                           // --goodput
  double tolerance = 0.05;                        // --tolerance, which is in per cent
  std::chrono::milliseconds longest_try{60'000};  // --longest-try
  std::vector<Stage> stages;      // --stages: closed loop with so many users, instead of warm-up and windows
  bool stops_on_failure = false;  // --stop-on-failure

  int64_t rows = 1;                // --rows: the size of every input's outermost dimension where it is free
  std::vector<InputShape> shapes;  // --shape NAME=1,3,224,224: instead of what the metadata says
  uint64_t seed = 1;               // --seed of random elements, models and arrivals
  // --input: sent in turn instead of random elements. Of KServe V2 infer requests in JSON; of the other dialects any
  // bodies, as their models take them.
  std::vector<std::string> input_files;
  std::string content_type;  // --content-type of such bodies; empty: by what they are

  std::chrono::milliseconds warm_up{1'000};   // --warm-up: load that is not measured
  int windows = 5;                            // --windows: measured one behind the other, without a pause
  std::chrono::milliseconds window{2'000};    // --window: of each
  uint64_t window_requests = 0;               // --window-requests: that end each, instead of its time; 0: the time does
  std::chrono::milliseconds timeout{30'000};  // --timeout: an answer that takes longer is a failure

  client::TlsTrust tls;  // --ca, --insecure, --client-certificate, --client-key
  std::string key_file;  // --key-file: whose first line is sent as "Authorization: Bearer"
  std::string api_key;   // TRIREME_API_KEY: the same, where there is no file

  std::optional<pid_t> server_pid;  // --pid: whose CPU time is measured; else found by the port, on this machine

  std::vector<std::string> capacity_models;  // --max-models FILE: measure how many of each fit, instead of a URL
  // --budget: into which, as `trireme serve` takes it; empty: what that thinks right. Without capacity_models it means
  // nothing, and is no mistake: `trireme serve` reads the same variable.
  std::string budget;

  bool json = false;                // --json: a JSON object instead of a table
  std::vector<ReportFile> reports;  // --report FILE.md|.csv|.json|.html
};

inline constexpr size_t kMaxInputFiles = 10'000;
inline constexpr int kMaxConnections = 10'000;
inline constexpr int kMaxCalls = 1'000;    // of a connection
inline constexpr int kMaxSlots = 100'000;  // connections x calls
inline constexpr double kMaxRate = 1'000'000;
inline constexpr size_t kMaxWaiting = 10'000'000;
inline constexpr int kMaxWindows = 1'000;
inline constexpr uint64_t kMaxWindowRequests = 1'000'000'000;

// Numbers out of range, and what does not go together, by the flags' names.
Status Check(const BenchOptions& options);

// Of a search for a goodput: whether a try may last long enough for its goal.
Status CheckLongestTry(const BenchOptions& options);

// How many connections and call slots the options ask for.
size_t Connections(const BenchOptions& options);

// Reads the value of --shape: "NAME=1,3,224,224", "NAME=" for a scalar. Dimensions are 0 or more.
Result<InputShape> ParseInputShape(std::string_view text);
// Reads the value of --form.
Result<Form> ParseForm(std::string_view text);
// Reads the value of --report: a file name that ends in .md, .csv, .json or .html.
Result<ReportFile> ParseReportFile(std::string_view text);

std::string_view Name(Dialect dialect);
std::string_view Name(Form form);

// The API key to be sent: the file's first line, or what the environment says; empty if there is neither. Errors name
// the file, never the key.
Result<std::string> ReadApiKey(const BenchOptions& options);

}  // namespace trireme::bench

// SPDX-License-Identifier: Apache-2.0
#include "bench/options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <string>

#include "base/quantity.h"
#include "bench/goodput.h"
#include "client/url.h"

namespace trireme::bench {
namespace {

constexpr size_t kMostKeyBytes = 4096;

template <typename T>
Status CheckRange(std::string_view flag, T value, T least, T most, std::string_view unit) {
  if (value >= least && value <= most) return Status();
  return InvalidArgument(std::string(flag) + ": expected " + std::to_string(least) + " to " + std::to_string(most) +
                         std::string(unit) + ", got " + std::to_string(value));
}

Status CheckTime(std::string_view flag, std::chrono::milliseconds value, int64_t least) {
  constexpr int64_t kDay = 86'400'000;
  return CheckRange<int64_t>(flag, value.count(), least, kDay, " ms");
}

// The path of a call where the server's is expected.
Status CheckPath(const BenchOptions& options, const client::Url& url) {
  const std::string_view path = url.path;
  const auto has = [&](std::string_view part) { return path.find(part) != std::string_view::npos; };
  const bool is_call = has("/predictions/") || has("/v2/models/") || path.ends_with("/invocations") ||
                       (has("/models/") && path.ends_with("/invoke")) || has("/v1/models");
  if (!is_call) return {};
  return InvalidArgument(
      "URL \"" + options.url +
      "\": expected the server alone: --dialect kserve|torchserve|sagemaker|tfserving and --model say what is "
      "asked of it");
}

Status CheckDialect(const BenchOptions& options, const client::Url& url) {
  const bool is_kserve = options.dialect == Dialect::kKserve;
  if (!is_kserve && options.stream) return InvalidArgument("--stream: only KServe's ModelStreamInfer is measured");
  if (!is_kserve && options.shared_memory != SharedMemory::kNone) {
    return InvalidArgument("--shared-memory: only KServe V2 has it");
  }
  if (options.dialect == Dialect::kSagemaker && url.grpc) {
    return InvalidArgument("--dialect sagemaker: SageMaker speaks HTTP alone");
  }
  if (options.dialect == Dialect::kSagemaker && !options.version.empty()) {
    return InvalidArgument("--model-version: SageMaker's paths have none");
  }
  if (options.content_type.empty()) return {};
  if (is_kserve || url.grpc || options.input_files.empty()) {
    return InvalidArgument(
        "--content-type: only of files (--input) that servers other than KServe's are sent over HTTP");
  }
  if (!std::ranges::all_of(options.content_type, [](char c) { return c >= ' ' && c < 0x7F; })) {
    return InvalidArgument("--content-type: expected visible ASCII characters");
  }
  return {};
}

// What only one of the protocols has.
Status CheckProtocol(const BenchOptions& options, const client::Url& url) {
  if (!url.grpc && options.calls > 1) {
    return InvalidArgument("--calls: HTTP carries one call at a time on a connection; grpc:// carries several");
  }
  if (!url.grpc && options.stream) return InvalidArgument("--stream: only gRPC has streams (grpc://HOST:PORT)");
  if (url.grpc && options.form == Form::kJson) {
    return InvalidArgument("--form json: gRPC carries tensors in their binary form only");
  }
  if (options.shared_memory != SharedMemory::kNone && options.input_files.size() > 1) {
    return InvalidArgument("--shared-memory: expected one --input at most, since the inputs lie in one place");
  }
  if (options.shared_memory != SharedMemory::kNone && options.form == Form::kJson) {
    return InvalidArgument("--form json: tensors in shared memory are binary");
  }
  if (!url.tls && (!options.tls.ca_file.empty() || !options.tls.verifies || !options.tls.certificate.empty())) {
    return InvalidArgument("--ca, --insecure and --client-certificate are for https:// and grpcs://");
  }
  if (options.tls.certificate.empty() != options.tls.certificate_key.empty()) {
    return InvalidArgument("--client-certificate and --client-key: expected both or neither");
  }
  return {};
}

Status CheckLoad(const BenchOptions& options) {
  if (options.per_second != 0 && !(options.per_second > 0 && options.per_second <= kMaxRate)) {
    return InvalidArgument("--rate: expected more than 0 and at most 1000000 requests a second");
  }
  if (options.window_requests > 0 && !options.stages.empty()) {
    return InvalidArgument("--window-requests and --stages: expected one of them, since stages end after their time");
  }
  if (options.input_files.size() > kMaxInputFiles) return InvalidArgument("--input: expected at most 10000 files");
  if (options.stream && options.input_files.size() * static_cast<size_t>(options.calls) > size_t{kMaxSlots}) {
    return InvalidArgument("--input x --calls: expected at most " + std::to_string(kMaxSlots) + " on streams");
  }
  if (options.most_waiting > kMaxWaiting) return InvalidArgument("--max-waiting: expected at most 10000000");
  if (options.per_second > 0 && !options.stages.empty()) {
    return InvalidArgument("--rate and --stages: expected one of them (requests at a rate, or users who wait)");
  }
  if (!options.stages.empty() && options.connections > 1) {
    return InvalidArgument(
        "--connections and --stages: expected one of them, since stages say how many users there are");
  }
  if (Connections(options) * static_cast<size_t>(options.calls) > static_cast<size_t>(kMaxSlots)) {
    return InvalidArgument("--connections x --calls: expected at most " + std::to_string(kMaxSlots));
  }
  return {};
}

// A search says itself how much is asked.
Status CheckGoodput(const BenchOptions& options) {
  if (!options.goodput) return {};
  if (!options.goal) return InvalidArgument("--goodput: expected a goal as well, as in --slo p99=100ms");
  const auto refuse = [](bool is_set, const std::string& flag) {
    return is_set ? InvalidArgument(flag + " and --goodput: expected one of them, since that tries rates itself")
                  : Status();
  };
  RETURN_IF_ERROR(refuse(options.per_second > 0, "--rate"));
  RETURN_IF_ERROR(refuse(!options.stages.empty(), "--stages"));
  RETURN_IF_ERROR(refuse(options.window_requests > 0, "--window-requests"));
  RETURN_IF_ERROR(refuse(options.stops_on_failure, "--stop-on-failure"));
  return CheckLongestTry(options);
}

// The capacity test starts its own server and says itself what is asked of it.
Status CheckCapacity(const BenchOptions& options) {
  const BenchOptions usual;
  const auto refuse = [](bool is_set, const char* flag) {
    return is_set ? InvalidArgument(std::string(flag) + ": does not go with --max-models, which starts its own server")
                  : Status();
  };
  RETURN_IF_ERROR(refuse(!options.url.empty(), "URL"));
  RETURN_IF_ERROR(refuse(options.dialect != usual.dialect, "--dialect"));
  RETURN_IF_ERROR(refuse(!options.models.empty(), "--model"));
  RETURN_IF_ERROR(refuse(options.connections != usual.connections, "--connections (see --stages)"));
  RETURN_IF_ERROR(refuse(options.per_second > 0, "--rate (see --stages)"));
  RETURN_IF_ERROR(refuse(options.calls != usual.calls || options.stream, "--calls, --stream"));
  RETURN_IF_ERROR(refuse(options.shared_memory != usual.shared_memory, "--shared-memory"));
  RETURN_IF_ERROR(refuse(options.goodput, "--goodput"));
  RETURN_IF_ERROR(refuse(options.server_pid.has_value(), "--pid"));
  for (const Stage& stage : options.stages) {
    if (stage.per_second > 0) {
      return InvalidArgument("--stages \"" + ToText(stage) + "\": expected USERS@TIME, since all users of a stage of " +
                             "--max-models come at once");
    }
  }
  return CheckTime("--timeout", options.timeout, 1);
}

}  // namespace

Status Check(const BenchOptions& options) {
  if (!options.capacity_models.empty()) return CheckCapacity(options);
  if (options.url.empty()) return InvalidArgument("expected the URL of a server, like http://127.0.0.1:8000");
  RETURN_IF_ERROR(CheckRange("--connections", options.connections, 1, kMaxConnections, ""));
  RETURN_IF_ERROR(CheckRange("--calls", options.calls, 1, kMaxCalls, ""));
  RETURN_IF_ERROR(CheckRange<int64_t>("--rows", options.rows, 1, 1'000'000, ""));
  RETURN_IF_ERROR(CheckRange("--windows", options.windows, 1, kMaxWindows, ""));
  RETURN_IF_ERROR(CheckTime("--warm-up", options.warm_up, 0));
  RETURN_IF_ERROR(CheckTime("--window", options.window, 1));
  RETURN_IF_ERROR(CheckTime("--timeout", options.timeout, 1));
  ASSIGN_OR_RETURN(const client::Url url, client::ParseUrl(options.url));
  RETURN_IF_ERROR(CheckPath(options, url));
  RETURN_IF_ERROR(CheckDialect(options, url));
  RETURN_IF_ERROR(CheckProtocol(options, url));
  RETURN_IF_ERROR(CheckGoodput(options));
  return CheckLoad(options);
}

Status CheckLongestTry(const BenchOptions& options) {
  using std::chrono::milliseconds;
  const auto least = std::chrono::ceil<milliseconds>(kLeastGoals * options.goal->latency);
  if (options.longest_try >= least) return {};
  return InvalidArgument("--longest-try: expected at least " + FormatDuration(least) + ", " +
                         std::to_string(kLeastGoals) + " times as long as the goal " + ToString(*options.goal) +
                         ", got " + FormatDuration(options.longest_try));
}

size_t Connections(const BenchOptions& options) {
  if (options.stages.empty()) return static_cast<size_t>(options.connections);
  const int calls = options.calls;
  return static_cast<size_t>((MostUsers(options.stages) + calls - 1) / calls);
}

Result<InputShape> ParseInputShape(std::string_view text) {
  const auto wrong = [&](std::string_view expected) {
    return InvalidArgument("--shape \"" + std::string(text) + "\": expected " + std::string(expected));
  };
  const size_t equals = text.rfind('=');
  if (equals == std::string_view::npos || equals == 0) return wrong("NAME=DIM,DIM,...");
  InputShape result{.input = std::string(text.substr(0, equals)), .shape = {}};
  std::string_view dims = text.substr(equals + 1);
  while (!dims.empty()) {
    int64_t dim = 0;
    const auto [end, error] = std::from_chars(dims.data(), dims.data() + dims.size(), dim);
    if (error != std::errc() || dim < 0) return wrong("dimensions of 0 or more");
    if (!result.shape.Append(dim)) return wrong("at most " + std::to_string(Shape::kMaxRank) + " dimensions");
    dims.remove_prefix(static_cast<size_t>(end - dims.data()));
    if (dims.empty()) break;
    if (dims[0] != ',' || dims.size() == 1) return wrong("dimensions with commas between them");
    dims.remove_prefix(1);
  }
  return result;
}

Result<Form> ParseForm(std::string_view text) {
  if (text == "json") return Form::kJson;
  if (text == "binary") return Form::kBinary;
  return InvalidArgument("--form: expected json or binary, got \"" + std::string(text) + "\"");
}

Result<ReportFile> ParseReportFile(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, ReportForm>, 4> kForms = {{{".md", ReportForm::kMarkdown},
                                                                                     {".csv", ReportForm::kCsv},
                                                                                     {".json", ReportForm::kJson},
                                                                                     {".html", ReportForm::kHtml}}};
  for (const auto& [suffix, form] : kForms) {
    if (text.size() > suffix.size() && text.ends_with(suffix)) return ReportFile{std::string(text), form};
  }
  return InvalidArgument("--report: expected a file name that ends in .md, .csv, .json or .html, got \"" +
                         std::string(text) + "\"");
}

Result<std::string> ReadApiKey(const BenchOptions& options) {
  std::string key = options.api_key;
  const std::string where = options.key_file.empty() ? "TRIREME_API_KEY" : "--key-file \"" + options.key_file + "\"";
  if (!options.key_file.empty()) {
    std::ifstream in(options.key_file, std::ios::binary);
    std::array<char, kMostKeyBytes + 2> begin{};  // with what ends the line
    in.read(begin.data(), begin.size());
    if (in.bad() || !in.is_open()) return NotFound(where + ": cannot be read");
    key.assign(begin.data(), static_cast<size_t>(in.gcount()));
    key.resize(std::min(key.find('\n'), key.size()));
    if (key.ends_with('\r')) key.pop_back();
    if (key.empty()) return InvalidArgument(where + ": expected a key in the first line, found none");
  }
  // What a header can carry, and no more.
  if (!std::ranges::all_of(key, [](char c) { return c > ' ' && c < 0x7F; }) || key.size() > kMostKeyBytes) {
    return InvalidArgument(where + ": expected a key of visible ASCII characters");
  }
  return key;
}

std::string_view Name(Dialect dialect) {
  switch (dialect) {
    case Dialect::kKserve:
      return "kserve";
    case Dialect::kTorchserve:
      return "torchserve";
    case Dialect::kSagemaker:
      return "sagemaker";
    case Dialect::kTfserving:
      return "tfserving";
  }
  return "?";
}

std::string_view Name(Form form) {
  return form == Form::kJson ? "json" : "binary";
}

}  // namespace trireme::bench

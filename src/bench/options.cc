// SPDX-License-Identifier: Apache-2.0
#include "bench/options.h"

#include <charconv>
#include <string>

namespace trireme::bench {
namespace {

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

}  // namespace

Status Check(const BenchOptions& options) {
  if (options.url.empty()) return InvalidArgument("expected the URL of a server, like http://127.0.0.1:8000");
  RETURN_IF_ERROR(CheckRange("--connections", options.connections, 1, kMaxConnections, ""));
  RETURN_IF_ERROR(CheckRange<int64_t>("--rows", options.rows, 1, 1'000'000, ""));
  RETURN_IF_ERROR(CheckRange("--windows", options.windows, 1, kMaxWindows, ""));
  RETURN_IF_ERROR(CheckTime("--warm-up", options.warm_up, 0));
  RETURN_IF_ERROR(CheckTime("--window", options.window, 1));
  return CheckTime("--timeout", options.timeout, 1);
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

std::string_view Name(Form form) {
  return form == Form::kJson ? "json" : "binary";
}

}  // namespace trireme::bench

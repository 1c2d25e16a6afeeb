// SPDX-License-Identifier: Apache-2.0
#include "server/example_request.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "server/example_input.h"

namespace trireme {
namespace {

constexpr int64_t kMostJsonElements = 32;  // of an input that is still pleasant to paste

// For models that want text a number is as good a text as any, and for those that want numbers as text a better one.
std::string JsonElements(DataType type, int64_t count) {
  const std::string element = type == DataType::kBytes ? "\"1\"" : type == DataType::kBool ? "true" : "1";
  std::string list;
  for (int64_t i = 0; i < count; ++i) list += (i == 0 ? "" : ",") + element;
  return list;
}

// Of zeros in the binary form. Zeros are empty texts too: each is only its length.
size_t ZeroBytes(const ExampleInput& input) {
  constexpr size_t kLengthBytes = 4;
  const size_t element = input.type == DataType::kBytes ? kLengthBytes : ElementBytes(input.type);
  return static_cast<size_t>(input.elements) * element;
}

std::string InputJson(const ExampleInput& input, bool binary) {
  std::string json = "{\"name\":";
  AppendJsonString(json, input.name);
  json += ",\"shape\":" + input.shape.ToString() + ",\"datatype\":\"" + std::string(Name(input.type)) + "\"";
  if (binary) return json + R"(,"parameters":{"binary_data_size":)" + std::to_string(ZeroBytes(input)) + "}}";
  return json + ",\"data\":[" + JsonElements(input.type, input.elements) + "]}";
}

// As one word of a shell, whatever stands in it: names come out of a file that somebody has made.
std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace

std::string CurlExample(const std::string& url, const ExampleModel& model) {
  if (!FitsAnExample(model)) return "# " + model.name + ": even one row of its input is too large for an example";
  const std::vector<ExampleInput> inputs = ExampleInputs(model);
  const bool binary = std::any_of(inputs.begin(), inputs.end(),
                                  [](const ExampleInput& input) { return input.elements > kMostJsonElements; });
  std::string list;
  size_t zeros = 0;
  for (const ExampleInput& input : inputs) {
    list += (list.empty() ? "" : ",") + InputJson(input, binary);
    if (binary) zeros += ZeroBytes(input);
  }
  const std::string json = "{\"inputs\":[" + list + "]}";
  const std::string target = url + ExamplePath(model);
  if (!binary) return "curl -s " + target + " -d " + Quoted(json);
  return "(printf '%s' " + Quoted(json) + "; head -c " + std::to_string(zeros) + " /dev/zero) | curl -s " + target +
         " -H 'Inference-Header-Content-Length: " + std::to_string(json.size()) + "' --data-binary @- | head -c 300";
}

}  // namespace trireme

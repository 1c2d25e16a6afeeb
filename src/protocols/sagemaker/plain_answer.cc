// SPDX-License-Identifier: Apache-2.0
#include "protocols/sagemaker/plain_answer.h"

#include <string>
#include <utility>

#include "base/log.h"
#include "wire/sagemaker/csv.h"
#include "wire/sagemaker/nested_json.h"
#include "wire/sagemaker/npy.h"

namespace trireme::sagemaker {
namespace {

Status AppendOutput(std::string& out, const NamedTensor& output) {
  return AppendNestedJson(out, output.tensor).Within("output '" + output.name + "'");
}

Status AppendOutputs(std::string& out, const std::vector<NamedTensor>& outputs) {
  if (outputs.size() == 1) return AppendOutput(out, outputs.front());
  out += '{';
  for (const NamedTensor& output : outputs) {
    if (&output != &outputs.front()) out += ',';
    AppendJsonString(out, output.name);
    out += ':';
    RETURN_IF_ERROR(AppendOutput(out, output));
  }
  out += '}';
  return {};
}

Result<std::string> EncodeJson(const InferResponse& response, bool as_predictions) {
  std::string body = as_predictions ? R"({"predictions":)" : "";
  RETURN_IF_ERROR(AppendOutputs(body, response.outputs));
  if (as_predictions) body += '}';
  return body;
}

Result<const NamedTensor*> OnlyOutput(const InferResponse& response, Format format) {
  if (response.outputs.size() == 1) return &response.outputs.front();
  return Unsupported("the model has " + std::to_string(response.outputs.size()) + " outputs, and " +
                     std::string(MediaTypeOf(format)) + " holds one: ask for application/json");
}

Status EncodeNpy(const Tensor& tensor, net::HttpResponse& response) {
  ASSIGN_OR_RETURN(response.body, NpyHeader(tensor));
  if (!tensor.data.empty()) {
    response.parts.push_back({.bytes = tensor.data.bytes(), .keep_alive = tensor.data.keep_alive()});
  }
  return {};
}

}  // namespace

Result<net::HttpResponse> EncodePlainAnswer(const InferResponse& response, Format format, bool as_predictions) {
  net::HttpResponse answer;
  answer.headers.emplace_back("Content-Type", MediaTypeOf(format));
  if (format == Format::kJson) {
    ASSIGN_OR_RETURN(answer.body, EncodeJson(response, as_predictions));
    return answer;
  }
  ASSIGN_OR_RETURN(const NamedTensor* output, OnlyOutput(response, format));
  if (format == Format::kCsv) {
    ASSIGN_OR_RETURN(answer.body, WriteCsv(output->tensor));
  } else {
    RETURN_IF_ERROR(EncodeNpy(output->tensor, answer));
  }
  return answer;
}

}  // namespace trireme::sagemaker

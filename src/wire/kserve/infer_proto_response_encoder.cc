// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "wire/kserve/infer_proto.h"
#include "wire/kserve/json_data.h"
#include "wire/kserve/output_form.h"
#include "wire/kserve/proto_fields.h"
#include "wire/kserve/proto_message.h"

namespace trireme::kserve {
namespace {

constexpr int kRawOutputContents = 6;
constexpr std::string_view kFinalResponse = "triton_final_response";

// Of ModelStreamInferResponse.
constexpr int kErrorMessage = 1;
constexpr int kInferResponse = 2;

// What every response begins with.
struct Head {
  std::string_view model_name;
  std::string_view model_version;
  std::string_view id;
  std::optional<bool> final_response;
};

template <typename Sink>
void WriteHead(Sink& sink, const Head& head) {
  WriteText(sink, 1, head.model_name);
  WriteText(sink, 2, head.model_version);
  WriteText(sink, 3, head.id);
  if (head.final_response) WriteParameter(sink, 4, kFinalResponse, *head.final_response);
}

std::string_view IdOf(const std::optional<std::string>& id) {
  return id ? std::string_view(*id) : std::string_view();
}

bool IsText(const ParameterValue& value) {
  const std::string* text = std::get_if<std::string>(&value);
  return text == nullptr || IsUtf8(*text);
}

// Names and texts come from models.
bool IsText(const InferResponse& response) {
  return IsUtf8(response.model.name) &&
         std::ranges::all_of(response.outputs, [](const NamedTensor& output) { return IsUtf8(output.name); }) &&
         std::ranges::all_of(response.parameters,
                             [](const auto& entry) { return IsUtf8(entry.first) && IsText(entry.second); });
}

InferResponse AsText(InferResponse response) {
  response.model.name = Utf8OrReplaced(response.model.name);
  for (NamedTensor& output : response.outputs) output.name = Utf8OrReplaced(output.name);
  for (auto& [key, value] : response.parameters) {
    key = Utf8OrReplaced(key);
    if (std::string* text = std::get_if<std::string>(&value)) *text = Utf8OrReplaced(*text);
  }
  return response;
}

Result<RawContents> TakeContents(const InferResponse& response, const GrpcResponseForm& form) {
  RawContents raw(kRawOutputContents);
  for (size_t i = 0; i < response.outputs.size(); ++i) {
    const auto& [name, tensor] = response.outputs[i];
    const OutputForm* wanted = FindOutputForm(form.outputs, i, name);
    if (wanted != nullptr && wanted->shared_memory) {
      raw.Add({});
      continue;
    }
    if (Status status = CheckWhole(tensor); !status.ok()) {
      return std::move(status).Within("output '" + Utf8OrReplaced(name) + "'");
    }
    raw.Add(tensor.data);
  }
  return raw;
}

}  // namespace

Result<EncodedProto> EncodeGrpcInferResponse(const InferResponse& response, const GrpcResponseForm& form) {
  ASSIGN_OR_RETURN(RawContents raw, TakeContents(response, form));
  if (!IsText(response)) return EncodeGrpcInferResponse(AsText(response), form);
  const std::string version = std::to_string(response.model.version);
  const Head head{.model_name = response.model.name,
                  .model_version = version,
                  .id = IdOf(form.id),
                  .final_response = form.final_response};
  return ComposeMessage(
      [&](auto& sink) {
        WriteHead(sink, head);
        for (const auto& [key, value] : response.parameters) WriteParameter(sink, 4, key, value);
        for (const NamedTensor& output : response.outputs) WriteTensorHead(sink, 5, output, {});
      },
      std::move(raw));
}

EncodedProto WrapInStreamResponse(EncodedProto response) {
  std::string head;
  ProtoWriter(head).BytesHead(kInferResponse, response.total_bytes());
  response.text.insert(0, head);
  for (EncodedProto::Insert& insert : response.inserts) insert.at += head.size();
  return response;
}

std::string EncodeStreamError(std::string_view message, const std::optional<std::string>& id,
                              std::string_view model_name, std::string_view model_version) {
  std::string text;
  ProtoWriter writer(text);
  writer.Bytes(kErrorMessage, Utf8OrReplaced(message));
  writer.Message(kInferResponse, [&](auto& sink) {
    WriteHead(sink, {.model_name = model_name, .model_version = model_version, .id = IdOf(id), .final_response = {}});
  });
  return text;
}

std::string EncodeEmptyFinalResponse(const std::optional<std::string>& id, std::string_view model_name,
                                     std::string_view model_version) {
  std::string text;
  ProtoWriter(text).Message(kInferResponse, [&](auto& sink) {
    WriteHead(sink, {.model_name = model_name, .model_version = model_version, .id = IdOf(id), .final_response = true});
  });
  return text;
}

}  // namespace trireme::kserve

// SPDX-License-Identifier: Apache-2.0
// Any bytes as what TorchServe's clients send: JSON, and messages of both gRPC services. What is read of a prediction
// is read the same when it is written again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "codec/json_cursor.h"
#include "wire/torchserve/errors.h"
#include "wire/torchserve/grpc_management.h"
#include "wire/torchserve/grpc_messages.h"
#include "wire/torchserve/gson_writer.h"
#include "wire/torchserve/requests.h"

namespace trireme::torchserve {
namespace {

void CheckPredictions(std::span<const std::byte> bytes) {
  static_cast<void>(DecodePredictionResponse(bytes));
  const auto request = DecodePredictionsRequest(bytes);
  if (!request.ok()) {
    CHECK(!request.status().message().empty());
    return;
  }
  const std::string again = EncodePredictionsRequest(*request);
  const auto same = DecodePredictionsRequest(std::as_bytes(std::span(again)));
  CHECK(same.ok() && same->model_name == request->model_name && same->model_version == request->model_version);
  CHECK(same->sequence_id == request->sequence_id && same->inputs.size() == request->inputs.size());
  for (size_t i = 0; i < same->inputs.size(); ++i) {
    CHECK(same->inputs[i].name == request->inputs[i].name);
    CHECK(std::ranges::equal(same->inputs[i].bytes, request->inputs[i].bytes));
  }
}

void CheckPrinting(std::string_view text) {
  const std::string printed = PrintedByGson(text);
  if (printed.empty()) return;
  CHECK(PrintedByGson(printed) == printed);
  JsonCursor json(printed);
  CHECK(json.Skip() && json.Finish());
}

}  // namespace
}  // namespace trireme::torchserve

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trireme::torchserve;  // NOLINT: a program of its own
  const auto bytes = std::as_bytes(std::span(data, size));
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  CheckPredictions(bytes);
  CheckPrinting(text);
  static_cast<void>(ParseRegisterRequest(text));
  static_cast<void>(DecodeError(text));
  static_cast<void>(DecodeGrpcDescribe(bytes));
  static_cast<void>(DecodeGrpcList(bytes));
  static_cast<void>(DecodeGrpcRegister(bytes));
  static_cast<void>(DecodeGrpcScale(bytes));
  static_cast<void>(DecodeGrpcModel(bytes));
  return 0;
}

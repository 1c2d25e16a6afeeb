// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace trireme::torchserve {

// The messages of org.pytorch.serve.grpc.inference.InferenceAPIsService, read and written by hand.

// A PredictionsRequest; all of it views of the message.
struct PredictionsRequest {
  struct Input {
    std::string_view name;  // "data", "body"
    std::span<const std::byte> bytes;
  };
  std::string_view model_name;
  std::string_view model_version;  // empty: the default one
  std::vector<Input> inputs;       // each name once, with what came last under it
  std::optional<std::string_view> sequence_id;
};

inline constexpr size_t kMaxInputs = 1000;

// kInvalidArgument: no protobuf, a field of the wrong wire type, text that is not UTF-8, no model, too many inputs.
// Unknown fields are ignored.
Result<PredictionsRequest> DecodePredictionsRequest(std::span<const std::byte> bytes);
std::string EncodePredictionsRequest(const PredictionsRequest& request);

// The status of one answer of a stream that goes on.
struct StreamStatus {
  int code = 0;  // of gRPC
  std::string message = {};
  bool operator==(const StreamStatus&) const = default;
};

// A PredictionResponse as it travels: head, the prediction itself (which is not copied), tail.
struct PredictionFrame {
  std::string head;
  std::string tail;
};
PredictionFrame FramePrediction(size_t prediction_bytes, const std::optional<std::string>& sequence_id = std::nullopt,
                                const std::optional<StreamStatus>& status = std::nullopt);

// What a client gets; a view.
struct PredictionResponse {
  std::span<const std::byte> prediction;
  std::optional<std::string_view> sequence_id;
  std::optional<StreamStatus> status;
};
Result<PredictionResponse> DecodePredictionResponse(std::span<const std::byte> bytes);

// A TorchServeHealthResponse with the JSON text of /ping, and a ManagementResponse with that of REST: both have one
// field.
std::string EncodeTextResponse(std::string_view text);

}  // namespace trireme::torchserve

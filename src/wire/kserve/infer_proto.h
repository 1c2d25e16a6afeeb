// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/memory_pool.h"
#include "base/status.h"
#include "model/infer_response.h"
#include "tensor/buffer.h"
#include "wire/kserve/infer_request_message.h"
#include "wire/kserve/infer_response_message.h"

namespace trireme::kserve {

// The infer messages of inference.GRPCInferenceService, read and written by hand: field numbers are those of Triton's
// grpc_service.proto and of the Open Inference Protocol.

// A ModelInferRequest.
struct GrpcInferRequest {
  std::string model_name;
  std::string model_version;                // as sent; empty: the server's choice
  InferRequestMessage message;              // outputs are binary, all of them
  bool wants_empty_final_response = false;  // parameter triton_enable_empty_final_response
};

// Reads one, as strictly as DecodeInferRequest reads JSON, with the same words where the same thing is wrong. Raw
// contents are viewed where they are aligned for their type, else copied to memory of the pool; typed contents are
// converted, and must fit their type. Unknown fields are ignored.
//
// kInvalidArgument: no protobuf, a field of the wrong wire type, raw and typed contents in one request, contents that
// do not fit datatype and shape, too few or too many raw contents, a parameter of the wrong kind, ...
Result<GrpcInferRequest> DecodeGrpcInferRequest(std::span<const std::byte> bytes,
                                                const std::shared_ptr<const void>& keep_alive, MemoryPool& pool);

// Whether reading it takes longer than a loop has time for: much typed contents, or many strings. Looks at the
// outermost fields only.
bool IsLongToDecode(std::span<const std::byte> bytes);

// Of a request's first bytes: where the first raw contents begin, or 0 if that cannot be seen yet.
size_t FindRawContents(std::span<const std::byte> beginning);

// A message as it travels: text, with tensors inserted without a copy.
struct EncodedProto {
  struct Insert {
    size_t at = 0;  // how many bytes of `text` come before it
    Buffer bytes;
  };
  std::string text;
  std::vector<Insert> inserts;

  size_t total_bytes() const;
  std::string Joined() const;  // for tests, and where a copy does not matter
};

// What a response says beside its outputs.
struct GrpcResponseForm {
  std::optional<std::string> id;
  std::vector<OutputForm> outputs;     // of the request: those in shared memory have empty raw contents
  std::optional<bool> final_response;  // parameter triton_final_response, in streams
};

// A ModelInferResponse. kInternal: a tensor whose bytes do not fit its shape.
Result<EncodedProto> EncodeGrpcInferResponse(const InferResponse& response, const GrpcResponseForm& form);

// A ModelStreamInferResponse: around a ModelInferResponse, or an error for the request of that id.
EncodedProto WrapInStreamResponse(EncodedProto response);
std::string EncodeStreamError(std::string_view message, const std::optional<std::string>& id,
                              std::string_view model_name, std::string_view model_version);
// The last response of a request that had none, for who asked for it.
std::string EncodeEmptyFinalResponse(const std::optional<std::string>& id, std::string_view model_name,
                                     std::string_view model_version);

// The client's side.
EncodedProto EncodeGrpcInferRequest(const GrpcInferRequest& request);
Result<InferResponseMessage> DecodeGrpcInferResponse(std::span<const std::byte> bytes,
                                                     const std::shared_ptr<const void>& keep_alive, MemoryPool& pool);
struct GrpcStreamResponse {
  std::string error_message;  // empty: none
  InferResponseMessage response;
};
Result<GrpcStreamResponse> DecodeGrpcStreamResponse(std::span<const std::byte> bytes,
                                                    const std::shared_ptr<const void>& keep_alive, MemoryPool& pool);

}  // namespace trireme::kserve

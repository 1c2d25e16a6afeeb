// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/memory_pool.h"
#include "base/status.h"
#include "model/infer_response.h"
#include "model/version_choice.h"
#include "wire/kserve/body.h"
#include "wire/kserve/infer_request_message.h"

namespace trireme {

// How a request was answered.
struct RecordedAnswer {
  std::chrono::microseconds took{0};  // from its last byte to the answer
  Status status;
  kserve::EncodedBody body;  // of a V2 response, where the status is OK
};

// A request as it was made of a model, and perhaps its answer, for a line of a recording (docs/recording.md).
struct RecordedCall {
  std::chrono::microseconds time{0};  // its last byte came, since the recording began
  std::string protocol;               // that it came by; for people
  std::string model;
  VersionChoice version;  // as it was asked for
  std::string signature;  // of the model's file; empty: the one that it is
  std::string tenant;     // of who asked, if that is recorded
  kserve::InferRequestMessage request;
  std::optional<RecordedAnswer> answer;
};

// One JSON object with a line feed behind it:
//
//   {"time_us":1250,"protocol":"kserve-http","model":"m","version":"1",
//    "request":{...},"request_binary":["AACAPw=="],"took_us":840,"response":{...},"response_binary":[...]}
//
// "request" and "response" are those of V2; where tensors are in its binary form ("binary_data_size") their bytes are
// Base64, one string for each in their order. "version", "label", "signature", "tenant" and "request_binary" may be
// missing, as may the answer; one that failed is "error":{"code":"overloaded","message":"..."} instead of a response.
//
// kInternal or kInvalidArgument: an input that cannot be written, since it is not whole.
Result<std::string> EncodeCall(const RecordedCall& call);

// The response in the form in which it is recorded: tensors that people can read as JSON.
Result<kserve::EncodedBody> EncodeAnswer(const InferResponse& response);

// Reads such a line, with or without its line feed. Tensors of the request may view memory of their own. The answer's
// body is checked as JSON alone. kInvalidArgument names the field, what was expected and what was found.
Result<RecordedCall> DecodeCall(std::string_view line, MemoryPool& pool);

// The first line of a recording, and of each one that was appended to it.
std::string EncodeRecordingHead(std::string_view server, std::string_view started);
bool IsRecordingHead(std::string_view line);

}  // namespace trireme

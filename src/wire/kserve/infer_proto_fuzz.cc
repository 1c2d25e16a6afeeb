// SPDX-License-Identifier: Apache-2.0
// Reads any bytes as each of gRPC's infer messages. What is accepted is written, read and written again: the same.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "wire/kserve/infer_proto.h"
#include "wire/kserve/testing/received_proto.h"

namespace trireme::kserve {
namespace {

void CheckRequest(std::string_view bytes, MemoryPool& pool) {
  const size_t at = FindRawContents(AsBytes(bytes));
  CHECK(at <= bytes.size());
  (void)IsLongToDecode(AsBytes(bytes));
  const ReceivedProto received = ReceivedMessage(bytes, at);
  const auto request = DecodeGrpcInferRequest(received.bytes, received.keep_alive, pool);
  if (!request.ok()) {
    CHECK(request.status().code() == StatusCode::kInvalidArgument && !request.status().message().empty());
    return;
  }
  const std::string written = EncodeGrpcInferRequest(*request).Joined();
  const ReceivedProto again = ReceivedMessage(written);
  const auto read = DecodeGrpcInferRequest(again.bytes, again.keep_alive, pool);
  CHECK(read.ok());
  CHECK(EncodeGrpcInferRequest(*read).Joined() == written);
}

// Written as a server would, which knows what it wrote elsewhere.
EncodedProto Written(const InferResponseMessage& message) {
  GrpcResponseForm form{.id = message.id, .outputs = {}, .final_response = {}};
  for (const NamedTensor& output : message.outputs) form.outputs.push_back({.name = output.name});
  for (const size_t output : message.outputs_elsewhere) form.outputs[output].shared_memory.emplace();
  const InferResponse response{.model = {.name = message.model_name, .version = 1},
                               .outputs = message.outputs,
                               .parameters = message.parameters,
                               .stages = {}};
  return EncodeGrpcInferResponse(response, form).value();
}

void CheckResponse(const InferResponseMessage& message, MemoryPool& pool) {
  const EncodedProto written = Written(message);
  const ReceivedProto received = ReceivedMessage(written.Joined());
  const auto read = DecodeGrpcInferResponse(received.bytes, received.keep_alive, pool);
  CHECK(read.ok());
  CHECK(Written(*read).Joined() == written.Joined());
  const ReceivedProto wrapped = ReceivedMessage(WrapInStreamResponse(written).Joined());
  CHECK(DecodeGrpcStreamResponse(wrapped.bytes, wrapped.keep_alive, pool).ok());
}

}  // namespace
}  // namespace trireme::kserve

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trireme;
  using namespace trireme::kserve;
  static MemoryPool pool;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  CheckRequest(bytes, pool);
  const ReceivedProto received = ReceivedMessage(bytes);
  const auto response = DecodeGrpcInferResponse(received.bytes, received.keep_alive, pool);
  if (response.ok()) CheckResponse(*response, pool);
  const auto stream = DecodeGrpcStreamResponse(received.bytes, received.keep_alive, pool);
  if (stream.ok()) CheckResponse(stream->response, pool);
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
// Reads any bytes as each of gRPC's small messages.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "wire/kserve/grpc_metadata.h"
#include "wire/kserve/grpc_repository.h"
#include "wire/kserve/grpc_settings.h"
#include "wire/kserve/grpc_shared_memory.h"
#include "wire/kserve/testing/received_proto.h"

namespace trireme::kserve {
namespace {

template <typename T>
bool Accepted(const Result<T>& result) {
  CHECK(result.ok() || !result.status().message().empty());
  return result.ok();
}

void CheckMetadata(std::span<const std::byte> bytes) {
  (void)CheckGrpcEmptyRequest("ServerLiveRequest", bytes).ok();
  (void)Accepted(DecodeGrpcReady("ServerReadyResponse", bytes));
  if (const auto request = DecodeGrpcModelRequest("ModelReadyRequest", bytes); Accepted(request)) {
    const std::string written = EncodeGrpcModelRequest(*request);
    const auto read = DecodeGrpcModelRequest("ModelReadyRequest", AsBytes(written));
    CHECK(read->name == request->name && read->version == request->version);
  }
  if (const auto metadata = DecodeGrpcServerMetadata(bytes); Accepted(metadata)) {
    const std::string written = EncodeGrpcServerMetadata(*metadata);
    CHECK(EncodeGrpcServerMetadata(*DecodeGrpcServerMetadata(AsBytes(written))) == written);
  }
  if (const auto metadata = DecodeGrpcModelMetadata(bytes); Accepted(metadata)) {
    const std::string written = EncodeGrpcModelMetadata(*metadata);
    CHECK(EncodeGrpcModelMetadata(*DecodeGrpcModelMetadata(AsBytes(written))) == written);
  }
}

void CheckRepository(std::span<const std::byte> bytes) {
  (void)Accepted(DecodeGrpcIndexRequest(bytes));
  (void)Accepted(DecodeGrpcUnloadRequest(bytes));
  if (const auto load = DecodeGrpcLoadRequest(bytes); Accepted(load)) {
    CHECK(!load->model_name.empty() && (load->request.files.empty() || !load->request.config.empty()));
    for (const auto& [path, content] : load->request.files) {
      CHECK(path.find("/../") == std::string::npos && !path.ends_with("/..") && !path.starts_with('/'));
      CHECK(content.size() <= bytes.size());
    }
  }
  if (const auto index = DecodeGrpcRepositoryIndex(bytes); Accepted(index)) {
    const std::string written = EncodeGrpcRepositoryIndex(*index);
    CHECK(EncodeGrpcRepositoryIndex(*DecodeGrpcRepositoryIndex(AsBytes(written))) == written);
  }
}

void CheckRest(std::span<const std::byte> bytes) {
  (void)Accepted(DecodeGrpcRegionName("SystemSharedMemoryStatusRequest", bytes));
  (void)Accepted(DecodeGrpcSystemRegister(bytes));
  (void)Accepted(DecodeGrpcCudaRegister(bytes));
  (void)Accepted(DecodeGrpcLogSettings(bytes, {}));
  if (const auto settings = DecodeGrpcTraceSettingRequest(bytes); Accepted(settings)) {
    const std::string written = EncodeGrpcTraceSettings(settings->settings);
    CHECK(DecodeGrpcTraceSettingRequest(AsBytes(written))->settings == settings->settings);
  }
}

}  // namespace
}  // namespace trireme::kserve

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const std::byte> bytes(reinterpret_cast<const std::byte*>(data), size);
  trireme::kserve::CheckMetadata(bytes);
  trireme::kserve::CheckRepository(bytes);
  trireme::kserve::CheckRest(bytes);
  return 0;
}

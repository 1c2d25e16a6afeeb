// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "model/file_signatures.h"
#include "model/model_id.h"
#include "model/signature.h"
#include "wire/tfserving/model_spec.h"

namespace trireme::tfserving {

// What clients ask about models: which versions there are and how they are, and what goes in and comes out.

// Where a version is on its way (ModelVersionStatus.State).
enum class VersionState {
  kUnknown = 0,
  kStart = 10,
  kLoading = 20,
  kAvailable = 30,
  kUnloading = 40,
  kEnd = 50,
};

struct VersionStatus {
  int64_t version = 0;
  VersionState state = VersionState::kUnknown;
  int error_code = 0;         // as gRPC has them
  std::string error_message;  // empty: nothing is wrong
};

// {"model_version_status": [...]}, and a GetModelStatusResponse.
std::string EncodeStatusJson(std::span<const VersionStatus> versions);
std::string EncodeStatusProto(std::span<const VersionStatus> versions);

// The one signature of a model whose file names none, under the default name.
NamedSignature DefaultSignatureOf(const Signature& signature);

// A SignatureDefMap; in JSON as protobuf's own JSON has it, every field printed; and a GetModelMetadataResponse.
std::string EncodeMetadataJson(const ModelId& model, std::span<const NamedSignature> signatures);
std::string EncodeMetadataProto(const ModelId& model, std::span<const NamedSignature> signatures);

// A GetModelStatusRequest.
Result<ModelSpec> DecodeStatusRequest(std::span<const std::byte> bytes);

// A GetModelMetadataRequest, which must ask for "signature_def".
Result<ModelSpec> DecodeMetadataRequest(std::span<const std::byte> bytes);

}  // namespace trireme::tfserving

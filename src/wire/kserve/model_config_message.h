// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/model_config.h"
#include "model/signature.h"

namespace inference {
class ModelConfig;  // proto/model_config.pb.h
}  // namespace inference

namespace trireme::kserve {

// What is known of a model that is served, from which its configuration is told.
struct ModelConfigParts {
  std::string message;  // what its config file says: a serialized inference.ModelConfig, or empty
  std::string name;
  std::string platform;   // "onnxruntime_onnx"
  std::string backend;    // our own name of it, used where the platform is none of Triton's
  std::string file_name;  // of the model file
  Signature signature;
  ModelConfig config;  // with everything decided
  // As its config file says it; nothing if that leaves it open.
  std::optional<int64_t> declared_max_batch_size = std::nullopt;
};

// The most rows that a request may have, in Triton's words: 0 if no dimension counts rows. Where nobody declared it, a
// model that batches has a number that clients can work with, though it takes more.
int64_t MaxBatchSize(const ModelConfigParts& parts);

// GET /v2/models/M/config ("Model Configuration" extension): what holds: the parts of the file's configuration that are
// honoured, with everything filled in that was decided since, as Triton normalises one. Dims are without the batch
// dimension where max_batch_size is above 0.
inference::ModelConfig MakeModelConfig(const ModelConfigParts& parts);
std::string EncodeModelConfig(const ModelConfigParts& parts);

}  // namespace trireme::kserve

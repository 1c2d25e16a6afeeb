// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backend/backend_set.h"
#include "base/status.h"
#include "lifecycle/request_warmup.h"
#include "model/model_config.h"
#include "model/model_id.h"
#include "model/signature.h"
#include "repository/finding.h"
#include "repository/scan.h"
#include "transform/model_transform.h"

namespace trireme {

// What would become of one model if it were served.
struct CheckedModel {
  ModelId id;  // version 0: something that could not even be given a version
  std::filesystem::path path;
  bool servable = false;
  std::string backend;   // "onnx"
  std::string platform;  // "onnxruntime_onnx"
  std::string format;    // "ONNX, IR version 8, opset 17"
  Signature signature;   // as clients would see it; `batched` as an inspection suggests: a trial run decides at load
  Signature model_says;  // as the file has it, before its config file was laid over it
  DeclaredSignature file_says;
  transform::ModelTransform transform;               // what would be done around it
  ModelConfig config;                                // with threads and instances decided
  std::shared_ptr<const FileSignatures> signatures;  // as its file names them; null: it names none
  uint64_t weight_bytes = 0;                         // estimated
  std::vector<Finding> findings;
};

struct CheckReport {
  std::vector<CheckedModel> models;
  std::vector<Finding> findings;  // that belong to no model

  // Whether everything that looks like a model could be served.
  bool ok() const;
};

// Looks at what lies at `paths` the way a server would, and at the models' files without loading them: memory stays
// flat however large they are. Recorded requests are read, one at a time, if there is `read_request`; those of TF
// Serving's logs that are for the signature that would be served, if there is `read_log`. Fails only
// without paths.
Result<CheckReport> CheckRepository(std::span<const std::filesystem::path> paths, const ScanOptions& options,
                                    BackendSet& backends, int cpus, const RequestReader& read_request = nullptr,
                                    const LogReader& read_log = nullptr);

}  // namespace trireme

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>

#include "backend/backend.h"
#include "cache/response_cache.h"
#include "lifecycle/device_bytes.h"
#include "lifecycle/other_signatures.h"
#include "lifecycle/shared_models.h"
#include "model/file_signatures.h"
#include "model/labels.h"
#include "model/model_config.h"
#include "model/model_id.h"
#include "model/signature.h"
#include "repository/declared_signature.h"
#include "scheduler/model_line.h"
#include "scheduler/model_metrics.h"
#include "transform/model_transform.h"

namespace trireme {

// A model version that serves: everything a request needs to know of it. One that is not in memory is described by one
// without a line and weights, and without metrics if it has never been in memory.
struct ServedModel {
  ModelId id;
  Signature signature;   // as clients see it; `batched` as the trial run found it
  ModelConfig config;    // with everything that was left open decided
  std::string platform;  // as V2 metadata names it
  // By device; shared with all that have the same there.
  std::map<std::string, std::shared_ptr<const SharedWeights>> weights;
  uint64_t likeness = 0;  // LikenessOf() its files, whatever device it is on
  Duration load_took{0};
  std::string digest;                                 // of its files, if that had to be known to load it (Provenance)
  int64_t free_dim = 1;                               // a size that the model took where its signature leaves one open
  std::string backend;                                // "onnx"
  std::shared_ptr<const FileSignatures> signatures;   // as its file names them; null: it names none. Shared likewise
  std::string why_no_more_rows;                       // are in a run than the config has: for people
  std::string file_name;                              // of the model file: "model.onnx"; empty: it has none
  DeclaredSignature declared;                         // as its config file says it
  std::shared_ptr<const std::string> config_message;  // what that file says; shared as ModelEntry's, null without one
  std::shared_ptr<const ModelLabels> labels;          // never null; shared with answers that are just being written
  std::shared_ptr<const transform::ModelTransform> transform;  // what is done around it; null: nothing. Shared likewise
  // Shared with whoever knows the version: counts go on through a reload.
  std::shared_ptr<ModelMetrics> metrics;
  std::unique_ptr<ModelLine> line;  // after the metrics, which it uses to its end
  // Of its answers, those of its other signatures too; null: none are kept. Shared with answers on their way.
  std::shared_ptr<ResponseCache::Share> cache;
  // Of its file; null: there is no other, or it is one of them itself. Shared with who opens one.
  std::shared_ptr<OtherSignatures> other_signatures;

  // What stays known of it when it leaves memory.
  std::shared_ptr<const ServedModel> Description() const;

  // Measured; of what it shares with others its part. Its other signatures count.
  DeviceBytes memory() const;

  // Answers what waits in its lines and destroys the model. On a loader thread.
  void Close();
};

}  // namespace trireme

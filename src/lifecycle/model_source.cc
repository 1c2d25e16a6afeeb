// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/model_source.h"

namespace trireme {

Result<Backend*> BackendFor(BackendSet& backends, const ModelEntry& entry) {
  return entry.backend.empty() ? backends.For(entry.path) : backends.Named(entry.backend);
}

Result<ModelSource> SourceOf(const ModelEntry& entry) {
  ModelSource source{.path = entry.path, .optional_inputs = entry.declared.optional_inputs()};
  if (entry.backend.empty()) return source;
  ASSIGN_OR_RETURN(source.declared, WholeSignature(entry.declared));
  return source;
}

}  // namespace trireme

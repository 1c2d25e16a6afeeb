// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "model/signature.h"

namespace trireme::kserve {

// The messages of V2 that are not on the request path. Text that is not UTF-8 is written with U+FFFD in its place.

// GET /v2
struct ServerMetadata {
  std::string name;
  std::string version;
  std::vector<std::string> extensions;
};
std::string EncodeServerMetadata(const ServerMetadata& metadata);

// GET /v2/models/M. Of the signature only names, types and shapes travel; -1 stands for any size.
struct ModelMetadata {
  std::string name;
  std::vector<std::string> versions;
  std::string platform;
  Signature signature;
};
std::string EncodeModelMetadata(const ModelMetadata& metadata);
Result<ModelMetadata> DecodeModelMetadata(std::string_view text);

// The body of every answer that is not a success: {"error":"<message>"}.
std::string EncodeError(std::string_view message);
// What a client shows: the message, or nothing if it is no such object.
std::optional<std::string> DecodeError(std::string_view text);

// POST /v2/repository/index: one entry a version; only a name for a model that was never loaded. Empty fields are left
// out. What stands behind the reason is ours, and clients skip it; gRPC's message has no place for it.
struct IndexEntry {
  // Where what serves came from. Times are RFC 3339's.
  struct Origin {
    std::string source;
    std::string digest;
    std::string loaded_at;
    double load_seconds = 0;
  };

  std::string name;
  std::string version;
  std::string state;  // UNKNOWN, READY, UNAVAILABLE, LOADING, UNLOADING
  std::string reason;
  std::string since = {};  // in this state
  std::vector<std::string> labels = {};
  bool pinned = false;
  uint64_t memory_bytes = 0;  // that it holds, or is expected to
  std::string device = {};    // where: "cpu", "cuda:0, cuda:1"
  std::optional<Origin> origin = {};
};
std::string EncodeRepositoryIndex(const std::vector<IndexEntry>& entries);

// Its request: empty, or an object that may say {"ready": bool}.
struct IndexRequest {
  bool ready_only = false;
};
Result<IndexRequest> DecodeIndexRequest(std::string_view text);

}  // namespace trireme::kserve

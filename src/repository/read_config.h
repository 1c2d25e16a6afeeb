// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "model/model_config.h"
#include "repository/declared_signature.h"
#include "repository/finding.h"

namespace trireme {

// Which versions of a model are served.
struct VersionPolicy {
  enum class Kind : uint8_t { kLatest, kAll, kSpecific };
  Kind kind = Kind::kLatest;
  uint32_t latest = 1;            // kLatest: so many of the highest
  std::vector<int64_t> versions;  // kSpecific
  bool declared = false;          // somebody said so
  FieldPlace place = {};
};

// That a model keeps of its answers where its config enables that, and nobody says more.
inline constexpr size_t kEnabledCacheBytes = size_t{64} << 20;

// What a reader of a config knows beforehand.
struct ConfigContext {
  std::string model_name;                           // that the config may repeat; empty: it may call the model anything
  std::filesystem::path file;                       // for messages
  std::filesystem::path folder;                     // the model's own; empty: it has none
  ModelConfig defaults;                             // for what is not said
  std::vector<Device> devices = {Device()};         // of this server
  size_t enabled_cache_bytes = kEnabledCacheBytes;  // of a model that wants its answers kept and does not say how many
};

// What a config says, in our nouns. With an error among the findings the model cannot be served like this, and the rest
// is as far as it could be read.
struct ConfigFile {
  ModelConfig config;
  DeclaredSignature declared;
  VersionPolicy version_policy;
  std::string backend;                            // of a model that has no file; empty: the file says which
  std::string model_filename;                     // in a version's folder; empty: as usual
  std::map<std::string, int64_t> version_labels;  // to which versions they lead
  Status served;                                  // kUnsupported: a backend that is not served yet
  std::string message;                            // serialized inference.ModelConfig
  std::string text;                               // as it was read
  std::vector<Finding> findings;
};

// Reads config.pbtxt, or a config in JSON. Any text may come; every problem that can be found is. Looks at the file
// system for the files of warm-up data alone.
ConfigFile ReadConfigText(std::string_view text, const ConfigContext& context);
ConfigFile ReadConfigJson(std::string_view json, const ConfigContext& context);

}  // namespace trireme

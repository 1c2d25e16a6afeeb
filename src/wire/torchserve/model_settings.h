// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "codec/json_cursor.h"

namespace trireme::torchserve {

// What a config file or a snapshot says of one version of a model; what it does not say is empty.
struct ModelSettings {
  std::string name;
  std::string version;
  std::optional<bool> default_version = {};
  std::optional<std::string> mar_name = {};
  std::optional<int64_t> min_workers = {};
  std::optional<int64_t> max_workers = {};
  std::optional<int64_t> batch_size = {};
  std::optional<std::chrono::milliseconds> max_batch_delay = {};
  std::optional<std::chrono::seconds> response_timeout = {};
  std::optional<std::chrono::seconds> startup_timeout = {};
  // What this server's other clients call it, where that is not the model's name; nothing that TorchServe knows.
  std::optional<std::string> engine_name = {};

  bool operator==(const ModelSettings&) const = default;
};

inline constexpr size_t kMaxModelSettings = 20'000;  // versions of all models

// {"noop":{"1.0":{"defaultVersion":true,"marName":"noop.mar","minWorkers":1,...}}}, in its order. Unknown entries of a
// version say nothing. kInvalidArgument names the place, what was expected and what was found: a value of the wrong
// type, a name twice, ... Any bytes may come.
Result<std::vector<ModelSettings>> ParseModelSettings(std::string_view text);

// The same of a value in the middle of another text; on failure the cursor has failed, or the status is returned.
Result<std::vector<ModelSettings>> ReadModelSettings(JsonCursor& json);

// What such a text, which has been read as above, says of versions and nobody reads: "'noop': '1.0': unknown key
// 'minWorker': did you mean "minWorkers"?" At most ten.
std::vector<std::string> UnknownModelSettings(std::string_view text);

// A workflow that was registered, by the URL of its archive.
struct WorkflowToLoad {
  std::string name;
  std::string url;
  bool operator==(const WorkflowToLoad&) const = default;
};

// What is running, as TorchServe keeps it in a file to begin again with.
struct Snapshot {
  std::string name;  // "20260131120103250-startup.cfg"
  std::chrono::system_clock::time_point created;
  std::vector<ModelSettings> models;  // versions of one model stand together
  std::vector<WorkflowToLoad> workflows = {};
};

// {"name":...,"modelCount":2,"created":1593707528454,"models":{...},"workflows":{"w":{"warName":"w.war"}}}. modelCount
// counts models with their versions, and is not believed. TorchServe writes no workflows, and passes over ours.
Result<Snapshot> ParseSnapshot(std::string_view text);
std::string EncodeSnapshot(const Snapshot& snapshot);

}  // namespace trireme::torchserve

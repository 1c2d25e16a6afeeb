// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "repository/finding.h"

namespace trireme {

inline constexpr size_t kMaxMarConfigBytes = size_t{64} << 10;

// The settings in a TorchServe archive, model-config.yaml: what is not given, or was of the wrong type, is empty. The
// server honours them but for what `notes` say; the others are here because they are shown.
struct MarConfig {
  std::optional<int64_t> min_workers;
  std::optional<int64_t> max_workers;
  std::optional<int64_t> batch_size;
  std::optional<std::chrono::milliseconds> max_batch_delay;
  std::optional<std::chrono::seconds> response_timeout;
  std::optional<std::chrono::seconds> startup_timeout;
  std::optional<std::chrono::milliseconds> client_timeout;  // 0: none
  std::optional<int64_t> job_queue_size;
  std::optional<bool> use_job_ticket;
  std::optional<std::string> device_type;  // "cpu", "gpu" or "neuron"
  std::optional<std::vector<int64_t>> device_ids;
  std::optional<std::string> parallel_type;  // "pp", "tp", "pptp" or "custom"
  std::optional<int64_t> parallel_level;
  std::optional<std::string> torchrun;  // a JSON object
  std::optional<std::chrono::seconds> max_retry_timeout;
  std::optional<bool> sequence_batching;
  std::optional<std::chrono::milliseconds> sequence_max_idle;
  std::optional<std::chrono::milliseconds> sequence_timeout;
  std::optional<int64_t> max_num_sequence;
  std::optional<int64_t> max_sequence_job_queue_size;
  std::optional<bool> continuous_batching;
  std::optional<bool> async_communication;
  std::optional<bool> use_venv;

  // Of those that are there: what this server has no use for, and why; and what counts in some cases alone.
  struct Note {
    std::string key;
    int line = 0;
    std::string text;  // follows the key: "is ignored: ..."
  };
  std::vector<Note> notes;

  // Everything else is the handler's: a JSON object with the keys as they are, "{}" if there are none.
  std::string handler_config = "{}";

  // Values of the wrong type, which count as not given, as with TorchServe: warnings with file, line, key, expected,
  // found.
  std::vector<Finding> findings;
};

// Reads one; `file` is named in findings. kInvalidArgument: no YAML, or no map. Bounded as ParseYaml; any bytes may
// come.
Result<MarConfig> ParseMarConfig(std::string_view yaml, const std::filesystem::path& file);

}  // namespace trireme

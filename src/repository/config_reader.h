// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "repository/config_message.h"
#include "repository/config_place.h"
#include "repository/read_config.h"

namespace trireme {

// Findings as they come, so many of a kind at most: a file of a megabyte may have a mistake in every byte.
class FindingList {
 public:
  void Add(Finding finding);
  std::vector<Finding> Take() { return std::move(findings_); }

 private:
  static constexpr size_t kMost = 100;
  std::vector<Finding> findings_;
  size_t errors_ = 0;
};

// A config that is being read: each function below reads one section of the message into `file`.
struct ConfigReader {
  const inference::ModelConfig& message;
  const ConfigPlace& root;
  const ConfigContext& context;
  ConfigFile& file;
  FindingList& findings;

  // Above 0: requests have a batch dimension that dims leave out. 0: they have none. Nothing: not said.
  std::optional<int64_t> max_batch_size() const;
};

// So many elements that a person may have written; more are an error, and false is answered.
bool CheckCount(int count, const ConfigPlace& place, FindingList& findings);

// Our own parameters: what instance_group has no words for.
inline constexpr const char* kDeviceParameter = "device";
inline constexpr const char* kCopiesParameter = "copies";

void ReadIdentity(ConfigReader& reader);        // name, backend, platform, files, version_policy
void ReadSettings(ConfigReader& reader);        // max_batch_size, optimization, parameters, transaction policy
void ReadTensors(ConfigReader& reader);         // input, output
void ReadInstanceGroups(ConfigReader& reader);  // instance_group
void ReadDevices(ConfigReader& reader);         // parameters "device" and "copies", over what instance_group says
void ReadBatching(ConfigReader& reader);        // dynamic_batching
void ReadWarmup(ConfigReader& reader);          // model_warmup
void NoteWhatIsNotHonoured(ConfigReader& reader);

}  // namespace trireme

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/text_format.h>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "proto/model_config.pb.h"
#include "repository/finding.h"

namespace trireme {

inline constexpr size_t kMaxConfigBytes = size_t{1} << 20;

// A ModelConfig as somebody wrote it. Of no use if there are findings: those are errors then.
struct ConfigMessage {
  inference::ModelConfig message;
  // Where each field stands in the text; null if that is not known.
  std::unique_ptr<google::protobuf::TextFormat::ParseInfoTree> places;
  std::vector<Finding> findings;
};

// The text format (config.pbtxt) and JSON, where names may be in snake_case and lowerCamelCase and 64-bit integers
// numbers or strings. Any bytes may come: at most kMaxConfigBytes of them are looked at, strings must be UTF-8, and
// what is no field is an error. `file` is for messages. Nothing is written to stderr.
ConfigMessage ParseConfigText(std::string_view text, const std::filesystem::path& file);
ConfigMessage ParseConfigJson(std::string_view json, const std::filesystem::path& file);

// Its bytes; the same for equal messages.
std::string SerializeConfig(const inference::ModelConfig& message);

}  // namespace trireme

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "repository/scan.h"

namespace trireme {

// Requests that somebody recorded for a model to run before it serves: the files *.json in the folder warmup of its
// version's folder, or, if that has none, of the model's own. Each is the body of a V2 inference request. They are part
// of what a version is to be, but not of the model: a backend never sees them.

inline constexpr size_t kMostRecordedRequests = 100;
inline constexpr size_t kMostRecordedBytes = size_t{64} << 20;  // of one

// Whether a file of a version's folder, by its name in there, is one: "warmup/a.json".
bool IsRecordedRequest(std::string_view name);

// TF Serving's models bring theirs in one file, the records of which (record_file.h) are
// tensorflow.serving.PredictionLog messages. It is part of the model.
inline constexpr std::string_view kServingLogs = "assets.extra/tf_serving_warmup_requests";
inline constexpr size_t kMostServingLogs = 1000;

// That file of the version, nothing if there is none. kInvalidArgument: what is there is no file of the model's folder.
Result<std::optional<std::filesystem::path>> FindServingLogs(const ModelEntry& entry);

// In order of their names; none of those that the model's config names as data of a warm-up sample. `version_folder`:
// empty if there is none. kInvalidArgument: more than kMostRecordedRequests; kUnavailable or kNotFound: a folder that
// cannot be read. Reads no file.
Result<std::vector<std::filesystem::path>> FindRecordedRequests(const ModelEntry& entry,
                                                                const std::filesystem::path& version_folder);

// What is said of one: its path in the model's folder, "1/warmup/a.json".
std::string NameOfRecordedRequest(const ModelEntry& entry, const std::filesystem::path& file);

// The bytes of one that was found. kInvalidArgument: it is no file, or lies outside of the version's and the model's
// folder once links are followed, or has more than kMostRecordedBytes.
Result<std::string> ReadRecordedRequest(const ModelEntry& entry, const std::filesystem::path& file);

}  // namespace trireme

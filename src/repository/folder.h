// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "repository/candidate.h"

namespace trireme {

// What a path leads to, links followed.
enum class PathKind {
  kMissing,
  kFile,
  kFolder,
  kBrokenLink,  // it leads nowhere or in a circle
  kOther,       // a device, a socket
  kUnreadable,  // we may not look at it, or cannot at the moment
};

PathKind KindOf(const std::filesystem::path& path);

// "a folder", "a link that leads nowhere".
std::string_view Describe(PathKind kind);

// The same where a file was looked for: of what is missing, "no such file".
std::string_view DescribeInsteadOfFile(PathKind kind);

// What lies in a folder, sorted by name, without what is hidden (names that begin with a dot).
Result<std::vector<std::filesystem::path>> ListFolder(const std::filesystem::path& folder);

// The names of the first few of `paths`: "a.txt, b and 3 more", or "nothing".
std::string NamesOf(const std::vector<std::filesystem::path>& paths);

// A file that a backend of this server runs, by its name; of trees by its beginning.
bool HasModelExtension(const std::filesystem::path& path);
bool HasOnnxExtension(const std::filesystem::path& path);
bool HasTorchExtension(const std::filesystem::path& path);

// XGBoost's or LightGBM's trees. Their files are called .json, .txt or .model, as much else is, so the first bytes
// tell; .ubj is nothing else.
bool IsTreeFile(const std::filesystem::path& path);

// The file that makes a folder a TensorFlow SavedModel.
inline constexpr const char* kSavedModelFile = "saved_model.pb";
bool IsSavedModelFile(const std::filesystem::path& path);  // by its name
bool HoldsSavedModel(const std::filesystem::path& folder);

// Its text form, which nobody here reads.
inline constexpr const char* kSavedModelTextFile = "saved_model.pbtxt";

// "a TensorFlow graph (.pb)", if `path` is a model that no backend of this server runs yet. Decided by names.
std::optional<std::string> UnservedKind(const std::filesystem::path& path);

// The kUnsupported that belongs to it.
Complaint NotServedYet(const std::filesystem::path& path, const std::string& kind);

}  // namespace trireme

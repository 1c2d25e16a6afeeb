// SPDX-License-Identifier: Apache-2.0
#include "repository/override_files.h"

#include <algorithm>
#include <fstream>
#include <string_view>
#include <system_error>

#include "repository/model_name.h"
#include "repository/version_folder.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxFiles = 1024;
constexpr size_t kMaxPartBytes = 255;
constexpr int kMaxParts = 8;

bool IsPart(std::string_view part) {
  return !part.empty() && part.size() <= kMaxPartBytes && part != "." && part != ".." &&
         std::none_of(part.begin(), part.end(), [](char c) { return c >= 0 && c < ' '; });
}

// "3/model.onnx", "3/weights/a.bin".
bool IsNameInVersion(std::string_view name) {
  const size_t slash = name.find('/');
  if (slash == std::string_view::npos || !ParseVersion(name.substr(0, slash))) return false;
  std::string_view rest = name.substr(slash + 1);
  for (int parts = 1; parts <= kMaxParts; ++parts) {
    const size_t end = rest.find('/');
    if (!IsPart(rest.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    rest.remove_prefix(end + 1);
  }
  return false;
}

Status CheckNames(const std::map<std::string, std::string>& files) {
  if (files.size() > kMaxFiles) {
    return InvalidArgument("expected at most " + std::to_string(kMaxFiles) + " files, found " +
                           std::to_string(files.size()));
  }
  for (const auto& [name, bytes] : files) {
    if (IsNameInVersion(name)) continue;
    return InvalidArgument("file:" + Quoted(name.substr(0, kMaxPartBytes)) +
                           ": expected <version>/<name>, as in 1/model.onnx");
  }
  return {};
}

Status Write(const fs::path& file, const std::string& bytes) {
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  stream.close();
  if (!stream) return Unavailable(Quoted(file.string()) + " cannot be written");
  return {};
}

}  // namespace

Status WriteOverrideFiles(const std::map<std::string, std::string>& files, const fs::path& folder) {
  RETURN_IF_ERROR(CheckNames(files));
  for (const auto& [name, bytes] : files) {
    const fs::path file = folder / name;
    std::error_code error;
    fs::create_directories(file.parent_path(), error);
    if (error == std::errc::not_a_directory || error == std::errc::file_exists || fs::is_directory(file)) {
      return InvalidArgument("file:" + Quoted(name) + ": expected a file or a folder of that name, found both");
    }
    if (error) return Unavailable(Quoted(file.parent_path().string()) + " cannot be made: " + error.message());
    RETURN_IF_ERROR(Write(file, bytes));
  }
  return {};
}

}  // namespace trireme

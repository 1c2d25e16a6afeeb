// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx/model_file.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <string>
#include <string_view>

namespace trireme::onnx {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".onnx";

std::optional<fs::path> OnlyModelIn(const fs::path& folder) {
  std::error_code error;
  std::optional<fs::path> found;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() != kSuffix || !it->is_regular_file(error)) continue;
    if (found) return std::nullopt;
    found = it->path();
  }
  return found;
}

}  // namespace

std::optional<fs::path> FindModelFile(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return path;
  const fs::path usual = path / "model.onnx";
  return fs::exists(usual, ignored) ? usual : OnlyModelIn(path);
}

bool BeginsLikeModel(const fs::path& file) {
  std::error_code error;
  const uint64_t size = fs::file_size(file, error);
  if (error) return false;
  std::array<char, 4096> beginning;
  std::ifstream in(file, std::ios::binary);
  in.read(beginning.data(), beginning.size());
  return onnxfile::LooksLikeModel({beginning.data(), static_cast<size_t>(in.gcount())}, size);
}

Status CheckDataFiles(const onnxfile::ModelSummary& summary) {
  for (const std::string& location : summary.data_files) {
    const fs::path path(location);
    const bool climbs = std::find(path.begin(), path.end(), "..") != path.end();
    if (location.empty() || location.find('\0') != std::string::npos || path.is_absolute() || climbs) {
      return InvalidArgument("its weights lie in '" + location + "'; only a path inside the model's folder is allowed");
    }
  }
  return {};
}

}  // namespace trireme::onnx

// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx/model_file.h"

#include <array>
#include <fstream>
#include <memory>
#include <string>

#include "backends/onnx/file_source.h"

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

Result<LocatedModel> Locate(const ModelSource& source) {
  std::error_code ignored;
  if (source.onnx != nullptr) {
    const fs::path folder = fs::is_directory(source.path, ignored) ? source.path : source.path.parent_path();
    return LocatedModel{.file = {}, .bytes = source.onnx->bytes, .shown = source.path, .folders = {folder, folder}};
  }
  const std::optional<fs::path> file = FindModelFile(source.path);
  if (!file) {
    return NotFound(source.path.string() + ": the folder has neither model.onnx nor one single other .onnx file");
  }
  return LocatedModel{.file = *file, .bytes = {}, .shown = *file, .folders = DataFoldersOf(*file)};
}

Result<onnxfile::ModelSummary> ReadSummary(const LocatedModel& model) {
  if (model.file.empty()) {
    ASSIGN_OR_RETURN(onnxfile::ModelSummary summary, onnxfile::ReadModelSummary(model.bytes));
    RETURN_IF_ERROR(CheckDataFiles(summary, model.folders));
    return summary;
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<onnxfile::ByteSource> source, OpenFileSource(model.file));
  ASSIGN_OR_RETURN(onnxfile::ModelSummary summary, onnxfile::ReadModelSummary(*source));
  RETURN_IF_ERROR(CheckDataFiles(summary, model.folders));
  return summary;
}

}  // namespace trireme::onnx

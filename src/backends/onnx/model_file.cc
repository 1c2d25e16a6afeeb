// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx/model_file.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backends/onnx/shown_text.h"
#include "base/regular_file.h"

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

Status CheckSize(uint64_t bytes) {
  if (bytes <= kMaxModelBytes) return {};
  return InvalidArgument("the file has " + std::to_string(bytes) +
                         " bytes, and ONNX files end at 2 GiB: export with external data");
}

bool IsControl(unsigned char c) {
  return c < ' ' || c == 0x7F;
}

Status CheckNames(std::string_view side, const std::vector<onnxfile::GraphValue>& values) {
  for (const onnxfile::GraphValue& value : values) {
    if (std::none_of(value.name.begin(), value.name.end(), IsControl)) continue;
    return InvalidArgument("the name of " + std::string(side) + " '" + Shown(value.name) +
                           "' has a control character in it, which no protocol can carry");
  }
  return {};
}

Result<onnxfile::ModelSummary> ReadSummary(onnxfile::ByteSource& source, const onnxfile::DataFolders& folders) {
  ASSIGN_OR_RETURN(onnxfile::ModelSummary summary, onnxfile::ReadModelSummary(source));
  if (summary.opsets.empty()) {
    return InvalidArgument("the model imports no opset, so that nobody knows which operators it means");
  }
  RETURN_IF_ERROR(CheckNames("input", summary.inputs));
  RETURN_IF_ERROR(CheckNames("input", summary.defaulted_inputs));
  RETURN_IF_ERROR(CheckNames("output", summary.outputs));
  RETURN_IF_ERROR(onnxfile::CheckDataFiles(summary, folders));
  return summary;
}

}  // namespace

std::optional<fs::path> FindModelFile(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return path;
  const fs::path usual = path / "model.onnx";
  return fs::exists(usual, ignored) ? usual : OnlyModelIn(path);
}

bool BeginsLikeModel(const fs::path& file) {
  const Result<RegularFile> opened = RegularFile::Open(file);
  if (!opened.ok()) return false;
  std::array<char, 4096> beginning;
  const size_t bytes = std::min<uint64_t>(beginning.size(), opened->size());
  if (!opened->Read(0, {beginning.data(), bytes}).ok()) return false;
  return onnxfile::LooksLikeModel({beginning.data(), bytes}, opened->size());
}

Result<LocatedModel> Locate(const ModelSource& source) {
  std::error_code ignored;
  if (source.onnx != nullptr) {
    const fs::path folder = fs::is_directory(source.path, ignored) ? source.path : source.path.parent_path();
    LocatedModel model{.file = {}, .bytes = source.onnx->bytes, .shown = source.path, .folders = {folder, folder}};
    if (source.onnx->data != nullptr) {
      model.folders = {source.onnx->data->path(), source.onnx->data->path()};
      model.is_data_private = true;
    }
    return model;
  }
  const std::optional<fs::path> file = FindModelFile(source.path);
  if (!file) {
    return NotFound(source.path.string() + ": the folder has neither model.onnx nor one single other .onnx file");
  }
  return LocatedModel{.file = *file, .bytes = {}, .shown = *file, .folders = onnxfile::DataFoldersOf(*file)};
}

Result<onnxfile::ModelSummary> ReadSummary(const LocatedModel& model) {
  if (model.file.empty()) return ReadSummary(model.bytes, model.folders);
  ASSIGN_OR_RETURN(const RegularFile file, RegularFile::Open(model.file));
  RETURN_IF_ERROR(CheckSize(file.size()));
  onnxfile::ByteSource source(file.size(), [&](uint64_t offset, std::span<char> to) { return file.Read(offset, to); });
  return ReadSummary(source, model.folders);
}

Result<onnxfile::ModelSummary> ReadSummary(std::string_view bytes, const onnxfile::DataFolders& folders) {
  RETURN_IF_ERROR(CheckSize(bytes.size()));
  onnxfile::ByteSource source(bytes);
  return ReadSummary(source, folders);
}

Result<ModelBytes> ReadBytes(const LocatedModel& model) {
  if (model.file.empty()) return ModelBytes::Of(model.bytes);
  ASSIGN_OR_RETURN(const RegularFile file, RegularFile::Open(model.file));
  RETURN_IF_ERROR(CheckSize(file.size()));
  auto bytes = std::make_unique_for_overwrite<char[]>(file.size());  // what is read over need not be cleared before
  RETURN_IF_ERROR(file.Read(0, {bytes.get(), file.size()}));
  return ModelBytes(std::move(bytes), file.size());
}

}  // namespace trireme::onnx

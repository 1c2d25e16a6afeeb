// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx/data_files.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace trireme::onnx {
namespace {

namespace fs = std::filesystem;
using onnxfile::ExternalTensor;

constexpr size_t kMaxLocationBytes = 4096;

// What a file of this location must hold.
struct Demand {
  const ExternalTensor* last = nullptr;  // the constant that ends last
  uint64_t bytes = 0;
};

uint64_t EndOf(const ExternalTensor& tensor) {
  uint64_t end = 0;
  return __builtin_add_overflow(tensor.offset, tensor.bytes, &end) ? std::numeric_limits<uint64_t>::max() : end;
}

std::map<std::string_view, Demand> DemandsOf(const onnxfile::ModelSummary& summary) {
  std::map<std::string_view, Demand> demands;
  for (const ExternalTensor& tensor : summary.external_tensors) {
    Demand& demand = demands[tensor.location];
    if (demand.last != nullptr && demand.bytes >= EndOf(tensor)) continue;
    demand = {.last = &tensor, .bytes = EndOf(tensor)};
  }
  return demands;
}

bool IsRelativeAndStaysBelow(const std::string& location) {
  const fs::path path(location);
  if (location.empty() || location.size() > kMaxLocationBytes || location.find('\0') != std::string::npos) return false;
  // What begins like this is no file to the runtime but an address in memory: "*/_ORT_MEM_ADDR_/*".
  if (location.starts_with("*/")) return false;
  return !path.is_absolute() && std::find(path.begin(), path.end(), "..") == path.end();
}

bool LiesIn(const fs::path& folder, const fs::path& file) {
  std::error_code error;
  const fs::path whole = fs::canonical(folder.empty() ? "." : folder, error);
  if (error) return false;
  return std::mismatch(whole.begin(), whole.end(), file.begin(), file.end()).first == whole.end();
}

Status Refuse(const ExternalTensor& tensor, std::string_view why) {
  return InvalidArgument("the data of constant '" + tensor.name + "' should lie in '" + tensor.location + "', " +
                         std::string(why));
}

Status CheckDataFile(const Demand& demand, const DataFolders& folders) {
  const ExternalTensor& tensor = *demand.last;
  if (!IsRelativeAndStaysBelow(tensor.location)) {
    return Refuse(tensor, "and only a file within the model's folder is allowed");
  }
  std::error_code error;
  const fs::path file = fs::canonical(folders.beside / tensor.location, error);
  if (error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory) {
    if (demand.bytes == 0) return {};  // named without need
    return Refuse(tensor, "and there is no such file in the folder of the model file");
  }
  if (error) return Refuse(tensor, "which cannot be examined: " + error.message());
  if (!LiesIn(folders.beside, file) && !LiesIn(folders.target, file)) {
    return Refuse(tensor, "which is a link out of the model's folder");
  }
  if (!fs::is_regular_file(file, error)) return Refuse(tensor, "which is not a file");
  const uint64_t bytes = fs::file_size(file, error);
  if (error) return Refuse(tensor, "which cannot be examined: " + error.message());
  if (bytes >= demand.bytes) return {};
  return Refuse(tensor, "from byte " + std::to_string(tensor.offset) + " to " + std::to_string(demand.bytes) +
                            ", and that file ends at byte " + std::to_string(bytes));
}

}  // namespace

DataFolders DataFoldersOf(const fs::path& model_file) {
  std::error_code error;
  const fs::path target = fs::canonical(model_file, error);
  const fs::path beside = model_file.parent_path();
  return {.beside = beside, .target = error ? beside : target.parent_path()};
}

Status CheckDataFiles(const onnxfile::ModelSummary& summary, const DataFolders& folders) {
  for (const auto& [location, demand] : DemandsOf(summary)) RETURN_IF_ERROR(CheckDataFile(demand, folders));
  return {};
}

}  // namespace trireme::onnx

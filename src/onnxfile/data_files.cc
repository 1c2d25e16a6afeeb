// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/data_files.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace trireme::onnxfile {
namespace {

namespace fs = std::filesystem;

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

std::map<std::string_view, Demand> DemandsOf(const ModelSummary& summary) {
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

// Nothing if there is no such file.
Result<std::optional<RegularFile>> OpenDataFile(const ExternalTensor& tensor, const DataFolders& folders) {
  if (!IsRelativeAndStaysBelow(tensor.location)) {
    return Refuse(tensor, "and only a file within the model's folder is allowed");
  }
  std::error_code error;
  const fs::path file = fs::canonical(folders.beside / tensor.location, error);
  if (error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory) {
    return std::optional<RegularFile>();
  }
  if (error) return Refuse(tensor, "which cannot be examined: " + error.message());
  if (!LiesIn(folders.beside, file) && !LiesIn(folders.target, file)) {
    return Refuse(tensor, "which is a link out of the model's folder");
  }
  const Result<RegularFile> opened = RegularFile::Open(file);
  if (!opened.ok()) return Refuse(tensor, "which " + opened.status().message());
  return std::optional<RegularFile>(*opened);
}

Status RefuseMissing(const ExternalTensor& tensor) {
  return Refuse(tensor, "and there is no such file in the folder of the model file");
}

Status CheckDataFile(const Demand& demand, const DataFolders& folders) {
  const ExternalTensor& tensor = *demand.last;
  ASSIGN_OR_RETURN(const std::optional<RegularFile> file, OpenDataFile(tensor, folders));
  if (!file && demand.bytes == 0) return {};  // named without need
  if (!file) return RefuseMissing(tensor);
  if (file->size() >= demand.bytes) return {};
  return Refuse(tensor, "from byte " + std::to_string(tensor.offset) + " to " + std::to_string(demand.bytes) +
                            ", and that file ends at byte " + std::to_string(file->size()));
}

}  // namespace

DataFolders DataFoldersOf(const fs::path& model_file) {
  std::error_code error;
  const fs::path target = fs::canonical(model_file, error);
  const fs::path beside = model_file.parent_path();
  return {.beside = beside, .target = error ? beside : target.parent_path()};
}

Status CheckDataFiles(const ModelSummary& summary, const DataFolders& folders) {
  for (const auto& [location, demand] : DemandsOf(summary)) RETURN_IF_ERROR(CheckDataFile(demand, folders));
  return {};
}

uint64_t DataBytes(const ModelSummary& summary) {
  uint64_t bytes = 0;
  for (const ExternalTensor& tensor : summary.external_tensors) {
    if (__builtin_add_overflow(bytes, tensor.bytes, &bytes)) return std::numeric_limits<uint64_t>::max();
  }
  return bytes;
}

Status DataReader::Read(const ExternalTensor& tensor, std::span<char> to) {
  if (to.empty()) return {};
  if (!file_ || location_ != tensor.location) {
    ASSIGN_OR_RETURN(file_, OpenDataFile(tensor, folders_));
    if (!file_) return RefuseMissing(tensor);
    location_ = tensor.location;
  }
  const Status status = file_->Read(tensor.offset, to);
  return status.ok() ? Status() : Refuse(tensor, "which " + status.message());
}

}  // namespace trireme::onnxfile

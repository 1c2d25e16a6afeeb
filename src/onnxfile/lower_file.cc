// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/lower_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <fstream>
#include <limits>
#include <span>
#include <string>
#include <system_error>
#include <utility>

#include "base/regular_file.h"
#include "onnxfile/data_files.h"
#include "onnxfile/onnx_reader.h"

namespace trireme::onnxfile {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMostBytes = std::numeric_limits<int32_t>::max();  // no reader of protobuf takes more

Result<std::string> ReadModel(const fs::path& path) {
  const auto read = [&]() -> Result<std::string> {
    ASSIGN_OR_RETURN(const RegularFile file, RegularFile::Open(path));
    return file.ReadAll(kMostBytes);
  };
  Result<std::string> bytes = read();
  if (!bytes.ok()) return std::move(bytes).status().Within("'" + path.string() + "'");
  return bytes;
}

// Neither the model nor its data is written over.
Status CheckOutput(const fs::path& model, const ModelSummary& summary, const fs::path& output) {
  const auto is_output = [&](const fs::path& file) {
    std::error_code ignored;
    return fs::equivalent(file, output, ignored);
  };
  const bool is_data = std::ranges::any_of(summary.external_tensors, [&](const ExternalTensor& tensor) {
    return is_output(model.parent_path() / tensor.location);
  });
  if (!is_output(model) && !is_data) return {};
  return InvalidArgument("'" + output.string() + "' is the model that is read: expected another file to write");
}

}  // namespace

Status WriteWhole(const fs::path& path, std::string_view bytes) {
  const fs::path part = fs::path(path) += ".part";
  errno = 0;
  std::ofstream file(part, std::ios::binary);
  file << bytes;
  file.close();
  std::error_code error(file ? 0 : errno, std::generic_category());
  if (file) fs::rename(part, path, error);
  if (file && !error) return {};
  std::error_code ignored;
  fs::remove(part, ignored);
  return Unavailable("'" + path.string() + "' cannot be written" + (error ? ": " + error.message() : ""));
}

Result<LoweringReport> LowerToFile(std::string_view bytes, const fs::path& model, const fs::path& output,
                                   const LoweringOptions& options) {
  ASSIGN_OR_RETURN(const ModelSummary summary, ReadModelSummary(bytes));
  const DataFolders folders = DataFoldersOf(model);
  RETURN_IF_ERROR(CheckDataFiles(summary, folders));
  RETURN_IF_ERROR(CheckOutput(model, summary, output));
  DataReader reader(folders);
  ASSIGN_OR_RETURN(LoweredModel lowered,
                   LowerPrecision(bytes, options, [&](const ExternalTensor& tensor, std::span<char> to) {
                     return reader.Read(tensor, to);
                   }));
  RETURN_IF_ERROR(WriteWhole(output, lowered.bytes));
  return std::move(lowered.report);
}

Result<LoweringReport> LowerFile(const fs::path& model, const fs::path& output, const LoweringOptions& options) {
  ASSIGN_OR_RETURN(const std::string bytes, ReadModel(model));
  return LowerToFile(bytes, model, output, options);
}

}  // namespace trireme::onnxfile

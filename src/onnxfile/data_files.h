// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "base/regular_file.h"
#include "base/status.h"
#include "onnxfile/onnx_reader.h"

namespace trireme::onnxfile {

// Where a model may have constants that do not lie in the model file itself.
struct DataFolders {
  std::filesystem::path beside;  // the model file's folder: locations count from here
  std::filesystem::path target;  // where the model file really lies, if it is a link; else the same
};

DataFolders DataFoldersOf(const std::filesystem::path& model_file);

// Whether all the data that a model has in other files is there: each file is named relative to the model's folder and
// lies in it, links followed, or in the folder that the model file is a link to; and it is as long as its constants
// need. kInvalidArgument names the constant, the file, what should be there and what is.
Status CheckDataFiles(const ModelSummary& summary, const DataFolders& folders);

// How many bytes of data files a model needs; the greatest number there is if no memory holds them.
uint64_t DataBytes(const ModelSummary& summary);

// Reads constants out of data files, one after the other, under the rules of CheckDataFiles. Not thread-safe.
class DataReader {
 public:
  explicit DataReader(DataFolders folders) : folders_(std::move(folders)) {}

  // Fills `to` with the constant's data.
  Status Read(const ExternalTensor& tensor, std::span<char> to);

 private:
  const DataFolders folders_;
  // The file that the last constant was in: most are in one.
  std::string location_;
  std::optional<RegularFile> file_;
};

}  // namespace trireme::onnxfile

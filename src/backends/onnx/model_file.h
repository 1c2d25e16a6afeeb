// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "backend/backend.h"
#include "base/status.h"
#include "onnxfile/data_files.h"
#include "onnxfile/onnx_reader.h"

namespace trireme::onnx {

// The model that is meant by a path: the file itself; of a folder its model.onnx, or its only file of that suffix.
std::optional<std::filesystem::path> FindModelFile(const std::filesystem::path& path);

// Whether the beginning of a file looks like an ONNX model.
bool BeginsLikeModel(const std::filesystem::path& file);

// No reader of protobuf takes more.
inline constexpr uint64_t kMaxModelBytes = std::numeric_limits<int32_t>::max();

// A model's bytes, and where else it may have some.
struct LocatedModel {
  std::filesystem::path file;   // empty: the bytes are at hand
  std::string_view bytes;       // in memory, if there is no file
  std::filesystem::path shown;  // for messages
  onnxfile::DataFolders folders;
  bool is_data_private = false;  // nobody writes to the files with its data
};

// kNotFound: a folder without a model.
Result<LocatedModel> Locate(const ModelSource& source);

// What the bytes say, once all is seen that is wrong with the file or with the data files beside it: kInvalidArgument
// for one of 2 GiB or more, for one without an opset import, and for names of inputs
// or outputs with control characters, which no protocol can carry and some APIs cut off.
Result<onnxfile::ModelSummary> ReadSummary(const LocatedModel& model);
Result<onnxfile::ModelSummary> ReadSummary(std::string_view bytes, const onnxfile::DataFolders& folders);

// A model's bytes in memory: drop them once the runtime has read them.
class ModelBytes {
 public:
  explicit ModelBytes(std::string bytes) : owned_(std::move(bytes)) {}
  ModelBytes(std::unique_ptr<char[]> bytes, size_t size) : buffer_(std::move(bytes)), elsewhere_(buffer_.get(), size) {}
  static ModelBytes Of(std::string_view elsewhere) { return ModelBytes(elsewhere); }  // which outlives them

  std::string_view view() const { return owned_ ? std::string_view(*owned_) : elsewhere_; }

 private:
  explicit ModelBytes(std::string_view elsewhere) : elsewhere_(elsewhere) {}

  std::optional<std::string> owned_;
  std::unique_ptr<char[]> buffer_;
  std::string_view elsewhere_;  // or in the buffer
};

// The file is opened once and read into memory, so that nothing that becomes of it later matters.
Result<ModelBytes> ReadBytes(const LocatedModel& model);

}  // namespace trireme::onnx

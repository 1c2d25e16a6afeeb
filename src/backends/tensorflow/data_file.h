// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/scratch_folder.h"
#include "base/status.h"

namespace trireme::tensorflow {

// The file that has the large constants of one converted model, as ONNX wants them: in a folder of its own that nobody
// else knows, so that the runtime may map it and nobody cuts it short meanwhile. Written from front to back.
//
// Not thread-safe.
class DataFile {
 public:
  static constexpr const char* kName = "constants";

  // kUnavailable, kInternal: there is no folder for temporary files, or none that can be written to.
  static Result<DataFile> Make();
  DataFile(DataFile&& other) noexcept;
  DataFile& operator=(DataFile&&) = delete;
  ~DataFile();

  // Makes room for a constant: where it begins. Nothing: the disk has none, and goes on having none.
  std::optional<uint64_t> Begin(uint64_t bytes);

  // The next bytes of that constant.
  Status Append(std::string_view bytes);

  // The folder that the file is in, shared with whoever opens it.
  const std::shared_ptr<const ScratchFolder>& folder() const { return folder_; }

  bool is_full() const { return is_full_; }

 private:
  DataFile(std::shared_ptr<const ScratchFolder> folder, int fd) : folder_(std::move(folder)), fd_(fd) {}

  std::shared_ptr<const ScratchFolder> folder_;
  int fd_;
  uint64_t end_ = 0;   // of the constants that there is room for
  uint64_t next_ = 0;  // byte to be written
  bool is_full_ = false;
};

}  // namespace trireme::tensorflow

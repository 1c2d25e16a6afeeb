// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/status.h"
#include "onnxfile/weights.h"

namespace trireme::bench {

// A model's file of which copies are made that cost a server what it costs, and of which no two have the same weights.
// Thread-safe.
class ModelCopies {
 public:
  // kNotFound: no such file; kInvalidArgument: it is no ONNX model, or one without weights of its own; kUnsupported:
  // its weights lie in other files. Messages name the file.
  static Result<ModelCopies> Of(std::filesystem::path file);

  const std::filesystem::path& file() const { return file_; }
  uint64_t bytes() const { return bytes_; }

  // Writes a copy as large as the file; the same number gives the same bytes. kUnavailable: it cannot be written, which
  // leaves no file behind.
  Status Write(const std::filesystem::path& to, uint64_t number) const;

 private:
  ModelCopies(std::filesystem::path file, uint64_t bytes, std::vector<onnxfile::WeightSpan> weights);

  std::filesystem::path file_;
  uint64_t bytes_;
  std::vector<onnxfile::WeightSpan> weights_;
};

}  // namespace trireme::bench

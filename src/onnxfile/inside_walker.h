// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "base/status.h"
#include "onnxfile/onnx_reader.h"

namespace trireme::onnxfile {

// Walks the inside of a model, as far as a summary needs it: nodes of all graphs, and constants wherever they hide.
// What it remembers and how deep it goes is bounded.
class InsideWalker {
 public:
  // `depth` counts the graphs around this one.
  Status WalkGraph(std::string_view graph, int depth);
  Status WalkFunction(std::string_view function);

  void MoveTo(ModelSummary& summary);

 private:
  Status WalkNode(std::string_view node, int depth);
  Status CountOp(std::string_view domain, std::string_view type);
  Status WalkAttribute(std::string_view attribute, int depth);
  Status WalkSparseTensor(std::string_view sparse);
  Status WalkTensor(std::string_view tensor);
  Status NoteDataFile(std::string_view entry);
  void AddConstantBytes(uint64_t bytes);

  std::map<std::string, int64_t, std::less<>> op_counts_;
  std::set<std::string, std::less<>> data_files_;
  uint64_t constant_bytes_ = 0;
};

}  // namespace trireme::onnxfile

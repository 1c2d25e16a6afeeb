// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "onnxfile/byte_source.h"
#include "onnxfile/constant_reader.h"
#include "onnxfile/onnx_reader.h"

namespace trireme::onnxfile {

// Walks the inside of a model, as far as a summary needs it: nodes of all graphs, and constants wherever they hide.
// What it remembers and how deep it goes is bounded.
class InsideWalker {
 public:
  explicit InsideWalker(ByteSource& source) : source_(source) {}

  // `depth` counts the graphs around this one.
  Status WalkGraph(ByteSpan graph, int depth);
  Status WalkFunction(ByteSpan function);

  // To be told afterwards whether an initialiser of the outermost graph has this name.
  void WatchFor(const std::string& name) { watched_[name] = false; }
  bool IsFilled(const std::string& name) const { return watched_.at(name); }

  void MoveTo(ModelSummary& summary);

 private:
  Status WalkNode(ByteSpan node, int depth);
  Status ReadEdge(ByteSpan text, std::vector<std::string>& names);
  bool HasRoomFor(size_t bytes);
  void ForgetNodes() { nodes_.reset(); }
  Status CountOp(std::string name);
  Status WalkAttribute(ByteSpan attribute, int depth);
  Status WalkInitializer(ByteSpan tensor, int depth);
  Status WalkSparseTensor(ByteSpan sparse);
  Status Note(ConstantFacts facts);
  void AddConstantBytes(uint64_t bytes);

  ByteSource& source_;
  std::map<std::string, bool> watched_;
  std::map<std::string, int64_t> op_counts_;
  std::optional<std::vector<GraphNode>> nodes_{std::in_place};
  size_t node_bytes_ = 0;
  std::vector<ExternalTensor> external_tensors_;
  uint64_t constant_bytes_ = 0;
};

}  // namespace trireme::onnxfile

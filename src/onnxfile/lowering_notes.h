// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "onnxfile/graph_index.h"
#include "onnxfile/precision.h"

namespace trireme::onnxfile {

// Notes what becomes of a model's nodes while its precision is lowered. Not thread-safe.
class LoweringNotes {
 public:
  void NoteChanged(const IndexedNode& node) { ++changed_[node.op_type]; }
  void NoteLeft(const IndexedNode& node, std::string_view why);
  void Note(std::string text) { notes_.push_back(std::move(text)); }

  bool has_changed() const { return !changed_.empty(); }
  LoweringReport Report() &&;

 private:
  std::map<std::string, int64_t> changed_;
  std::map<std::pair<std::string, std::string>, LoweringReport::Left> left_;
  std::vector<std::string> notes_;
};

}  // namespace trireme::onnxfile

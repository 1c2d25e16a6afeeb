// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/lowering_notes.h"

namespace trireme::onnxfile {

void LoweringNotes::NoteLeft(const IndexedNode& node, std::string_view why) {
  LoweringReport::Left& left = left_[{node.op_type, std::string(why)}];
  if (left.nodes++ > 0) return;
  left.op_type = node.op_type;
  left.why = why;
  if (!node.outputs.empty()) left.example = node.outputs[0];
}

LoweringReport LoweringNotes::Report() && {
  LoweringReport report;
  for (const auto& [op_type, nodes] : changed_) report.changed.push_back({.op_type = op_type, .nodes = nodes});
  for (auto& [key, left] : left_) report.left.push_back(std::move(left));
  report.notes = std::move(notes_);
  return report;
}

}  // namespace trireme::onnxfile

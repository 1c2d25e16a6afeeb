// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "backends/tensorflow/call_tree.h"
#include "backends/tensorflow/literal.h"
#include "backends/tensorflow/saved_model.h"
#include "backends/tensorflow/tensor_bundle.h"
#include "base/status.h"

namespace trireme::tensorflow {

// Under which keys the variables of a graph are stored. What restores the graph in TensorFlow knows it best: its
// RestoreV2 nodes are read, each of which says which entry goes into which variable. Where nothing restores a variable
// its name is its key, or the objects of a TF 2 program say it (`_CHECKPOINTABLE_OBJECT_GRAPH`).
//
// Not thread-safe. Views its arguments.
class VariableTable {
 public:
  // Reads what the graph says.
  static Result<VariableTable> Read(const MetaGraph& meta, CallTree& calls, const TensorBundle& bundle);

  // The key of a variable: a VarHandleOp, VariableV2 or Variable. kNotFound names it.
  Result<std::string> KeyOf(const NodeDef& variable) const;

 private:
  // One entry that a RestoreV2 reads.
  struct Restored {
    std::string name;
    std::string slice;  // "4 3 0,2:-": the whole shape and the part; empty: all
  };

  explicit VariableTable(const TensorBundle& bundle) : bundle_(&bundle) {}

  void ReadAssignments(CallTree& calls, int32_t frame);
  const std::vector<Restored>& EntriesOf(CallTree& calls, NodePlace restore);
  Status ReadObjectGraph();

  const TensorBundle* bundle_;
  std::unordered_map<const NodeDef*, Restored> restored_;                 // by variable
  std::unordered_map<const NodeDef*, std::vector<Restored>> of_restore_;  // by RestoreV2
  std::unordered_map<std::string, std::string> by_full_name_;  // of the objects' variables; empty: not unique
};

bool IsVariable(std::string_view op);

// Whether what is stored is what the graph says of the variable. kInvalidArgument: type or shape differ.
Status CheckVariable(const NodeDef& variable, const Literal& stored, std::string_view key);

}  // namespace trireme::tensorflow

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "onnxfile/data_embedder.h"
#include "onnxfile/graph_index.h"
#include "onnxfile/graph_scopes.h"
#include "onnxfile/model_edits.h"
#include "onnxfile/onnx_writer.h"

namespace trireme::onnxfile {

// A node to be written, with attributes of one that is there.
struct NewNode {
  Node node;
  const IndexedNode* attributes_of = nullptr;  // that node has all its attributes; null: none but `node`'s own
};

// Puts other nodes and constants into a model's graphs, and takes out the constants that nobody reads any more. Views
// model and index, which outlive it. Not thread-safe.
class GraphChanger {
 public:
  GraphChanger(std::string_view model, const ModelIndex& index, const ReadElements& read_elements);

  const ModelIndex& index() const { return index_; }
  GraphScopes& scopes() { return scopes_; }

  // The elements of a constant of kFloat. kInvalidArgument: they are not where the model says.
  Result<std::vector<float>> ReadFloats(const IndexedConstant& constant) const;

  // Adds an initialiser to a graph, by a name of its own that begins like `tensor.name`: which is returned.
  std::string AddConstant(size_t graph, TensorProto tensor);

  // Puts nodes in place of one, or in front of one that stays.
  void ReplaceNode(size_t graph, const IndexedNode& node, const std::vector<NewNode>& nodes);
  void InsertBefore(size_t graph, const IndexedNode& node, const std::vector<NewNode>& nodes);
  // Behind all others.
  void AppendNodes(size_t graph, const std::vector<NewNode>& nodes);

  void SetOpset(int64_t version);                // of ai.onnx
  void ImportDomain(const std::string& domain);  // its first opset, unless there is an import already

  // The changed model, with the data of its constants in it. kTooLarge: 2 GiB or more.
  Result<std::string> Finish() &&;

 private:
  void Write(WireWriter& out, size_t graph, const std::vector<NewNode>& nodes);
  void Keep(WireWriter& out, int field, ByteSpan message) const;
  void RemoveUnused();
  void Remove(const Definition& definition);
  void NoLongerReads(std::string_view name, size_t graph);

  const std::string_view model_;
  const ModelIndex& index_;
  const ReadElements& read_elements_;
  GraphScopes scopes_;
  ModelEdits edits_;
  std::vector<Definition*> maybe_unused_;
  std::set<const IndexedNode*> replaced_;
};

}  // namespace trireme::onnxfile

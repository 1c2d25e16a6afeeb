// SPDX-License-Identifier: Apache-2.0
#include "backends/tensorflow/graph_def.h"

#include <utility>

#include "backends/tensorflow/message.h"

namespace trireme::tensorflow {
namespace {

// Reads one GraphDef; counts its nodes, those of functions too.
class Reader {
 public:
  Result<GraphDef> Read(std::string_view message) {
    RETURN_IF_ERROR(ForEachField(message, "a GraphDef", [&](const ProtoField& field) -> Status {
      if (IsBytes(field, 1)) return AddNode(field.bytes, read_.graph);
      if (IsBytes(field, 2)) return ReadLibrary(field.bytes);
      return {};
    }));
    return std::move(read_);
  }

 private:
  Status AddNode(std::string_view message, NodeTable& to) {
    if (++nodes_ > kMostNodes) {
      return TooLarge("the graph has more than " + std::to_string(kMostNodes) + " nodes");
    }
    NodeDef node{.name = {}, .op = {}, .inputs = {}, .message = message};
    size_t others = 0;
    RETURN_IF_ERROR(ForEachField(message, "a NodeDef", [&](const ProtoField& field) -> Status {
      if (IsBytes(field, 1)) node.name = field.bytes;
      if (IsBytes(field, 2)) node.op = field.bytes;
      if (IsBytes(field, 3)) {
        node.inputs.push_back(field.bytes);
        return Count();
      }
      if (++others <= kMostAttributes) return {};
      return TooLarge("node '" + Shown(node.name) + "' has more than " + std::to_string(kMostAttributes) +
                      " attributes");
    }));
    if (!to.by_name.emplace(node.name, static_cast<int32_t>(to.nodes.size())).second) {
      return InvalidArgument("two nodes are called '" + Shown(node.name) + "'");
    }
    to.nodes.push_back(std::move(node));
    return {};
  }

  // A name that is kept.
  Status Count() {
    if (++names_ <= kMostNames) return {};
    return TooLarge("the nodes of the graph take more than " + std::to_string(kMostNames) + " tensors");
  }

  Status ReadLibrary(std::string_view message) {
    return ForEachField(message, "a FunctionDefLibrary", [&](const ProtoField& field) -> Status {
      return IsBytes(field, 1) ? ReadFunction(field.bytes) : Status();
    });
  }

  Status ReadFunction(std::string_view message) {
    FunctionDef function;
    RETURN_IF_ERROR(ForEachField(message, "a FunctionDef", [&](const ProtoField& field) -> Status {
      if (IsBytes(field, 1)) return ReadSignature(field.bytes, function);
      if (IsBytes(field, 3)) return AddNode(field.bytes, function.body);
      if (!IsBytes(field, 4)) return {};
      ASSIGN_OR_RETURN(const MapEntry entry, ReadMapEntry(field.bytes, "a FunctionDef's results"));
      function.results.insert_or_assign(entry.key, entry.value);
      return Count();
    }));
    const std::string_view name = function.name;
    if (read_.functions.emplace(name, std::move(function)).second) return {};
    return InvalidArgument("two functions are called '" + Shown(name) + "'");
  }

  static Result<std::string_view> ReadArgumentName(std::string_view message) {
    std::string_view name;
    RETURN_IF_ERROR(ForEachField(message, "an ArgDef", [&](const ProtoField& field) -> Status {
      if (IsBytes(field, 1)) name = field.bytes;
      return {};
    }));
    return name;
  }

  Status ReadSignature(std::string_view message, FunctionDef& function) {
    return ForEachField(message, "an OpDef", [&](const ProtoField& field) -> Status {
      if (IsBytes(field, 1)) function.name = field.bytes;
      if (IsBytes(field, 2)) {
        ASSIGN_OR_RETURN(const std::string_view name, ReadArgumentName(field.bytes));
        function.arguments.emplace(name, static_cast<int32_t>(function.arguments.size()));
        return Count();
      }
      if (IsBytes(field, 3)) {
        ASSIGN_OR_RETURN(const std::string_view name, ReadArgumentName(field.bytes));
        function.outputs.push_back(name);
        return Count();
      }
      return {};
    });
  }

  GraphDef read_;
  size_t nodes_ = 0;
  size_t names_ = 0;
};

}  // namespace

Result<GraphDef> ReadGraphDef(std::string_view message) {
  return Reader().Read(message);
}

}  // namespace trireme::tensorflow

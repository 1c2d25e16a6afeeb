// SPDX-License-Identifier: Apache-2.0
#include "backends/tensorflow/call_tree.h"

#include <charconv>
#include <optional>
#include <utility>

#include "backends/tensorflow/attributes.h"
#include "backends/tensorflow/message.h"
#include "backends/tensorflow/node_outputs.h"

namespace trireme::tensorflow {
namespace {

std::optional<int32_t> ParseIndex(std::string_view text) {
  int32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

std::string Quote(std::string_view name) {
  return "'" + Shown(name) + "'";
}

uint64_t KeyOf(NodePlace place) {
  return static_cast<uint64_t>(place.frame) << 32 | static_cast<uint32_t>(place.node);
}

bool IsCall(std::string_view op) {
  return op == "PartitionedCall" || op == "StatefulPartitionedCall";
}

}  // namespace

CallTree::CallTree(const GraphDef& graph) : graph_(graph) {
  frames_.push_back({.table = &graph.graph});
}

Result<const FunctionDef*> CallTree::FunctionOf(const NodeDef& node) {
  if (graph_.functions.empty() && !IsCall(node.op)) return nullptr;
  if (const auto known = called_.find(&node); known != called_.end()) return known->second;
  const bool is_call = IsCall(node.op);
  const std::string_view name = is_call ? Attributes(node.message).Function("f").value_or("") : node.op;
  const auto found = graph_.functions.find(name);
  if (found != graph_.functions.end()) return called_[&node] = &found->second;
  if (!is_call) return called_[&node] = nullptr;
  return InvalidArgument("node " + Quote(node.name) + " calls function " + Quote(name) + ", which is not there");
}

Result<int32_t> CallTree::Enter(NodePlace call, const FunctionDef& function) {
  if (const auto found = entered_.find(KeyOf(call)); found != entered_.end()) return found->second;
  const int depth = frames_[static_cast<size_t>(call.frame)].depth + 1;
  for (int32_t outer = call.frame; outer != 0; outer = frames_[static_cast<size_t>(outer)].call.frame) {
    if (frames_[static_cast<size_t>(outer)].function == &function) {
      return Unsupported("function " + Quote(function.name) + " calls itself, at node " + Quote(PathOf(call)));
    }
  }
  if (depth > kMostDepth)
    return TooLarge("functions call one another more than " + std::to_string(kMostDepth) + " deep");
  if (frames_.size() >= kMostFrames) return TooLarge("there are more than " + std::to_string(kMostFrames) + " calls");
  const auto frame = static_cast<int32_t>(frames_.size());
  frames_.push_back({.table = &function.body, .function = &function, .call = call, .depth = depth});
  entered_.emplace(KeyOf(call), frame);
  return frame;
}

Result<TensorPlace> CallTree::FindNode(int32_t frame, std::string_view tensor) const {
  const Frame& in = frames_[static_cast<size_t>(frame)];
  const size_t colon = tensor.find(':');
  const std::string_view name = tensor.substr(0, colon);
  const auto found = in.table->by_name.find(name);
  if (found == in.table->by_name.end()) {
    return InvalidArgument("node " + Quote(name) + " is not in " +
                           (in.function == nullptr ? "the graph" : "function " + Quote(in.function->name)));
  }
  TensorPlace place{.at = {.frame = frame, .node = found->second}};
  if (colon == std::string_view::npos) return place;
  std::string_view output = tensor.substr(colon + 1);
  int32_t first = 0;
  if (in.function != nullptr) {
    const size_t second = output.find(':');
    first = FirstOutputOf(in.table->nodes[static_cast<size_t>(found->second)], output.substr(0, second));
    output = second == std::string_view::npos ? "0" : output.substr(second + 1);
  }
  const std::optional<int32_t> index = ParseIndex(output);
  constexpr int32_t kMostOutputs = 1 << 20;
  if (!index || *index > kMostOutputs) return InvalidArgument("there is no tensor " + Quote(tensor));
  place.output = first + *index;
  return place;
}

Result<int32_t> CallTree::EnterCall(std::string_view node) {
  ASSIGN_OR_RETURN(const TensorPlace place, FindNode(0, node));
  ASSIGN_OR_RETURN(const FunctionDef* function, FunctionOf(Node(place.at)));
  if (function == nullptr) return InvalidArgument("node " + Quote(node) + " calls no function");
  return Enter(place.at, *function);
}

Result<TensorPlace> CallTree::Resolve(int32_t frame, std::string_view tensor) {
  for (int steps = 0; steps < kMostSteps; ++steps) {
    if (++steps_ > kMostStepsInAll) return TooLarge("the ways of tensors through functions are too long altogether");
    const Frame& in = frames_[static_cast<size_t>(frame)];
    if (in.function != nullptr) {
      const auto argument = in.function->arguments.find(tensor.substr(0, tensor.find(':')));
      if (argument != in.function->arguments.end()) {
        const NodeDef& call = Node(in.call);
        const auto index = static_cast<size_t>(argument->second);
        if (index >= call.inputs.size() || call.inputs[index].starts_with('^')) {
          return InvalidArgument("the call of function " + Quote(in.function->name) + " at node " +
                                 Quote(PathOf(in.call)) + " leaves out argument " + Quote(tensor));
        }
        frame = in.call.frame;
        tensor = call.inputs[index];
        continue;
      }
    }
    ASSIGN_OR_RETURN(const TensorPlace place, FindNode(frame, tensor));
    ASSIGN_OR_RETURN(const FunctionDef* function, FunctionOf(Node(place.at)));
    if (function == nullptr) return place;
    const auto output = static_cast<size_t>(place.output);
    const auto result =
        output < function->outputs.size() ? function->results.find(function->outputs[output]) : function->results.end();
    if (result == function->results.end()) {
      return InvalidArgument("function " + Quote(function->name) + " has no result " + std::to_string(output));
    }
    ASSIGN_OR_RETURN(frame, Enter(place.at, *function));
    tensor = result->second;
  }
  return InvalidArgument("calls of functions lead in a circle at tensor " + Quote(tensor));
}

std::string CallTree::PathOf(NodePlace place) const {
  std::string path = Shown(Node(place).name);
  for (int32_t frame = place.frame; frame != 0; frame = frames_[static_cast<size_t>(frame)].call.frame) {
    path = Shown(Node(frames_[static_cast<size_t>(frame)].call).name) + "/" + path;
  }
  return path;
}

}  // namespace trireme::tensorflow

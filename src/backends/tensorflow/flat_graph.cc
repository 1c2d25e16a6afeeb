// SPDX-License-Identifier: Apache-2.0
#include "backends/tensorflow/flat_graph.h"

#include <algorithm>
#include <array>
#include <map>
#include <unordered_map>
#include <utility>

#include "backends/tensorflow/message.h"

namespace trireme::tensorflow {
namespace {

constexpr std::array<std::string_view, 24> kControlFlow = {"Switch",
                                                           "RefSwitch",
                                                           "Merge",
                                                           "RefMerge",
                                                           "Enter",
                                                           "RefEnter",
                                                           "Exit",
                                                           "RefExit",
                                                           "NextIteration",
                                                           "RefNextIteration",
                                                           "LoopCond",
                                                           "If",
                                                           "StatelessIf",
                                                           "While",
                                                           "StatelessWhile",
                                                           "Case",
                                                           "StatelessCase",
                                                           "For",
                                                           "MapDefun",
                                                           "TensorListReserve",
                                                           "TensorListStack",
                                                           "TensorListGetItem",
                                                           "TensorListSetItem",
                                                           "TensorListFromTensor"};

// Tensors that lie beside the nodes which would make them.
using Feeds = std::map<std::pair<int32_t, int32_t>, std::string_view>;  // by node of the graph and output

class Flattener {
 public:
  Flattener(CallTree& calls, Feeds feeds) : calls_(calls), feeds_(std::move(feeds)) {}

  Result<FlatTensor> Take(std::string_view tensor) {
    ASSIGN_OR_RETURN(const TensorPlace wanted, calls_.Resolve(0, tensor));
    RETURN_IF_ERROR(Begin(wanted));
    while (!open_.empty()) RETURN_IF_ERROR(Step());
    return FlatTensor{.node = done_.at(KeyOf(wanted)), .output = OutputOf(wanted)};
  }

  FlatGraph Finish() && { return std::move(graph_); }

 private:
  static constexpr int32_t kOpen = -1;
  static constexpr uint64_t kMostMessageBytes = uint64_t{4} << 30;

  // A node whose inputs are being taken.
  struct Open {
    TensorPlace place;
    std::vector<TensorPlace> inputs;
    size_t next = 0;
  };

  std::string_view FeedOf(const TensorPlace& place) const {
    if (place.at.frame != 0) return {};
    const auto found = feeds_.find({place.at.node, place.output});
    return found == feeds_.end() ? std::string_view() : found->second;
  }

  // One for a node, and one for each of its outputs that is fed.
  uint64_t KeyOf(const TensorPlace& place) const {
    const uint64_t node = static_cast<uint64_t>(place.at.frame) << 32 | static_cast<uint32_t>(place.at.node);
    return FeedOf(place).empty() ? node : uint64_t{1} << 63 | static_cast<uint64_t>(place.output) << 32 | node;
  }

  int32_t OutputOf(const TensorPlace& place) const { return FeedOf(place).empty() ? place.output : 0; }

  Status Begin(const TensorPlace& place) {
    const auto [found, is_new] = done_.emplace(KeyOf(place), kOpen);
    if (!is_new) {
      if (found->second != kOpen) return {};
      return Unsupported("the graph has a circle at node '" + calls_.PathOf(place.at) + "'");
    }
    if (done_.size() > kMostFlatNodes) {
      return TooLarge("the graph has more than " + std::to_string(kMostFlatNodes) +
                      " nodes once its functions are taken apart");
    }
    Open open{.place = place, .inputs = {}};
    const NodeDef& node = calls_.Node(place.at);
    if (FeedOf(place).empty() && !IsControlFlow(node.op)) {
      for (const std::string_view input : node.inputs) {
        if (input.starts_with('^')) continue;
        Result<TensorPlace> from = calls_.Resolve(place.at.frame, input);
        if (!from.ok()) return std::move(from).status().Within("node '" + calls_.PathOf(place.at) + "'");
        open.inputs.push_back(*from);
      }
    }
    // A constant is read once, however often its function is called.
    if (node.op != "Const") message_bytes_ += node.message.size();
    if (message_bytes_ > kMostMessageBytes) {
      return TooLarge("the nodes of the graph have more than " + std::to_string(kMostMessageBytes) +
                      " bytes once its functions are taken apart");
    }
    edges_ += open.inputs.size();
    if (edges_ > 8 * kMostFlatNodes) return TooLarge("the nodes of the graph have too many inputs");
    open_.push_back(std::move(open));
    return {};
  }

  Status Step() {
    Open& open = open_.back();
    if (open.next < open.inputs.size()) return Begin(open.inputs[open.next++]);
    FlatNode node{.place = open.place.at, .inputs = {}};
    node.feed = FeedOf(open.place);
    node.is_fed = !node.feed.empty();
    node.fed_output = node.is_fed ? open.place.output : 0;
    for (const TensorPlace& input : open.inputs) {
      node.inputs.push_back({.node = done_.at(KeyOf(input)), .output = OutputOf(input)});
    }
    done_[KeyOf(open.place)] = static_cast<int32_t>(graph_.nodes.size());
    graph_.nodes.push_back(std::move(node));
    open_.pop_back();
    return {};
  }

  CallTree& calls_;
  const Feeds feeds_;
  FlatGraph graph_;
  std::unordered_map<uint64_t, int32_t> done_;
  std::vector<Open> open_;
  size_t edges_ = 0;
  uint64_t message_bytes_ = 0;
};

// A name of the graph's own, no matter what it calls.
Result<std::pair<int32_t, int32_t>> FindFed(const CallTree& calls, std::string_view tensor) {
  const size_t colon = tensor.find(':');
  const auto& by_name = calls.Table(0).by_name;
  const auto found = by_name.find(tensor.substr(0, colon));
  if (found == by_name.end()) return InvalidArgument("input '" + Shown(tensor) + "' is not in the graph");
  int32_t output = 0;
  if (colon != std::string_view::npos) {
    for (const char c : tensor.substr(colon + 1)) {
      if (c < '0' || c > '9' || output > 1000) return InvalidArgument("there is no tensor '" + Shown(tensor) + "'");
      output = output * 10 + (c - '0');
    }
  }
  return std::pair(found->second, output);
}

}  // namespace

bool IsControlFlow(std::string_view op) {
  return std::ranges::find(kControlFlow, op) != kControlFlow.end();
}

Result<FlatGraph> Flatten(CallTree& calls, std::span<const std::string_view> outputs,
                          std::span<const std::string_view> feeds) {
  Feeds fed;
  for (const std::string_view feed : feeds) {
    ASSIGN_OR_RETURN(const auto place, FindFed(calls, feed));
    fed.emplace(place, feed);
  }
  Flattener flattener(calls, std::move(fed));
  std::vector<FlatTensor> taken;
  for (const std::string_view output : outputs) {
    Result<FlatTensor> tensor = flattener.Take(output);
    if (!tensor.ok()) return std::move(tensor).status();
    taken.push_back(*tensor);
  }
  FlatGraph graph = std::move(flattener).Finish();
  graph.outputs = std::move(taken);
  return graph;
}

}  // namespace trireme::tensorflow

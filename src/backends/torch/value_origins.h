// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "backends/torch/kept_state.h"
#include "backends/torch/libtorch.h"

namespace trireme::torch_backend {

// What a value, or whether something happens, depends on.
struct Origins {
  bool inputs = false;   // what is in them (not their shapes and types), or chance
  bool written = false;  // worked out of attributes that the program sets
  uint64_t copied = 0;   // attributes that it sets and that are taken as they are, a bit each

  void Join(const Origins& other);
  bool operator==(const Origins&) const = default;
};

// Whether a use of a value shows no more of it than its form and whether it is there, or hands it on as it is.
bool OnlyHandsOn(const torch::jit::Value& value);

// What the values of a program come from. Of the attributes of a module only those that the program sets count; the
// others are the same in all runs.
class ValueOrigins {
 public:
  struct Set {
    const torch::jit::Node* node = nullptr;  // prim::SetAttr
    size_t attribute = 0;                    // index of attributes()
    Origins value;
    Origins condition;  // of all that decides whether it is set
  };

  // Nothing: it sets more than can be followed.
  static std::optional<ValueOrigins> Find(const torch::jit::Module& module, torch::jit::Graph& graph);

  // That the program sets, of the module and its parts. What a run sets of objects that it has made does not count.
  const std::vector<AttributePath>& attributes() const { return attributes_; }
  const std::vector<Set>& sets() const { return sets_; }
  // The attribute that a prim::GetAttr reads, if it is one of those.
  std::optional<size_t> ReadBy(const torch::jit::Node& node) const;

 private:
  using Key = std::pair<const void*, std::string>;  // an object and a name

  ValueOrigins(const torch::jit::Module& module, torch::jit::Graph& graph) : module_(module), graph_(graph) {}

  bool FindAttributes();
  bool Follow();
  void FollowBlock(torch::jit::Block& block, const Origins& condition);
  void FollowNode(torch::jit::Node& node, const Origins& condition);
  void FollowIf(torch::jit::Node& node, const Origins& condition);
  void FollowLoop(torch::jit::Node& node, const Origins& condition);
  void FollowSet(const torch::jit::Node& node, const Origins& condition);
  Origins OfInputs(const torch::jit::Node& node) const;
  Origins Of(const torch::jit::Value* value) const;
  void Join(const torch::jit::Value* value, const Origins& origins);

  const torch::jit::Module& module_;
  torch::jit::Graph& graph_;
  std::vector<AttributePath> attributes_;
  std::map<Key, size_t> index_;
  std::unordered_map<const torch::jit::Value*, Origins> origins_;
  std::vector<Set> sets_;
  bool has_changed_ = false;
};

// The attribute of the module that a value is, if it is one.
struct FoundAttribute {
  c10::IValue value;
  AttributePath path;
};
std::optional<FoundAttribute> FindAttribute(const torch::jit::Value* value, const torch::jit::Module& module,
                                            const torch::jit::Graph& graph);

}  // namespace trireme::torch_backend

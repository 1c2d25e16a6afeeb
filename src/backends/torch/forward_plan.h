// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backends/torch/libtorch.h"
#include "base/status.h"

namespace trireme::torch_backend {

// What one input of the server's is in the call of `forward`.
struct Leaf {
  enum class Kind { kTensor, kInteger, kReal, kTruth };

  std::string name;  // as clients know it
  Kind kind = Kind::kTensor;
  bool optional = false;  // None where it is left out
  size_t argument = 0;    // of forward, that it is or is a part of
  bool in_list = false;   // it is an element of a list: it has no dimension for rows
};

// How inputs become the arguments of `forward`: tensors one each; the elements of a tuple one each; a list or dict of
// tensors as many as a config names. A number is a tensor of one element. What has a default keeps it.
//
// The names that a config gives to inputs are, as in Triton: those of the arguments; or else each NAME__INDEX, by the
// index; or else anything, in the order of the arguments, but no argument's name in another's place. Names without a
// config are the arguments'.
class ForwardPlan {
 public:
  // `declared` are the inputs' names in a config, in its order; empty: there is none. kInvalidArgument: they do not
  // fit; kUnsupported: forward takes something that is no tensor.
  static Result<ForwardPlan> Make(const c10::FunctionSchema& forward, std::span<const std::string> declared);

  // In the order of the arguments.
  const std::vector<Leaf>& leaves() const { return leaves_; }

  // One value a leaf, None for one that is left out; behind the module itself, which is the first argument.
  std::vector<c10::IValue> Arguments(const c10::IValue& self, std::vector<c10::IValue> values) const;

  // "forward(x: Tensor, mask: Optional[Tensor])"
  const std::string& text() const { return text_; }

 private:
  enum class Form { kOne, kTuple, kList, kDict, kDefault };
  struct Argument {
    Form form = Form::kOne;
    std::string name;
    size_t first = 0;  // leaf
    size_t count = 1;
    std::vector<std::string> keys = {};
    c10::IValue value = {};  // of one that keeps its default
  };

  Status Read(const c10::FunctionSchema& forward, std::span<const std::string> declared);
  Status AddArgument(const c10::Argument& argument, std::span<const std::string> declared, bool is_only);
  Status AddTuple(const c10::Argument& argument);
  void Append(Argument argument, std::vector<Leaf> leaves);
  Status TakeNames(std::span<const std::string> declared);
  bool NamesMatch(std::span<const std::string> declared) const;
  bool NamesAnotherPlace(std::span<const std::string> declared) const;
  std::optional<std::vector<size_t>> Indexes(std::span<const std::string> declared) const;
  void Keep(const std::vector<std::optional<std::string>>& names);

  std::string text_;
  std::vector<Argument> arguments_;
  std::vector<Leaf> leaves_;
};

}  // namespace trireme::torch_backend

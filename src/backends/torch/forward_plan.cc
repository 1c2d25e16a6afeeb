// SPDX-License-Identifier: Apache-2.0
#include "backends/torch/forward_plan.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "backends/torch/names.h"

namespace trireme::torch_backend {
namespace {

using c10::TypeKind;

bool IsTensor(const c10::Type& type) {
  return type.kind() == TypeKind::TensorType;
}

std::optional<Leaf::Kind> KindOf(const c10::Type& type) {
  switch (type.kind()) {
    case TypeKind::TensorType:
      return Leaf::Kind::kTensor;
    case TypeKind::IntType:
      return Leaf::Kind::kInteger;
    case TypeKind::FloatType:
    case TypeKind::NumberType:
      return Leaf::Kind::kReal;
    case TypeKind::BoolType:
      return Leaf::Kind::kTruth;
    default:
      return std::nullopt;
  }
}

bool IsOptionalTensor(const c10::Type& type) {
  return type.kind() == TypeKind::OptionalType && IsTensor(*type.containedTypes().at(0));
}

bool IsListOfTensors(const c10::Type& type) {
  return type.kind() == TypeKind::ListType && IsTensor(*type.containedTypes().at(0));
}

bool IsDictOfTensors(const c10::Type& type) {
  return type.kind() == TypeKind::DictType && type.containedTypes().at(0)->kind() == TypeKind::StringType &&
         IsTensor(*type.containedTypes().at(1));
}

std::string TextOf(const c10::FunctionSchema& forward) {
  std::string text;
  for (size_t i = 1; i < forward.arguments().size(); ++i) {
    const c10::Argument& argument = forward.arguments()[i];
    text += (i > 1 ? ", " : "") + argument.name() + ": " + argument.type()->annotation_str();
    if (argument.default_value()) text += " = ...";
  }
  return "forward(" + text + ")";
}

}  // namespace

Result<ForwardPlan> ForwardPlan::Make(const c10::FunctionSchema& forward, std::span<const std::string> declared) {
  ForwardPlan plan;
  plan.text_ = TextOf(forward);
  RETURN_IF_ERROR(plan.Read(forward, declared));
  return plan;
}

Status ForwardPlan::Read(const c10::FunctionSchema& forward, std::span<const std::string> declared) {
  const std::vector<c10::Argument>& arguments = forward.arguments();
  for (size_t i = 1; i < arguments.size(); ++i) {
    RETURN_IF_ERROR(AddArgument(arguments[i], declared, arguments.size() == 2));
  }
  if (leaves_.empty()) return Unsupported(text_ + " takes no tensor, and a model without inputs cannot be served");
  return TakeNames(declared);
}

void ForwardPlan::Append(Argument argument, std::vector<Leaf> leaves) {
  argument.first = leaves_.size();
  argument.count = leaves.size();
  for (Leaf& leaf : leaves) {
    leaf.argument = arguments_.size();
    leaves_.push_back(std::move(leaf));
  }
  arguments_.push_back(std::move(argument));
}

Status ForwardPlan::AddArgument(const c10::Argument& argument, std::span<const std::string> declared, bool is_only) {
  const c10::Type& type = *argument.type();
  const std::string& name = argument.name();
  if (IsTensor(type) || IsOptionalTensor(type)) {
    Append({.form = Form::kOne, .name = name}, {{.name = name, .optional = IsOptionalTensor(type)}});
    return {};
  }
  // One that is to be tuned, not served.
  if (argument.default_value()) {
    Append({.form = Form::kDefault, .name = name, .value = *argument.default_value()}, {});
    return {};
  }
  if (const std::optional<Leaf::Kind> kind = KindOf(type)) {
    Append({.form = Form::kOne, .name = name}, {{.name = name, .kind = *kind}});
    return {};
  }
  if (type.kind() == TypeKind::TupleType) return AddTuple(argument);
  if (IsListOfTensors(type)) {
    std::vector<Leaf> leaves;
    if (is_only) {
      for (const std::string& each : declared) leaves.push_back({.name = each, .in_list = true});
    }
    if (leaves.empty()) leaves.push_back({.name = name, .in_list = true});
    Append({.form = Form::kList, .name = name}, std::move(leaves));
    return {};
  }
  if (IsDictOfTensors(type) && is_only) {
    if (declared.empty()) {
      return InvalidArgument(text_ +
                             " takes a dict, and only who made the model knows its keys: write them into "
                             "config.pbtxt, as in input [ { name: \"KEY\" data_type: TYPE_FP32 dims: [ ... ] } ]");
    }
    std::vector<Leaf> leaves;
    for (const std::string& each : declared) leaves.push_back({.name = each});
    Append({.form = Form::kDict, .name = name, .keys = {declared.begin(), declared.end()}}, std::move(leaves));
    return {};
  }
  return Unsupported("argument '" + name + "' of " + text_ +
                     " is neither a tensor nor made of tensors: give it a "
                     "default, or wrap the model in one that takes tensors");
}

Status ForwardPlan::AddTuple(const c10::Argument& argument) {
  std::vector<Leaf> leaves;
  for (const auto& type : argument.type()->containedTypes()) {
    if (!IsTensor(*type)) {
      return Unsupported("argument '" + argument.name() + "' of " + text_ +
                         ": a tuple of other things than tensors "
                         "cannot be served");
    }
    leaves.push_back({.name = argument.name() + "__" + std::to_string(leaves.size())});
  }
  Append({.form = Form::kTuple, .name = argument.name()}, std::move(leaves));
  return {};
}

bool ForwardPlan::NamesMatch(std::span<const std::string> declared) const {
  return std::all_of(declared.begin(), declared.end(), [&](const std::string& name) {
    return std::any_of(leaves_.begin(), leaves_.end(), [&](const Leaf& leaf) { return leaf.name == name; });
  });
}

// Whether one is called as an argument that stands elsewhere: then order is not what is meant, but a name is wrong.
bool ForwardPlan::NamesAnotherPlace(std::span<const std::string> declared) const {
  for (size_t i = 0; i < declared.size(); ++i) {
    for (size_t place = 0; place < leaves_.size(); ++place) {
      if (place != i && leaves_[place].name == declared[i]) return true;
    }
  }
  return false;
}

std::optional<std::vector<size_t>> ForwardPlan::Indexes(std::span<const std::string> declared) const {
  std::vector<size_t> indexes;
  for (const std::string& name : declared) {
    const std::optional<size_t> index = IndexIn(name);
    if (!index || *index >= leaves_.size() || std::ranges::find(indexes, *index) != indexes.end()) return std::nullopt;
    indexes.push_back(*index);
  }
  return indexes;
}

Status ForwardPlan::TakeNames(std::span<const std::string> declared) {
  std::vector<std::optional<std::string>> names(leaves_.size());
  if (declared.empty() || NamesMatch(declared)) {
    for (size_t i = 0; i < leaves_.size(); ++i) {
      const bool is_asked = std::ranges::find(declared, leaves_[i].name) != declared.end();
      if (is_asked || (declared.empty() && !leaves_[i].optional)) names[i] = leaves_[i].name;
    }
  } else if (const auto indexes = Indexes(declared)) {
    for (size_t i = 0; i < declared.size(); ++i) names[(*indexes)[i]] = declared[i];
  } else if (!NamesAnotherPlace(declared)) {
    for (size_t i = 0; i < declared.size() && i < leaves_.size(); ++i) names[i] = declared[i];
  }
  std::vector<std::string> own;
  bool is_whole = declared.size() <= leaves_.size();
  bool has_any = false;
  for (size_t i = 0; i < leaves_.size(); ++i) {
    own.push_back(leaves_[i].name);
    is_whole = is_whole && (names[i] || leaves_[i].optional);
    has_any = has_any || names[i];
  }
  if (!is_whole || !has_any) {
    return InvalidArgument("the config's inputs do not fit " + text_ + ": expected " + Listed(own) +
                           " (or NAME__0, NAME__1, ... in that order), found " + Listed(declared));
  }
  Keep(names);
  return {};
}

// Leaves without a name are left out of every call.
void ForwardPlan::Keep(const std::vector<std::optional<std::string>>& names) {
  std::vector<Leaf> kept;
  size_t leaf = 0;
  for (Argument& argument : arguments_) {
    const size_t end = leaf + argument.count;
    argument.first = kept.size();
    for (; leaf < end; ++leaf) {
      if (!names[leaf]) continue;
      kept.push_back(std::move(leaves_[leaf]));
      kept.back().name = *names[leaf];
    }
    argument.count = kept.size() - argument.first;
    if (argument.form == Form::kOne && argument.count == 0) argument.form = Form::kDefault;
  }
  leaves_ = std::move(kept);
}

std::vector<c10::IValue> ForwardPlan::Arguments(const c10::IValue& self, std::vector<c10::IValue> values) const {
  std::vector<c10::IValue> stack;
  stack.reserve(arguments_.size() + 1);
  stack.push_back(self);
  for (const Argument& argument : arguments_) {
    const std::span<c10::IValue> parts(values.data() + argument.first, argument.count);
    if (argument.form == Form::kOne) {
      stack.push_back(std::move(parts.front()));
    } else if (argument.form == Form::kDefault) {
      stack.push_back(argument.value);
    } else if (argument.form == Form::kTuple) {
      stack.emplace_back(c10::ivalue::Tuple::create({parts.begin(), parts.end()}));
    } else if (argument.form == Form::kList) {
      c10::List<at::Tensor> list;
      for (const c10::IValue& part : parts) list.push_back(part.toTensor());
      stack.emplace_back(std::move(list));
    } else {
      c10::Dict<std::string, at::Tensor> dict;
      for (size_t i = 0; i < parts.size(); ++i) dict.insert(argument.keys[i], parts[i].toTensor());
      stack.emplace_back(std::move(dict));
    }
  }
  return stack;
}

}  // namespace trireme::torch_backend

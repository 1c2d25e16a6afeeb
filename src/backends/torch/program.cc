// SPDX-License-Identifier: Apache-2.0
#include "backends/torch/program.h"

#include <algorithm>
#include <exception>
#include <string_view>
#include <utility>

#include "backends/torch/library.h"
#include "backends/torch/torch_error.h"

namespace trireme::torch_backend {
namespace {

using torch::jit::Block;
using torch::jit::Graph;
using torch::jit::Module;
using torch::jit::Node;
using torch::jit::Value;

// The file as the library wants to read it.
class FileReader : public caffe2::serialize::ReadAdapterInterface {
 public:
  explicit FileReader(OpenFile file) : file_(std::move(file)) {}

  size_t size() const override { return file_.size(); }
  size_t read(uint64_t pos, void* buf, size_t n, const char* /*what*/) const override {
    if (pos >= file_.size()) return 0;
    const size_t bytes = std::min<uint64_t>(n, file_.size() - pos);
    return file_.Read(pos, {static_cast<char*>(buf), bytes}).ok() ? bytes : 0;
  }

 private:
  const OpenFile file_;
};

Result<Module> ReadModule(const OpenFile& file) {
  return Guarded(During::kLoad, [&]() -> Result<Module> {
    Module module = torch::jit::load(std::make_shared<FileReader>(file), at::kCPU);
    module.eval();
    return module;
  });
}

// The attribute that a value is, if it is one of the module's.
std::optional<c10::IValue> AttributeOf(const Value* value, const Module& module, const Graph& graph) {
  if (value == graph.inputs().at(0)) return c10::IValue(module._ivalue());
  const Node* node = value->node();
  if (node->kind() != c10::prim::GetAttr) return std::nullopt;
  const auto owner = AttributeOf(node->input(0), module, graph);
  if (!owner || !owner->isObject()) return std::nullopt;
  return owner->toObject()->getAttr(node->s(c10::attr::name));
}

std::optional<at::Tensor> WeightOf(const Node& node, size_t input, const Module& module, const Graph& graph) {
  if (input >= node.inputs().size()) return std::nullopt;
  const auto value = AttributeOf(node.input(input), module, graph);
  if (!value || !value->isTensor() || !value->toTensor().defined()) return std::nullopt;
  return value->toTensor();
}

DataType TypeOfWeight(const at::Tensor& weight) {
  if (weight.scalar_type() == at::kHalf) return DataType::kFp16;
  if (weight.scalar_type() == at::kBFloat16) return DataType::kBf16;
  return weight.scalar_type() == at::kDouble ? DataType::kFp64 : DataType::kFp32;
}

// A convolution's weight has its dimensions, and how many channels go in.
std::optional<ArgumentHint> HintOfConvolution(const Node& node, const at::Tensor& weight, std::string_view kind) {
  if (weight.dim() < 3) return std::nullopt;
  ArgumentHint hint{.type = TypeOfWeight(weight), .dims = {-1, weight.size(0)}, .is_image = true};
  if (!kind.starts_with("aten::conv_transpose")) {
    const size_t place = kind == "aten::_convolution" ? 8 : node.inputs().size() - 1;
    const auto groups = torch::jit::toIValue(node.input(std::min(place, node.inputs().size() - 1)));
    hint.dims[1] = weight.size(1) * (groups && groups->isInt() ? groups->toInt() : 1);
  }
  hint.dims.resize(static_cast<size_t>(weight.dim()), -1);
  return hint;
}

// What this use says of the value; nothing if it says nothing.
std::optional<ArgumentHint> HintOf(const Node& node, size_t place, const Module& module, const Graph& graph) {
  const std::string_view kind = node.kind().toQualString();
  if (kind.starts_with("aten::conv") || kind == "aten::_convolution") {
    const auto weight = WeightOf(node, 1, module, graph);
    return place == 0 && weight ? HintOfConvolution(node, *weight, kind) : std::nullopt;
  }
  if (kind == "aten::linear") {
    const auto weight = WeightOf(node, 1, module, graph);
    if (place != 0 || !weight || weight->dim() != 2) return std::nullopt;
    return ArgumentHint{.type = TypeOfWeight(*weight), .dims = {-1, weight->size(1)}, .may_have_more_dims = true};
  }
  if (kind == "aten::embedding") {
    if (place != 1) return std::nullopt;
    return ArgumentHint{.type = DataType::kInt64, .dims = {-1, -1}};
  }
  if (kind == "aten::batch_norm") {
    const auto mean = WeightOf(node, 3, module, graph);
    if (place != 0 || !mean) return std::nullopt;
    return ArgumentHint{.type = TypeOfWeight(*mean), .dims = {-1, mean->size(0)}};
  }
  return std::nullopt;
}

// Operators that give what they take, as far as its shape is concerned.
bool KeepsShape(const Node& node) {
  const std::string_view kind = node.kind().toQualString();
  return kind == "aten::to" || kind == "aten::contiguous" || kind == "aten::sub" || kind == "aten::mul" ||
         kind == "aten::div" || kind == "aten::relu" || kind == "aten::add" || kind == "aten::detach";
}

std::optional<ArgumentHint> FirstHint(const Value& value, const Module& module, const Graph& graph, int depth) {
  for (const torch::jit::Use& use : value.uses()) {
    if (auto hint = HintOf(*use.user, use.offset, module, graph)) return hint;
    if (depth == 0 || use.offset != 0 || !KeepsShape(*use.user)) continue;
    if (auto hint = FirstHint(*use.user->output(), module, graph, depth - 1)) return hint;
  }
  return std::nullopt;
}

template <typename Visit>
void ForEachNode(Block& block, const Visit& visit) {
  for (Node* node : block.nodes()) {
    visit(*node);
    for (Block* inner : node->blocks()) ForEachNode(*inner, visit);
  }
}

// Whether a node writes to what the value is or has in it.
bool WritesTo(const Node& node, const Value& value, const torch::jit::AliasDb& aliases) {
  if (node.kind() == c10::prim::CallMethod || node.kind() == c10::prim::CallFunction) return true;  // out of sight
  const c10::FunctionSchema* schema = node.maybeSchema();
  if (schema == nullptr) return false;
  for (size_t i = 0; i < schema->arguments().size() && i < node.inputs().size(); ++i) {
    const c10::AliasInfo* alias = schema->arguments()[i].alias_info();
    if (alias != nullptr && alias->isWrite() &&
        aliases.mayContainAlias(const_cast<Value*>(node.input(i)), const_cast<Value*>(&value))) {
      return true;
    }
  }
  return false;
}

bool KeepsState(const std::shared_ptr<Graph>& graph) {
  const torch::jit::AliasDb aliases(graph);
  bool keeps = false;
  ForEachNode(*graph->block(), [&](const Node& node) {
    const bool reads = node.kind() == c10::prim::GetAttr && node.output()->type()->isSubtypeOf(*c10::TensorType::get());
    // A flag, such as "has warned", is no state that a run could get wrong from another.
    const bool sets = node.kind() == c10::prim::SetAttr && node.input(1)->type()->kind() != c10::TypeKind::BoolType;
    keeps = keeps || sets || (reads && aliases.hasWriters(node.output()));
  });
  return keeps;
}

// The same without what is written in training alone, such as how many batches a normalisation has seen. The weights
// are shared, not copied.
bool KeepsStateFrozen(const Module& module) {
  try {
    return KeepsState(torch::jit::freeze(module, {}, false).get_method("forward").graph());
  } catch (const std::exception&) {
    return true;  // nobody knows
  }
}

}  // namespace

Result<Module> LoadModule(const OpenFile& file) {
  Result<Module> module = ReadModule(file);
  if (!module.ok() && module.status().message().find("torchvision") != std::string::npos) {
    RETURN_IF_ERROR(LoadTorchvision());
    module = ReadModule(file);
  }
  if (!module.ok()) return module;
  if (!module->find_method("forward")) return Unsupported("the module has no method forward, which is what is served");
  return module;
}

ProgramFacts LookAt(const Module& module) {
  ProgramFacts facts;
  const std::shared_ptr<Graph> graph = module.get_method("forward").graph()->copy();
  torch::jit::Inline(*graph);
  const torch::jit::AliasDb aliases(graph);
  facts.writes_inputs = false;
  ForEachNode(*graph->block(), [&](const Node& node) {
    for (size_t i = 1; i < graph->inputs().size() && !facts.writes_inputs; ++i) {
      facts.writes_inputs = WritesTo(node, *graph->inputs()[i], aliases);
    }
  });
  facts.keeps_state = KeepsState(graph) && KeepsStateFrozen(module);
  for (size_t i = 1; i < graph->inputs().size(); ++i) {
    facts.hints.push_back(FirstHint(*graph->inputs()[i], module, *graph, 4));
  }
  return facts;
}

Program::Program(Module module, ForwardPlan plan, Options options)
    : module_(std::move(module)),
      forward_(&module_.get_method("forward").function()),
      plan_(std::move(plan)),
      options_(options),
      turn_(options.one_at_a_time ? std::make_unique<Mutex>() : nullptr) {}

Result<c10::IValue> Program::ToValue(const at::Tensor& tensor, const Leaf& leaf) const {
  if (!tensor.defined()) return c10::IValue();
  if (leaf.kind == Leaf::Kind::kTensor) {
    if (options_.device.kind == DeviceKind::kCpu) return c10::IValue(tensor);
    const at::Device device(at::kCUDA, static_cast<c10::DeviceIndex>(options_.device.index));
    const bool narrow = options_.half && tensor.scalar_type() == at::kFloat;
    return c10::IValue(narrow ? tensor.to(device).to(at::kHalf) : tensor.to(device));
  }
  if (tensor.numel() != 1) {
    return InvalidArgument("input '" + leaf.name + "': expected one number, found a tensor of " +
                           std::to_string(tensor.numel()));
  }
  if (leaf.kind == Leaf::Kind::kInteger) return c10::IValue(tensor.item().toLong());
  if (leaf.kind == Leaf::Kind::kTruth) return c10::IValue(tensor.item().toBool());
  return c10::IValue(tensor.item().toDouble());
}

c10::IValue Program::Call(std::vector<c10::IValue> stack) const {
  if (turn_ != nullptr) {
    const MutexLock lock(*turn_);  // held for a run: what it keeps is what the next one finds
    forward_->run(stack);
  } else {
    forward_->run(stack);
  }
  return std::move(stack.back());
}

Result<std::vector<NamedResult>> Program::Run(const std::vector<at::Tensor>& leaves) const {
  UseThreads(options_.threads);
  const torch::NoGradGuard no_gradients;
  const c10::InferenceMode inference(options_.inference_mode);
  const torch::jit::GraphOptimizerEnabledGuard optimizer(options_.optimized);
  std::vector<c10::IValue> values;
  values.reserve(leaves.size());
  for (size_t i = 0; i < leaves.size(); ++i) {
    ASSIGN_OR_RETURN(c10::IValue value, ToValue(leaves[i], plan_.leaves()[i]));
    values.push_back(std::move(value));
  }
  ASSIGN_OR_RETURN(std::vector<NamedResult> results,
                   Flatten(Call(plan_.Arguments(c10::IValue(module_._ivalue()), std::move(values)))));
  if (!options_.half) return results;
  for (NamedResult& result : results) {
    if (result.tensor.scalar_type() == at::kHalf) result.tensor = result.tensor.to(at::kFloat);
  }
  return results;
}

}  // namespace trireme::torch_backend

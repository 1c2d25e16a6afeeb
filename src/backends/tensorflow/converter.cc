// SPDX-License-Identifier: Apache-2.0
#include "backends/tensorflow/converter.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "backends/tensorflow/attributes.h"
#include "backends/tensorflow/call_tree.h"
#include "backends/tensorflow/example_parsing.h"
#include "backends/tensorflow/flat_graph.h"
#include "backends/tensorflow/graph_writer.h"
#include "backends/tensorflow/literal.h"
#include "backends/tensorflow/message.h"
#include "backends/tensorflow/op.h"
#include "backends/tensorflow/operators.h"
#include "backends/tensorflow/variables.h"

namespace trireme::tensorflow {
namespace {

constexpr uint64_t kMostPaddedBytes = 256 << 20;  // of one constant that is written as one number
constexpr size_t kMostShown = 20;                 // problems

// Of a signature, on each side: no request of any protocol has more, and the runtime plans the memory of thousands of
// values that live at once in a time that grows with their square.
constexpr size_t kMostTensors = 1024;

// What cannot be converted: one for each kind of operator and reason.
struct Problem {
  std::string node;  // the first
  size_t count = 0;
};

std::string Quote(std::string_view text) {
  return "'" + Shown(text) + "'";
}

bool IsParseExample(std::string_view op) {
  return op == "ParseExample" || op == "ParseExampleV2";
}

// One conversion.
class Conversion {
 public:
  Conversion(const MetaGraph& meta, const SignatureDef& signature, const TensorBundle& bundle,
             const ConvertOptions& options)
      : meta_(meta),
        signature_(signature),
        bundle_(bundle),
        options_(options),
        calls_(meta.graph),
        out_(bundle, {.with_data = options.with_data, .data = options.data}) {}

  Result<Converted> Run() {
    RETURN_IF_ERROR(ReserveNames());
    ASSIGN_OR_RETURN(const FlatGraph graph, FlatGraphOf());
    ASSIGN_OR_RETURN(VariableTable variables, VariableTable::Read(meta_, calls_, bundle_));
    variables_.emplace(std::move(variables));
    RETURN_IF_ERROR(AddInputs(graph));
    for (const FlatNode& node : graph.nodes) {
      RETURN_IF_ERROR(ConvertNode(graph, node));
      if (!out_.status().ok()) return out_.status();
    }
    RETURN_IF_ERROR(AddOutputs(graph));
    return Finish();
  }

 private:
  Status ReserveNames() {
    RETURN_IF_ERROR(CheckCount("inputs", signature_.inputs.size()));
    RETURN_IF_ERROR(CheckCount("outputs", signature_.outputs.size()));
    std::set<std::string_view> inputs;
    for (const SignatureTensor& input : signature_.inputs) {
      if (input.key.empty()) return InvalidArgument("an input has no name");
      out_.Reserve(input.key);
      inputs.insert(input.key);
    }
    for (const SignatureTensor& output : signature_.outputs) {
      if (output.key.empty()) return InvalidArgument("an output has no name");
      out_.Reserve(output.key);
      if (inputs.contains(output.key)) {
        return Unsupported("an input and an output are both called " + Quote(output.key) +
                           ", which one ONNX graph cannot have");
      }
    }
    if (signature_.outputs.empty()) return Unsupported("it has no outputs");
    return {};
  }

  static Status CheckCount(std::string_view side, size_t count) {
    if (count <= kMostTensors) return {};
    return Unsupported("it has " + std::to_string(count) + " " + std::string(side) + ": expected at most " +
                       std::to_string(kMostTensors));
  }

  Result<FlatGraph> FlatGraphOf() {
    std::vector<std::string_view> outputs;
    for (const SignatureTensor& output : signature_.outputs) outputs.push_back(output.tensor);
    std::vector<std::string_view> feeds;
    for (const SignatureTensor& input : signature_.inputs) feeds.push_back(input.tensor);
    return Flatten(calls_, outputs, feeds);
  }

  // The node that a tensor comes from, if it were not fed.
  std::optional<NodePlace> BehindIdentities(std::string_view tensor) {
    constexpr int kMost = 16;
    int32_t frame = 0;
    for (int i = 0; i < kMost; ++i) {
      const Result<TensorPlace> place = calls_.Resolve(frame, tensor);
      if (!place.ok()) return std::nullopt;
      const NodeDef& node = calls_.Node(place->at);
      if (node.op != "Identity" || node.inputs.empty()) return place->at;
      frame = place->at.frame;
      tensor = node.inputs.front();
    }
    return std::nullopt;
  }

  // What an input looks like: the signature says it, else the node in whose place it stands.
  std::optional<Dims> InputDims(const SignatureTensor& input) {
    if (input.dims) return input.dims;
    const std::optional<NodePlace> place = BehindIdentities(input.tensor);
    if (!place) return std::nullopt;
    const NodeDef& node = calls_.Node(*place);
    const Attributes attributes(node.message);
    if (IsParseExample(node.op)) {  // rows of its first feature
      const std::vector<std::string_view> shapes = attributes.Shapes("dense_shapes");
      if (shapes.size() != 1) return std::nullopt;
      const Result<std::optional<Dims>> one = ReadShape(shapes.front());
      if (!one.ok() || !*one) return std::nullopt;
      Dims dims = **one;
      dims.insert(dims.begin(), kAnySize);
      return dims;
    }
    const std::optional<std::string_view> shape = attributes.Shape("shape");
    if (!shape) return std::nullopt;
    const Result<std::optional<Dims>> dims = ReadShape(*shape);
    return dims.ok() ? *dims : std::nullopt;
  }

  // Tensors that are fed and that nothing but the parsing of tf.Example takes.
  std::set<std::string_view> ParsedFeeds(const FlatGraph& graph) const {
    std::set<std::string_view> parsed;
    std::set<std::string_view> others;
    for (const FlatNode& node : graph.nodes) {
      for (const FlatTensor& input : node.inputs) {
        const FlatNode& from = graph.nodes[static_cast<size_t>(input.node)];
        if (from.is_fed) (IsParseExample(calls_.Node(node.place).op) ? parsed : others).insert(from.feed);
      }
    }
    std::erase_if(parsed, [&](std::string_view feed) { return others.contains(feed); });
    return parsed;
  }

  Status AddInputs(const FlatGraph& graph) {
    const std::set<std::string_view> parsed = ParsedFeeds(graph);
    for (const SignatureTensor& input : signature_.inputs) {
      if (inputs_.contains(input.tensor)) {
        return Unsupported("input " + Quote(input.key) + " stands for a tensor that another one stands for");
      }
      // Whatever its type is said to be: signatures of TensorFlow's own examples call messages floats.
      if (parsed.contains(input.tensor)) {
        Value examples{.type = ElementType::kString};
        examples.is_examples = true;
        inputs_.emplace(input.tensor, out_.Add(std::move(examples)));
        continue;
      }
      const std::optional<ElementType> type = ToElementType(input.type);
      if (!type) return Unsupported("input " + Quote(input.key) + " is of " + NameOf(input.type));
      const std::optional<Dims> dims = InputDims(input);
      if (!dims) {
        return Unsupported("the model does not say how many dimensions input " + Quote(input.key) + " has");
      }
      inputs_.emplace(input.tensor, out_.AddInput(input.key, *type, *dims));
    }
    return {};
  }

  void Note(std::string_view op, const std::string& why, NodePlace place) {
    Problem& problem = problems_[Shown(op) + (why.empty() ? "" : ": " + why)];
    if (problem.count++ == 0) problem.node = calls_.PathOf(place);
  }

  Status ConvertNode(const FlatGraph& graph, const FlatNode& node) {
    std::vector<ValueId> made;
    if (node.is_fed) {
      made = {inputs_.at(node.feed)};
    } else {
      const NodeDef& def = calls_.Node(node.place);
      out_.SetPath(calls_.PathOf(node.place));
      Result<std::vector<ValueId>> converted = Outputs(graph, node, def);
      if (converted.ok()) {
        made = *std::move(converted);
      } else {
        // What is wrong with variables or the file itself is no matter of operators.
        if (converted.status().code() != StatusCode::kUnsupported && IsVariable(def.op)) return converted.status();
        Note(def.op, converted.status().message(), node.place);
      }
    }
    values_.push_back(std::move(made));
    return {};
  }

  Result<std::vector<ValueId>> Outputs(const FlatGraph& graph, const FlatNode& node, const NodeDef& def) {
    if (def.op == "Const") return ConstantOf(def);
    if (IsVariable(def.op)) return VariableOf(def);
    if (def.op == "Placeholder") return Unsupported("it is no input of the signature");
    const Operator* known = FindOperator(def.op);
    const bool is_parsing = IsParseExample(def.op);
    for (const FlatTensor& input : node.inputs) RETURN_IF_ERROR(RefuseUnparsed(input));
    if (known == nullptr && !is_parsing) return Unsupported("");
    std::vector<ValueId> inputs;
    for (const FlatTensor& input : node.inputs) {
      const std::vector<ValueId>& from = values_[static_cast<size_t>(input.node)];
      const auto output = static_cast<size_t>(input.output);
      const ValueId id = output < from.size() ? from[output] : kNoValue;
      if (id == kNoValue) return MissingInput(graph, input);
      if (out_[id].is_examples && !is_parsing) return Unsupported("it takes serialized tf.Example messages");
      inputs.push_back(id);
    }
    if (inputs.size() < (is_parsing ? 2 : known->least_inputs)) {
      return InvalidArgument("it has " + std::to_string(inputs.size()) + " inputs");
    }
    Op op(out_, def.op, Attributes(def.message), std::move(inputs));
    RETURN_IF_ERROR(is_parsing ? ConvertParseExample(op, features_) : known->convert(op, known->onnx));
    if (is_parsing) unparsed_.emplace(static_cast<int32_t>(values_.size()), UnparsedFeatures(op));
    return op.outputs();
  }

  // What a message has as many of as it likes.
  Status RefuseUnparsed(const FlatTensor& input) const {
    const auto parsed = unparsed_.find(input.node);
    if (parsed == unparsed_.end()) return {};
    const auto feature = parsed->second.find(static_cast<size_t>(input.output));
    if (feature == parsed->second.end()) return {};
    return Unsupported("it takes " + feature->second + ": features of tf.Example must be dense, of a fixed shape");
  }

  // An input that was not converted has been noted itself, unless it is an output that nobody converts.
  Result<std::vector<ValueId>> MissingInput(const FlatGraph& graph, const FlatTensor& input) const {
    const std::vector<ValueId>& from = values_[static_cast<size_t>(input.node)];
    if (from.empty()) return std::vector<ValueId>();
    const NodeDef& def = calls_.Node(graph.nodes[static_cast<size_t>(input.node)].place);
    return Unsupported("it takes output " + std::to_string(input.output) + " of " + Shown(def.op));
  }

  // One for all calls of a function that it is in.
  Result<std::vector<ValueId>> ConstantOf(const NodeDef& def) {
    if (const auto known = constants_.find(&def); known != constants_.end()) return std::vector<ValueId>{known->second};
    const std::optional<std::string_view> tensor = Attributes(def.message).Tensor("value");
    if (!tensor) return InvalidArgument("it has no value");
    ASSIGN_OR_RETURN(Literal literal, ReadTensorProto(*tensor, kMostPaddedBytes - std::min(padded_, kMostPaddedBytes)));
    padded_ += literal.owned.size();
    const ValueId id = out_.AddLiteral(std::move(literal));
    constants_.emplace(&def, id);
    return std::vector<ValueId>{id};
  }

  // One for all that read it.
  Result<std::vector<ValueId>> VariableOf(const NodeDef& def) {
    ASSIGN_OR_RETURN(const std::string key, variables_->KeyOf(def));
    if (const auto known = read_.find(key); known != read_.end()) return std::vector<ValueId>{known->second};
    ASSIGN_OR_RETURN(Literal literal, bundle_.LiteralOf(key));
    RETURN_IF_ERROR(CheckVariable(def, literal, key));
    const ValueId id = out_.AddLiteral(std::move(literal));
    read_.emplace(key, id);
    return std::vector<ValueId>{id};
  }

  Status AddOutputs(const FlatGraph& graph) {
    if (!problems_.empty()) return Refusal();
    for (size_t i = 0; i < signature_.outputs.size(); ++i) {
      const SignatureTensor& output = signature_.outputs[i];
      const FlatTensor& tensor = graph.outputs[i];
      const std::vector<ValueId>& from = values_[static_cast<size_t>(tensor.node)];
      const auto index = static_cast<size_t>(tensor.output);
      if (Status sparse = RefuseUnparsed(tensor); !sparse.ok())
        return std::move(sparse).Within("output " + Quote(output.key));
      if (index >= from.size() || from[index] == kNoValue || out_[from[index]].is_examples) {
        return Unsupported("output " + Quote(output.key) + " is a tensor that cannot be converted");
      }
      out_.SetPath(output.key);
      out_.AddOutput(output.key, from[index], output.dims);
    }
    return {};
  }

  Status Refusal() const {
    std::string text;
    size_t shown = 0;
    size_t more = 0;
    for (const auto& [what, problem] : problems_) {
      if (++shown > kMostShown) {
        more += problem.count;
        continue;
      }
      text += (text.empty() ? "" : "; ") + what + " (node '" + problem.node + "'" +
              (problem.count > 1 ? " and " + std::to_string(problem.count - 1) + " more" : "") + ")";
    }
    if (more > 0) text += "; and " + std::to_string(more) + " more";
    return Unsupported("operators that cannot be converted: " + text);
  }

  Result<Converted> Finish() {
    Converted converted{.model = {}, .example_features = std::move(features_)};
    converted.model.producer_name = "tensorflow";
    converted.model.producer_version = meta_.made_by;
    ASSIGN_OR_RETURN(converted.model.graph, std::move(out_).Finish());
    converted.constant_bytes = out_.constant_bytes();
    converted.model.graph.name = Shown(options_.signature);
    return converted;
  }

  const MetaGraph& meta_;
  const SignatureDef& signature_;
  const TensorBundle& bundle_;
  const ConvertOptions& options_;
  CallTree calls_;
  GraphWriter out_;
  std::optional<VariableTable> variables_;
  std::map<std::string_view, ValueId> inputs_;  // by the tensor that is fed
  std::vector<std::vector<ValueId>> values_;    // by flat node: its outputs; empty: it could not be converted
  std::unordered_map<const NodeDef*, ValueId> constants_;
  std::unordered_map<std::string, ValueId> read_;  // variables, by their keys
  std::vector<ExampleFeature> features_;
  std::map<int32_t, std::map<size_t, std::string>>
      unparsed_;  // by flat node, of those that parse: see UnparsedFeatures
  std::map<std::string, Problem> problems_;
  uint64_t padded_ = 0;
};

std::string NamesOf(const MetaGraph& meta) {
  std::string names;
  for (const auto& [name, signature] : meta.signatures) names += (names.empty() ? "" : ", ") + Quote(name);
  return names.empty() ? "none" : names;
}

}  // namespace

std::vector<std::string> DefaultSignatures(const MetaGraph& meta) {
  if (meta.signatures.contains("serving_default")) return {"serving_default"};
  std::vector<std::string> names;
  for (const auto& [name, signature] : meta.signatures) names.push_back(name);
  return names;
}

Status CheckSignature(const MetaGraph& meta, std::string_view signature) {
  if (meta.signatures.contains(std::string(signature))) return {};
  return NotFound("there is no signature " + Quote(signature) + ": there is " + NamesOf(meta));
}

Result<Converted> ConvertSignature(const MetaGraph& meta, const TensorBundle& bundle, const ConvertOptions& options) {
  RETURN_IF_ERROR(CheckSignature(meta, options.signature));
  Result<Converted> converted = Conversion(meta, meta.signatures.at(options.signature), bundle, options).Run();
  if (!converted.ok()) return std::move(converted).status().Within("signature " + Quote(options.signature));
  return converted;
}

}  // namespace trireme::tensorflow

// SPDX-License-Identifier: Apache-2.0
#include "treefile/onnx_model.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/excerpt.h"
#include "onnxfile/field_walk.h"
#include "onnxfile/fields.h"
#include "onnxfile/onnx_reader.h"
#include "treefile/forest_builder.h"
#include "treefile/onnx_attributes.h"
#include "treefile/onnx_trees.h"

namespace trireme::treefile {
namespace {

using onnxfile::ByteSource;
using onnxfile::ByteSpan;
using onnxfile::ElementType;
using onnxfile::GraphNode;
using onnxfile::GraphValue;
using onnxfile::ModelSummary;
using onnxfile::WireField;

constexpr std::string_view kClassifier = "ai.onnx.ml.TreeEnsembleClassifier";
constexpr std::string_view kRegressor = "ai.onnx.ml.TreeEnsembleRegressor";
constexpr std::string_view kZipMap = "ai.onnx.ml.ZipMap";

// The messages of the graph's nodes, in order.
Result<std::vector<ByteSpan>> FindNodes(std::string_view bytes) {
  ByteSource source(bytes);
  std::vector<ByteSpan> nodes;
  const auto visit_graph = [&](const WireField& field) -> Status {
    if (field.IsBytes(onnxfile::graph_field::kNode)) nodes.push_back(field.bytes);
    return {};
  };
  RETURN_IF_ERROR(onnxfile::ForEachField(source, {0, bytes.size()}, "the file", [&](const WireField& field) -> Status {
    if (!field.IsBytes(onnxfile::model_field::kGraph)) return {};
    return onnxfile::ForEachField(source, field.bytes, "the graph", visit_graph);
  }));
  return nodes;
}

class OnnxReader {
 public:
  explicit OnnxReader(std::string_view bytes) : bytes_(bytes) {}

  Result<Forest> Read() {
    ASSIGN_OR_RETURN(summary_, onnxfile::ReadModelSummary(bytes_));
    RETURN_IF_ERROR(FindOperator());
    RETURN_IF_ERROR(UseInput());
    RETURN_IF_ERROR(UseOutputs());
    ASSIGN_OR_RETURN(attributes_, OnnxAttributes::Read(bytes_, operator_message_));
    Status status = is_classifier_ ? ReadClassifier() : ReadRegressor();
    if (!status.ok()) return std::move(status).Within(forest_.objective);
    RETURN_IF_ERROR(ForestBuilder(forest_).Check());
    forest_.origin = Forest::Origin::kOnnx;
    const std::vector<int64_t>& missing = attributes_.Ints("nodes_missing_value_tracks_true");
    forest_.knows_missing = std::ranges::find(missing, 1) != missing.end();
    forest_.format = "ONNX, " + forest_.objective;
    if (!summary_.producer_name.empty()) {
      forest_.format += ", made by " + summary_.producer_name;
      if (!summary_.producer_version.empty()) forest_.format += " " + summary_.producer_version;
    }
    return std::move(forest_);
  }

 private:
  Status FindOperator() {
    if (!summary_.nodes) return Unsupported("the graph is more than trees");
    ASSIGN_OR_RETURN(messages_, FindNodes(bytes_));
    for (size_t i = 0; i < summary_.nodes->size(); ++i) {
      const GraphNode& node = (*summary_.nodes)[i];
      if (node.op_type != kClassifier && node.op_type != kRegressor) {
        const bool is_plain = node.op_type == "Identity" || node.op_type == "Cast" || node.op_type == kZipMap;
        if (is_plain) continue;
        return Unsupported("the graph is more than trees: it has an operator " + Excerpt(node.op_type, 80));
      }
      if (operator_ != nullptr) return Unsupported("the graph has more than one operator with trees");
      operator_ = &node;
      operator_message_ = messages_[i];
    }
    if (operator_ == nullptr) return Unsupported("the graph has no operator with trees that is read here");
    is_classifier_ = operator_->op_type == kClassifier;
    forest_.objective = is_classifier_ ? "TreeEnsembleClassifier" : "TreeEnsembleRegressor";
    return {};
  }

  Status UseInput() {
    if (summary_.inputs.size() != 1 || !summary_.defaulted_inputs.empty()) {
      return Unsupported("the graph has not one input");
    }
    const GraphValue& input = summary_.inputs.front();
    if (operator_->inputs.size() != 1 || operator_->inputs.front() != input.name) {
      return Unsupported("something is done to the input before the trees have it");
    }
    if (input.kind != GraphValue::Kind::kTensor || input.type != ElementType::kFloat) {
      return Unsupported("the input " + Excerpt(input.name) + " is no tensor of floats");
    }
    if (input.dims && input.dims->size() != 2) {
      return Unsupported("the input " + Excerpt(input.name) + " is no matrix");
    }
    forest_.input_name = input.name;
    // ONNX Runtime takes rows of any width then, as long as they have what the trees look at.
    if (!input.dims || input.dims->back().size <= 0) {
      return Unsupported("the input " + Excerpt(input.name) + " does not say how wide its rows are");
    }
    forest_.width = static_cast<uint32_t>(std::min<int64_t>(input.dims->back().size, UINT32_MAX));
    return {};
  }

  // The node that makes a value.
  const GraphNode* FindMaker(std::string_view value, size_t& place) const {
    for (place = 0; place < summary_.nodes->size(); ++place) {
      const GraphNode& node = (*summary_.nodes)[place];
      if (std::find(node.outputs.begin(), node.outputs.end(), value) != node.outputs.end()) return &node;
    }
    return nullptr;
  }

  // Which output of the operator with trees a value is, through what does not change it.
  Result<size_t> TraceBack(std::string_view value) {
    std::vector<ElementType> casts;
    for (size_t steps = 0; steps <= summary_.nodes->size(); ++steps) {
      size_t place = 0;
      const GraphNode* maker = FindMaker(value, place);
      if (maker == nullptr) break;
      if (maker == operator_) {
        const size_t output = std::find(maker->outputs.begin(), maker->outputs.end(), value) - maker->outputs.begin();
        RETURN_IF_ERROR(CheckCasts(output, casts));
        return output;
      }
      if (maker->inputs.size() != 1) break;
      if (maker->op_type == "Cast") {
        ASSIGN_OR_RETURN(const OnnxAttributes attributes, OnnxAttributes::Read(bytes_, messages_[place]));
        casts.push_back(static_cast<ElementType>(attributes.Int("to", 0)));
      }
      if (maker->op_type == kZipMap) has_zip_map_ = true;
      value = maker->inputs.front();
    }
    return Unsupported("the graph's outputs are not those of its trees");
  }

  Status CheckCasts(size_t output, const std::vector<ElementType>& casts) {
    for (const ElementType type : casts) {
      const bool is_label = is_classifier_ && output == 0;
      if (is_label) {
        label_casts_.push_back(type);
      } else if (type != ElementType::kFloat) {
        return Unsupported("the scores are cast to another type");
      }
    }
    return {};
  }

  Status UseOutputs() {
    const size_t scores = is_classifier_ ? 1 : 0;
    for (const GraphValue& value : summary_.outputs) {
      ASSIGN_OR_RETURN(const size_t output, TraceBack(value.name));
      std::string& name = output == scores ? forest_.scores_name : forest_.label_name;
      if (output > scores || !name.empty()) return Unsupported("the graph gives the same output twice");
      name = value.name;
    }
    if (forest_.scores_name.empty()) return Unsupported("the graph does not give the scores");
    if (has_zip_map_) {
      forest_.notes.emplace_back("scores are a matrix with a column for each class, and not a list of maps (ZipMap)");
    }
    return {};
  }

  Result<Transform> PostTransform() const {
    const std::string_view name = attributes_.Text("post_transform", "NONE");
    if (name == "NONE") return Transform::kIdentity;
    if (name == "LOGISTIC") return Transform::kLogistic;
    if (name == "SOFTMAX") return Transform::kSoftmax;
    if (name == "SOFTMAX_ZERO") return Transform::kSoftmaxZero;
    if (name == "PROBIT") return Transform::kProbit;
    return InvalidArgument("post_transform: expected NONE, LOGISTIC, SOFTMAX, SOFTMAX_ZERO or PROBIT, found " +
                           Excerpt(name, 40));
  }

  Status CheckNoDoubles() const {
    for (const std::string_view name :
         {"base_values_as_tensor", "nodes_values_as_tensor", "target_weights_as_tensor", "class_weights_as_tensor"}) {
      if (attributes_.Has(name)) return Unsupported(std::string(name) + ": numbers of double precision");
    }
    return {};
  }

  Status SetOutputs(int64_t count, std::string_view field) {
    if (count < 1 || count > ForestBuilder::kMostOutputs) {
      return InvalidArgument(std::string(field) + ": expected a number from 1 to " +
                             std::to_string(ForestBuilder::kMostOutputs) + ", found " + std::to_string(count));
    }
    forest_.outputs = static_cast<uint32_t>(count);
    return {};
  }

  Status SetBase(const std::vector<float>& values) {
    for (const float value : values) {
      if (!std::isfinite(value)) {
        return InvalidArgument("base_values: expected finite numbers, found " + std::to_string(value));
      }
    }
    forest_.base.assign(values.begin(), values.end());
    if (values.empty()) forest_.base.assign(forest_.outputs, 0);
    if (forest_.base.size() == forest_.outputs) return {};
    return InvalidArgument("base_values: expected 0 or " + std::to_string(forest_.outputs) + " numbers, found " +
                           std::to_string(values.size()));
  }

  Status ReadRegressor() {
    RETURN_IF_ERROR(CheckNoDoubles());
    RETURN_IF_ERROR(SetOutputs(attributes_.Int("n_targets", 0), "n_targets"));
    RETURN_IF_ERROR(SetBase(attributes_.Floats("base_values")));
    ASSIGN_OR_RETURN(forest_.transform, PostTransform());
    const bool is_left_out = forest_.transform != Transform::kIdentity && forest_.transform != Transform::kProbit;
    if (forest_.outputs == 1 && is_left_out) {
      return Unsupported("post_transform of one target: ONNX Runtime leaves it out");
    }
    OnnxTreeReader trees(attributes_, kTargetLeaves, forest_);
    RETURN_IF_ERROR(trees.Read());
    return UseAggregate(trees);
  }

  Status UseAggregate(const OnnxTreeReader& trees) {
    const std::string_view name = attributes_.Text("aggregate_function", "SUM");
    if (name == "SUM") return {};
    if (name == "AVERAGE") {
      forest_.divide_by = static_cast<double>(std::max<size_t>(forest_.trees.size(), 1));
      return {};
    }
    if (name != "MIN" && name != "MAX") {
      return InvalidArgument("aggregate_function: expected SUM, AVERAGE, MIN or MAX, found " + Excerpt(name, 40));
    }
    if (!trees.is_every_output_met()) return Unsupported("aggregate_function: a least or largest of no values");
    forest_.aggregate = name == "MIN" ? Forest::Aggregate::kMin : Forest::Aggregate::kMax;
    return {};
  }

  Status ReadClassifier() {
    RETURN_IF_ERROR(CheckNoDoubles());
    const std::vector<int64_t>& numbers = attributes_.Ints("classlabels_int64s");
    const std::vector<std::string_view>& texts = attributes_.Texts("classlabels_strings");
    if (numbers.empty() == texts.empty()) {
      return InvalidArgument("expected one of classlabels_int64s and classlabels_strings, found " +
                             std::string(numbers.empty() ? "none" : "both"));
    }
    for (const ElementType type : label_casts_) {
      if (type != (texts.empty() ? ElementType::kInt64 : ElementType::kString)) {
        return Unsupported("the labels are cast to another type");
      }
    }
    if (texts.empty()) {
      forest_.labels = numbers;
    } else {
      forest_.labels = std::vector<std::string>(texts.begin(), texts.end());
    }
    RETURN_IF_ERROR(SetOutputs(static_cast<int64_t>(std::max(numbers.size(), texts.size())), "class labels"));
    if (forest_.outputs < 2) return Unsupported("one class only");
    return forest_.outputs == 2 ? ReadTwoClasses() : ReadClasses();
  }

  Status ReadClasses() {
    RETURN_IF_ERROR(SetBase(attributes_.Floats("base_values")));
    ASSIGN_OR_RETURN(forest_.transform, PostTransform());
    OnnxTreeReader trees(attributes_, kClassLeaves, forest_);
    RETURN_IF_ERROR(trees.Read());
    const bool has_all = trees.is_every_output_met() || !attributes_.Floats("base_values").empty();
    // ONNX Runtime never names a class for which no leaf gave anything, however negative the others are.
    if (has_all || !trees.has_negative_weight()) return {};
    return Unsupported("leaves with negative weights do not give every class something");
  }

  // Of two classes leaves may give a score for one: then it is the second class's, whatever its number is.
  Status ReadTwoClasses() {
    OnnxTreeReader trees(attributes_, kClassLeaves, forest_);
    RETURN_IF_ERROR(trees.Read());
    if (trees.is_output_used(1) || forest_.leaf_width != 1) {
      return Unsupported("two classes with scores for the second: ONNX Runtime has a rule of its own for their label");
    }
    forest_.outputs = 1;
    RETURN_IF_ERROR(SetBase(attributes_.Floats("base_values")));
    ASSIGN_OR_RETURN(const Transform transform, PostTransform());
    // Weights that are never negative are taken for probabilities.
    const bool is_probability = !trees.has_negative_weight();
    const bool is_known = transform == Transform::kIdentity || (transform == Transform::kLogistic && !is_probability);
    if (!is_known) {
      return Unsupported("post_transform of two classes with one score, " +
                         std::string(is_probability ? "never negative" : "of either sign") +
                         ": ONNX Runtime has rules of its own for it");
    }
    forest_.columns = is_probability ? Columns::kComplement : Columns::kMirror;
    forest_.transform = transform;
    return {};
  }

  const std::string_view bytes_;
  ModelSummary summary_;
  std::vector<ByteSpan> messages_;       // of the nodes
  const GraphNode* operator_ = nullptr;  // in summary_
  ByteSpan operator_message_;
  bool is_classifier_ = false;
  bool has_zip_map_ = false;
  std::vector<ElementType> label_casts_;
  OnnxAttributes attributes_;
  Forest forest_;
};

}  // namespace

Result<Forest> ReadOnnxTrees(std::string_view bytes) {
  return OnnxReader(bytes).Read();
}

}  // namespace trireme::treefile

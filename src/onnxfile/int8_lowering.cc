// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/int8_lowering.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "onnxfile/integer_weights.h"
#include "onnxfile/onnx_writer.h"
#include "onnxfile/opset_raise.h"

namespace trireme::onnxfile {
namespace {

constexpr int kFullRange = 127, kReducedRange = 64;
constexpr int64_t kLargestInput = 255;
constexpr float kLargestAlpha = 1e6F;
// Below this, rounding the input and scaling the output cost more than the product saves (docs/precision.md).
constexpr int64_t kLeastWeights = 128 * 128;

constexpr int64_t kFirstToBroadcast = 7;  // the opset from which on Add does so of itself

// ONNX Runtime's own.
constexpr const char* kOwnDomain = "com.microsoft";
constexpr const char* kOwnProduct = "DynamicQuantizeMatMul";

constexpr const char* kNoConstantWeights = "no constant weights";
constexpr const char* kSlowConvolution = "slower in integers (--convolutions)";

// How a node uses its weights.
struct Product {
  std::string integer_op;
  int64_t count = 1;  // matrices
  int64_t rows = 0;
  int64_t columns = 0;
  bool channels_are_rows = false;  // else columns
  bool transposed = false;         // before the product
  int64_t summands = 0;            // of an element of the output
  std::vector<int64_t> dims;       // of the integers
  std::vector<int64_t> scale_dims;
};

// An input that has been rounded.
struct RoundedInput {
  std::string elements, scale, zero;
};

TensorProto Numbers(std::string name, ElementType type, std::vector<int64_t> dims, std::string raw) {
  return {.name = std::move(name),
          .type = type,
          .dims = std::move(dims),
          .raw = std::move(raw),
          .strings = {},
          .external_location = {}};
}

// 0 as well if a dimension is negative, or if there are more than anybody can count.
int64_t CountOf(const std::vector<int64_t>& dims) {
  int64_t count = 1;
  for (const int64_t dim : dims) {
    if (dim <= 0 || __builtin_mul_overflow(count, dim, &count)) return 0;
  }
  return count;
}

class Int8Lowering {
 public:
  Int8Lowering(GraphChanger& changer, const LoweringOptions& options, LoweringNotes& notes)
      : changer_(changer), options_(options), notes_(notes), rounded_inputs_(changer.index().graphs.size()) {}

  Status Run() {
    const ModelIndex& index = changer_.index();
    const std::string why_not_raised = WhyNotRaised(index);
    is_own_ = !why_not_raised.empty();
    for (size_t graph = 0; graph < index.graphs.size(); ++graph) {
      for (const IndexedNode& node : index.graphs[graph].nodes) {
        if (node.Is("MatMul") || node.Is("Gemm") || node.Is("Conv")) RETURN_IF_ERROR(Lower(graph, node));
      }
    }
    if (notes_.has_changed()) SetOpset(why_not_raised);
    return {};
  }

 private:
  using WeightsKey = std::tuple<uint64_t, bool, bool, bool>;  // where, and how it is used

  struct Weights {
    std::string elements;  // names
    std::string zero;
    std::string scales_name;
    std::vector<float> scales;
    std::vector<int64_t> scale_dims;
  };

  void SetOpset(const std::string& why_not_raised) {
    const std::string opset = "opset " + std::to_string(changer_.index().opset());
    const std::string wanted = std::to_string(kIntegerOpset);
    if (is_own_) {
      changer_.ImportDomain(kOwnDomain);
      notes_.Note(opset + " could not be raised to " + wanted + " (" + why_not_raised +
                  "): products are ONNX Runtime's own " + kOwnProduct + ", which no other runtime has");
    } else if (changer_.index().opset() < kIntegerOpset) {
      changer_.SetOpset(kIntegerOpset);
      notes_.Note(opset + " was raised to " + wanted);
    }
  }

  Status Lower(size_t graph, const IndexedNode& node) {
    ASSIGN_OR_RETURN(const std::string why_not, TryToLower(graph, node));
    why_not.empty() ? notes_.NoteChanged(node) : notes_.NoteLeft(node, why_not);
    return {};
  }

  // Why not; empty: it is done.
  Result<std::string> TryToLower(size_t graph, const IndexedNode& node) {
    if (node.Is("Conv") && !options_.convolutions) return std::string(kSlowConvolution);
    if (node.inputs.size() < 2 || node.outputs.size() != 1 || node.inputs[0].empty())
      return std::string("not as in ONNX");
    const std::optional<ConstantUse> use = changer_.scopes().FindConstant(node.inputs[1], graph);
    if (!use) return std::string(kNoConstantWeights);
    if (use->constant->type != ElementType::kFloat) return std::string("weights that are not FP32");
    if (!use->constant->elements && !use->constant->external) return std::string("weights in a form that is not read");
    std::string why_not;
    const std::optional<Product> product = ProductOf(node, *use, why_not);
    if (!product) return why_not;
    if (is_own_ && (product->dims.size() > 2)) {
      return std::string("weights of more than 2 dimensions, with an opset that cannot be raised");
    }
    if (changer_.index().opset() < kFirstToBroadcast && !BiasOf(node).empty()) {
      return std::string("a bias, with an opset before 7");
    }
    const int64_t largest_sum = kLargestInput * largest();
    if (product->summands > std::numeric_limits<int32_t>::max() / largest_sum) {
      return std::string("sums of so many products that 32 bits may not hold them");
    }
    if (product->count * product->rows * product->columns < kLeastWeights) return std::string("too small to pay");
    const float alpha = node.Is("Gemm") ? node.FloatOr("alpha", 1) : 1;
    if (!(std::fabs(alpha) <= kLargestAlpha)) return std::string("an alpha beyond a million");
    ASSIGN_OR_RETURN(const Weights* weights, WeightsOf(*use, *product));
    if (weights == nullptr) return std::string("weights with a NaN or an infinity");
    Write(graph, node, *product, *weights, ScalesOf(*use, *weights, alpha));
    return std::string();
  }

  int largest() const { return options_.reduced_range ? kReducedRange : kFullRange; }

  static std::optional<Product> ProductOf(const IndexedNode& node, const ConstantUse& use, std::string& why_not) {
    const std::vector<int64_t>& dims = use.constant->dims;
    const int64_t elements = CountOf(dims);
    if (elements == 0) {
      why_not = "weights without elements";
    } else if (node.Is("Conv")) {
      if (dims.size() >= 3 && !use.transposed) return Convolution(dims, elements);
      why_not = "weights of " + std::to_string(dims.size()) + " dimensions";
    } else if (dims.size() < 2 || (dims.size() > 2 && (use.transposed || node.Is("Gemm")))) {
      why_not = "weights of " + std::to_string(dims.size()) + " dimensions";
    } else if (node.Is("Gemm") && node.IntOr("transA", 0) != 0) {
      why_not = "its other side is transposed";
    } else {
      const bool transposed = use.transposed != (node.Is("Gemm") && node.IntOr("transB", 0) != 0);
      return Matrices(dims, elements, transposed);
    }
    return std::nullopt;
  }

  static Product Convolution(const std::vector<int64_t>& dims, int64_t elements) {
    Product product{.integer_op = "ConvInteger", .rows = dims[0], .columns = elements / dims[0]};
    product.channels_are_rows = true;
    product.summands = product.columns;
    product.dims = dims;
    product.scale_dims.assign(dims.size() - 1, 1);
    product.scale_dims[0] = dims[0];
    return product;
  }

  static Product Matrices(const std::vector<int64_t>& dims, int64_t elements, bool transposed) {
    Product product{.integer_op = "MatMulInteger", .rows = dims[dims.size() - 2], .columns = dims.back()};
    product.count = elements / product.rows / product.columns;
    product.channels_are_rows = product.transposed = transposed;
    product.dims = dims;
    if (transposed) std::swap(product.dims[0], product.dims[1]);
    product.summands = transposed ? product.columns : product.rows;
    const int64_t channels = transposed ? product.rows : product.columns;
    if (dims.size() == 2) {
      product.scale_dims = {channels};
    } else {
      product.scale_dims = dims;
      product.scale_dims[dims.size() - 2] = 1;
    }
    return product;
  }

  // What is to be added to the product: a name; empty: nothing.
  static std::string BiasOf(const IndexedNode& node) {
    const bool is_added = node.inputs.size() > 2 && !(node.Is("Gemm") && node.FloatOr("beta", 1) == 0);
    return is_added && !node.Is("MatMul") ? node.inputs[2] : "";
  }

  // Rounded once for all nodes that use them alike. Null: they cannot be rounded.
  Result<const Weights*> WeightsOf(const ConstantUse& use, const Product& product) {
    const WeightsKey key(use.constant->message.begin, product.transposed, product.channels_are_rows,
                         product.integer_op == "ConvInteger");
    const auto [found, is_new] = weights_.try_emplace(key);
    if (!is_new) return found->second ? &*found->second : nullptr;
    ASSIGN_OR_RETURN(const std::vector<float> floats, changer_.ReadFloats(*use.constant));
    std::optional<IntegerWeights> rounded = RoundWeights({.elements = floats,
                                                          .count = product.count,
                                                          .rows = product.rows,
                                                          .columns = product.columns,
                                                          .channels_are_rows = product.channels_are_rows},
                                                         largest());
    if (!rounded) return nullptr;
    if (product.transposed) {
      rounded->elements = Transposed(rounded->elements, product.count, product.rows, product.columns);
    }
    const std::string name = use.constant->name.empty() ? "weights" : use.constant->name;
    Weights& weights = found->second.emplace();
    weights.elements = changer_.AddConstant(
        use.graph, Numbers(name + "_int8", ElementType::kInt8, product.dims, std::move(rounded->elements)));
    weights.zero =
        changer_.AddConstant(use.graph, Numbers(name + "_zero", ElementType::kInt8, {}, std::string(1, '\0')));
    weights.scales = std::move(rounded->scales);
    weights.scale_dims = product.scale_dims;
    return &weights;
  }

  // Their name, with `alpha` in them.
  std::string ScalesOf(const ConstantUse& use, const Weights& weights, float alpha) {
    std::string& name = scales_[{weights.elements, alpha}];
    if (!name.empty()) return name;
    std::vector<float> scales = weights.scales;
    for (float& scale : scales) scale *= alpha;
    name = changer_.AddConstant(use.graph,
                                Constant(weights.elements + "_scale", ElementType::kFloat, weights.scale_dims, scales));
    return name;
  }

  const RoundedInput& Round(size_t graph, const std::string& input, std::vector<NewNode>& nodes) {
    const auto [found, is_new] = rounded_inputs_[graph].try_emplace(input);
    RoundedInput& rounded = found->second;
    if (!is_new) return rounded;
    GraphScopes& scopes = changer_.scopes();
    rounded = {.elements = scopes.NewName(input + "_uint8"),
               .scale = scopes.NewName(input + "_scale"),
               .zero = scopes.NewName(input + "_zero")};
    nodes.push_back({{"DynamicQuantizeLinear", {input}, {rounded.elements, rounded.scale, rounded.zero}}});
    return rounded;
  }

  void Write(size_t graph, const IndexedNode& node, const Product& product, const Weights& weights,
             const std::string& scales) {
    const std::string bias = BiasOf(node);
    const std::string& output = node.outputs[0];
    const std::string product_name = bias.empty() ? output : changer_.scopes().NewName(output + "_product");
    std::vector<NewNode> nodes;
    if (is_own_) {
      nodes.push_back(
          {{kOwnProduct, {node.inputs[0], weights.elements, scales, weights.zero}, {product_name}, {}, kOwnDomain}});
    } else {
      WriteProduct(graph, node, product, weights, scales, product_name, nodes);
    }
    if (!bias.empty()) {
      const std::string added = BiasToAdd(graph, node, product, bias, nodes);
      nodes.push_back({{"Add", {product_name, added}, {output}}});
    }
    changer_.ReplaceNode(graph, node, nodes);
  }

  void WriteProduct(size_t graph, const IndexedNode& node, const Product& product, const Weights& weights,
                    const std::string& scales, const std::string& output, std::vector<NewNode>& nodes) {
    GraphScopes& scopes = changer_.scopes();
    const RoundedInput& input = Round(graph, node.inputs[0], nodes);
    const std::string sums = scopes.NewName(output + "_int32");
    const std::string floats = scopes.NewName(output + "_fp32");
    const std::string scale = scopes.NewName(output + "_scale");
    nodes.push_back({.node = {product.integer_op, {input.elements, weights.elements, input.zero, weights.zero}, {sums}},
                     .attributes_of = node.Is("Conv") ? &node : nullptr});
    nodes.push_back({{"Cast", {sums}, {floats}, {{"to", static_cast<int64_t>(ElementType::kFloat)}}}});
    nodes.push_back({{"Mul", {input.scale, scales}, {scale}}});
    nodes.push_back({{"Mul", {floats, scale}, {output}}});
  }

  std::string BiasToAdd(size_t graph, const IndexedNode& node, const Product& product, const std::string& bias,
                        std::vector<NewNode>& nodes) {
    GraphScopes& scopes = changer_.scopes();
    if (node.Is("Conv")) {
      const std::string shape =
          changer_.AddConstant(graph, Constant(bias + "_shape", ElementType::kInt64,
                                               {static_cast<int64_t>(product.scale_dims.size())}, product.scale_dims));
      const std::string reshaped = scopes.NewName(bias + "_by_channel");
      nodes.push_back({{"Reshape", {bias, shape}, {reshaped}}});
      return reshaped;
    }
    const float beta = node.FloatOr("beta", 1);
    if (!node.Is("Gemm") || beta == 1) return bias;
    const std::string factor =
        changer_.AddConstant(graph, Constant(bias + "_beta", ElementType::kFloat, {}, std::vector<float>{beta}));
    const std::string scaled = scopes.NewName(bias + "_scaled");
    nodes.push_back({{"Mul", {bias, factor}, {scaled}}});
    return scaled;
  }

  GraphChanger& changer_;
  const LoweringOptions& options_;
  LoweringNotes& notes_;
  bool is_own_ = false;  // products are of ONNX Runtime's own kind
  std::map<WeightsKey, std::optional<Weights>> weights_;
  std::map<std::pair<std::string, float>, std::string> scales_;
  std::vector<std::map<std::string, RoundedInput>> rounded_inputs_;  // by graph
};

}  // namespace

Status LowerToInt8(GraphChanger& changer, const LoweringOptions& options, LoweringNotes& notes) {
  return Int8Lowering(changer, options, notes).Run();
}

}  // namespace trireme::onnxfile

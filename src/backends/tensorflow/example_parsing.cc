// SPDX-License-Identifier: Apache-2.0
#include "backends/tensorflow/example_parsing.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "backends/tensorflow/literal.h"
#include "backends/tensorflow/message.h"

namespace trireme::tensorflow {
namespace {

constexpr size_t kMostFeatures = 10'000;

// A dense feature as the operator's inputs and attributes have it.
struct Dense {
  std::string key;
  const Value* default_value = nullptr;
};

Result<std::vector<std::string>> StringsOf(const Value& value) {
  if (value.literal == nullptr || value.type != ElementType::kString) {
    return Unsupported("the names of its features are not constants");
  }
  return value.literal->strings;
}

// {serialized, names, sparse keys..., dense keys..., dense defaults...}, each key an input of its own.
Result<std::vector<Dense>> DenseOfV1(const Op& op, size_t sparse, size_t dense) {
  if (op.inputs() < 2 + sparse + 2 * dense) return InvalidArgument("it has too few inputs for its features");
  std::vector<Dense> found;
  for (size_t i = 0; i < dense; ++i) {
    ASSIGN_OR_RETURN(const std::vector<std::string> keys, StringsOf(op.in(2 + sparse + i)));
    if (keys.size() != 1) return InvalidArgument("a feature of it has not one name");
    found.push_back({.key = keys.front(), .default_value = &op.in(2 + sparse + dense + i)});
  }
  return found;
}

// {serialized, names, sparse keys, dense keys, ragged keys, dense defaults...}, keys in lists.
Result<std::vector<Dense>> DenseOfV2(const Op& op, size_t dense) {
  if (op.inputs() < 5 + dense) return InvalidArgument("it has too few inputs for its features");
  ASSIGN_OR_RETURN(const std::vector<std::string> keys, StringsOf(op.in(3)));
  if (keys.size() != dense) return InvalidArgument("it has not as many names of features as types");
  std::vector<Dense> found;
  for (size_t i = 0; i < dense; ++i) found.push_back({.key = keys[i], .default_value = &op.in(5 + i)});
  return found;
}

Result<DataType> FeatureType(TfType type) {
  if (type == TfType::kFloat) return DataType::kFp32;
  if (type == TfType::kInt64) return DataType::kInt64;
  if (type == TfType::kString) return DataType::kBytes;
  return InvalidArgument("a feature of it is of " + NameOf(type));
}

// An empty default is none: the feature must be there.
Status TakeDefault(const Value& value, uint64_t elements, ExampleFeature& feature) {
  if (value.literal == nullptr)
    return Unsupported("the default of feature '" + Shown(feature.key) + "' is not a constant");
  const Literal& literal = *value.literal;
  if (literal.elements() == 0) return {};
  if (literal.entry || literal.elements() != elements) {
    return Unsupported("the default of feature '" + Shown(feature.key) + "' has not as many elements as the feature");
  }
  if (feature.type == DataType::kBytes) {
    feature.default_texts = literal.strings;
  } else {
    feature.default_elements = std::string(literal.view());
  }
  return {};
}

// The names of one kind of features; none where they cannot be told.
std::vector<std::string> KeysIn(const Op& op, size_t first, size_t inputs) {
  std::vector<std::string> keys;
  for (size_t i = first; i < std::min(first + inputs, op.inputs()); ++i) {
    const Result<std::vector<std::string>> some = StringsOf(op.in(i));
    if (some.ok()) keys.insert(keys.end(), some->begin(), some->end());
  }
  return keys;
}

}  // namespace

// {sparse indices..., sparse values..., sparse shapes..., dense..., ragged values..., ragged splits...}
std::map<size_t, std::string> UnparsedFeatures(const Op& op) {
  const bool is_v2 = op.name() == "ParseExampleV2";
  const size_t sparse = op.attributes().Types("sparse_types").size();
  const size_t dense = op.attributes().Types("Tdense").size();
  std::map<size_t, std::string> names;
  const std::vector<std::string> sparse_keys = is_v2 ? KeysIn(op, 2, 1) : KeysIn(op, 2, sparse);
  for (size_t i = 0; i < std::min(sparse, sparse_keys.size()); ++i) {
    for (size_t part = 0; part < 3; ++part) names[part * sparse + i] = "sparse feature '" + Shown(sparse_keys[i]) + "'";
  }
  if (!is_v2) return names;
  const std::vector<std::string> ragged_keys = KeysIn(op, 4, 1);
  for (size_t i = 0; i < ragged_keys.size(); ++i) {
    for (size_t part = 0; part < 2; ++part) {
      names[3 * sparse + dense + part * ragged_keys.size() + i] = "ragged feature '" + Shown(ragged_keys[i]) + "'";
    }
  }
  return names;
}

Status ConvertParseExample(Op& op, std::vector<ExampleFeature>& features) {
  if (!op.in(0).is_examples) return Unsupported("what it parses is not an input of the signature");
  const bool is_v2 = op.name() == "ParseExampleV2";
  const std::vector<TfType> types = op.attributes().Types("Tdense");
  const std::vector<std::string_view> shapes = op.attributes().Shapes("dense_shapes");
  const size_t sparse = op.attributes().Types("sparse_types").size();
  if (types.size() != shapes.size() || types.size() > kMostFeatures || sparse > kMostFeatures) {
    return InvalidArgument("it has not as many shapes as types of features, or too many");
  }
  ASSIGN_OR_RETURN(const std::vector<Dense> dense,
                   is_v2 ? DenseOfV2(op, types.size()) : DenseOfV1(op, sparse, types.size()));
  for (size_t i = 0; i < dense.size(); ++i) {
    ExampleFeature feature{.key = dense[i].key, .input = {}, .shape = {}};
    ASSIGN_OR_RETURN(feature.type, FeatureType(types[i]));
    ASSIGN_OR_RETURN(const std::optional<Dims> dims, ReadShape(shapes[i]));
    const std::optional<uint64_t> elements = dims ? ElementCount(*dims) : std::nullopt;
    if (!elements || dims->size() >= Shape::kMaxRank) {
      return Unsupported("feature '" + Shown(feature.key) + "' may have any number of elements");
    }
    feature.shape = Shape(std::span<const int64_t>(*dims));
    RETURN_IF_ERROR(TakeDefault(*dense[i].default_value, *elements, feature));
    for (const ExampleFeature& other : features) {
      if (other.key == feature.key) return Unsupported("feature '" + Shown(feature.key) + "' is parsed twice");
    }
    feature.input = op.out().InputName(feature.key);
    Dims whole = {kAnySize};
    whole.insert(whole.end(), dims->begin(), dims->end());
    op.Give(3 * sparse + i, op.out().AddInput(feature.input, *ToElementType(types[i]), std::move(whole)));
    features.push_back(std::move(feature));
  }
  return {};
}

}  // namespace trireme::tensorflow

// SPDX-License-Identifier: Apache-2.0
#include "backends/torch/trial.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "backends/torch/values.h"

namespace trireme::torch_backend {
namespace {

using Results = std::vector<NamedResult>;

constexpr auto kLongest = std::chrono::seconds(20);
constexpr int64_t kMostElements = 1 << 24;
// Sizes that free dimensions are tried with: a photo's side, a digit's, a sentence's length.
// Where people write down what the file does not say.
constexpr const char* kConfigFile = "config.pbtxt, beside NAME/1/model.pt (an archive has none),";

constexpr std::array<int64_t, 12> kSides = {224, 32, 28, 64, 96, 128, 256, 299, 320, 384, 512, 600};
constexpr std::array<int64_t, 6> kLengths = {16, 8, 32, 64, 128, 1};
constexpr std::array<int64_t, 9> kDeclaredSizes = {64, 32, 224, 16, 1, 128, 320, 512, 28};

// A leaf's elements as they are to be made up; Shape::kAny where any size may go.
struct LeafSpec {
  DataType type = DataType::kFp32;
  Shape shape;
};

struct Sizes {
  int64_t rows = 1;  // of a free first dimension
  int64_t free = 1;  // of every other
};

Shape Filled(const Shape& shape, const Sizes& sizes) {
  Shape filled = shape;
  for (size_t i = 0; i < filled.rank(); ++i) {
    if (filled[i] == Shape::kAny) filled[i] = i == 0 ? sizes.rows : sizes.free;
  }
  return filled;
}

// Numbers that most models take: between -1 and 1; or 0 and 1, which are valid as an index, a token, a mask.
std::optional<at::Tensor> MadeUp(const LeafSpec& spec, const Sizes& sizes) {
  const Shape shape = Filled(spec.shape, sizes);
  const std::optional<int64_t> count = shape.ElementCount();
  if (!count || *count > kMostElements) return std::nullopt;
  const at::Tensor numbers = at::arange(*count, at::kFloat);
  const at::ScalarType type = ToScalarType(spec.type).value();
  const at::Tensor values = at::isFloatingType(type) ? at::sin(numbers) : at::remainder(numbers, 2);
  return values.to(type).reshape(at::IntArrayRef(shape.begin(), shape.rank()));
}

// None: one of them would be too large.
std::optional<std::vector<at::Tensor>> MadeUp(const std::vector<LeafSpec>& specs, const Sizes& sizes) {
  std::vector<at::Tensor> inputs;
  for (const LeafSpec& spec : specs) {
    auto input = MadeUp(spec, sizes);
    if (!input) return std::nullopt;
    inputs.push_back(*std::move(input));
  }
  return inputs;
}

bool LeadsFree(const Shape& shape) {
  return shape.rank() > 0 && shape[0] == Shape::kAny;
}

bool AllLeadFree(const std::vector<LeafSpec>& specs) {
  return std::ranges::all_of(specs, [](const LeafSpec& spec) { return LeadsFree(spec.shape); });
}

bool HasInnerFree(const Shape& shape) {
  for (size_t i = 1; i < shape.rank(); ++i) {
    if (shape[i] == Shape::kAny) return true;
  }
  return false;
}

bool HasFree(const std::vector<LeafSpec>& specs) {
  return std::ranges::any_of(specs, [](const LeafSpec& spec) { return HasInnerFree(spec.shape); });
}

int64_t OtherThan(int64_t size) {
  return size >= 32 ? size + 32 : size + std::max<int64_t>(1, size / 2);
}

std::string TypeText(DataType type) {
  return "TYPE_" + std::string(Name(type));
}

// "input [ { name: "x" data_type: TYPE_FP32 dims: [ ... ] } ]"
std::string ConfigLines(std::string_view side, std::span<const std::string> names) {
  std::string lines;
  for (const std::string& name : names) {
    lines += (lines.empty() ? "" : ", ") + ("{ name: \"" + name + "\" data_type: TYPE_FP32 dims: [ ... ] }");
  }
  return std::string(side) + " [ " + lines + " ]";
}

std::vector<std::string> NamesOf(const ForwardPlan& plan) {
  std::vector<std::string> names;
  for (const Leaf& leaf : plan.leaves()) names.push_back(leaf.name);
  return names;
}

// One arrangement of made-up inputs, and the sizes to try it with.
struct Attempt {
  std::vector<LeafSpec> specs;
  std::vector<int64_t> sizes = {1};
};

// Without a config: what the program's first operators want, else what many models take.
class Guesses {
 public:
  Guesses(const ForwardPlan& plan, const ProgramFacts& facts) : plan_(plan), facts_(facts) {}

  std::vector<Attempt> All() {
    const std::optional<ArgumentHint> first = FirstHint();
    if (!first) {
      Unknown();
    } else if (first->may_have_more_dims) {
      for (const size_t more : {0U, 1U, 2U}) Hinted(*first, more);
    } else {
      Hinted(*first, 0);
    }
    return std::move(attempts_);
  }

 private:
  const std::optional<ArgumentHint>& HintOf(const Leaf& leaf) const { return facts_.hints.at(leaf.argument); }

  std::optional<ArgumentHint> FirstHint() const {
    for (const Leaf& leaf : plan_.leaves()) {
      if (leaf.kind == Leaf::Kind::kTensor && HintOf(leaf)) return HintOf(leaf);
    }
    return std::nullopt;
  }

  static LeafSpec SpecOf(const ArgumentHint& hint, size_t more) {
    LeafSpec spec{.type = hint.type, .shape = Shape(std::span<const int64_t>(hint.dims))};
    if (!hint.may_have_more_dims) return spec;
    spec.shape = Shape({Shape::kAny});
    for (size_t i = 0; i < more; ++i) spec.shape.Append(Shape::kAny);
    spec.shape.Append(hint.dims.back());
    return spec;
  }

  static std::optional<LeafSpec> Number(const Leaf& leaf) {
    switch (leaf.kind) {
      case Leaf::Kind::kTensor:
        return std::nullopt;
      case Leaf::Kind::kInteger:
        return LeafSpec{DataType::kInt64, Shape({1})};
      case Leaf::Kind::kReal:
        return LeafSpec{DataType::kFp32, Shape({1})};
      case Leaf::Kind::kTruth:
        return LeafSpec{DataType::kBool, Shape({1})};
    }
    return std::nullopt;
  }

  // Those of which nothing is known are like the first of which something is, perhaps of another type: a mask.
  void Hinted(const ArgumentHint& first, size_t more) {
    std::vector<DataType> others = {first.type};
    for (const DataType type : {DataType::kInt64, DataType::kFp32, DataType::kBool}) {
      if (type != first.type) others.push_back(type);
    }
    const bool all_known = std::ranges::all_of(
        plan_.leaves(), [&](const Leaf& leaf) { return leaf.kind != Leaf::Kind::kTensor || HintOf(leaf).has_value(); });
    if (all_known) others.resize(1);
    for (const DataType other : others) {
      Attempt attempt;
      for (const Leaf& leaf : plan_.leaves()) {
        LeafSpec spec = SpecOf(HintOf(leaf).value_or(first), more);
        if (!HintOf(leaf)) spec.type = other;
        if (const auto number = Number(leaf)) spec = *number;
        attempt.specs.push_back(std::move(spec));
      }
      attempt.sizes = first.is_image ? std::vector<int64_t>(kSides.begin(), kSides.end())
                                     : std::vector<int64_t>(kLengths.begin(), kLengths.end());
      attempts_.push_back(std::move(attempt));
    }
  }

  void Unknown() {
    constexpr int64_t kAny = Shape::kAny;
    const bool in_list = plan_.leaves().front().in_list;
    if (in_list) Add(DataType::kFp32, {3, kAny, kAny}, {224, 320, 512});
    Add(DataType::kFp32, {kAny, kAny}, {16});
    Add(DataType::kFp32, {kAny, 3, kAny, kAny}, {224, 32, 64, 256, 299, 384, 512});
    Add(DataType::kFp32, {kAny, 1, kAny, kAny}, {28, 32, 64, 224});
    Add(DataType::kFp32, {kAny, kAny, kAny}, {16});
    Add(DataType::kFp32, {kAny}, {1});
    Add(DataType::kInt64, {kAny, kAny}, {16});
    Add(DataType::kInt64, {kAny}, {1});
  }

  void Add(DataType type, const Shape& shape, std::vector<int64_t> sizes) {
    Attempt attempt{.specs = {}, .sizes = std::move(sizes)};
    for (const Leaf& leaf : plan_.leaves()) attempt.specs.push_back(Number(leaf).value_or(LeafSpec{type, shape}));
    attempts_.push_back(std::move(attempt));
  }

  const ForwardPlan& plan_;
  const ProgramFacts& facts_;
  std::vector<Attempt> attempts_;
};

// Runs that went, on the way to a signature.
struct Found {
  std::vector<LeafSpec> specs;
  Sizes sizes;
  std::vector<at::Tensor> inputs;
  Results results;
};

// The first attempt that goes; else what the last one said.
Result<Found> FirstThatGoes(const Program& program, const std::vector<Attempt>& attempts) {
  const auto end = std::chrono::steady_clock::now() + kLongest;
  Status said = InvalidArgument("they are too large to be made up");
  for (const Attempt& attempt : attempts) {
    for (const int64_t size : attempt.sizes) {
      const Sizes sizes{.rows = 1, .free = size};
      auto inputs = MadeUp(attempt.specs, sizes);
      if (!inputs) continue;
      Result<Results> results = program.Try(*inputs);
      if (results.ok()) {
        return Found{
            .specs = attempt.specs, .sizes = sizes, .inputs = *std::move(inputs), .results = *std::move(results)};
      }
      said = results.status();
      if (said.code() == StatusCode::kUnsupported || said.code() == StatusCode::kOutOfMemory) return said;
      if (std::chrono::steady_clock::now() > end) return said;
    }
  }
  return said;
}

bool SameResults(const Results& a, const Results& b) {
  return std::ranges::equal(a, b, [](const NamedResult& x, const NamedResult& y) {
    return x.name == y.name && x.tensor.dim() == y.tensor.dim() && x.tensor.scalar_type() == y.tensor.scalar_type();
  });
}

// The same program with other sizes; nothing if it does not take them.
std::optional<Results> RunWith(const Program& program, const Found& found, const Sizes& sizes) {
  const auto inputs = MadeUp(found.specs, sizes);
  if (!inputs) return std::nullopt;
  Result<Results> results = program.Try(*inputs);
  if (!results.ok() || !SameResults(*results, found.results)) return std::nullopt;
  return *std::move(results);
}

// The outputs' shapes: a dimension is free where runs of other sizes gave another one.
class OutputShapes {
 public:
  explicit OutputShapes(const Results& first) {
    for (const NamedResult& result : first) {
      const auto sizes = result.tensor.sizes();
      Shape shape(std::span<const int64_t>(sizes.data(), std::min(sizes.size(), Shape::kMaxRank)));
      // Nothing was found there this time.
      for (size_t i = 0; i < shape.rank(); ++i) {
        if (shape[i] == 0) shape[i] = Shape::kAny;
      }
      shapes_.push_back(shape);
    }
  }

  void Compare(const Results& other) {
    for (size_t i = 0; i < shapes_.size(); ++i) {
      for (size_t d = 0; d < shapes_[i].rank(); ++d) {
        if (shapes_[i][d] != other[i].tensor.size(static_cast<int64_t>(d))) shapes_[i][d] = Shape::kAny;
      }
    }
  }

  void FreeFirst() {
    for (Shape& shape : shapes_) {
      if (shape.rank() > 0) shape[0] = Shape::kAny;
    }
  }
  void FreeAll() {
    for (Shape& shape : shapes_) {
      for (size_t d = 0; d < shape.rank(); ++d) shape[d] = Shape::kAny;
    }
  }

  const Shape& operator[](size_t i) const { return shapes_[i]; }

 private:
  std::vector<Shape> shapes_;
};

// Tries other sizes. Where a guessed dimension turns out not to be free it gets the size that went; a config is
// believed.
OutputShapes Generalise(const Program& program, bool is_guess, Found& found) {
  OutputShapes shapes(found.results);
  if (HasFree(found.specs)) {
    if (const auto other = RunWith(program, found, {.rows = 1, .free = OtherThan(found.sizes.free)})) {
      shapes.Compare(*other);
    } else if (!is_guess) {
      shapes.FreeAll();
    } else {
      for (LeafSpec& spec : found.specs) {
        for (size_t i = 1; i < spec.shape.rank(); ++i) {
          if (spec.shape[i] == Shape::kAny) spec.shape[i] = found.sizes.free;
        }
      }
    }
  }
  if (std::ranges::any_of(found.specs, [](const LeafSpec& spec) { return LeadsFree(spec.shape); })) {
    if (const auto other = RunWith(program, found, {.rows = 2, .free = found.sizes.free})) {
      shapes.Compare(*other);
    } else if (!is_guess) {
      shapes.FreeFirst();
    } else {
      for (LeafSpec& spec : found.specs) {
        if (LeadsFree(spec.shape)) spec.shape[0] = found.sizes.rows;
      }
    }
  }
  // What is found in one image is as many as there are.
  if (program.plan().leaves().front().in_list) shapes.FreeFirst();
  return shapes;
}

Result<std::vector<TensorSpec>> InputSpecs(const ForwardPlan& plan, const std::vector<LeafSpec>& specs,
                                           const Signature& declared) {
  std::vector<TensorSpec> inputs;
  for (size_t i = 0; i < specs.size(); ++i) {
    const Leaf& leaf = plan.leaves()[i];
    TensorSpec spec{.name = leaf.name, .type = specs[i].type, .shape = specs[i].shape};
    const int said = FindSpec(declared.inputs, leaf.name);
    spec.optional = leaf.optional && said >= 0 && declared.inputs[static_cast<size_t>(said)].optional;
    inputs.push_back(std::move(spec));
  }
  return inputs;
}

Status CheckDeclared(const TensorSpec& output, const NamedResult& result, const Shape& shape) {
  ASSIGN_OR_RETURN(const DataType type, TypeOf(result.tensor));
  if (type != output.type) {
    return InvalidArgument("output '" + output.name + "': expected data_type: " + TypeText(type) +
                           ", as the model gives it, found " + TypeText(output.type));
  }
  bool fits = shape.rank() == output.shape.rank();
  for (size_t i = 0; fits && i < shape.rank(); ++i) {
    fits = shape[i] == output.shape[i] || shape[i] == Shape::kAny || output.shape[i] == Shape::kAny;
  }
  if (fits) return {};
  return InvalidArgument("output '" + output.name + "': expected dims that fit " + shape.ToString() +
                         ", as the model gives it, found " + output.shape.ToString() +
                         " (with max_batch_size above 0 dims are without the first one)");
}

Status TakeOutputs(const Signature& declared, const Results& results, const OutputShapes& shapes,
                   FoundSignature& signature) {
  std::vector<TensorSpec>& outputs = signature.signature.outputs;
  if (!declared.outputs.empty()) {
    ASSIGN_OR_RETURN(signature.places, PlacesOf(declared.outputs, results));
    outputs = declared.outputs;
    for (size_t i = 0; i < outputs.size(); ++i) {
      const size_t at = signature.places[i].index;
      RETURN_IF_ERROR(CheckDeclared(outputs[i], results[at], shapes[at]));
    }
    return {};
  }
  for (size_t i = 0; i < results.size(); ++i) {
    const NamedResult& result = results[i];
    const Result<DataType> type = TypeOf(result.tensor);
    if (!type.ok()) return Status(type.status()).Within("output '" + result.name + "'");
    if (FindSpec(outputs, result.name) >= 0) {
      return Unsupported("forward returns two tensors named '" + result.name + "'");
    }
    outputs.push_back({.name = result.name, .type = *type, .shape = shapes[i]});
    signature.places.push_back({.index = i, .key = result.is_keyed ? result.name : ""});
  }
  return {};
}

bool SpecsLeadFree(const std::vector<TensorSpec>& specs) {
  return std::ranges::all_of(specs, [](const TensorSpec& spec) { return LeadsFree(spec.shape); });
}

Result<std::vector<Attempt>> DeclaredAttempts(const ForwardPlan& plan, const Signature& declared) {
  Attempt attempt;
  for (const Leaf& leaf : plan.leaves()) {
    const TensorSpec& spec = declared.inputs[static_cast<size_t>(FindSpec(declared.inputs, leaf.name))];
    if (!ToScalarType(spec.type)) {
      return Unsupported("input '" + spec.name + "': TorchScript has no tensors of type " +
                         (spec.type == DataType::kBytes ? "TYPE_STRING" : TypeText(spec.type)));
    }
    attempt.specs.push_back({.type = spec.type, .shape = spec.shape});
  }
  if (HasFree(attempt.specs)) attempt.sizes.assign(kDeclaredSizes.begin(), kDeclaredSizes.end());
  return std::vector<Attempt>{std::move(attempt)};
}

// What a config says whole is believed where made-up inputs do not go: a model may well look at their values.
Result<FoundSignature> AsDeclared(const Signature& declared, const std::vector<Attempt>& attempts,
                                  const ForwardPlan& plan, const Status& said) {
  FoundSignature found;
  ASSIGN_OR_RETURN(found.signature.inputs, InputSpecs(plan, attempts.front().specs, declared));
  found.signature.outputs = declared.outputs;
  found.signature.batched = declared.batched;
  found.notes.push_back("made-up inputs could not be tried on it: " + said.message());
  return found;
}

std::string Assumption(const Signature& signature) {
  std::string text;
  for (const TensorSpec& input : signature.inputs) {
    text += (text.empty() ? "" : ", ") + input.name + " " + std::string(Name(input.type)) + input.shape.ToString();
  }
  return "the file does not say what the model takes: assumed " + text +
         ", with which it runs; input [ ... ] and output [ ... ] in " + kConfigFile + " say it for certain";
}

}  // namespace

Result<FoundSignature> FindSignature(const Program& program, const ProgramFacts& facts, const Signature& declared) {
  const ForwardPlan& plan = program.plan();
  const bool is_guess = declared.inputs.empty();
  std::vector<Attempt> attempts;
  if (is_guess) {
    attempts = Guesses(plan, facts).All();
  } else {
    ASSIGN_OR_RETURN(attempts, DeclaredAttempts(plan, declared));
  }
  Result<Found> went = FirstThatGoes(program, attempts);
  if (!went.ok() && went.status().code() != StatusCode::kInvalidArgument) return std::move(went).status();
  if (!went.ok() && !is_guess && !declared.outputs.empty()) {
    return AsDeclared(declared, attempts, plan, went.status());
  }
  if (!went.ok()) {
    const std::vector<std::string> names = NamesOf(plan);
    const std::vector<std::string> output = {"OUTPUT__0"};
    return InvalidArgument("it cannot be told from the file what " + plan.text() + " takes and gives: write into " +
                           kConfigFile + " " + (is_guess ? ConfigLines("input", names) + " " : "") +
                           ConfigLines("output", output) + "; made-up inputs were refused (" + went.status().message() +
                           ")");
  }
  FoundSignature found;
  const OutputShapes shapes = Generalise(program, is_guess, *went);
  ASSIGN_OR_RETURN(found.signature.inputs, InputSpecs(plan, went->specs, declared));
  RETURN_IF_ERROR(TakeOutputs(declared, went->results, shapes, found));
  found.signature.batched = is_guess ? SpecsLeadFree(found.signature.inputs) && SpecsLeadFree(found.signature.outputs)
                                     : declared.batched || (declared.outputs.empty() && AllLeadFree(went->specs));
  if (program.plan().leaves().front().in_list) found.signature.batched = false;
  if (is_guess) found.notes.push_back(Assumption(found.signature));
  found.sample = std::move(went->inputs);
  return found;
}

}  // namespace trireme::torch_backend

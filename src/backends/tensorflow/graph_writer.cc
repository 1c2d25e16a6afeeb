// SPDX-License-Identifier: Apache-2.0
#include "backends/tensorflow/graph_writer.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>
#include <unordered_set>
#include <utility>

#include "backends/tensorflow/permute.h"
#include "onnxfile/element_type.h"

namespace trireme::tensorflow {
namespace {

constexpr uint64_t kMostNameBytes = 512 << 20;
constexpr uint64_t kMostKnown = 128;                                    // elements
constexpr uint64_t kLeastApart = 1024;                                  // bytes of a constant that is not in the graph
constexpr uint64_t kMostInGraph = std::numeric_limits<int32_t>::max();  // no reader of protobuf takes more
constexpr int64_t kAnyOther = -1;                                       // of a Reshape: whatever is left

// Whether nothing but dimensions of one changes its place, so that the elements stay where they are.
bool MovesNothing(const Dims& dims, std::span<const int64_t> order) {
  int64_t last = -1;
  int open = 0;
  for (const int64_t axis : order) {
    const int64_t size = dims[static_cast<size_t>(axis)];
    if (size == 0) return false;
    if (size == 1) continue;
    if (axis < last) return false;
    last = axis;
    open += size == kAnySize ? 1 : 0;
  }
  return open <= 1;
}

TensorProto Numbers(std::string name, ElementType type, Dims dims, std::string raw) {
  return {.name = std::move(name),
          .type = type,
          .dims = std::move(dims),
          .raw = std::move(raw),
          .strings = {},
          .external_location = {}};
}

// Where a dimension is open, what else is said of it.
Dims Completed(Dims dims, const std::optional<Dims>& declared) {
  if (!declared || declared->size() != dims.size()) return dims;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == kAnySize) dims[i] = (*declared)[i];
  }
  return dims;
}

uint64_t BytesOf(const TensorProto& tensor) {
  if (tensor.type == ElementType::kString) {
    return std::accumulate(tensor.strings.begin(), tensor.strings.end(), uint64_t{0},
                           [](uint64_t sum, const std::string& text) { return sum + text.size(); });
  }
  return ElementCount(tensor.dims).value_or(0) * ElementBytes(tensor.type);
}

}  // namespace

std::vector<int64_t> ToChannelsFirst(size_t rank) {
  std::vector<int64_t> order(rank);
  std::iota(order.begin(), order.end(), 0);
  if (rank > 2) std::rotate(order.begin() + 1, order.end() - 1, order.end());
  return order;
}

std::vector<int64_t> FromChannelsFirst(size_t rank) {
  std::vector<int64_t> order(rank);
  std::iota(order.begin(), order.end(), 0);
  if (rank > 2) std::rotate(order.begin() + 1, order.begin() + 2, order.end());
  return order;
}

Dims Permuted(const Dims& dims, std::span<const int64_t> order) {
  Dims permuted;
  for (const int64_t axis : order) permuted.push_back(dims[static_cast<size_t>(axis)]);
  return permuted;
}

int64_t AxisIn(Layout layout, int64_t axis, size_t rank) {
  if (layout == Layout::kAsIs || axis == 0 || rank < 3) return axis;
  return axis == static_cast<int64_t>(rank) - 1 ? 1 : axis + 1;
}

std::string GraphWriter::NewName() {
  for (;;) {
    std::string name = path_ + ":" + std::to_string(names_++);
    name_bytes_ += name.size();
    if (name_bytes_ > kMostNameBytes && status_.ok()) {
      status_ = TooLarge("the ONNX graph has more names than " + std::to_string(kMostNameBytes) + " bytes hold");
    }
    if (!reserved_.contains(name)) return name;
  }
}

std::string GraphWriter::InputName(const std::string& wanted) {
  std::string name = wanted.empty() ? "feature" : wanted;
  while (!reserved_.insert(name).second) name += "_feature";
  return name;
}

ValueId GraphWriter::AddInput(const std::string& name, ElementType type, Dims dims) {
  onnxfile::ValueInfo info{.name = name, .type = type, .dims = {}};
  for (size_t i = 0; i < dims.size(); ++i) {
    info.dims.emplace_back(dims[i]);
    if (i == 0 && dims[i] == kAnySize) info.dims.back().name = "batch";
  }
  graph_.inputs.push_back(std::move(info));
  Value value{.type = type, .dims = std::move(dims)};
  value.names[0] = name;
  return Add(std::move(value));
}

ValueId GraphWriter::Add(Value value) {
  values_.push_back(std::move(value));
  return static_cast<ValueId>(values_.size() - 1);
}

ValueId GraphWriter::AddLiteral(Literal literal) {
  literals_.push_back(std::move(literal));
  const Literal& kept = literals_.back();
  Value value{.type = kept.type, .dims = kept.dims};
  value.literal = &kept;
  value.known = IntegersOf(kept, kMostKnown);
  return Add(std::move(value));
}

void GraphWriter::AddOutput(const std::string& name, ValueId id, const std::optional<Dims>& declared) {
  const std::string from = NameOf(id);
  const Value& value = values_[static_cast<size_t>(id)];
  graph_.nodes.push_back({.op_type = "Identity", .inputs = {from}, .outputs = {name}});
  onnxfile::ValueInfo info{.name = name, .type = value.type, .dims = {}};
  info.is_shape_known = value.dims || declared;
  if (info.is_shape_known) {
    const Dims dims = value.dims ? Completed(*value.dims, declared) : *declared;
    info.dims.assign(dims.begin(), dims.end());
  }
  graph_.outputs.push_back(std::move(info));
}

// `write` hands on the elements, of which there are as many as `tensor` says.
void GraphWriter::WriteElements(TensorProto& tensor, const std::function<Status(const TakeBytes&)>& write) {
  if (!options_.with_data || !status_.ok()) return;
  const uint64_t bytes = BytesOf(tensor);
  const std::optional<uint64_t> offset =
      options_.data != nullptr && bytes >= kLeastApart ? options_.data->Begin(bytes) : std::nullopt;
  if (offset) {
    tensor.external_location = DataFile::kName;
    tensor.external_entries = {{"offset", std::to_string(*offset)}, {"length", std::to_string(bytes)}};
    status_ = write([&](std::string_view some) { return options_.data->Append(some); });
    return;
  }
  if (bytes > kMostInGraph - bytes_in_graph_) {
    status_ = TooLarge("its constants have 2 GiB or more, and there is no room for them in the folder for temporary " +
                       std::string("files: TMPDIR names another"));
    return;
  }
  bytes_in_graph_ += bytes;
  tensor.raw.reserve(bytes);
  status_ = write([&](std::string_view some) {
    tensor.raw.append(some);
    return Status();
  });
}

std::string GraphWriter::AddInitializer(const Literal& literal) {
  TensorProto tensor = Numbers(NewName(), literal.type, literal.dims, {});
  if (literal.type == ElementType::kString) {
    tensor.strings = literal.strings;
  } else {
    WriteElements(tensor, [&](const TakeBytes& take) {
      return literal.entry ? bundle_.Copy(*literal.entry, take) : take(literal.view());
    });
  }
  graph_.initializers.push_back(std::move(tensor));
  return graph_.initializers.back().name;
}

std::string GraphWriter::PermutedLiteral(const Literal& literal, const Dims& dims, std::span<const int64_t> order) {
  if (literal.type == ElementType::kString) {
    if (status_.ok()) status_ = Unsupported("texts where '" + path_ + "' wants numbers");
    return "";
  }
  std::string key = "literal " + std::to_string(reinterpret_cast<uintptr_t>(&literal));
  for (const int64_t dim : dims) key += " " + std::to_string(dim);
  for (const int64_t axis : order) key += " " + std::to_string(axis);
  const auto [found, is_new] = small_.try_emplace(std::move(key));
  if (!is_new) return found->second;
  TensorProto tensor = Numbers(NewName(), literal.type, Permuted(dims, order), {});
  found->second = tensor.name;
  WriteElements(tensor, [&](const TakeBytes& take) -> Status {
    const uint64_t width = ElementBytes(literal.type);
    if (!literal.entry) return Permute(literal.view(), width, dims, order, take);
    ASSIGN_OR_RETURN(const std::string elements, bundle_.Read(*literal.entry));
    return Permute(elements, width, dims, order, take);
  });
  graph_.initializers.push_back(std::move(tensor));
  return graph_.initializers.back().name;
}

std::string GraphWriter::Turn(const Value& value, Layout to) {
  const std::string& from = value.names[to == Layout::kAsIs ? 1 : 0];
  const size_t rank = value.dims->size();
  const Dims as_it_is = to == Layout::kAsIs ? Permuted(*value.dims, ToChannelsFirst(rank)) : *value.dims;
  const std::vector<int64_t> order = to == Layout::kAsIs ? FromChannelsFirst(rank) : ToChannelsFirst(rank);
  if (!MovesNothing(as_it_is, order)) return Emit("Transpose", {from}, {{"perm", order}});
  Dims target = Permuted(as_it_is, order);
  std::replace(target.begin(), target.end(), kAnySize, kAnyOther);
  return Emit("Reshape", {from, Ints(target)});
}

std::string GraphWriter::NameOf(ValueId id, Layout layout) {
  Value& value = values_[static_cast<size_t>(id)];
  if (value.Has(layout)) return value.names[static_cast<size_t>(layout)];
  std::string name;
  if (value.literal == nullptr) {
    name = Turn(value, layout);
  } else if (layout == Layout::kAsIs) {
    name = AddInitializer(*value.literal);
  } else {
    name = PermutedLiteral(*value.literal, *value.dims, ToChannelsFirst(value.dims->size()));
  }
  return value.names[static_cast<size_t>(layout)] = std::move(name);
}

std::string GraphWriter::Emit(std::string op_type, Names inputs, std::vector<Attribute> attributes) {
  return EmitMany(std::move(op_type), std::move(inputs), 1, std::move(attributes)).front();
}

Names GraphWriter::EmitMany(std::string op_type, Names inputs, size_t outputs, std::vector<Attribute> attributes) {
  Names names;
  for (size_t i = 0; i < outputs; ++i) names.push_back(NewName());
  graph_.nodes.push_back({.op_type = std::move(op_type),
                          .inputs = std::move(inputs),
                          .outputs = names,
                          .attributes = std::move(attributes)});
  return names;
}

onnxfile::Node* GraphWriter::ProducerOf(std::string_view output) {
  constexpr size_t kLast = 64;
  const size_t first = graph_.nodes.size() - std::min(graph_.nodes.size(), kLast);
  for (size_t i = graph_.nodes.size(); i-- > first;) {
    onnxfile::Node& node = graph_.nodes[i];
    if (std::ranges::find(node.outputs, output) != node.outputs.end()) return &node;
  }
  return nullptr;
}

std::string GraphWriter::AddSmall(const std::string& key, TensorProto tensor) {
  const auto [found, is_new] = small_.try_emplace(key);
  if (is_new) {
    tensor.name = NewName();
    found->second = tensor.name;
    graph_.initializers.push_back(std::move(tensor));
  }
  return found->second;
}

std::string GraphWriter::Ints(const std::vector<int64_t>& elements) {
  std::string key = "ints";
  for (const int64_t element : elements) key += " " + std::to_string(element);
  return AddSmall(
      key, onnxfile::Constant<int64_t>("", ElementType::kInt64, {static_cast<int64_t>(elements.size())}, elements));
}

std::string GraphWriter::Int(int64_t element) {
  return AddSmall("int " + std::to_string(element),
                  onnxfile::Constant<int64_t>("", ElementType::kInt64, {}, {element}));
}

std::string GraphWriter::Number(double number, ElementType type) {
  const std::string key =
      "number " + std::to_string(std::bit_cast<uint64_t>(number)) + " " + std::to_string(static_cast<int>(type));
  switch (type) {
    case ElementType::kFloat:
      return AddSmall(key, onnxfile::Constant<float>("", type, {}, {static_cast<float>(number)}));
    case ElementType::kDouble:
      return AddSmall(key, onnxfile::Constant<double>("", type, {}, {number}));
    case ElementType::kInt32:
      return AddSmall(key, onnxfile::Constant<int32_t>("", type, {}, {static_cast<int32_t>(number)}));
    case ElementType::kInt64:
      return AddSmall(key, onnxfile::Constant<int64_t>("", type, {}, {static_cast<int64_t>(number)}));
    default: {
      const std::string wide = Number(number, ElementType::kFloat);
      return Emit("Cast", {wide}, {{"to", static_cast<int64_t>(type)}});
    }
  }
}

void GraphWriter::Prune() {
  std::unordered_set<std::string> needed;
  for (const onnxfile::ValueInfo& output : graph_.outputs) needed.insert(output.name);
  std::vector<onnxfile::Node> kept;
  // From the last to the first: who needs something stands behind it.
  for (size_t i = graph_.nodes.size(); i-- > 0;) {
    onnxfile::Node& node = graph_.nodes[i];
    if (std::ranges::none_of(node.outputs, [&](const std::string& name) { return needed.contains(name); })) continue;
    needed.insert(node.inputs.begin(), node.inputs.end());
    kept.push_back(std::move(node));
  }
  std::ranges::reverse(kept);
  graph_.nodes = std::move(kept);
  std::erase_if(graph_.initializers, [&](const TensorProto& tensor) { return !needed.contains(tensor.name); });
}

Result<onnxfile::Graph> GraphWriter::Finish() && {
  RETURN_IF_ERROR(std::move(status_));
  Prune();
  for (const TensorProto& tensor : graph_.initializers) constant_bytes_ += BytesOf(tensor);
  return std::move(graph_);
}

}  // namespace trireme::tensorflow

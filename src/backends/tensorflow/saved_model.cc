// SPDX-License-Identifier: Apache-2.0
#include "backends/tensorflow/saved_model.h"

#include <algorithm>
#include <set>
#include <utility>

#include "backends/tensorflow/literal.h"
#include "backends/tensorflow/message.h"

namespace trireme::tensorflow {
namespace {

constexpr size_t kMostGraphs = 64;
constexpr size_t kMostSignatures = 1000;
constexpr size_t kMostTensors = 10'000;  // of one side of a signature

constexpr std::string_view kInitOp = "__saved_model_init_op";  // signatures of TensorFlow's own
constexpr std::string_view kTrainOp = "__saved_model_train_op";

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + Shown(word);
  return "{" + text + "}";
}

// A MetaGraphDef before its graph is read.
struct Found {
  std::vector<std::string> tags;
  std::string made_by;
  std::string_view message;
};

Status ReadInfo(std::string_view message, Found& found) {
  return ForEachField(message, "a MetaInfoDef", [&](const ProtoField& field) -> Status {
    if (IsBytes(field, 4)) found.tags.emplace_back(field.bytes);
    if (IsBytes(field, 5)) found.made_by = Shown(field.bytes);
    return {};
  });
}

Result<std::vector<Found>> FindGraphs(std::string_view bytes) {
  std::vector<Found> graphs;
  RETURN_IF_ERROR(ForEachField(bytes, "the SavedModel", [&](const ProtoField& field) -> Status {
    if (!IsBytes(field, 2)) return {};
    if (graphs.size() >= kMostGraphs) return TooLarge("more than " + std::to_string(kMostGraphs) + " graphs");
    graphs.push_back({.tags = {}, .made_by = {}, .message = field.bytes});
    return ForEachField(field.bytes, "a MetaGraphDef", [&](const ProtoField& inside) -> Status {
      return IsBytes(inside, 1) ? ReadInfo(inside.bytes, graphs.back()) : Status();
    });
  }));
  return graphs;
}

Result<Found> PickGraph(std::vector<Found> graphs, std::span<const std::string> tags) {
  const bool is_usual = tags.empty();
  std::set<std::string> wanted(tags.begin(), tags.end());
  if (is_usual) wanted = {"serve"};
  std::string there;
  for (Found& graph : graphs) {
    if (std::set<std::string>(graph.tags.begin(), graph.tags.end()) == wanted) return std::move(graph);
    there += (there.empty() ? "" : ", ") + Joined(graph.tags);
  }
  if (graphs.empty()) return InvalidArgument("there is no graph in it: it is no SavedModel, or an empty one");
  if (is_usual && graphs.size() == 1) return std::move(graphs.front());
  return NotFound("no graph has the tags " + Joined({wanted.begin(), wanted.end()}) + ": there is " + there);
}

Result<SignatureTensor> ReadTensorInfo(const MapEntry& entry) {
  SignatureTensor tensor{.key = std::string(entry.key), .tensor = {}, .type = TfType::kInvalid, .dims = {}};
  bool is_plain = true;
  RETURN_IF_ERROR(ForEachField(entry.value, "a TensorInfo", [&](const ProtoField& field) -> Status {
    if (IsBytes(field, 1)) tensor.tensor = field.bytes;
    if (IsVarint(field, 2)) tensor.type = static_cast<TfType>(field.value);
    if (IsBytes(field, 3)) {
      ASSIGN_OR_RETURN(tensor.dims, ReadShape(field.bytes));
    }
    if (IsBytes(field, 4) || IsBytes(field, 5)) is_plain = false;
    return {};
  }));
  if (!is_plain) return Unsupported("'" + Shown(tensor.key) + "' is a sparse or composite tensor");
  return tensor;
}

Status AddTensor(std::string_view entry_message, std::vector<SignatureTensor>& to) {
  if (to.size() >= kMostTensors) return TooLarge("it has more than " + std::to_string(kMostTensors) + " tensors");
  ASSIGN_OR_RETURN(const MapEntry entry, ReadMapEntry(entry_message, "a SignatureDef"));
  ASSIGN_OR_RETURN(SignatureTensor tensor, ReadTensorInfo(entry));
  to.push_back(std::move(tensor));
  return {};
}

// In order of keys; of two with one key the last counts, as in any map of protobuf.
void SortByKey(std::vector<SignatureTensor>& tensors) {
  std::stable_sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  const auto last =
      std::unique(tensors.rbegin(), tensors.rend(), [](const auto& a, const auto& b) { return a.key == b.key; });
  tensors.erase(tensors.begin(), last.base());
}

Result<SignatureDef> ReadSignature(std::string_view message) {
  SignatureDef signature;
  RETURN_IF_ERROR(ForEachField(message, "a SignatureDef", [&](const ProtoField& field) -> Status {
    if (IsBytes(field, 1)) return AddTensor(field.bytes, signature.inputs);
    if (IsBytes(field, 2)) return AddTensor(field.bytes, signature.outputs);
    if (IsBytes(field, 3)) signature.method = Shown(field.bytes);
    return {};
  }));
  SortByKey(signature.inputs);
  SortByKey(signature.outputs);
  return signature;
}

Status AddSignature(std::string_view entry_message, MetaGraph& to) {
  ASSIGN_OR_RETURN(const MapEntry entry, ReadMapEntry(entry_message, "a signature"));
  if (entry.key == kInitOp || entry.key == kTrainOp) return {};
  if (to.signatures.size() >= kMostSignatures) {
    return TooLarge("it has more than " + std::to_string(kMostSignatures) + " signatures");
  }
  Result<SignatureDef> signature = ReadSignature(entry.value);
  if (!signature.ok()) return std::move(signature).status().Within("signature '" + Shown(entry.key) + "'");
  to.signatures.insert_or_assign(std::string(entry.key), *std::move(signature));
  return {};
}

Result<Asset> ReadAsset(std::string_view message) {
  Asset asset;
  RETURN_IF_ERROR(ForEachField(message, "an AssetFileDef", [&](const ProtoField& field) -> Status {
    if (IsBytes(field, 2)) asset.file = field.bytes;
    if (!IsBytes(field, 1)) return {};
    ASSIGN_OR_RETURN(const SignatureTensor tensor, ReadTensorInfo({.key = "asset", .value = field.bytes}));
    asset.tensor = tensor.tensor;
    return {};
  }));
  return asset;
}

Status ReadSaver(std::string_view message, MetaGraph& to) {
  return ForEachField(message, "a SaverDef", [&](const ProtoField& field) -> Status {
    if (IsBytes(field, 3)) to.restore_op = field.bytes;
    return {};
  });
}

}  // namespace

Result<MetaGraph> ReadSavedModel(std::string_view bytes, std::span<const std::string> tags) {
  ASSIGN_OR_RETURN(std::vector<Found> graphs, FindGraphs(bytes));
  ASSIGN_OR_RETURN(Found found, PickGraph(std::move(graphs), tags));
  MetaGraph read;
  read.tags = std::move(found.tags);
  read.made_by = std::move(found.made_by);
  RETURN_IF_ERROR(ForEachField(found.message, "a MetaGraphDef", [&](const ProtoField& field) -> Status {
    if (IsBytes(field, 2)) {
      ASSIGN_OR_RETURN(read.graph, ReadGraphDef(field.bytes));
    }
    if (IsBytes(field, 3)) return ReadSaver(field.bytes, read);
    if (IsBytes(field, 5)) return AddSignature(field.bytes, read);
    if (IsBytes(field, 6)) {
      ASSIGN_OR_RETURN(const Asset asset, ReadAsset(field.bytes));
      if (read.assets.size() >= kMostTensors)
        return TooLarge("it has more than " + std::to_string(kMostTensors) + " assets");
      read.assets.push_back(asset);
    }
    return {};
  }));
  return read;
}

bool LooksLikeSavedModel(std::string_view beginning) {
  ProtoReader reader(beginning);
  const std::optional<ProtoField> first = reader.Next();
  if (first && IsVarint(*first, 1)) return first->value == 1;  // the only version of the schema there is
  // A version that is left out: a graph stands first, and may be longer than what is at hand.
  return beginning.starts_with('\x12');
}

}  // namespace trireme::tensorflow

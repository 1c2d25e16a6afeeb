// SPDX-License-Identifier: Apache-2.0
#include "backends/tensorflow/tensorflow_backend.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "backends/tensorflow/converter.h"
#include "backends/tensorflow/data_file.h"
#include "backends/tensorflow/message.h"
#include "backends/tensorflow/saved_model.h"
#include "backends/tensorflow/tensor_bundle.h"
#include "base/regular_file.h"
#include "onnxfile/element_type.h"

namespace trireme::tensorflow {
namespace {

namespace fs = std::filesystem;

constexpr const char* kGraphFile = "saved_model.pb";
constexpr uint64_t kMostFileBytes = uint64_t{2} << 30;  // no reader of protobuf takes more
constexpr const char* kSignature = "signature";
constexpr const char* kTags = "tags";
constexpr const char* kDefault = "serving_default";

fs::path FolderOf(const fs::path& path) {
  return path.filename() == kGraphFile ? path.parent_path() : path;
}

std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    if (comma > 0) words.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return words;
}

std::string Parameter(const OpenOptions& options, const char* key) {
  const auto found = options.runtime_parameters.find(key);
  return found == options.runtime_parameters.end() ? "" : found->second;
}

// What is wrong with a parameter is told without the file, so that its place in a config can be.
Status WithinFolder(Status status, const fs::path& folder) {
  return status.message().starts_with("parameters[") ? status : std::move(status).Within(folder.string());
}

// A signature that was converted, and what else is worth knowing.
struct Loaded {
  Converted converted;
  std::string signature;
  std::string made_by;
  std::vector<std::string> others;  // signatures
  std::vector<NamedSignature> all;  // as the file has them
  size_t assets = 0;
};

std::vector<trireme::SignatureTensor> TensorsOf(const std::vector<tensorflow::SignatureTensor>& tensors) {
  std::vector<trireme::SignatureTensor> all;
  for (const tensorflow::SignatureTensor& tensor : tensors) {
    trireme::SignatureTensor& one = all.emplace_back();
    one.key = tensor.key;
    one.tensor = tensor.tensor;
    one.type_number = static_cast<int>(tensor.type);
    if (tensor.dims) one.dims.emplace(tensor.dims->begin(), tensor.dims->end());
  }
  return all;
}

std::vector<NamedSignature> SignaturesOf(const MetaGraph& meta) {
  std::vector<NamedSignature> all;
  for (const auto& [name, signature] : meta.signatures) {
    all.push_back({.name = name,
                   .method = signature.method,
                   .inputs = TensorsOf(signature.inputs),
                   .outputs = TensorsOf(signature.outputs)});
  }
  return all;
}

std::shared_ptr<const FileSignatures> FileSignaturesOf(Loaded& loaded) {
  return std::make_shared<const FileSignatures>(
      FileSignatures{.served = loaded.signature,
                     .example_features = std::move(loaded.converted.example_features),
                     .all = std::move(loaded.all)});
}

// The signature that is served where nobody names one.
Result<std::string> DefaultSignature(const MetaGraph& meta, const TensorBundle& bundle) {
  constexpr size_t kMostTried = 16;
  std::vector<std::string> names = DefaultSignatures(meta);
  if (names.empty()) return NotFound("there is no signature in it: nothing that could be asked of it");
  if (names.size() == 1) return std::move(names.front());
  for (size_t i = 0; i < std::min(names.size(), kMostTried); ++i) {
    const ConvertOptions trial{.signature = names[i], .with_data = false, .data = nullptr};
    if (ConvertSignature(meta, bundle, trial).ok()) return std::move(names[i]);
  }
  return std::move(names.front());  // the reason will be told of it
}

Result<Loaded> Load(const fs::path& folder, const OpenOptions& options, bool with_data, DataFile* data) {
  const Result<RegularFile> file = RegularFile::Open(folder / kGraphFile);
  if (!file.ok()) return Status(file.status()).Within(kGraphFile);
  Result<std::string> bytes = file->ReadAll(kMostFileBytes);
  if (!bytes.ok()) return std::move(bytes).status().Within(kGraphFile);
  Result<MetaGraph> meta = ReadSavedModel(*bytes, Words(Parameter(options, kTags)));
  if (!meta.ok()) return std::move(meta).status().Within(kGraphFile);
  ASSIGN_OR_RETURN(const TensorBundle bundle, TensorBundle::Open(folder));
  Loaded loaded{.converted = {}, .signature = Parameter(options, kSignature), .made_by = meta->made_by};
  if (loaded.signature.empty()) {
    ASSIGN_OR_RETURN(loaded.signature, DefaultSignature(*meta, bundle));
  } else if (const Status known = CheckSignature(*meta, loaded.signature); !known.ok()) {
    return InvalidArgument("parameters[\"signature\"]: " + known.message());
  }
  for (const auto& [name, signature] : meta->signatures) {
    if (name != loaded.signature) loaded.others.push_back(Shown(name));
  }
  loaded.all = SignaturesOf(*meta);
  loaded.assets = meta->assets.size();
  ASSIGN_OR_RETURN(
      loaded.converted,
      ConvertSignature(*meta, bundle, {.signature = loaded.signature, .with_data = with_data, .data = data}));
  return loaded;
}

Result<TensorSpec> SpecOf(const onnxfile::ValueInfo& value) {
  const std::optional<DataType> type = onnxfile::ToDataType(value.type);
  if (!type) return Unsupported("'" + Shown(value.name) + "' is of a type that no protocol can carry");
  TensorSpec spec{.name = value.name, .type = *type, .shape = {}};
  std::vector<int64_t> sizes;
  for (const onnxfile::Dim& dim : value.dims) {
    sizes.push_back(dim.size < 0 ? Shape::kAny : dim.size);
    spec.dim_names.push_back(dim.name);
  }
  spec.shape = Shape(std::span<const int64_t>(sizes));
  return spec;
}

bool HasOpenRows(const TensorSpec& spec) {
  return spec.shape.rank() > 0 && spec.shape[0] == Shape::kAny;
}

// As the runtime will say it of the model, but for outputs of unknown shape, which are left out.
Result<Signature> SignatureOf(const onnxfile::Graph& graph, std::vector<std::string>& notes) {
  Signature signature;
  for (const onnxfile::ValueInfo& input : graph.inputs) {
    ASSIGN_OR_RETURN(TensorSpec spec, SpecOf(input));
    signature.inputs.push_back(std::move(spec));
  }
  for (const onnxfile::ValueInfo& output : graph.outputs) {
    if (!output.is_shape_known) {
      notes.push_back("the file does not say what output '" + Shown(output.name) +
                      "' looks like: that shows once the model is open");
      continue;
    }
    ASSIGN_OR_RETURN(TensorSpec spec, SpecOf(output));
    signature.outputs.push_back(std::move(spec));
  }
  signature.batched = !signature.inputs.empty() && !signature.outputs.empty() &&
                      std::ranges::all_of(signature.inputs, HasOpenRows) &&
                      std::ranges::all_of(signature.outputs, HasOpenRows);
  return signature;
}

std::string Listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::vector<std::string> NotesOn(const Loaded& loaded) {
  std::vector<std::string> notes;
  if (!loaded.others.empty()) {
    const bool has_default = std::ranges::any_of(loaded.all, [](const auto& one) { return one.name == kDefault; });
    notes.push_back((has_default ? "" : "there is no signature '" + std::string(kDefault) + "': ") + "signature '" +
                    Shown(loaded.signature) + "' is served; there is also " + Listed(loaded.others) +
                    ", which parameter 'signature' would choose");
  }
  if (!loaded.converted.example_features.empty()) {
    notes.emplace_back("the signature takes tf.Example messages: the model takes their features, parsed");
  }
  return notes;
}

}  // namespace

// Where its ONNX models run is the ONNX backend's to say.
Status TensorflowBackend::RunsOn(const Device&) const {
  return {};
}

Probe TensorflowBackend::Inspect(const fs::path& path) const {
  const Result<RegularFile> file = RegularFile::Open(FolderOf(path) / kGraphFile);
  if (!file.ok()) return {};
  std::array<char, 64> beginning;
  const size_t bytes = std::min<uint64_t>(beginning.size(), file->size());
  if (!file->Read(0, {beginning.data(), bytes}).ok()) return {};
  if (!LooksLikeSavedModel({beginning.data(), bytes})) return {};
  return {.confidence = 0.9, .what = "TensorFlow SavedModel"};
}

Result<Opened> TensorflowBackend::Open(const ModelSource& source, const OpenOptions& options) {
  const fs::path folder = FolderOf(source.path);
  const auto began = std::chrono::steady_clock::now();
  Result<DataFile> data = DataFile::Make();
  Result<Loaded> loaded = Load(folder, options, true, data.ok() ? &*data : nullptr);
  if (!loaded.ok()) return WithinFolder(std::move(loaded).status(), folder);
  OnnxModelBytes onnx{.bytes = onnxfile::Serialize(loaded->converted.model)};
  if (data.ok()) onnx.data = data->folder();
  onnx.used_parameters = {kSignature, kTags};
  onnx.signatures = FileSignaturesOf(*loaded);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
  log_.Info("SavedModel converted to ONNX",
            {{"folder", folder.string()}, {"signature", Shown(loaded->signature)}, {"ms", took.count()}});
  if (!data.ok() || data->is_full()) {
    log_.Warning("no room for the model's constants in the folder for temporary files: loading takes more memory",
                 {{"folder", folder.string()}, {"reason", data.ok() ? "it is full" : data.status().message()}});
  }
  return Opened(std::move(onnx));
}

Result<ModelFacts> TensorflowBackend::Describe(const ModelSource& source, const OpenOptions& options) {
  const fs::path folder = FolderOf(source.path);
  Result<Loaded> loaded = Load(folder, options, false, nullptr);
  if (!loaded.ok()) return WithinFolder(std::move(loaded).status(), folder);
  ModelFacts facts{.signature = {}, .notes = NotesOn(*loaded)};
  Result<Signature> signature = SignatureOf(loaded->converted.model.graph, facts.notes);
  if (!signature.ok()) return std::move(signature).status().Within(folder.string());
  facts.signature = *std::move(signature);
  facts.weight_bytes = loaded->converted.constant_bytes;
  facts.format = "SavedModel, signature '" + Shown(loaded->signature) + "'";
  if (!loaded->made_by.empty()) facts.format += ", made by TensorFlow " + loaded->made_by;
  facts.signatures = FileSignaturesOf(*loaded);
  return facts;
}

Result<std::unique_ptr<Backend>> CreateBackend(const PluginHost& host) {
  return std::unique_ptr<Backend>(std::make_unique<TensorflowBackend>(host.log));
}

}  // namespace trireme::tensorflow

// SPDX-License-Identifier: Apache-2.0
#include "repository/mar_manifest.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "repository/archive_manifest.h"
#include "repository/folder.h"
#include "repository/model_name.h"

namespace trireme {
namespace {

struct NamedRuntime {
  std::string_view name;
  MarManifest::Runtime runtime;
};
constexpr std::array<NamedRuntime, 4> kRuntimes = {{
    {"python", MarManifest::Runtime::kPython},
    {"python2", MarManifest::Runtime::kPython2},
    {"python3", MarManifest::Runtime::kPython3},
    {"LSP", MarManifest::Runtime::kLsp},
}};

struct NamedHandler {
  std::string_view name;
  HandlerKind kind;
};
constexpr std::array<NamedHandler, 10> kHandlers = {{
    {"base_handler", HandlerKind::kBase},
    {"image_classifier", HandlerKind::kImageClassifier},
    {"image_segmenter", HandlerKind::kImageSegmenter},
    {"object_detector", HandlerKind::kObjectDetector},
    {"text_classifier", HandlerKind::kTextClassifier},
    {"dali_image_classifier", HandlerKind::kDaliImageClassifier},
    {"vllm_handler", HandlerKind::kVllm},
    {"trt_llm_handler", HandlerKind::kTensorRtLlm},
    {"BaseHandler", HandlerKind::kCppBase},
    {"TorchScriptHandler", HandlerKind::kCppTorchScript},
}};

class Reader {
 public:
  explicit Reader(ArchiveManifest& from) : from_(from) {}

  Result<MarManifest> Read() {
    RETURN_IF_ERROR(from_.ReadObject("", [this](const std::string& entry) { return ReadEntry(entry); }));
    RETURN_IF_ERROR(from_.Finish());
    return CheckWhole();
  }

 private:
  Status ReadEntry(const std::string& entry) {
    if (entry == "model") return ReadModel();
    if (entry == "runtime") return from_.ReadText(runtime_);
    if (entry == "description") return from_.ReadText(manifest_.description);
    if (entry == "createdOn") return from_.ReadText(manifest_.created_on);
    if (entry == "archiverVersion") return from_.ReadText(manifest_.archiver_version);
    return from_.Pass();
  }

  Status ReadModel() {
    if (from_.PassNull()) return {};
    has_model_ = true;
    return from_.ReadObject("model.", [this](const std::string& entry) { return ReadModelEntry(entry); });
  }

  Status ReadModelEntry(const std::string& entry) {
    MarManifest& to = manifest_;
    const auto read_name = [&](std::string& name) { return from_.ReadFileName("model." + entry, name); };
    if (entry == "modelName") return from_.ReadText(to.model_name);
    if (entry == "modelVersion") return from_.ReadText(to.model_version);
    if (entry == "handler") return from_.ReadText(to.handler);
    if (entry == "envelope") return from_.ReadText(to.envelope);
    if (entry == "serializedFile") return read_name(to.serialized_file);
    if (entry == "modelFile") return read_name(to.model_file);
    if (entry == "configFile") return read_name(to.config_file);
    if (entry == "requirementsFile") return read_name(to.requirements_file);
    if (entry == "sourceVocab") return read_name(to.source_vocab);
    if (entry == "extensions") return from_.ReadJson(to.extensions);
    return from_.Pass();
  }

  Result<MarManifest> CheckWhole() {
    if (!has_model_) return InvalidArgument("Missing Model entry in manifest file.");
    if (manifest_.model_version.empty()) manifest_.model_version = "1.0";
    const auto runtime =
        std::find_if(kRuntimes.begin(), kRuntimes.end(), [&](const auto& known) { return known.name == runtime_; });
    if (runtime == kRuntimes.end()) return InvalidArgument("Runtime is not defined or invalid.");
    manifest_.runtime = runtime->runtime;
    if (!manifest_.model_name.empty()) {
      RETURN_IF_ERROR(CheckOpaqueName(manifest_.model_name).Within("model.modelName"));
    }
    RETURN_IF_ERROR(CheckOpaqueName(manifest_.model_version).Within("model.modelVersion"));
    if (!manifest_.handler.empty() && FileOfMarHandler(manifest_.handler).empty()) {
      return WrongEntry("model.handler", "a handler such as image_classifier or service.py:function",
                        Quoted(manifest_.handler.substr(0, 256)));
    }
    return std::move(manifest_);
  }

  ArchiveManifest& from_;
  MarManifest manifest_;
  std::string runtime_ = "python";  // as where the manifest says nothing
  bool has_model_ = false;
};

struct HandlerText {
  std::string_view module;    // without ".py" and folders
  std::string_view function;  // empty: none
};

std::optional<HandlerText> Split(std::string_view handler) {
  HandlerText parts;
  const size_t colon = handler.find(':');
  parts.module = handler.substr(0, colon);
  if (colon != std::string_view::npos) parts.function = handler.substr(colon + 1);
  if (colon != std::string_view::npos && parts.function.empty()) return std::nullopt;
  if (parts.module.ends_with(".py")) parts.module.remove_suffix(3);
  // As Python's loader does: files of an archive lie flat at its root.
  if (const size_t slash = parts.module.rfind('/'); slash != std::string_view::npos)
    parts.module.remove_prefix(slash + 1);
  if (!IsFileOfArchive(parts.module)) return std::nullopt;
  return parts;
}

}  // namespace

std::string_view Name(MarManifest::Runtime runtime) {
  return kRuntimes[static_cast<size_t>(runtime)].name;
}

Result<MarManifest> ParseMarManifest(std::string_view json) {
  ASSIGN_OR_RETURN(ArchiveManifest from, ArchiveManifest::Begin(json, kMaxMarManifestBytes));
  return Reader(from).Read();
}

std::string FileOfMarHandler(std::string_view handler) {
  const auto parts = Split(handler);
  return parts ? std::string(parts->module) + ".py" : "";
}

Result<MarHandler> ParseMarHandler(std::string_view handler, bool archive_has_file) {
  if (handler.empty()) return MarHandler{.kind = HandlerKind::kBase, .file = {}, .function = {}};
  const auto parts = Split(handler);
  if (parts && archive_has_file) {
    return MarHandler{.kind = HandlerKind::kOwnCode,
                      .file = std::string(parts->module) + ".py",
                      .function = std::string(parts->function)};
  }
  const auto known =
      std::find_if(kHandlers.begin(), kHandlers.end(), [&](const auto& each) { return each.name == handler; });
  if (known != kHandlers.end()) return MarHandler{.kind = known->kind, .file = {}, .function = {}};
  return WrongEntry("model.handler", "a file of the archive or one of TorchServe's handlers",
                    Quoted(handler.substr(0, 256)));
}

Result<MarHandler> HandlerOf(const MarManifest& manifest, const std::filesystem::path& folder) {
  const std::string file = FileOfMarHandler(manifest.handler);
  return ParseMarHandler(manifest.handler, !file.empty() && KindOf(folder / file) == PathKind::kFile);
}

}  // namespace trireme

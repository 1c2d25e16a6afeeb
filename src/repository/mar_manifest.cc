// SPDX-License-Identifier: Apache-2.0
#include "repository/mar_manifest.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include "codec/json_cursor.h"
#include "repository/folder.h"
#include "repository/model_name.h"
#include "repository/relative_name.h"

namespace trireme {
namespace {

constexpr size_t kMostNameBytes = 1024;
constexpr size_t kMostDepth = 32;

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

Status Wrong(std::string_view entry, std::string_view expected, const std::string& found) {
  return InvalidArgument(std::string(entry) + ": expected " + std::string(expected) + ", found " + found);
}

bool StaysBelow(std::string_view name) {
  return CheckRelativeName(name, kMostNameBytes).ok();
}

class Reader {
 public:
  explicit Reader(std::string_view json) : text_(json), json_(json, kMostDepth) {}

  Result<MarManifest> Read() {
    RETURN_IF_ERROR(ReadObject("", [this](std::string_view key) { return ReadEntry(key); }));
    if (!json_.Finish()) return json_.status();
    return CheckWhole();
  }

 private:
  // Calls read(key) for each member, which reads its value or passes over it.
  template <typename Read>
  Status ReadObject(const std::string& place, Read read) {
    std::set<std::string, std::less<>> keys;
    if (!json_.EnterObject()) return AtPlace(place);
    while (const auto key = json_.NextKey()) {
      const std::string name(*key);
      if (!keys.insert(name).second) return Wrong(place + name, "each entry once", "it again");
      RETURN_IF_ERROR(read(name));
      if (!json_.ok()) return AtPlace(place + name);
    }
    return json_.ok() ? Status() : AtPlace(place);
  }

  Status AtPlace(const std::string& place) const {
    return place.empty() ? json_.status() : Status(json_.status()).Within(place);
  }

  Status ReadEntry(std::string_view key) {
    if (key == "model") return ReadModel();
    if (key == "runtime") return ReadText(runtime_);
    if (key == "description") return ReadText(manifest_.description);
    if (key == "createdOn") return ReadText(manifest_.created_on);
    if (key == "archiverVersion") return ReadText(manifest_.archiver_version);
    json_.Skip();
    return {};
  }

  Status ReadModel() {
    if (PassNull()) return {};
    has_model_ = true;
    return ReadObject("model.", [this](std::string_view key) { return ReadModelEntry(key); });
  }

  Status ReadModelEntry(std::string_view key) {
    MarManifest& to = manifest_;
    if (key == "modelName") return ReadText(to.model_name);
    if (key == "modelVersion") return ReadText(to.model_version);
    if (key == "handler") return ReadText(to.handler);
    if (key == "envelope") return ReadText(to.envelope);
    if (key == "serializedFile") return ReadFileName(key, to.serialized_file);
    if (key == "modelFile") return ReadFileName(key, to.model_file);
    if (key == "configFile") return ReadFileName(key, to.config_file);
    if (key == "requirementsFile") return ReadFileName(key, to.requirements_file);
    if (key == "sourceVocab") return ReadFileName(key, to.source_vocab);
    if (key == "extensions") return KeepJson(to.extensions);
    json_.Skip();
    return {};
  }

  bool PassNull() { return json_.Peek() == JsonCursor::Kind::kNull && json_.ReadNull(); }

  // A number counts as the text that spells it: versions are written as 1.0 too.
  Status ReadText(std::string& to) {
    if (PassNull()) return {};
    if (json_.Peek() == JsonCursor::Kind::kNumber) {
      if (const auto number = json_.ReadNumberText()) to = *number;
    } else if (const auto text = json_.ReadString()) {
      to = *text;
    }
    return {};
  }

  Status ReadFileName(std::string_view key, std::string& to) {
    RETURN_IF_ERROR(ReadText(to));
    if (to.empty() || StaysBelow(to)) return {};
    return Wrong("model." + std::string(key), "the name of a file of the archive", Quoted(to.substr(0, 256)));
  }

  Status KeepJson(std::string& to) {
    static_cast<void>(json_.Peek());  // passes over blanks
    const size_t begin = json_.offset();
    if (json_.Skip()) to = text_.substr(begin, json_.offset() - begin);
    return {};
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
      return Wrong("model.handler", "a handler such as image_classifier or service.py:function",
                   Quoted(manifest_.handler.substr(0, 256)));
    }
    return std::move(manifest_);
  }

  const std::string_view text_;
  JsonCursor json_;
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
  if (!StaysBelow(parts.module)) return std::nullopt;
  return parts;
}

}  // namespace

std::string_view Name(MarManifest::Runtime runtime) {
  return kRuntimes[static_cast<size_t>(runtime)].name;
}

Result<MarManifest> ParseMarManifest(std::string_view json) {
  if (json.size() > kMaxMarManifestBytes) {
    return InvalidArgument("expected at most " + std::to_string(kMaxMarManifestBytes) + " bytes, found more");
  }
  return Reader(json).Read();
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
  return Wrong("model.handler", "a file of the archive or one of TorchServe's handlers",
               Quoted(handler.substr(0, 256)));
}

Result<MarHandler> HandlerOf(const MarManifest& manifest, const std::filesystem::path& folder) {
  const std::string file = FileOfMarHandler(manifest.handler);
  return ParseMarHandler(manifest.handler, !file.empty() && KindOf(folder / file) == PathKind::kFile);
}

}  // namespace trireme

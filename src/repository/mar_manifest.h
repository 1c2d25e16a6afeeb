// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/status.h"

namespace trireme {

// Where TorchServe's archives keep what they say of themselves.
inline constexpr const char* kMarManifestName = "MAR-INF/MANIFEST.json";
inline constexpr size_t kMaxMarManifestBytes = size_t{1} << 20;

// MAR-INF/MANIFEST.json of a TorchServe archive. What is not given is empty; names of files are relative and stay below
// the archive's folder.
struct MarManifest {
  enum class Runtime : uint8_t { kPython, kPython2, kPython3, kLsp };

  std::string model_name;     // as CheckOpaqueName wants it: what TorchServe takes literally
  std::string model_version;  // a text that means nothing; "1.0" where none is given
  Runtime runtime = Runtime::kPython;
  std::string serialized_file;  // the weights, or the whole model
  std::string model_file;       // Python that makes the model; there is none of TorchScript
  std::string handler;          // as it is written, see MarHandler
  std::string config_file;
  std::string requirements_file;
  std::string source_vocab;
  std::string envelope;
  std::string extensions;  // JSON, as it stands
  std::string description;
  std::string created_on;
  std::string archiver_version;
};

// Reads one, with TorchServe's defaults of what is missing. kInvalidArgument has TorchServe's own text where there is
// no model or no known runtime ("Missing Model entry in manifest file.", "Runtime is not defined or invalid."), else it
// names the entry, what was expected and what was found. Unknown entries say nothing. Any bytes may come.
Result<MarManifest> ParseMarManifest(std::string_view json);

// "python3", as a manifest and TorchServe's answers spell it.
std::string_view Name(MarManifest::Runtime runtime);

// Those who prepare a model's input and finish its output: TorchServe's own, by name, or the archive's Python.
enum class HandlerKind : uint8_t {
  kBase,
  kImageClassifier,
  kImageSegmenter,
  kObjectDetector,
  kTextClassifier,
  kDaliImageClassifier,
  kVllm,
  kTensorRtLlm,
  kCppBase,         // of the C++ runtime (LSP)
  kCppTorchScript,  // likewise
  kOwnCode,
};

struct MarHandler {
  HandlerKind kind = HandlerKind::kOwnCode;
  std::string file;      // of kOwnCode: "service.py", in the archive's folder
  std::string function;  // of kOwnCode: its entry, "handle"; empty: TorchServe looks for one
};

// What a manifest's handler means if the archive has no file for it, or `archive_has_file`. Forms: "image_classifier",
// "service.py", "service", "service.py:function", "service:function". A file of the archive goes before a handler of
// the same name. None at all does nothing around the model, as base_handler. kInvalidArgument: neither.
Result<MarHandler> ParseMarHandler(std::string_view handler, bool archive_has_file);

// The file that would hold the code: "service.py" of all the forms; empty: the text is no handler.
std::string FileOfMarHandler(std::string_view handler);

// The same, of an archive that lies unpacked in `folder`.
Result<MarHandler> HandlerOf(const MarManifest& manifest, const std::filesystem::path& folder);

}  // namespace trireme

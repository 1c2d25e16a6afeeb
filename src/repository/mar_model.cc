// SPDX-License-Identifier: Apache-2.0
#include "repository/mar_model.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "repository/fingerprint.h"
#include "repository/folder.h"
#include "repository/mar_config.h"
#include "repository/mar_files.h"
#include "repository/mar_manifest.h"
#include "repository/model_name.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

constexpr const char* kIndexToName = "index_to_name.json";

Complaint Wrong(const fs::path& path, const Status& status, const std::string& fix) {
  return Complain({status.code(), Quoted(path.string()) + ": " + status.message()}, path, "a TorchServe archive",
                  status.message(), fix);
}

Complaint NeedsPython(const fs::path& path, const std::string& what) {
  const std::string text = what + ", which needs a Python worker: not served yet";
  return Complain(Unsupported(Quoted(path.string()) + ": " + text), path, "TorchScript with a default handler", text,
                  "save the model with torch.jit.script, and name base_handler, image_classifier, image_segmenter or "
                  "object_detector as its handler");
}

// What the default handlers do around the model (ts/torch_handler of TorchServe; their answers are its own).
std::optional<transform::TransformWish> WishOf(HandlerKind kind, bool has_names) {
  transform::TransformWish wish;
  const transform::ImageSteps imagenet = transform::ImagenetSteps();
  transform::ImageWish image;
  image.resize = imagenet.resize;
  image.side = imagenet.side;
  image.crop = imagenet.crop;
  image.layout = transform::Layout::kNchw;
  image.scale = transform::ValueScale{.known = transform::ValueScale::Known::kImagenet};
  transform::AnswerWish answer;
  if (has_names) answer.names_file = kIndexToName;
  switch (kind) {
    case HandlerKind::kImageClassifier:
      answer.softmax = true;
      break;
    case HandlerKind::kImageSegmenter:
      answer.kind = transform::AnswerKind::kSegmentation;
      answer.output = "out";
      break;
    case HandlerKind::kObjectDetector:
      image = {.resize = transform::ImageSteps::ResizeTo::kAsItIs,
               .layout = transform::Layout::kNchw,
               .scale = transform::ValueScale()};
      answer.kind = transform::AnswerKind::kDetections;
      break;
    default:
      return std::nullopt;
  }
  wish.image = std::move(image);
  wish.answer = std::move(answer);
  return wish;
}

bool IsNative(HandlerKind kind) {
  return kind == HandlerKind::kBase || kind == HandlerKind::kCppBase || kind == HandlerKind::kCppTorchScript ||
         WishOf(kind, false).has_value();
}

// As many workers of TorchServe, which starts minWorkers of them, as callers of one model here.
void TakeSettings(const MarConfig& mar, ModelConfig& config) {
  constexpr int64_t kMostInstances = 1024;
  constexpr int64_t kMostRows = int64_t{1} << 20;
  const int64_t workers = mar.min_workers.value_or(0);
  if (workers > 0) config.instances = static_cast<int>(std::min(workers, kMostInstances));
  if (mar.batch_size && *mar.batch_size > 0) config.max_rows = std::min(*mar.batch_size, kMostRows);
  if (mar.max_batch_delay && mar.batch_size.value_or(1) > 1) config.max_delay = *mar.max_batch_delay;
  if (mar.job_queue_size && *mar.job_queue_size > 0) {
    config.max_waiting_requests = static_cast<size_t>(*mar.job_queue_size);
  }
  if (mar.device_type == "cpu") config.copies = {DeviceWish::On(Device())};
}

// Fills in what the archive says; false: `model` says what is wrong.
class MarReading {
 public:
  MarReading(const fs::path& path, const std::string& name, const ReadOptions& options)
      : files_(path, options.scan.archives.get()), options_(options) {
    model_.name = name;
  }

  Candidate Read() && {
    ModelEntry entry;
    entry.id = {model_.name, 1};
    entry.config = options_.scan.defaults;
    entry.path = files_.path();
    if (ReadManifest() && ReadHandler(entry) && ReadSettings(entry)) Finish(std::move(entry));
    if (!model_.status.ok()) model_.versions.clear();
    return std::move(model_);
  }

 private:
  bool Fails(Complaint complaint) {
    model_.Add(std::move(complaint));
    if (model_.path.empty()) model_.path = files_.path();
    return false;
  }

  bool ReadManifest() {
    Result<MarManifest> manifest = files_.ReadManifest();
    if (!manifest.ok()) return Fails(Wrong(files_.path(), manifest.status(), "pack it with torch-model-archiver"));
    manifest_ = *std::move(manifest);
    if (!options_.scan.mar_handler.empty()) manifest_.handler = options_.scan.mar_handler;
    return true;
  }

  bool ReadHandler(ModelEntry& entry) {
    const std::string code = FileOfMarHandler(manifest_.handler);
    const Result<bool> has_code = code.empty() ? Result<bool>(false) : files_.Has(code);
    const Result<bool> has_names = files_.Has(kIndexToName);
    for (const Result<bool>& looked : {has_code, has_names}) {
      if (!looked.ok()) return Fails(Wrong(files_.path(), looked.status(), "pack it with torch-model-archiver"));
    }
    Result<MarHandler> handler = ParseMarHandler(manifest_.handler, *has_code);
    if (!handler.ok()) return Fails(Wrong(files_.path(), handler.status(), "name a handler that there is"));
    if (!IsNative(handler->kind)) {
      return Fails(NeedsPython(files_.path(), "its handler is " + Quoted(manifest_.handler)));
    }
    if (!manifest_.model_file.empty()) {
      return Fails(NeedsPython(files_.path(), "its model is made by " + Quoted(manifest_.model_file)));
    }
    if (!ReadModelFile()) return false;
    if (!manifest_.requirements_file.empty()) {
      entry.notes.push_back(ShownName(manifest_.requirements_file) +
                            ": its packages are not installed: this model runs without Python");
    }
    if (const auto wish = WishOf(handler->kind, *has_names)) {
      entry.transform = *wish;
      entry.transform.said_by = Quoted(files_.path().string()) + ", handler " + Quoted(manifest_.handler);
    }
    return true;
  }

  bool ReadModelFile() {
    const std::string& name = manifest_.serialized_file;
    if (name.empty() || !HasModelExtension(name)) {
      return Fails(Wrong(files_.path(),
                         InvalidArgument("serializedFile: expected a TorchScript (.pt) or ONNX file, found " +
                                         (name.empty() ? "nothing" : Quoted(name))),
                         "pack a model"));
    }
    const Result<bool> has_file = files_.Has(name);
    if (has_file.ok() && *has_file) return true;
    return Fails(Wrong(
        files_.path(),
        InvalidArgument("serializedFile: expected a file of the archive, found none that is called " + Quoted(name)),
        "pack it, or put its name right in " + std::string(kMarManifestName)));
  }

  bool ReadSettings(ModelEntry& entry) {
    Result<std::optional<MarFiles::Settings>> settings = files_.ReadSettings(manifest_);
    if (!settings.ok()) {
      return Fails(Wrong(files_.path() / manifest_.config_file, settings.status(), "pack the file, and put it right"));
    }
    if (!*settings) return true;
    MarConfig& config = (*settings)->config;
    settings_hash_ = HashOf((*settings)->yaml);
    std::ranges::move(config.findings, std::back_inserter(model_.findings));
    for (const MarConfig::Note& note : config.notes) {
      entry.notes.push_back(manifest_.config_file + ":" + std::to_string(note.line) + ": " + note.key + " " +
                            note.text);
    }
    entry.load_timeout = config.startup_timeout.value_or(std::chrono::seconds(0));
    TakeSettings(config, entry.config);
    if (config.device_type == "gpu") TakeGpu(entry);
    return true;
  }

  // As TorchServe, which goes on without one.
  void TakeGpu(ModelEntry& entry) const {
    const auto is_gpu = [](const Device& device) { return device.kind != DeviceKind::kCpu; };
    if (std::ranges::any_of(options_.scan.devices, is_gpu)) {
      entry.config.copies = {DeviceWish{.kind = DeviceWish::Kind::kGpu}};
    } else {
      entry.notes.push_back(manifest_.config_file + ": deviceType gpu is ignored: this server has none");
    }
  }

  void Finish(ModelEntry entry) {
    if (files_.is_folder()) {
      entry.folder = files_.path();
      entry.path = files_.path() / manifest_.serialized_file;
    } else {
      entry.archived_file = manifest_.serialized_file;
    }
    const Result<Fingerprint> fingerprint =
        FingerprintOf(entry, files_.is_folder() ? files_.path() : fs::path(), settings_hash_);
    if (!fingerprint.ok()) {
      Fails(Wrong(files_.path(), fingerprint.status(), "wait"));
      return;
    }
    entry.version_folder = entry.folder;
    entry.fingerprint = fingerprint->value;
    entry.weights_fingerprint = fingerprint->weights;
    entry.file_bytes = fingerprint->file_bytes;
    entry.warmup_bytes = fingerprint->warmup_bytes;
    model_.path = entry.path;
    model_.versions.push_back(std::move(entry));
  }

  const MarFiles files_;
  const ReadOptions& options_;
  Candidate model_;
  MarManifest manifest_;
  uint64_t settings_hash_ = 0;
};

}  // namespace

Candidate ReadMar(const fs::path& path, const std::string& name, const ReadOptions& options) {
  return MarReading(path, name, options).Read();
}

}  // namespace trireme

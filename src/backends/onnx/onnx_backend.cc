// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx/onnx_backend.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "backends/onnx/changing_memory.h"
#include "backends/onnx/cuda_provider.h"
#include "backends/onnx/model_facts.h"
#include "backends/onnx/model_file.h"
#include "backends/onnx/onnx_model.h"
#include "backends/onnx/ort_error.h"
#include "backends/onnx/runtime.h"
#include "backends/onnx/session_options.h"
#include "backends/onnx/session_settings.h"
#include "backends/onnx/session_signature.h"
#include "onnxfile/data_embedder.h"
#include "onnxfile/data_files.h"
#include "onnxfile/onnx_reader.h"

namespace trireme::onnx {
namespace {

namespace fs = std::filesystem;

struct LoadedModel {
  Handle<OrtSession> session;
  onnxfile::ModelSummary summary;
  uint64_t mapped_bytes = 0;  // of its constants: they stay in their files
};

// Where a session is to be made, if not on the CPU.
struct GpuPlace {
  const CudaProvider* provider = nullptr;  // none: on the CPU
  Device device;
  uint64_t device_bytes = 0;
};

// Puts the data of other files into the model. The runtime would map those files for as long as the model is open, and
// one that is written over or cut short meanwhile would end the process. Somebody who never does that may want it so.
//
// While the session is made the data is in memory up to three times (here, as the runtime reads it, as it keeps it),
// afterwards once. A model that is too large for this stays as it is. Returns how much stays mapped.
Result<uint64_t> TakeData(ModelBytes& bytes, const onnxfile::ModelSummary& summary, const LocatedModel& model,
                          const SessionSettings& settings, const Logger& log) {
  if (model.is_data_private) return 0;  // what stays mapped is the model's alone
  const uint64_t data_bytes = onnxfile::DataBytes(summary);
  if (summary.external_tensors.empty() || settings.map_weights) return data_bytes;
  if (data_bytes > kMaxModelBytes - bytes.view().size()) {
    log.Warning("a model of 2 GiB or more keeps its data files mapped: to write over one ends the server, rename it",
                {{"file", model.shown.string()}, {"data_bytes", data_bytes}});
    return data_bytes;
  }
  onnxfile::DataReader reader(model.folders);
  ASSIGN_OR_RETURN(std::string whole, onnxfile::EmbedData(bytes.view(), summary,
                                                          [&](const onnxfile::ExternalTensor& tensor,
                                                              std::span<char> to) { return reader.Read(tensor, to); }));
  bytes = ModelBytes(std::move(whole));
  return 0;
}

// What is checked is what the runtime is given, whatever becomes of the files meanwhile.
Result<LoadedModel> Load(const Runtime& runtime, const LocatedModel& model, const SessionSettings& settings,
                         const GpuPlace& gpu, const Logger& log) {
  const OrtApi& api = runtime.api();
  ASSIGN_OR_RETURN(ModelBytes bytes, ReadBytes(model));
  ASSIGN_OR_RETURN(onnxfile::ModelSummary summary, ReadSummary(bytes.view(), model.folders));
  ASSIGN_OR_RETURN(const uint64_t mapped_bytes, TakeData(bytes, summary, model, settings, log));
  ASSIGN_OR_RETURN(const Handle<OrtSessionOptions> options, MakeSessionOptions(api, settings, model.folders.beside));
  if (gpu.provider != nullptr) {
    RETURN_IF_ERROR(gpu.provider->Append(options.get(), gpu.device, gpu.device_bytes, settings));
  }
  OrtSession* made = nullptr;
  RETURN_IF_ERROR(ToStatus(
      api, api.CreateSessionFromArray(runtime.env(), bytes.view().data(), bytes.view().size(), options.get(), &made)));
  return LoadedModel{.session = Handle<OrtSession>(made, api.ReleaseSession),
                     .summary = std::move(summary),
                     .mapped_bytes = mapped_bytes};
}

Result<std::unique_ptr<OpenModel>> OpenLocated(const std::shared_ptr<const Runtime>& runtime, const LocatedModel& model,
                                               std::span<const std::string> optional_inputs,
                                               const SessionSettings& settings, const GpuPlace& gpu,
                                               const Logger& log) {
  const OrtApi& api = runtime->api();
  ASSIGN_OR_RETURN(LoadedModel loaded, Load(*runtime, model, settings, gpu, log));
  ASSIGN_OR_RETURN(Signature signature, ReadSignature(api, *loaded.session, optional_inputs));
  // On a GPU nobody knows how often the runtime reads an input on its way there.
  if (gpu.provider == nullptr) MarkWhatMayChange(loaded.summary, signature);
  ASSIGN_OR_RETURN(Handle<OrtRunOptions> run_options, MakeRunOptions(api, settings));
  // Copies that the runtime packs for its kernels are not in this figure: it does not tell their size.
  const uint64_t constants = loaded.summary.constant_bytes;
  const uint64_t elsewhere = gpu.provider == nullptr ? std::min(constants, loaded.mapped_bytes) : 0;
  const MemoryUse memory_use{.weights = constants - elsewhere, .workspace = 0};
  const bool has_loop =
      std::ranges::any_of(loaded.summary.op_counts, [](const auto& op) { return op.first == "Loop"; });
  const auto session = std::make_shared<const Session>(
      Session{.session = std::move(loaded.session), .run_options = std::move(run_options)});
  return std::unique_ptr<OpenModel>(std::make_unique<OnnxModel>(
      runtime, session, std::move(signature),
      OnnxModel::Options{.has_loop = has_loop, .may_be_helped = settings.may_be_helped, .memory_use = memory_use}));
}

std::string Listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

OnnxBackend::OnnxBackend(std::shared_ptr<const Runtime> runtime, const Logger& log)
    : runtime_(std::move(runtime)), cuda_(std::make_unique<const CudaProvider>(*runtime_)), log_(log) {}

OnnxBackend::~OnnxBackend() = default;

Status OnnxBackend::RunsOn(const Device& device) const {
  return cuda_->RunsOn(device);
}

void OnnxBackend::ReleaseIdleMemory() {
  runtime_->ReleaseIdleMemory();
}

std::string OnnxBackend::runtime_version() const {
  return "ONNX Runtime " + runtime_->version();
}

Probe OnnxBackend::Inspect(const fs::path& path) const {
  const std::optional<fs::path> file = FindModelFile(path);
  if (!file || !BeginsLikeModel(*file)) return {};
  // Not quite certain: a backend that is made for one kind of ONNX model may know better.
  return {.confidence = file->extension() == ".onnx" ? 0.9 : 0.6, .what = "ONNX model"};
}

Result<Opened> OnnxBackend::Open(const ModelSource& source, const OpenOptions& options) {
  ASSIGN_OR_RETURN(const LocatedModel model, Locate(source));
  if (Status runs = RunsOn(options.device); !runs.ok()) return std::move(runs).Within(model.shown.string());
  ASSIGN_OR_RETURN(SessionSettings settings, ReadSessionSettings(options));
  const bool is_gpu = options.device.kind != DeviceKind::kCpu;
  // A session that was given threads has them for itself.
  settings.may_be_helped = !is_gpu && settings.threads == 1 && !settings.parallel;
  if (!settings.ignored.empty()) {
    log_.Warning("settings without effect on ONNX models here",
                 {{"file", model.shown.string()}, {"settings", Listed(settings.ignored)}});
  }
  GpuPlace gpu{.device = options.device, .device_bytes = options.device_bytes};
  if (is_gpu) gpu.provider = cuda_.get();
  auto opened = OpenLocated(runtime_, model, source.optional_inputs, settings, gpu, log_);
  if (!opened.ok()) return std::move(opened).status().Within(model.shown.string());
  return Opened(std::move(opened).value());
}

Result<ModelFacts> OnnxBackend::Describe(const ModelSource& source, const OpenOptions& options) {
  ASSIGN_OR_RETURN(const LocatedModel model, Locate(source));
  if (Status runs = RunsOn(options.device); !runs.ok()) return std::move(runs).Within(model.shown.string());
  RETURN_IF_ERROR(ReadSessionSettings(options).status());
  const Result<onnxfile::ModelSummary> summary = ReadSummary(model);
  if (!summary.ok()) return Status(summary.status()).Within(model.shown.string());
  auto facts = FactsOf(*summary, source.optional_inputs, runtime_->version());
  if (!facts.ok()) return std::move(facts).status().Within(model.shown.string());
  return facts;
}

Result<std::unique_ptr<Backend>> CreateBackend(const PluginHost& host) {
  ASSIGN_OR_RETURN(std::shared_ptr<const Runtime> runtime, Runtime::Open(host.folder, host.log, host.pool));
  return std::unique_ptr<Backend>(std::make_unique<OnnxBackend>(std::move(runtime), host.log));
}

}  // namespace trireme::onnx

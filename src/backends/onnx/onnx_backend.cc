// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx/onnx_backend.h"

#include <utility>

#include "backends/onnx/mapped_file.h"
#include "backends/onnx/model_file.h"
#include "backends/onnx/onnx_model.h"
#include "backends/onnx/ort_error.h"
#include "backends/onnx/runtime.h"
#include "backends/onnx/session_options.h"
#include "backends/onnx/session_signature.h"
#include "onnxfile/onnx_reader.h"

namespace trireme::onnx {
namespace {

namespace fs = std::filesystem;

// A run that fails tells its caller; the log would only repeat it, at a client's pleasure.
Result<Handle<OrtRunOptions>> MakeRunOptions(const OrtApi& api) {
  OrtRunOptions* made = nullptr;
  RETURN_IF_ERROR(ToStatus(api, api.CreateRunOptions(&made)));
  Handle<OrtRunOptions> options(made, api.ReleaseRunOptions);
  RETURN_IF_ERROR(ToStatus(api, api.RunOptionsSetRunLogSeverityLevel(made, ORT_LOGGING_LEVEL_FATAL)));
  return options;
}

// The rest of Open once the model's bytes are in sight; `file` is empty if they are all there is.
Result<std::unique_ptr<OpenModel>> OpenSession(const std::shared_ptr<const Runtime>& runtime, std::string_view bytes,
                                               const fs::path& file, const fs::path& folder, int threads) {
  const OrtApi& api = runtime->api();
  ASSIGN_OR_RETURN(const onnxfile::ModelSummary summary, onnxfile::ReadModelSummary(bytes));
  RETURN_IF_ERROR(CheckDataFiles(summary));
  ASSIGN_OR_RETURN(const Handle<OrtSessionOptions> options, MakeSessionOptions(api, threads, folder));
  OrtSession* made = nullptr;
  RETURN_IF_ERROR(ToStatus(
      api, file.empty() ? api.CreateSessionFromArray(runtime->env(), bytes.data(), bytes.size(), options.get(), &made)
                        : api.CreateSession(runtime->env(), file.c_str(), options.get(), &made)));
  Handle<OrtSession> session(made, api.ReleaseSession);
  ASSIGN_OR_RETURN(Signature signature, ReadSignature(api, *session));
  ASSIGN_OR_RETURN(Handle<OrtRunOptions> run_options, MakeRunOptions(api));
  // Copies that the runtime packs for its kernels are not in this figure: it does not tell their size.
  const MemoryUse memory_use{.weights = summary.constant_bytes, .workspace = 0};
  return std::unique_ptr<OpenModel>(std::make_unique<OnnxModel>(runtime, std::move(session), std::move(run_options),
                                                                std::move(signature), memory_use));
}

Result<std::unique_ptr<OpenModel>> OpenFile(const std::shared_ptr<const Runtime>& runtime, const fs::path& file,
                                            int threads) {
  ASSIGN_OR_RETURN(const MappedFile mapped, MappedFile::Open(file));
  return OpenSession(runtime, mapped.bytes(), file, file.parent_path(), threads);
}

fs::path FolderOf(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored) ? path : path.parent_path();
}

}  // namespace

OnnxBackend::OnnxBackend(std::shared_ptr<const Runtime> runtime) : runtime_(std::move(runtime)) {}

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
  if (options.device.kind != DeviceKind::kCpu) {
    return Unsupported(source.path.string() + ": ONNX models run on cpu here, not on " + options.device.ToString());
  }
  const std::optional<fs::path> file = FindModelFile(source.path);
  if (source.onnx == nullptr && !file) {
    return NotFound(source.path.string() + ": the folder has neither model.onnx nor one single other .onnx file");
  }
  auto model = source.onnx != nullptr
                   ? OpenSession(runtime_, source.onnx->bytes, {}, FolderOf(source.path), options.threads)
                   : OpenFile(runtime_, *file, options.threads);
  if (!model.ok()) {
    return std::move(model).status().Within(source.onnx != nullptr ? source.path.string() : file->string());
  }
  return Opened(std::move(model).value());
}

Result<ModelFacts> OnnxBackend::Describe(const ModelSource& source) {
  return Unsupported(source.path.string() + ": not built yet");
}

Result<std::unique_ptr<Backend>> CreateBackend(const PluginHost& host) {
  ASSIGN_OR_RETURN(std::shared_ptr<const Runtime> runtime, Runtime::Open(host.folder, host.log, host.pool));
  return std::unique_ptr<Backend>(std::make_unique<OnnxBackend>(std::move(runtime)));
}

}  // namespace trireme::onnx

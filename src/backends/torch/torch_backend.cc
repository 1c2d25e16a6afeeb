// SPDX-License-Identifier: Apache-2.0
#include "backends/torch/torch_backend.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "backends/torch/archive.h"
#include "backends/torch/execution.h"
#include "backends/torch/library.h"
#include "backends/torch/open_file.h"
#include "backends/torch/program.h"
#include "backends/torch/settings.h"
#include "backends/torch/torch_error.h"
#include "backends/torch/torch_model.h"
#include "backends/torch/trial.h"

namespace trireme::torch_backend {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 3> kSuffixes = {".pt", ".pth", ".torchscript"};

bool HasSuffix(const fs::path& path) {
  return std::ranges::find(kSuffixes, path.extension().string()) != kSuffixes.end();
}

// Of a folder model.pt, or the only model in it.
Result<fs::path> FindFile(const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return path;
  if (fs::exists(path / "model.pt", error)) return path / "model.pt";
  std::vector<fs::path> found;
  for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
    if (HasSuffix(it->path()) && it->is_regular_file(error)) found.push_back(it->path());
  }
  if (found.size() == 1) return found.front();
  return NotFound(path.string() + ": the folder has neither model.pt nor one single other TorchScript file");
}

ByteRange BytesOf(const OpenFile& file) {
  return {.size = file.size(), .read = [file](uint64_t offset, std::span<char> to) { return file.Read(offset, to); }};
}

std::vector<std::string> NamesOf(const std::vector<TensorSpec>& specs) {
  std::vector<std::string> names;
  for (const TensorSpec& spec : specs) names.push_back(spec.name);
  return names;
}

std::string Listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// A module that is in memory, with all that is known of it.
struct Loaded {
  std::unique_ptr<const Program> program;
  ProgramFacts facts;
  FoundSignature found;
  Settings settings;
  uint64_t tensor_bytes = 0;
};

void MoveTo(torch::jit::Module& module, const Device& device, bool half) {
  if (device.kind == DeviceKind::kCpu) return;
  module.to(at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(device.index)));
  if (half) module.to(at::kHalf);
}

Result<std::unique_ptr<const Program>> MakeProgram(const torch::jit::Module& module, const ForwardPlan& plan,
                                                   const ProgramFacts& facts, const Settings& settings,
                                                   const OpenOptions& options, bool optimized) {
  return std::make_unique<const Program>(module, plan,
                                         Program::Options{.optimized = optimized,
                                                          .inference_mode = settings.inference_mode,
                                                          .one_at_a_time = facts.keeps_state,
                                                          .threads = settings.threads,
                                                          .half = settings.half,
                                                          .device = options.device});
}

// FP16 is believed where it gives what FP32 gave: to a hundredth, of what is largest.
Status CheckHalf(const Program& program, const std::vector<at::Tensor>& sample, const std::vector<NamedResult>& whole) {
  ASSIGN_OR_RETURN(const std::vector<NamedResult> half, program.Run(sample));
  for (size_t i = 0; i < std::min(half.size(), whole.size()); ++i) {
    const at::Tensor a = whole[i].tensor.to(at::kCPU).to(at::kDouble);
    const at::Tensor b = half[i].tensor.to(at::kCPU).to(at::kDouble);
    if (a.sizes() == b.sizes() && (a.numel() == 0 || at::allclose(a, b, 1e-2, a.abs().max().item<double>() * 1e-2))) {
      continue;
    }
    return InvalidArgument(
        "parameters[\"precision\"]: expected fp32, as the model gives something else in half "
        "precision (output '" +
        whole[i].name + "'), found 'fp16'");
  }
  return half.size() == whole.size() ? Status() : Internal("it gives other outputs in half precision");
}

Result<Loaded> Load(const fs::path& path, const ModelSource& source, const OpenOptions& options) {
  Loaded loaded;
  ASSIGN_OR_RETURN(loaded.settings, ReadSettings(options));
  ASSIGN_OR_RETURN(const OpenFile file, OpenFile::Open(path));
  ASSIGN_OR_RETURN(const Archive archive, ReadArchive(BytesOf(file)));
  UseThreads(loaded.settings.threads);
  ASSIGN_OR_RETURN(torch::jit::Module module, LoadModule(file));
  return Guarded(During::kLoad, [&]() -> Result<Loaded> {
    loaded.facts = LookAt(module);
    ASSIGN_OR_RETURN(const ForwardPlan plan, ForwardPlan::Make(module.get_method("forward").function().getSchema(),
                                                               NamesOf(source.declared.inputs)));
    MoveTo(module, options.device, false);
    // Quantised weights are packed away where nobody can count them; in the file they are.
    loaded.tensor_bytes = std::max(TensorBytes(module), archive.tensor_bytes);
    Settings whole = loaded.settings;
    whole.half = false;
    // What is tried here is not what the program should be rewritten for.
    ASSIGN_OR_RETURN(loaded.program, MakeProgram(module, plan, loaded.facts, whole, options, false));
    ASSIGN_OR_RETURN(loaded.found, FindSignature(*loaded.program, loaded.facts, source.declared));
    if (loaded.settings.half) {
      std::vector<NamedResult> results;
      if (!loaded.found.sample.empty()) {
        ASSIGN_OR_RETURN(results, loaded.program->Run(loaded.found.sample));
      }
      MoveTo(module, options.device, true);
      ASSIGN_OR_RETURN(loaded.program, MakeProgram(module, plan, loaded.facts, loaded.settings, options, false));
      if (!results.empty()) RETURN_IF_ERROR(CheckHalf(*loaded.program, loaded.found.sample, results));
    }
    ASSIGN_OR_RETURN(loaded.program,
                     MakeProgram(module, plan, loaded.facts, loaded.settings, options, loaded.settings.optimized));
    return std::move(loaded);
  });
}

}  // namespace

std::string TorchBackend::runtime_version() const {
  return LibraryVersion();
}

Status TorchBackend::RunsOn(const Device& device) const {
  return RunsOnDevice(device);
}

Probe TorchBackend::Inspect(const fs::path& path) const {
  const Result<fs::path> found = FindFile(path);
  if (!found.ok()) return {};
  const Result<OpenFile> file = OpenFile::Open(*found);
  if (!file.ok() || !IsTorchScript(BytesOf(*file))) return {};
  return {.confidence = 0.9, .what = "TorchScript model"};
}

Result<Opened> TorchBackend::Open(const ModelSource& source, const OpenOptions& options) {
  ASSIGN_OR_RETURN(const fs::path path, FindFile(source.path));
  if (Status runs = RunsOn(options.device); !runs.ok()) return std::move(runs).Within(path.string());
  Result<Loaded> loaded = Load(path, source, options);
  if (!loaded.ok() && loaded.status().message().starts_with("parameters[")) return std::move(loaded).status();
  if (!loaded.ok()) return std::move(loaded).status().Within(path.string());
  if (!loaded->settings.ignored.empty()) {
    log_.Warning("settings without effect on TorchScript models here",
                 {{"file", path.string()}, {"settings", Listed(loaded->settings.ignored)}});
  }
  ChoiceOptions choice{.wanted = loaded->settings.execution,
                       .weight_bytes = loaded->tensor_bytes,
                       .sample = std::move(loaded->found.sample)};
  const bool is_gpu = options.device.kind != DeviceKind::kCpu;
  if (is_gpu && choice.wanted == Settings::Execution::kAuto) choice.wanted = Settings::Execution::kPlain;
  Result<ChosenProgram> chosen =
      Guarded(During::kLoad, [&] { return ChooseExecution(std::move(loaded->program), choice); });
  if (!chosen.ok()) return std::move(chosen).status().Within(path.string());
  log_.Info("TorchScript model", {{"file", path.string()}, {"run", Name(chosen->execution)}, {"why", chosen->why}});
  for (const std::string& note : loaded->found.notes) {
    log_.Info("TorchScript model", {{"file", path.string()}, {"note", note}});
  }
  const uint64_t now = TensorBytes(chosen->program->module());
  const TorchModel::Options how{.copies_inputs = loaded->facts.writes_inputs,
                                .memory_use = {.weights = std::max(now, loaded->tensor_bytes), .workspace = 0}};
  return Opened(std::make_unique<TorchModel>(std::move(chosen->program), std::move(loaded->found.signature),
                                             std::move(loaded->found.places), how));
}

Result<ModelFacts> TorchBackend::Describe(const ModelSource& source, const OpenOptions& options) {
  ASSIGN_OR_RETURN(const fs::path path, FindFile(source.path));
  if (Status runs = RunsOn(options.device); !runs.ok()) return std::move(runs).Within(path.string());
  Result<Loaded> loaded = Load(path, source, options);
  if (!loaded.ok() && loaded.status().message().starts_with("parameters[")) return std::move(loaded).status();
  if (!loaded.ok()) return std::move(loaded).status().Within(path.string());
  ModelFacts facts{.signature = std::move(loaded->found.signature),
                   .weight_bytes = loaded->tensor_bytes,
                   .format = "TorchScript, " + loaded->program->plan().text(),
                   .notes = std::move(loaded->found.notes)};
  if (loaded->facts.keeps_state) {
    facts.notes.emplace_back(
        "the model writes to its own attributes: its runs come one after the other, and what one "
        "client sends may show in what another gets");
  }
  return facts;
}

Result<std::unique_ptr<Backend>> CreateBackend(const PluginHost& host) {
  PrepareLibrary();
  return std::unique_ptr<Backend>(std::make_unique<TorchBackend>(host.log));
}

}  // namespace trireme::torch_backend

// SPDX-License-Identifier: Apache-2.0
#include "backends/torch/torch_backend.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "backends/torch/archive.h"
#include "backends/torch/execution.h"
#include "backends/torch/library.h"
#include "backends/torch/module.h"
#include "backends/torch/names.h"
#include "backends/torch/program.h"
#include "backends/torch/program_facts.h"
#include "backends/torch/settings.h"
#include "backends/torch/torch_error.h"
#include "backends/torch/torch_model.h"
#include "backends/torch/trial.h"
#include "base/regular_file.h"

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

ByteRange BytesOf(const RegularFile& file) {
  return {.size = file.size(), .read = [file](uint64_t offset, std::span<char> to) { return file.Read(offset, to); }};
}

std::vector<std::string> NamesOf(const std::vector<TensorSpec>& specs) {
  std::vector<std::string> names;
  for (const TensorSpec& spec : specs) names.push_back(spec.name);
  return names;
}

// A module that is in memory, with all that is known of it.
struct Loaded {
  std::unique_ptr<const Program> program;
  ProgramFacts facts;
  FoundSignature found;
  Settings settings;
  uint64_t tensor_bytes = 0;
  std::function<Result<torch::jit::Module>()> read_again;  // on the CPU, as the file has it
};

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

// A file on its way to a program. Calls of the library may throw.
class Loading {
 public:
  Loading(const RegularFile& file, const OpenOptions& options, torch::jit::Module module, ForwardPlan plan,
          Loaded loaded)
      : file_(file),
        options_(options),
        module_(std::move(module)),
        plan_(std::move(plan)),
        loaded_(std::move(loaded)) {}

  Result<Loaded> Finish(const Signature& declared) && {
    MoveTo(module_, options_.device);
    Settings whole = loaded_.settings;
    whole.half = false;
    // What is tried here is not what the program should be rewritten for.
    Make(whole, false);
    ASSIGN_OR_RETURN(loaded_.found, FindSignature(*loaded_.program, loaded_.facts, declared));
    RETURN_IF_ERROR(Renew());
    if (loaded_.settings.half) {
      Make(whole, false);
      RETURN_IF_ERROR(GoHalf());
    }
    Make(loaded_.settings, loaded_.settings.optimized);
    return std::move(loaded_);
  }

 private:
  void Make(const Settings& settings, bool optimized) {
    loaded_.program = std::make_unique<const Program>(module_, plan_,
                                                      Program::Options{.optimized = optimized,
                                                                       .inference_mode = settings.inference_mode,
                                                                       .state = loaded_.facts.state,
                                                                       .threads = settings.threads,
                                                                       .half = settings.half,
                                                                       .device = options_.device});
  }

  // What a program has kept of a trial no client is to meet: it is read again.
  Status Renew() {
    if (!loaded_.facts.state.keeps) return {};
    loaded_.program.reset();
    module_ = torch::jit::Module();  // first, or both are in memory
    ASSIGN_OR_RETURN(module_, LoadModule(file_));
    MoveTo(module_, options_.device);
    return {};
  }

  Status GoHalf() {
    const std::vector<at::Tensor>& sample = loaded_.found.sample;
    if (!sample.empty()) {
      ASSIGN_OR_RETURN(const std::vector<NamedResult> whole, loaded_.program->Run(sample));
      RETURN_IF_ERROR(Renew());
      CastToHalf(module_);
      Make(loaded_.settings, false);
      RETURN_IF_ERROR(CheckHalf(*loaded_.program, sample, whole));
      RETURN_IF_ERROR(Renew());
    }
    CastToHalf(module_);
    return {};
  }

  const RegularFile& file_;
  const OpenOptions& options_;
  torch::jit::Module module_;
  const ForwardPlan plan_;
  Loaded loaded_;
};

Result<Loaded> Load(const fs::path& path, const ModelSource& source, const OpenOptions& options) {
  Loaded loaded;
  ASSIGN_OR_RETURN(loaded.settings, ReadSettings(options));
  ASSIGN_OR_RETURN(const RegularFile file, RegularFile::Open(path));
  ASSIGN_OR_RETURN(const Archive archive, ReadArchive(BytesOf(file)));
  UseThreads(loaded.settings.threads);
  loaded.read_again = [file] { return LoadModule(file); };
  ASSIGN_OR_RETURN(torch::jit::Module module, LoadModule(file));
  return Guarded(During::kLoad, [&]() -> Result<Loaded> {
    loaded.facts = LookAt(module);
    if (loaded.facts.state.keeps) loaded.settings.threads = std::max(loaded.settings.threads, options.threads_alone);
    ASSIGN_OR_RETURN(ForwardPlan plan, ForwardPlan::Make(module.get_method("forward").function().getSchema(),
                                                         NamesOf(source.declared.inputs)));
    // Quantised weights are packed away where nobody can count them; in the file they are.
    loaded.tensor_bytes = std::max(TensorBytes(module), archive.tensor_bytes);
    return Loading(file, options, std::move(module), std::move(plan), std::move(loaded)).Finish(source.declared);
  });
}

// As the log calls it.
std::string NameOf(const ModelSource& source, const fs::path& path) {
  return source.name.empty() ? path.string() : source.name;
}

Result<std::unique_ptr<OpenModel>> MakeModel(const std::string& name, Loaded loaded, const Device& device,
                                             const Logger& log) {
  const bool keeps_state = loaded.facts.state.keeps;
  ChoiceOptions choice{.wanted = loaded.settings.execution,
                       .weight_bytes = loaded.tensor_bytes,
                       .keeps_state = keeps_state,
                       .sample = std::move(loaded.found.sample),
                       .read_again = std::move(loaded.read_again)};
  const bool is_gpu = device.kind != DeviceKind::kCpu;
  if (is_gpu && choice.wanted == Settings::Execution::kAuto) choice.wanted = Settings::Execution::kPlain;
  ASSIGN_OR_RETURN(ChosenProgram chosen, ChooseExecution(std::move(loaded.program), choice));
  log.Info("TorchScript model", {{"model", name}, {"run", Name(chosen.execution)}, {"why", chosen.why}});
  for (const std::string& note : loaded.found.notes) {
    log.Info("TorchScript model", {{"model", name}, {"note", note}});
  }
  const uint64_t now = TensorBytes(chosen.program->module());
  const TorchModel::Options how{.copies_inputs = loaded.facts.writes_inputs || keeps_state,
                                .keeps_state = keeps_state,
                                .has_loop = loaded.facts.has_loop,
                                .threads = chosen.program->options().threads,
                                .is_on_gpu = is_gpu,
                                .memory_use = {.weights = std::max(now, loaded.tensor_bytes), .workspace = 0}};
  return std::unique_ptr<OpenModel>(std::make_unique<TorchModel>(
      std::move(chosen.program), std::move(loaded.found.signature), std::move(loaded.found.places), how));
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
  const Result<RegularFile> file = RegularFile::Open(*found);
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
                 {{"model", NameOf(source, path)}, {"settings", Listed(loaded->settings.ignored)}});
  }
  Result<std::unique_ptr<OpenModel>> model =
      Guarded(During::kLoad, [&] { return MakeModel(NameOf(source, path), *std::move(loaded), options.device, log_); });
  if (!model.ok()) return std::move(model).status().Within(path.string());
  return Opened(*std::move(model));
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
  if (loaded->facts.state.keeps) {
    facts.notes.emplace_back(
        "the model keeps state, as it writes to its own attributes: its runs come one after the other, on one "
        "instance, "
        "and what one client sends may show in what another gets");
    facts.keeps_state = true;
  }
  return facts;
}

Result<std::unique_ptr<Backend>> CreateBackend(const PluginHost& host) {
  PrepareLibrary();
  return std::unique_ptr<Backend>(std::make_unique<TorchBackend>(host.log));
}

}  // namespace trireme::torch_backend

// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/model_loader.h"

#include <algorithm>
#include <chrono>
#include <new>
#include <optional>
#include <utility>
#include <variant>

#include "base/load_memory.h"
#include "base/quantity.h"
#include "base/quiet_thread.h"
#include "lifecycle/class_count.h"
#include "lifecycle/copies_model.h"
#include "lifecycle/full_warmup.h"
#include "lifecycle/memory_rules.h"
#include "lifecycle/model_source.h"
#include "lifecycle/parameter_finding.h"
#include "lifecycle/placement.h"
#include "lifecycle/trial.h"
#include "lifecycle/unpacked_model.h"
#include "lifecycle/warmup.h"
#include "lifecycle/without_folders.h"
#include "repository/fit_to_model.h"
#include "repository/labels.h"
#include "repository/transform_file.h"
#include "repository/version_files.h"
#include "scheduler/batch_queue.h"

namespace trireme {
namespace {

// Of the first copy: each device's is opened by itself.
OpenOptions OptionsOf(const ModelConfig& config) {
  return {.device = config.devices.front(),
          .threads = config.threads,
          .graph_optimization = config.graph_optimization,
          .runtime_parameters = config.runtime_parameters};
}

// What its files say besides the model's own.
void Annotate(const ModelEntry& entry, ServedModel& served, ModelLabels labels) {
  if (entry.backend.empty()) served.file_name = entry.path.filename().string();
  served.declared = entry.declared;
  served.config_message = entry.config_message;
  served.labels = std::make_shared<const ModelLabels>(std::move(labels));
}

// Null: there is nothing to do around it.
Result<std::shared_ptr<const transform::ModelTransform>> TransformOf(const ModelEntry& entry,
                                                                     const Signature& signature,
                                                                     const ModelLabels& labels) {
  ASSIGN_OR_RETURN(transform::ModelTransform made, FitTransformOf(entry, signature, labels));
  if (!made.picture && !made.answer) return std::shared_ptr<const transform::ModelTransform>();
  return std::make_shared<const transform::ModelTransform>(std::move(made));
}

// Where one instance a device stands for all.
int ThreadsAlone(const ModelConfig& config, int cpus) {
  const int all = config.instances * config.threads / static_cast<int>(EachOnce(config.devices).size());
  return std::clamp(all, config.threads, std::max(config.threads, cpus));
}

// Where an archive was unpacked to is gone by the time that anybody reads of it.
std::vector<std::filesystem::path> UnpackedFolders(const ModelEntry& unpacked, const ModelEntry& packed) {
  if (unpacked.path == packed.path) return {};
  return {unpacked.path.parent_path(), unpacked.folder};
}

Status Without(const std::vector<std::filesystem::path>& folders, const Status& status) {
  return {status.code(), WithoutFolders(status.message(), folders)};
}

// Opens it with the backend that knows it, and follows "serve these ONNX bytes instead".
Result<OpenedModel> OpenWithBackend(BackendSet& backends, const ModelEntry& entry, OpenOptions options) {
  ASSIGN_OR_RETURN(Backend * backend, BackendFor(backends, entry));
  RETURN_IF_ERROR(backend->RunsOn(options.device));
  ASSIGN_OR_RETURN(ModelSource source, SourceOf(entry));
  ASSIGN_OR_RETURN(Opened opened, backend->Open(source, options));
  std::shared_ptr<const FileSignatures> signatures;
  if (const auto* onnx = std::get_if<OnnxModelBytes>(&opened)) {
    ASSIGN_OR_RETURN(Backend * runner, backends.Named("onnx"));
    source.onnx = onnx;
    signatures = onnx->signatures;
    for (const std::string& key : onnx->used_parameters) options.runtime_parameters.erase(key);
    ASSIGN_OR_RETURN(Opened converted, runner->Open(source, options));
    opened = std::move(converted);
  }
  auto* model = std::get_if<std::unique_ptr<OpenModel>>(&opened);
  if (model == nullptr) return Internal("backend 'onnx' gave a conversion instead of a model");
  return OpenedModel{.model = std::move(*model),
                     .weights = nullptr,
                     .device = options.device.ToString(),
                     .backend = std::string(backend->name()),
                     .platform = std::string(backend->platform()),
                     .digest = {},
                     .signatures = std::move(signatures)};
}

// What the thread has now of memory that it had not before, as far as the process's malloc says; at least what the
// backend says that the model holds, of which a runtime may have put some where an earlier load left room.
uint64_t Measured(std::optional<int64_t> before, uint64_t held, const Device& device) {
  if (device.kind != DeviceKind::kCpu) return held;  // its memory is not the process's
  const std::optional<int64_t> now = AllocatedByThisThread();
  if (!before || !now || *now < *before) return held;
  return std::max(held, static_cast<uint64_t>(*now - *before));
}

Result<OpenedModel> OpenMeasured(BackendSet& backends, const ModelEntry& entry, const OpenOptions& options) {
  UseLoadMemory();
  RETURN_IF_ERROR(
      BackendFor(backends, entry).status());  // a runtime that is opened for its first model is not the model's
  const std::optional<int64_t> before = AllocatedByThisThread();
  Result<OpenedModel> opened = OpenWithBackend(backends, entry, options);
  if (!opened.ok()) return opened;
  opened->weights = std::make_shared<SharedWeights>(
      Measured(before, opened->model->memory_use().total(), entry.config.devices.front()));
  return opened;
}

// A mistyped count must not occupy a loader thread for ever.
constexpr Duration kLongestWarmup = std::chrono::minutes(1);

// A shorter run is over before its threads have found together.
constexpr Duration kWorthSplitting = std::chrono::microseconds(300);

// More callers only wait for one another, and a client of the load extension may ask for any number.
constexpr int kMostInstancesPerCpu = 32;
// A GPU does one run after another; meanwhile a second caller joins what waits, and copies it there.
constexpr int kInstancesPerGpu = 2;

// With one thread a run nothing is started that would inherit the low priority; a runtime's own threads would.
Result<OpenedModel> OpenQuietly(BackendSet& backends, const ModelEntry& entry, const OpenOptions& options) {
  if (entry.config.threads > 1) return OpenMeasured(backends, entry, options);
  std::optional<Result<OpenedModel>> opened;
  RunQuietly({}, [&] { opened.emplace(OpenMeasured(backends, entry, options)); });
  return *std::move(opened);
}

// All that decides, besides its files, what comes of opening a model.
std::string WayOf(const ModelEntry& entry) {
  const ModelConfig& config = entry.config;
  std::string way = entry.backend + "\n" + config.devices.front().ToString() + "\n" + std::to_string(config.threads) +
                    "\n" + (config.graph_optimization ? std::to_string(*config.graph_optimization) : "");
  for (const auto& [key, value] : config.runtime_parameters) {
    way += "\n" + std::to_string(key.size()) + key + std::to_string(value.size()) + value;
  }
  for (const std::string& input : entry.declared.optional_inputs()) way += "\n" + input;
  way += OpeningWords(entry.path, entry.declared);
  return way;
}

uint64_t LikenessOfEntry(ModelEntry entry) {
  if (!entry.backend.empty()) return 0;
  entry.config.devices = {Device()};
  const Result<VersionFiles> files = FilesOfVersion(entry);
  return files.ok() ? LikenessOf(*files, WayOf(entry)) : 0;
}

// All that makes it impossible to serve the model like this; what is only worth knowing goes into `notes`.
Status Judge(const std::vector<Finding>& findings, std::vector<std::string>& notes) {
  std::string errors;
  for (const Finding& finding : findings) {
    if (finding.severity == Finding::Severity::kError) {
      errors += (errors.empty() ? "" : "; ") + finding.ToString();
    } else {
      notes.push_back(finding.ToString());
    }
  }
  return errors.empty() ? Status() : InvalidArgument(std::move(errors));
}

// What the model itself takes and gives of what clients may send.
Signature AsTheModelHasIt(Signature signature) {
  for (auto* specs : {&signature.inputs, &signature.outputs}) {
    for (TensorSpec& spec : *specs) {
      if (spec.model_shape) spec.shape = *spec.model_shape;
    }
  }
  return signature;
}

void SayWhatIsFewer(const ModelConfig& asked, const ModelConfig& decided, std::vector<std::string>& notes) {
  const auto say = [&](const char* what, int wanted, int made) {
    if (wanted <= made) return;
    notes.push_back(std::to_string(made) + " " + what + " instead of the " + std::to_string(wanted) +
                    " asked for: there are no processors for more");
  };
  say("threads a run", asked.threads, decided.threads);
  say("instances", asked.instances, decided.instances);
}

bool IsOnProcessors(const ModelConfig& config) {
  return std::ranges::all_of(config.devices, [](const Device& device) { return device.kind == DeviceKind::kCpu; });
}

TrialOptions TrialOptionsOf(const ModelConfig& config) {
  TrialOptions options{.max_rows = config.decoupled ? 1 : config.max_rows, .on_processors = IsOnProcessors(config)};
  if (config.max_request_rows > 0) {
    options.max_rows = std::min(options.max_rows, config.max_request_rows);
    options.most_rows = std::min(options.most_rows, config.max_request_rows);
  }
  return options;
}

std::vector<std::shared_ptr<OpenModel>> ModelsOf(const std::vector<OpenedModel>& opened) {
  std::vector<std::shared_ptr<OpenModel>> models;
  for (const OpenedModel& one : opened) models.push_back(one.model);
  return models;
}

// As its line sees it: one model, whatever it runs on.
std::unique_ptr<OpenModel> MakeModelOf(const std::vector<OpenedModel>& opened, const std::vector<Device>& devices) {
  std::vector<std::unique_ptr<OpenModel>> models;
  for (const OpenedModel& one : opened) models.push_back(MakeSharingModel(one));
  const std::vector<Device> once = EachOnce(devices);
  std::vector<size_t> copies;
  for (const Device& device : devices) {
    copies.push_back(static_cast<size_t>(std::ranges::find(once, device) - once.begin()));
  }
  return MakeCopiesModel(std::move(models), copies);
}

// Whether the outermost dimension counts rows: the trial found it to; or the file says so, and it was not tried because
// no request shares a run with another.
bool CountsRows(const ModelEntry& entry, const Signature& fitted, const TrialResult& trial) {
  const bool declared = entry.declared.max_batch_size.value_or(0) > 0;
  return trial.batched || (declared && fitted.batched && !trial.refuted);
}

}  // namespace

ModelConfig DecideThreads(ModelConfig config, int cpus) {
  config.threads = std::min(config.threads, std::max(1, cpus));
  config.instances = std::min(config.instances, kMostInstancesPerCpu * std::max(1, cpus));
  if (config.instances == 0 && config.threads == 0) config.threads = 1;
  if (config.instances == 0 && !IsOnProcessors(config)) {
    config.instances = kInstancesPerGpu * static_cast<int>(EachOnce(config.devices).size());
  }
  if (config.instances == 0) config.instances = std::max(1, cpus / config.threads);
  if (config.threads == 0) config.threads = std::max(1, cpus / config.instances);
  config.instances = std::max(config.instances, static_cast<int>(config.devices.size()));  // none stands idle
  return config;
}

ModelConfig DecideInstancesOfKept(ModelConfig config, int cpus) {
  config.threads = ThreadsAlone(config, cpus);
  config.instances = static_cast<int>(EachOnce(config.devices).size());
  return config;
}

Status CheckDecoupled(const ModelConfig& config) {
  if (!config.decoupled || !config.preserve_ordering) return {};
  return InvalidArgument(
      "preserve_ordering: expected false, as the model is decoupled and its responses leave as they come; found true");
}

// Those of the same files share one.
Result<OpenedModel> ModelLoader::OpenOnce(const ModelEntry& entry, int threads_alone) {
  OpenOptions options = OptionsOf(entry.config);
  options.threads_alone = threads_alone;
  const auto budget = budgets_.find(options.device.ToString());
  if (options.device.kind != DeviceKind::kCpu && budget != budgets_.end()) options.device_bytes = budget->second;
  const auto open = [&] { return OpenQuietly(backends_, entry, options); };
  if (!entry.backend.empty()) return open();  // it has no files
  const Result<VersionFiles> files = FilesOfVersion(entry);
  return files.ok() ? shared_.Open(*files, WayOf(entry), open) : open();
}

// One of each device, in the order of EachOnce().
Result<std::vector<OpenedModel>> ModelLoader::OpenOnDevices(const ModelEntry& entry) {
  std::vector<OpenedModel> opened;
  for (const Device& device : EachOnce(entry.config.devices)) {
    ModelEntry there = entry;
    there.config.devices = {device};
    Result<OpenedModel> one = OpenOnce(there, ThreadsAlone(entry.config, cpus_));
    if (!one.ok()) {
      if (const auto finding = ParameterFinding(entry, one.status())) return InvalidArgument(finding->ToString());
      if (device.kind != DeviceKind::kCpu) return std::move(one).status().Within("on " + device.ToString());
      return std::move(one).status();
    }
    opened.push_back(*std::move(one));
  }
  return opened;
}

void ModelLoader::KeepOffGpus(ModelEntry& entry, std::span<const Device> devices) {
  trireme::KeepOffGpus(entry, devices, backends_);
}

Result<std::shared_ptr<const ServedModel>> ModelLoader::Describe(const ModelEntry& packed) const {
  ASSIGN_OR_RETURN(const UnpackedModel unpacked, Unpack(packed));
  const ModelEntry& entry = unpacked.entry;
  auto described = std::make_shared<ServedModel>();
  described->id = entry.id;
  ModelEntry asked = entry;
  SetGoalOf(asked);
  described->config = DecideThreads(asked.config, cpus_);
  ASSIGN_OR_RETURN(Backend * backend, BackendFor(backends_, entry));
  ASSIGN_OR_RETURN(const ModelSource source, SourceOf(entry));
  ASSIGN_OR_RETURN(const ModelFacts facts, backend->Describe(source, OptionsOf(described->config)));
  FittedSignature fitted = FitToModel(entry.declared, facts.signature);
  std::vector<std::string> notes;
  RETURN_IF_ERROR(Judge(fitted.findings, notes));
  ReadLabelsResult labels = ReadLabels(entry, fitted.signature);
  RETURN_IF_ERROR(Judge(labels.findings, notes));
  RETURN_IF_ERROR(Judge(CheckWarmupSamples(entry.config.warmup, entry.declared, fitted.signature), notes));
  described->signature = std::move(fitted.signature);
  described->config.decoupled = described->config.decoupled || facts.decoupled;
  if (facts.keeps_state) described->config = DecideInstancesOfKept(std::move(described->config), cpus_);
  described->config.max_rows = std::max<int64_t>(1, described->config.max_rows);
  described->backend = backend->name();
  described->platform = backend->platform();
  described->signatures = facts.signatures;
  ModelEntry decided = entry;
  decided.config = described->config;
  described->likeness = LikenessOfEntry(std::move(decided));
  ASSIGN_OR_RETURN(described->transform, TransformOf(entry, described->signature, labels.labels));
  Annotate(packed, *described, std::move(labels.labels));
  return std::shared_ptr<const ServedModel>(std::move(described));
}

void ModelLoader::SetGoalOf(ModelEntry& entry) const {
  const auto goal = goals_.find(entry.id.name);
  if (goal != goals_.end()) entry.config.goal = goal->second;
}

TrialResult ModelLoader::Try(OpenModel& model, const ModelEntry& entry, const Signature& signature) {
  std::optional<TrialResult> known = trials_.Find(entry);
  if (known && WarmUpAsTried(model, signature, *known, pool_)) return *std::move(known);
  TrialResult trial = TryModel(model, signature, TrialOptionsOf(entry.config), pool_, clock_);
  if (trial.ran) trials_.Note(entry, trial);
  return trial;
}

// One load, step by step: each builds on what those before it found.
class ModelLoader::Loading {
 public:
  // `packed`: as it lies in the repository. `signature`: what is loaded is this one of its file's; empty: the model.
  Loading(ModelLoader& loader, const ModelEntry& entry, const ModelEntry& packed, std::string signature)
      : loader_(loader),
        entry_(entry),
        packed_(packed),
        signature_name_(std::move(signature)),
        begin_(loader.clock_.Now()),
        decided_(entry) {
    decided_.config = DecideThreads(entry.config, loader.cpus_);
    loader.SetGoalOf(decided_);
  }

  // All steps. `opened` is called when the model is open.
  Result<LoadedModel> Load(const std::function<void()>& opened) && {
    RETURN_IF_ERROR(Open());
    opened();
    RETURN_IF_ERROR(Fit());
    RETURN_IF_ERROR(WarmUp());
    return std::move(*this).Serve();
  }

 private:
  Status Open() {
    ASSIGN_OR_RETURN(copies_, loader_.OpenOnDevices(decided_));
    every_copy_ = MakeEveryCopyModel(ModelsOf(copies_));
    likeness_ = LikenessOfEntry(decided_);
    const std::shared_ptr<const FileSignatures>& file = copies_.front().signatures;
    const bool has_others = file != nullptr && file->all.size() > 1 && signature_name_.empty();
    if (has_others) other_signatures_ = loader_.OtherSignaturesOf(packed_, file);
    return {};
  }

  // Lays what its files declare over what the model says.
  Status Fit() {
    SayWhatIsFewer(entry_.config, decided_.config, notes_);
    decided_.config.decoupled = decided_.config.decoupled || every_copy_->decoupled();
    RETURN_IF_ERROR(CheckDecoupled(decided_.config));
    if (decided_.config.decoupled && decided_.config.max_rows > 1) {
      notes_.emplace_back("requests run alone: the model is decoupled");
    }
    if (every_copy_->keeps_state()) RunOneAfterTheOther();
    if (every_copy_->has_loop()) decided_.config.run_inline = false;
    FittedSignature fitted = FitToModel(entry_.declared, every_copy_->signature());
    RETURN_IF_ERROR(Judge(fitted.findings, notes_));
    signature_ = std::move(fitted.signature);
    ReadLabelsResult labels = ReadLabels(entry_, signature_);
    RETURN_IF_ERROR(Judge(labels.findings, notes_));
    labels_ = std::move(labels.labels);
    ASSIGN_OR_RETURN(transform_, TransformOf(entry_, signature_, labels_));
    if (transform_ != nullptr) {
      const std::string names = DifferenceOfNames(*transform_, signature_);
      if (!names.empty()) notes_.push_back(names + ": answers may be called by the wrong ones");
    }
    // Before any run: a mistake that the files show costs no trial.
    return Judge(CheckWarmupSamples(decided_.config.warmup, entry_.declared, signature_), notes_);
  }

  Status WarmUp() {
    shapes_ = loader_.shapes_.Take(decided_.id.name + (signature_name_.empty() ? "" : ":" + signature_name_));
    // Of what opening it took besides the model.
    const bool gives_back = KeptLoadMemory() > MostKeptOf(loader_.budgets_);
    Result<WarmupReport> warm = WarmupReport();
    RunQuietly({}, [&] {
      UseLoadMemory();
      if (gives_back) GiveBackLoadMemory();
      warm = TryAndWarmUp();
    });
    if (!warm.ok()) return std::move(warm).status();
    for (const std::string& other : warm->others) {
      if (other_signatures_) RETURN_IF_ERROR(other_signatures_->OpenNow(other));
    }
    if (loader_.IsStopping()) return Unavailable("the server is shutting down");
    if (!warm->is_done) notes_.emplace_back("its warm-up was ended after a minute, with runs left to do");
    for (std::string* note : {&warm->what, &warm->not_warm}) {
      if (!note->empty()) notes_.push_back(std::move(*note));
    }
    if (!trial_.note.empty()) notes_.insert(notes_.begin(), trial_.note);
    return {};
  }

  // Makes it take requests.
  Result<LoadedModel> Serve() && {
    ArrangeRuns();
    OpenedModel& first = copies_.front();
    auto served = std::make_shared<ServedModel>();
    served->id = decided_.id;
    served->signature = std::move(signature_);
    served->config = std::move(decided_.config);
    served->config.max_rows = trial_.max_rows;
    served->platform = std::move(first.platform);
    for (const OpenedModel& copy : copies_) served->weights[copy.device] = copy.weights;
    served->likeness = likeness_;
    served->digest = std::move(first.digest);
    served->load_took = loader_.clock_.Now() - begin_;
    served->free_dim = trial_.free_dim;
    served->why_no_more_rows = WhyNoMoreRows();
    served->backend = std::move(first.backend);
    served->signatures = std::move(first.signatures);
    served->other_signatures = std::move(other_signatures_);
    Annotate(entry_, *served, std::move(labels_));
    served->transform = std::move(transform_);
    served->metrics = loader_.metrics_.Take(decided_.id);
    if (signature_name_.empty()) served->metrics->RecordLoad(served->load_took);
    served->line =
        std::make_unique<ModelLine>(served->id, served->signature, std::move(model_), LineOptionsOf(served->config),
                                    loader_.pool_, *served->metrics, loader_.clock_);
    if (served->line->instances() == 0) return Unavailable("the system gives the process no more threads");
    if (wide_ != nullptr)
      served->line->AddWide(std::move(wide_), trial_.row_bytes, Duration(0));  // a loader is quiet, and gets no helpers
    served->cache = CacheOf(served->config);
    if (served->cache == nullptr) served->config.cache_bytes = 0;
    return LoadedModel{.model = std::move(served), .notes = std::move(notes_), .warnings = std::move(warnings_)};
  }

  // After the config has moved.
  std::string WhyNoMoreRows() const {
    if (every_copy_->keeps_state()) return "the model keeps state";
    return decided_.config.decoupled ? "the model is decoupled" : trial_.why_no_more;
  }

  // Whether its runs take places on the processors that all models share: not where somebody has said how many run at
  // the same time, nor where most of a run is waiting.
  bool SharesProcessors() const {
    const bool is_set = entry_.config.instances > 0 || entry_.config.threads > 0;
    return !is_set && IsOnProcessors(decided_.config) && !decided_.config.decoupled && !every_copy_->decoupled() &&
           !every_copy_->keeps_state();
  }

  // The model as its line has it; and again with all processors for a run, where that may make one shorter.
  void ArrangeRuns() {
    model_ = MakeModelOf(copies_, decided_.config.devices);
    const bool may_gain = !trial_.cost.empty() && trial_.cost.front() >= kWorthSplitting;
    if (SharesProcessors() && may_gain && loader_.cpus_ > 1) {
      if (auto wide = model_->WithThreads(loader_.cpus_); wide.ok()) wide_ = *std::move(wide);
    }
    if (wide_ != nullptr) {
      const auto row = MeasureRow(*wide_, AsTheModelHasIt(signature_), trial_, loader_.pool_, loader_.clock_);
      if (!row) wide_.reset();
      wide_row_ = row.value_or(Duration(0));
    }
    SayIfTheGoalCannotBeKept();
  }

  void SayIfTheGoalCannotBeKept() {
    const ModelConfig& config = decided_.config;
    if (!config.goal || trial_.cost.empty()) return;
    Duration one = trial_.cost.front();
    if (wide_ != nullptr) one = std::min(one, wide_row_);
    if (one <= config.goal->latency) return;
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(one);
    warnings_.push_back("its goal " + ToString(*config.goal) + " cannot be kept: a run of one row takes " +
                        FormatDuration(ms) + "; requests are served as quickly as it can");
  }

  ModelLine::Options LineOptionsOf(const ModelConfig& config) const {
    ModelLine::Options options{.rules = RulesOf(config),
                               .instances = config.instances,
                               .threads = IsOnProcessors(decided_.config) ? config.threads : 1,
                               .run_inline = config.run_inline,
                               .decoupled = config.decoupled,
                               .shapes = shapes_,
                               .goal = config.goal,
                               .processors = SharesProcessors() ? loader_.processors_ : nullptr,
                               .weight = config.weight};
    for (size_t i = 0; i < trial_.cost.size(); ++i) {
      options.seen_runs.push_back(
          {.size = {.rows = int64_t{1} << i, .bytes = trial_.row_bytes << i}, .took = trial_.cost[i]});
    }
    return options;
  }

  // Null: no two requests to it have the same answer, or nobody wants them kept.
  std::shared_ptr<ResponseCache::Share> CacheOf(const ModelConfig& config) const {
    const bool answers_alike = !config.decoupled && !every_copy_->keeps_state();
    if (config.cache_bytes == 0 || !answers_alike || !signature_name_.empty()) return nullptr;
    return loader_.answers_ == nullptr ? nullptr : loader_.answers_->Open(config.cache_bytes);
  }

  void RunOneAfterTheOther() {
    const int asked = decided_.config.instances;
    decided_.config = DecideInstancesOfKept(std::move(decided_.config), loader_.cpus_);
    const int instances = decided_.config.instances;
    if (asked <= instances) return;
    notes_.push_back(std::to_string(instances) + (instances == 1 ? " instance" : " instances") + " instead of " +
                     std::to_string(asked) + ": the model keeps state, so its runs come one after the other, with " +
                     std::to_string(decided_.config.threads) + (decided_.config.threads == 1 ? " thread" : " threads"));
  }

  Result<WarmupReport> TryAndWarmUp() {
    const Signature own = AsTheModelHasIt(signature_);
    // How long a decoupled model goes on with made-up input nobody knows, nor what one that keeps state would keep.
    if (!every_copy_->decoupled() && !every_copy_->keeps_state()) trial_ = Try(own);
    signature_.batched = CountsRows(entry_, signature_, trial_);
    const TimePoint end = loader_.clock_.Now() + kLongestWarmup;
    return WarmUpFully(*every_copy_,
                       {.entry = decided_,
                        .signature = signature_,
                        .model_signature = own,
                        .trial = trial_,
                        .in_use = shapes_->InUse(),
                        .read_request = signature_name_.empty() ? loader_.read_request_ : nullptr,
                        .read_log = loader_.read_log_,
                        .file = copies_.front().signatures.get(),
                        .is_default = signature_name_.empty()},
                       loader_.pool_, [&] { return loader_.IsStopping() || loader_.clock_.Now() > end; });
  }

  // The book has the model's own trials.
  TrialResult Try(const Signature& own) {
    if (signature_name_.empty()) return loader_.Try(*every_copy_, decided_, own);
    return TryModel(*every_copy_, own, TrialOptionsOf(decided_.config), loader_.pool_, loader_.clock_);
  }

  ModelLoader& loader_;
  const ModelEntry& entry_;
  const ModelEntry& packed_;
  const std::string signature_name_;
  const TimePoint begin_;
  ModelEntry decided_;  // with what its config leaves open
  std::vector<OpenedModel> copies_;
  std::shared_ptr<OtherSignatures> other_signatures_;  // shared with the model, and with those who open one
  std::shared_ptr<OpenModel> every_copy_;              // shares the copies: what is tried and warmed up is all of them
  uint64_t likeness_ = 0;
  Signature signature_;
  ModelLabels labels_;
  std::shared_ptr<const transform::ModelTransform> transform_;  // shared with what serves, and with requests
  std::shared_ptr<ShapeBook> shapes_;                           // shared with the model's other lines
  TrialResult trial_;
  std::unique_ptr<OpenModel> model_, wide_;  // as the line has them; the second may be null
  Duration wide_row_{0};                     // of a run of one row with that
  std::vector<std::string> notes_, warnings_;
};

std::shared_ptr<OtherSignatures> ModelLoader::OtherSignaturesOf(const ModelEntry& entry,
                                                                std::shared_ptr<const FileSignatures> file) {
  return std::make_shared<OtherSignatures>(
      std::move(file), [this, entry](const std::string& signature) { return LoadSignature(entry, signature); });
}

// A model that finds no memory is a model that cannot be loaded: whoever serves goes on.
Result<LoadedModel> ModelLoader::Load(const ModelEntry& entry, const std::function<void()>& opened) {
  try {
    std::optional<Result<UnpackedModel>> unpacked;  // until it is loaded
    RunQuietly({}, [&] { unpacked.emplace(Unpack(entry)); });
    RETURN_IF_ERROR(unpacked->status());
    Result<LoadedModel> loaded = Loading(*this, (*unpacked)->entry, entry, "").Load(opened);
    if (loaded.ok()) return loaded;
    return Without(UnpackedFolders((*unpacked)->entry, entry), loaded.status());
  } catch (const std::bad_alloc&) {
    return OutOfMemory("the system gives no more memory, of which its files need " + std::to_string(entry.file_bytes) +
                       " bytes at least");
  }
}

Result<std::shared_ptr<ServedModel>> ModelLoader::LoadSignature(const ModelEntry& entry, const std::string& signature) {
  ModelEntry one = entry;
  one.config.runtime_parameters["signature"] = signature;
  one.config.warmup.clear();
  one.declared.inputs.clear();
  one.declared.outputs.clear();
  one.declared.warmup.clear();
  one.declared.max_batch_size.reset();
  one.transform = {};
  try {
    ASSIGN_OR_RETURN(const UnpackedModel unpacked, Unpack(one));
    Result<LoadedModel> tried = Loading(*this, unpacked.entry, one, signature).Load([] {});
    // A client hears of it.
    const std::vector<std::filesystem::path> folders = {entry.path.parent_path(), entry.folder, entry.root};
    if (!tried.ok()) return Without(folders, tried.status());
    LoadedModel loaded = *std::move(tried);
    return std::move(loaded.model);
  } catch (const std::bad_alloc&) {
    return OutOfMemory("the system gives no more memory for signature '" + signature + "'");
  }
}

}  // namespace trireme

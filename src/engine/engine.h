// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "backend/backend.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/status.h"
#include "lifecycle/lifecycle.h"
#include "lifecycle/load_wish.h"
#include "lifecycle/model_control.h"
#include "metrics/load_estimate.h"
#include "model/file_signatures.h"
#include "model/infer_request.h"
#include "model/labels.h"
#include "model/model_id.h"
#include "model/service_goal.h"
#include "model/signature.h"
#include "model/statistics.h"
#include "model/version_choice.h"
#include "repository/scan.h"
#include "scheduler/line_planner.h"
#include "tensor/device.h"

namespace trireme {

class Recorder;
class TenantQuotas;
class TransformStage;

// A model version as its metadata and its config show it.
struct ModelDescription {
  ModelId id;
  std::string name;
  std::vector<int64_t> versions;  // that are ready, or the one asked for
  std::string platform;
  std::string backend;
  std::string file_name;  // of the model file
  Signature signature;
  int64_t free_dim = 1;  // a size that it takes where the signature leaves one open
  ModelConfig config;    // with everything decided
  size_t waiting = 0;    // requests in its line, now
  DeclaredSignature declared;
  // What its config file says: a serialized inference.ModelConfig, or null; shared with the model.
  std::shared_ptr<const std::string> config_message;
  std::shared_ptr<const ModelLabels> labels;         // never null; shared with the model
  std::shared_ptr<const FileSignatures> signatures;  // as its file names them; null: it names none. Shared likewise
};

// What a request must be like to a model, or to one of its file's signatures. Not for keeping: it keeps the model.
struct SignatureLook {
  // Null: the model does not serve, or the signature is not open, or there is none of that name.
  std::shared_ptr<const Signature> signature;
  // Null: the file names none. `served` is the one that was asked for.
  std::shared_ptr<const FileSignatures> file;
};

// What a model version did, and what it holds.
struct ModelReport {
  ModelId id;
  ModelStatistics statistics;
  DeviceBytes memory;  // of what it shares with others its part
};

// What is wanted of a model version that serves, and what it has for that.
struct ModelWork {
  ModelId id;
  metrics::WorkTotals totals;  // since the version is known
  int threads = 1;             // of a run
  int instances = 1;
  bool on_processors = true;
  double allowed_utilisation = 1;  // of what it has, at which its goal is still met
  std::optional<ServiceGoal> goal;
};

// A model version as an operator sees it.
struct ModelOverview {
  ModelStatus status;
  uint64_t requests = 0;                        // that it answered since it is known
  std::optional<Duration> since_last_use;       // none: nobody ever asked for it
  std::optional<Duration> p99;                  // of its answers; none: there are not enough to say
  std::optional<LinePlanner::Account> running;  // what decides how it is run; none: it does not serve
};

// The memory that models share on one device.
struct DeviceMemory {
  Device device;
  uint64_t budget_bytes = 0;  // 0: none is set
  uint64_t used_bytes = 0;    // by models in memory, on their way there or out of it
  uint64_t other_bytes = 0;   // by bodies of requests, what runs need and all else, which counts as well
};

// Requests that were refused before any model could count them, by the code of the refusal: nobody knows the model, or
// it was never in memory.
using Refusals = std::array<uint64_t, static_cast<size_t>(StatusCode::kInternal) + 1>;

// What load on demand had to do.
struct MemoryTraffic {
  uint64_t evictions = 0;  // models that left memory for others, so far
  uint64_t waiting = 0;    // requests that wait for a model to be in memory, now
};

// The one front door of all protocols: what there is, whether it is ready, and inference.
// Thread-safe; nothing here blocks.
class Engine {
 public:
  // All must outlive it. Without a control nothing can be loaded or unloaded by name; without a stage for transforms
  // models take and give tensors alone; without quotas every tenant may ask for as much as he likes.
  explicit Engine(Lifecycle& lifecycle, ModelControl* control = nullptr, TransformStage* transforms = nullptr,
                  TenantQuotas* quotas = nullptr)
      : lifecycle_(lifecycle), control_(control), transforms_(transforms), quotas_(quotas) {}

  // Has requests written down as they come. Before the first; outlives the last.
  void RecordWith(Recorder& recorder) { recorder_ = &recorder; }

  // Checks the request against the model and puts it in the model's line, or answers it from the cache. It is finished
  // through its reply exactly once, perhaps before this returns. One to a decoupled model that does not take several
  // responses is kUnsupported; one of a tenant who is over his quota is kOverloaded, and not looked at further.
  void Infer(std::unique_ptr<InferRequest> request);

  // Whether requests should come here: everything that was wanted at the start is loaded (or has failed), at least one
  // model has served since unless none was wanted, and nobody asked us to stop. What is loaded, fails or goes later
  // changes nothing about it: each model has a readiness of its own.
  bool Ready() const;

  // Why not, for people; OK if it is.
  Status WhyNotReady() const;

  // For loads that the server wants at its start, and that are asked for by name one after another: Ready() is withheld
  // as long as somebody has one of these. Shared by those loads; the engine must outlive it.
  std::shared_ptr<const void> WithholdReady();

  // Whether requests are taken; false for good once it stops.
  bool Accepting() const { return accepting_.load(std::memory_order_relaxed); }

  // OK if the version (or the newest, if none is named) serves, or is loaded by the first request for it; else why not.
  Status ModelReady(std::string_view name, const VersionChoice& version) const;

  Result<ModelDescription> Describe(std::string_view name, const VersionChoice& version) const;

  // What goes into a model and comes out, at less cost than Describe(); null of one that does not serve. Not for
  // keeping: it keeps the model.
  std::shared_ptr<const Signature> FindSignature(std::string_view name, const VersionChoice& version) const;

  // The same with what the file says. `signature`: one of the file's; empty: the one that the model is.
  SignatureLook LookAtSignature(std::string_view name, const VersionChoice& version, std::string_view signature) const;

  // The input of a model that takes pictures besides its tensors: files, one an element of BYTES (TransformStage).
  // Empty: it has none, or does not serve.
  std::string PictureInput(std::string_view name, const VersionChoice& version) const;

  // The output that is made of those of such a model, and given alone where pictures came and none was asked for: each
  // element of BYTES is JSON. Empty: it has none, or does not serve.
  std::string AnswerOutput(std::string_view name, const VersionChoice& version) const;

  // Whether a request may have several responses; false of a model that is not there.
  bool IsDecoupled(std::string_view name, const VersionChoice& version) const;

  // Every known version, ready or not.
  std::vector<ModelStatus> Index() const;

  // What versions did that are ready, or were and are on demand now: of all models if `name` is empty. Errors as
  // ModelReady.
  Result<std::vector<ModelReport>> Statistics(std::string_view name, const VersionChoice& version) const;

  // Of every version that serves, by name and number.
  std::vector<ModelWork> Work() const;

  // As ModelControl has them; `done` may be called before this returns, and on any thread.
  void Load(const std::string& name, LoadOverride instead, ModelControl::Done done);
  void Unload(const std::string& name, ModelControl::Done done);

  // A model that lies outside of the repositories, under a name that the caller chose; done when it serves. It goes by
  // Unload() alone. kAlreadyExists: there is a model of that name; kNotFound: nothing lies there; kInvalidArgument: it
  // cannot be served, the message says why; kOutOfMemory: nothing is left of the attempt, it may be tried again.
  // kUnavailable in another mode than kExplicit.
  void LoadFrom(const std::string& name, const std::filesystem::path& path, ModelControl::Done done) {
    LoadFrom(name, path, LoadWish(), std::move(done));
  }
  void LoadFrom(const std::string& name, const std::filesystem::path& path, const LoadWish& wish,
                ModelControl::Done done);

  // Every known version and what it did, and the memory of all.
  std::vector<ModelOverview> Overview() const;
  std::vector<DeviceMemory> Memory() const;
  MemoryTraffic Traffic() const;
  trireme::Refusals Refusals() const;

  // As an operator wants it, in any control mode. Load: into memory now, and what failed is tried again. Unload: out of
  // memory now; where models are loaded on demand the next request brings it back, else the next Load.
  void LoadNow(const std::string& name, ModelControl::Done done);
  void UnloadNow(const std::string& name, ModelControl::Done done);

  // Of a pinned model all versions that are served stay in memory, and are brought there first: done as LoadNow(); it
  // is pinned also where that fails. kNotFound: no such model.
  void Pin(const std::string& name, ModelControl::Done done);
  Status Unpin(const std::string& name);

  // Leads a label to a version, or takes it away, in one step for all requests. kInvalidArgument: it is no label;
  // kNotFound: no such model, version or label; kUnavailable: the version neither serves nor is loaded on demand.
  Status SetLabel(const std::string& name, const std::string& label, std::optional<int64_t> version);

  // Calls back once, as soon as the version meant is in memory: at once if it is, else after the load that this asks
  // for. For requests that need a model and are not inference, which waits by itself. kDeadlineExceeded: `deadline` has
  // passed before; kOutOfMemory: there is no room; else as ModelReady, or why it cannot be loaded. On any thread.
  void WhenLoaded(const std::string& name, const VersionChoice& version, TimePoint deadline, ModelControl::Done done);

  // The same of a signature of its file, which is opened if it is not yet: kOutOfMemory if there is no room beside what
  // is in memory; kNotFound: there is none of that name; kCancelled: what was in memory has just gone, ask again.
  void WhenSignatureOpen(const std::string& name, const VersionChoice& version, const std::string& signature,
                         TimePoint deadline, ModelControl::Done done);

  // For the protocol that encoded an answer of this version: how long that took.
  void RecordEncode(const ModelId& id, Duration took) const;

  // From now on Ready() is false and new requests are refused; those accepted are still answered.
  void StopAccepting();

  // Has `told` called once when that happens, on the thread on which it happens; now, if it has happened.
  void WhenStopping(std::function<void()> told);

  // Readiness alone is withdrawn, requests are still welcome: for a load balancer to notice first.
  void AnnounceStop() { announced_.store(true, std::memory_order_relaxed); }

 private:
  void Refuse(std::unique_ptr<InferRequest> request, Status status);
  void Accept(std::unique_ptr<InferRequest> request);
  void Await(std::unique_ptr<InferRequest> request);
  void AwaitSignature(std::unique_ptr<InferRequest> request);
  void Transform(std::shared_ptr<ServedModel> model, std::unique_ptr<InferRequest> request);
  void Enter(ServedModel& model, std::unique_ptr<InferRequest> request, Status status);

  Lifecycle& lifecycle_;
  ModelControl* const control_;
  TransformStage* const transforms_;
  TenantQuotas* const quotas_;
  Recorder* recorder_ = nullptr;
  std::atomic<bool> accepting_ = true;  // lone flags: they order nothing
  std::atomic<bool> announced_ = false;
  std::atomic<size_t> withheld_ = 0;  // by those who load at the start; what they have loaded is in the table before
  std::array<std::atomic<uint64_t>, std::tuple_size_v<trireme::Refusals>>
      refusals_{};  // counts alone: they order nothing
  Mutex stop_mutex_;
  std::vector<std::function<void()>> told_of_stop_ GUARDED_BY(stop_mutex_);
};

}  // namespace trireme

// SPDX-License-Identifier: Apache-2.0
#include "bench/capacity.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/memory_pool.h"
#include "bench/capacity_plan.h"
#include "bench/capacity_server.h"
#include "bench/http_carrier.h"
#include "bench/interrupts.h"
#include "bench/load.h"
#include "bench/model_copies.h"
#include "bench/report_text.h"
#include "bench/workload.h"
#include "client/endpoint.h"
#include "client/kserve_client.h"

namespace trireme::bench {
namespace {

// A folder of our own that goes with this object.
class ScratchFolder {
 public:
  static Result<ScratchFolder> Make() {
    std::error_code error;
    const std::filesystem::path parent = std::filesystem::temp_directory_path(error);
    std::string pattern = (parent / "trireme-capacity-XXXXXX").string();
    if (error || mkdtemp(pattern.data()) == nullptr) {
      return Unavailable("TMPDIR: expected a folder in which copies of the model can be written" +
                         (parent.empty() ? "" : ", found " + parent.string()));
    }
    return ScratchFolder(std::move(pattern));
  }
  ScratchFolder(ScratchFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ScratchFolder& operator=(ScratchFolder&&) = delete;
  ~ScratchFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const { return path_; }

 private:
  explicit ScratchFolder(std::string path) : path_(std::move(path)) {}

  std::filesystem::path path_;
};

Status CheckDisk(const std::filesystem::path& folder, uint64_t needed) {
  std::error_code error;
  const uint64_t free = std::filesystem::space(folder, error).available;
  if (error || free >= needed) return {};
  return Unavailable("copies of the model may need " + RoughBytes(needed) + ", and " + folder.parent_path().string() +
                     " has room for " + RoughBytes(free) + "; TMPDIR names another folder");
}

// One variant, with a server of its own, from the first copy to the last user.
class Variant {
 public:
  Variant(const BenchOptions& options, const ModelCopies& copies, std::string name, const Interrupts& interrupts,
          std::ostream& progress)
      : options_(options), copies_(copies), interrupts_(interrupts), progress_(progress) {
    row_.name = std::move(name);
    row_.file_bytes = copies.bytes();
  }

  Result<CapacityRow> Measure(RunFacts& facts);

 private:
  Status Start(RunFacts& facts);
  Status Fill();
  uint64_t ExpectedBytes() const;
  Result<bool> AddOne();
  Status LoadUnlessInterrupted(const std::string& model);
  Status TryOne(const std::string& model);
  Status MakeRequests();
  Status RunStages();
  Result<bool> RunStage(const Stage& stage);
  LoadPlan PlanOf(const Stage& stage) const;
  void Say(const std::string& text) { progress_ << "trireme: " << row_.name << ": " << text << std::endl; }

  const BenchOptions& options_;
  const ModelCopies& copies_;
  const Interrupts& interrupts_;
  std::ostream& progress_;
  MemoryPool pool_;
  CapacityRow row_;

  std::optional<ScratchFolder> scratch_;
  std::unique_ptr<CapacityServer> server_;  // ends before its folder goes
  client::Url url_;
  ModelMemory memory_;
  std::vector<kserve::InferRequestMessage> requests_;
  Workload workload_;
  client::Endpoint endpoint_;
};

Status Variant::Start(RunFacts& facts) {
  ASSIGN_OR_RETURN(ScratchFolder scratch, ScratchFolder::Make());
  scratch_.emplace(std::move(scratch));
  const std::filesystem::path models = scratch_->path() / "models";
  std::filesystem::create_directory(models);
  ASSIGN_OR_RETURN(server_, CapacityServer::Start({.program = std::filesystem::read_symlink("/proc/self/exe"),
                                                   .folder = scratch_->path(),
                                                   .models = models,
                                                   .budget = options_.budget}));
  ASSIGN_OR_RETURN(url_, client::ParseUrl(server_->url_text()));
  ASSIGN_OR_RETURN(endpoint_, client::Resolve(url_));
  if (auto told = client::KserveClient(url_).Server(); told.ok()) {
    facts.server_name = Visible(told->name);
    facts.server_version = Visible(told->version);
  }
  ASSIGN_OR_RETURN(memory_, server_->Memory());
  row_.budget_bytes = memory_.budget_bytes;
  row_.before_bytes = memory_.used_bytes;
  return CheckDisk(scratch_->path(), DiskBytesNeeded(memory_.budget_bytes, copies_.bytes()));
}

Status Variant::Fill() {
  int said = 0;
  while (!interrupts_.has_come() && HasRoomForOneMore(memory_, ExpectedBytes())) {
    ASSIGN_OR_RETURN(const bool added, AddOne());
    if (!added) break;
    const int tenths = static_cast<int>(10 * memory_.filled_bytes() / std::max<uint64_t>(memory_.budget_bytes, 1));
    if (tenths == std::exchange(said, tenths)) continue;
    Say(std::to_string(row_.models) + " loaded, " + RoughBytes(memory_.filled_bytes()) + " of " +
        RoughBytes(memory_.budget_bytes));
  }
  row_.process_bytes = server_->ProcessBytes();
  row_.interrupted = interrupts_.has_come();
  return {};
}

// Of the next copy: what the others took. The first one's says little, since it also starts the runtime.
uint64_t Variant::ExpectedBytes() const {
  return row_.models < 2 ? copies_.bytes() * row_.models : static_cast<uint64_t>(std::max(row_.bytes_a_model(), 0.0));
}

// False: the server takes no more.
Result<bool> Variant::AddOne() {
  const std::string model = CopyName(row_.name, row_.models + 1);
  RETURN_IF_ERROR(copies_.Write(scratch_->path() / "models" / (model + ".onnx"), row_.models + 1));
  const TimePoint began = Clock::System().Now();
  Status loaded = LoadUnlessInterrupted(model);
  const double seconds = Seconds(Clock::System().Now() - began);
  if (interrupts_.has_come()) return false;
  if (!loaded.ok() && row_.models == 0) {
    return std::move(loaded).Within(copies_.file().string() + ": the server does not load even one");
  }
  if (!loaded.ok()) {
    row_.refusal = Visible(loaded.message());
    return false;
  }
  if (row_.models == 0) RETURN_IF_ERROR(MakeRequests());
  RETURN_IF_ERROR(TryOne(model));
  ASSIGN_OR_RETURN(memory_, server_->Memory());
  ++row_.models;
  row_.load_seconds.push_back(seconds);
  row_.used_bytes.push_back(memory_.used_bytes);
  return true;
}

// A load may take minutes: who is interrupted ends the server instead of waiting for it.
Status Variant::LoadUnlessInterrupted(const std::string& model) {
  std::promise<Status> promise;
  std::future<Status> loaded = promise.get_future();
  std::thread thread([&] { promise.set_value(server_->Load(model)); });
  constexpr std::chrono::milliseconds kStep(50);
  for (bool ends = false; loaded.wait_for(kStep) != std::future_status::ready;) {
    if (interrupts_.has_come() && !std::exchange(ends, true)) server_->End();
  }
  thread.join();
  return loaded.get();
}

// What the first copy takes, all take.
Status Variant::MakeRequests() {
  const client::ClientOptions access{.timeout = options_.timeout};
  const client::KserveClient client(url_, {.timeout = access.timeout});
  BenchOptions one = options_;
  one.models = {{.name = CopyName(row_.name, 1)}};
  ASSIGN_OR_RETURN(Workload workload, MakeWorkload(one, client, access, pool_));
  requests_ = std::move(workload.models[0].messages);
  row_.inputs = Visible(workload.models[0].inputs);
  return {};
}

// Every copy has answered before it is measured.
Status Variant::TryOne(const std::string& model) {
  const client::KserveClient client(url_, {.timeout = options_.timeout});
  Status answered = client.InferOnce(model, "", requests_[0], pool_).status();
  if (!answered.ok()) return std::move(answered).Within("asking " + model);
  ModelRequests requests{.model = model, .in_turn = requests_.size() > 1};
  RETURN_IF_ERROR(EncodeRequests(options_, url_, {.timeout = options_.timeout}, requests_, requests));
  workload_.models.push_back(std::move(requests));
  return {};
}

LoadPlan Variant::PlanOf(const Stage& stage) const {
  LoadPlan plan;
  plan.connections = static_cast<size_t>(stage.users);
  plan.make_carrier = [this](size_t number, CarrierListener& listener) {
    return std::make_unique<HttpCarrier>(number, endpoint_, workload_, listener);
  };
  for (const ModelRequests& requests : workload_.models) plan.models.push_back({.name = requests.model});
  plan.seed = options_.seed;
  plan.window = stage.length;
  plan.least_window_requests = kLeastAnswersOfAUser * static_cast<uint64_t>(stage.users);
  plan.stops_on_failure = true;
  plan.timeout = options_.timeout;
  plan.server_pid = server_->pid();
  plan.stop_fd = interrupts_.fd();
  return plan;
}

// False: something failed, or somebody interrupts.
Result<bool> Variant::RunStage(const Stage& stage) {
  ASSIGN_OR_RETURN(const LoadResult load, RunLoad(PlanOf(stage)));
  CapacityStage result{.users = stage.users};
  for (const Window& window : load.windows) {
    result.length += window.length;
    result.latency.Add(window.latency);
    result.failed += window.failures;
  }
  row_.stages.push_back(std::move(result));
  if (!load.early_end) return true;
  const bool failed = load.early_end->why == EarlyEnd::Why::kFailure;
  if (failed) row_.failure = "with " + std::to_string(stage.users) + " users: " + Visible(load.early_end->text);
  row_.interrupted = !failed;
  return false;
}

Status Variant::RunStages() {
  const std::vector<Stage> stages = options_.stages.empty() ? UsualStages() : options_.stages;
  for (const Stage& stage : stages) {
    Say(std::to_string(stage.users) + (stage.users == 1 ? " user" : " users"));
    ASSIGN_OR_RETURN(const bool goes_on, RunStage(stage));
    if (!goes_on) break;
  }
  return {};
}

Result<CapacityRow> Variant::Measure(RunFacts& facts) {
  RETURN_IF_ERROR(Start(facts));
  RETURN_IF_ERROR(Fill());
  if (!row_.interrupted) RETURN_IF_ERROR(RunStages());
  return std::move(row_);
}

}  // namespace

Result<CapacityReport> MeasureCapacity(const BenchOptions& options, std::ostream& progress) {
  // All of them, before the first takes its minutes.
  std::vector<ModelCopies> variants;
  for (const std::string& file : options.capacity_models) {
    ASSIGN_OR_RETURN(ModelCopies copies, ModelCopies::Of(file));
    variants.push_back(std::move(copies));
  }
  const std::vector<std::string> names = VariantNames(options.capacity_models);
  const Interrupts interrupts;
  CapacityReport report{.options = options, .facts = OwnFacts(time(nullptr)), .rows = {}};
  report.facts.command = Visible(report.facts.command);
  for (size_t i = 0; i < variants.size() && !interrupts.has_come(); ++i) {
    Variant variant(options, variants[i], names[i], interrupts, progress);
    ASSIGN_OR_RETURN(CapacityRow row, variant.Measure(report.facts));
    report.rows.push_back(std::move(row));
  }
  return report;
}

}  // namespace trireme::bench

// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/model_control.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <new>
#include <set>
#include <system_error>
#include <utility>

#include "base/out_of_memory.h"
#include "base/thread_pool.h"
#include "lifecycle/lost_roots.h"
#include "lifecycle/settled_scan.h"
#include "lifecycle/without_folders.h"
#include "repository/archive_contents.h"
#include "repository/below.h"
#include "repository/digest_book.h"
#include "repository/model_name.h"
#include "repository/scan_at.h"

namespace trireme {
namespace {

constexpr size_t kMostErrands = 1024;

using Names = std::set<std::string, std::less<>>;

Names NamesIn(const RepositoryScan& scan) {
  Names names;
  for (const ModelEntry& entry : scan.models) names.insert(entry.id.name);
  for (const ModelProblem& problem : scan.problems) {
    if (!problem.name.empty()) names.insert(problem.name);
  }
  return names;
}

std::string Joined(const Names& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + ("'" + name + "'");
  return text.empty() ? "none" : text;
}

// What was asked for is not what lies there, whatever the files say.
uint64_t OtherFingerprint(uint64_t fingerprint, uint64_t count) {
  return (fingerprint ^ count * 0x9E3779B97F4A7C15ULL) + 1;
}

void LayOver(const LoadWish& wish, ModelConfig& config) {
  if (wish.instances > 0) config.instances = wish.instances;
  if (wish.max_rows > 0) config.max_rows = wish.max_rows;
  if (wish.max_delay.count() > 0) config.max_delay = wish.max_delay;
  if (wish.max_waiting_requests > 0) config.max_waiting_requests = wish.max_waiting_requests;
}

// What is known of the contents of files is known to all scans.
ModelControl::Options WithBooks(ModelControl::Options options) {
  if (!options.scan.digests) options.scan.digests = std::make_shared<DigestBook>();
  if (!options.scan.archives) options.scan.archives = std::make_shared<ArchiveBook>();
  return options;
}

// Who waits for several models.
struct Waiting {
  explicit Waiting(size_t count, ModelControl::Done when_done) : left(count), done(std::move(when_done)) {}

  void Settled(Status status) {
    bool is_last = false;
    {
      const MutexLock lock(mutex);
      if (first_failure.ok()) first_failure = std::move(status);
      is_last = --left == 0;
      if (is_last) status = first_failure;
    }
    if (is_last) done(std::move(status));
  }

  Mutex mutex;
  size_t left GUARDED_BY(mutex);
  Status first_failure GUARDED_BY(mutex);
  const ModelControl::Done done;
};

// Calls back once all of them are ready or have failed, with the first failure.
void WhenAllSettled(Lifecycle& lifecycle, const std::vector<std::string>& names, ModelControl::Done done) {
  if (names.empty()) return done({});
  // Shared by the callbacks.
  const auto waiting = std::make_shared<Waiting>(names.size(), std::move(done));
  for (const std::string& name : names) {
    lifecycle.WhenSettled(name, [waiting](Status status) { waiting->Settled(std::move(status)); });
  }
}

// One that was asked for and is nowhere stops no other.
ModelProblem NoSuchModel(const std::string& name, const Names& found) {
  const std::string field = "--load-model " + name;
  const std::string expected =
      found.empty() ? "a model in the repositories, which have none" : "one of " + Joined(found);
  Finding finding;
  finding.severity = Finding::Severity::kError;
  finding.field = field;
  finding.expected = expected;
  finding.found = "no such model";
  return {.path = name, .name = name, .status = NotFound(finding.ToString()), .findings = {finding}};
}

}  // namespace

ModelControl::ModelControl(Options options, Lifecycle& lifecycle, const Logger& log)
    : options_(WithBooks(std::move(options))),
      lifecycle_(lifecycle),
      log_(log),
      errands_(std::make_shared<ErrandQueue>(kMostErrands)),
      named_(options_.scan.named) {}

ModelControl::~ModelControl() {
  Stop();
}

Status ModelControl::Start() {
  // First, so that no change is missed between the two.
  BeginToWatch();
  {
    const MutexLock lock(look_mutex_);
    ASSIGN_OR_RETURN(RepositoryScan scan, Scan());
    scan = emptied_.PassOver(std::move(scan));
    if (options_.mode == Mode::kExplicit) {
      StartExplicit(scan);
    } else {
      lifecycle_.SetDesired(scan);
    }
    applied_ = scan;
    previous_ = std::move(scan);
  }
  if (options_.mode == Mode::kNone) return {};
  if (options_.mode == Mode::kWatch && look_out_) {
    lifecycle_.SetLookAgain([errands = errands_] { errands->AskForLook(); });
  }
  const MutexLock lock(thread_mutex_);
  thread_ = std::thread([this] { Work(); });
  return {};
}

// Who asks for models by name may have no repository at all, and a list of models may be empty.
Result<RepositoryScan> ModelControl::Scan() const {
  const bool may_be_none = options_.mode == Mode::kExplicit || options_.has_named;
  if (may_be_none && options_.paths.empty() && named_.empty()) return RepositoryScan();
  ScanOptions scan = options_.scan;
  scan.named = named_;
  return ScanRepository(options_.paths, scan);
}

void ModelControl::StartExplicit(const RepositoryScan& scan) {
  Names asked(options_.load_models.begin(), options_.load_models.end());
  const Names found = NamesIn(scan);
  const bool all = asked.erase("*") > 0;
  lifecycle_.SetKnown(found);
  RepositoryScan wanted = scan;
  if (!all) {
    std::erase_if(wanted.models, [&](const ModelEntry& entry) { return !asked.contains(entry.id.name); });
    std::erase_if(wanted.problems, [&](const ModelProblem& problem) { return !asked.contains(problem.name); });
  }
  for (const std::string& name : asked) {
    if (!found.contains(name)) wanted.problems.push_back(NoSuchModel(name, found));
  }
  lifecycle_.SetDesired(wanted);
}

void ModelControl::BeginToWatch() {
  std::vector<std::filesystem::path> roots = options_.paths;
  {
    const MutexLock lock(look_mutex_);
    for (const NamedModel& named : named_) roots.push_back(named.folder);
  }
  look_out_.reset();
  if (options_.mode == Mode::kNone || options_.poll_interval.count() == 0 || roots.empty()) return;
  look_out_.emplace(
      FolderWatch::Options{.roots = std::move(roots), .tells_of_all_changes = options_.tells_of_all_changes},
      LookTimes{.poll = options_.poll_interval, .settle = std::min(options_.settle_interval, options_.poll_interval)},
      log_);
}

void ModelControl::Work() {
  NameThisThread("model-control");
  while (!errands_->closed()) {
    if (!Survives("a look at the repositories", log_, [this] { WorkOnce(); }) && look_out_) look_out_->LookSoon();
  }
}

void ModelControl::WorkOnce() {
  const TimePoint until = look_out_ ? look_out_->next() : kNever;
  const int descriptor = look_out_ ? look_out_->descriptor() : -1;
  if (std::optional<Errand> errand = errands_->Take(until, descriptor)) Attempt(*std::move(errand));
  if (!look_out_ || errands_->closed()) return;
  if (errands_->TakeAskedForLook()) look_out_->LookSoon();
  if (look_out_->IsDue()) look_out_->HasLooked(LookAndTell(look_out_->BeingWritten()));
}

// Who asked is told, also when there is too little memory to find out more.
void ModelControl::Attempt(Errand errand) {
  const std::string name = errand.name;
  const auto told = std::make_shared<std::atomic<bool>>(false);  // shared with the callback, wherever that goes
  const Done done = [told, done = std::move(errand.done)](Status status) {
    if (!told->exchange(true)) done(std::move(status));
  };
  try {
    errand.done = done;
    CarryOut(std::move(errand));
  } catch (const std::bad_alloc&) {
    done(OutOfMemory("the system gives no more memory to look for model '" + name + "'; try again later"));
    errands_->Finished(name);
  }
}

void ModelControl::LookNow() {
  LookAndTell({});
}

bool ModelControl::LookAndTell(std::span<const std::filesystem::path> being_written) {
  const TimePoint began = Clock::System().Now();
  const bool settled = Look(being_written);
  if (settled) lifecycle_.HasLooked(began);
  return settled;
}

// Whether another look would say nothing new.
bool ModelControl::Look(std::span<const std::filesystem::path> being_written) {
  const MutexLock one_at_a_time(look_mutex_);
  Result<RepositoryScan> scan = Scan();
  if (!scan.ok()) return true;  // without paths, which Start() has refused
  if (options_.mode == Mode::kNone) return true;
  if (options_.mode == Mode::kExplicit) {
    previous_ = WithLostRoots(previous_, previous_.roots, *std::move(scan));
    lifecycle_.SetKnown(NamesIn(previous_));
    return true;
  }
  RepositoryScan seen = emptied_.PassOver(WithLostRoots(applied_, previous_.roots, *std::move(scan)));
  Settling settling = SettledScan(applied_, previous_, seen, being_written);
  previous_ = std::move(seen);
  if (SaysTheSame(applied_, settling.scan)) return settling.confirmed;
  lifecycle_.SetDesired(settling.scan);
  applied_ = std::move(settling.scan);  // only now: what found no memory is wanted once more by the next look
  return settling.confirmed;
}

void ModelControl::Load(const std::string& name, LoadOverride instead, Done done) {
  Ask({.kind = Errand::Kind::kLoad, .name = name, .instead = std::move(instead), .done = std::move(done)});
}

void ModelControl::Unload(const std::string& name, Done done) {
  Ask({.kind = Errand::Kind::kUnload, .name = name, .instead = {}, .done = std::move(done)});
}

void ModelControl::LoadFrom(const std::string& name, const std::filesystem::path& from, const LoadWish& wish,
                            Done done) {
  Ask({.kind = Errand::Kind::kLoadFrom,
       .name = name,
       .instead = {},
       .from = from,
       .wish = wish,
       .done = std::move(done)});
}

void ModelControl::ServeNamed(std::vector<NamedModel> named, Done done) {
  if (!options_.has_named) return done(Unavailable("the server was not started with a list of models"));
  errands_->Add({.kind = Errand::Kind::kServeNamed,
                 .name = {},
                 .instead = {},
                 .named = std::move(named),
                 .done = std::move(done)});
}

// On the control thread. What was asked for at once is not waited for as what merely lies there is.
void ModelControl::CarryOutNamed(Errand errand) {
  for (const NamedModel& named : errand.named) {
    Status can_be = CheckModelName(named.name);
    std::error_code error;
    if (can_be.ok() && !std::filesystem::is_directory(named.folder, error)) {
      can_be = InvalidArgument("Could not find base path " + named.folder.string() + " for servable " + named.name);
    }
    if (can_be.ok()) continue;
    errand.done(std::move(can_be));
    return errands_->Finished(errand.name);
  }
  std::vector<std::string> names;
  for (const NamedModel& named : errand.named) names.push_back(named.name);
  log_.Info("asked to serve other models", {{"models", names.size()}});
  {
    const MutexLock lock(look_mutex_);
    named_ = std::move(errand.named);
  }
  BeginToWatch();
  {
    const MutexLock lock(look_mutex_);
    Result<RepositoryScan> scan = Scan();
    if (!scan.ok()) {
      errand.done(std::move(scan).status());
      return errands_->Finished(errand.name);
    }
    RepositoryScan seen = emptied_.PassOver(*std::move(scan));
    lifecycle_.SetDesired(seen);
    applied_ = seen;
    previous_ = std::move(seen);
  }
  errands_->Finished(errand.name);
  WhenAllSettled(lifecycle_, names, std::move(errand.done));
}

void ModelControl::Ask(Errand errand) {
  if (options_.mode == Mode::kExplicit) return errands_->Add(std::move(errand));
  errand.done(
      Unavailable("models are not loaded and unloaded by name here: the server was not started with "
                  "--model-control-mode explicit"));
}

// On the control thread, which waits for nothing but the file system: loads are carried out by the lifecycle.
void ModelControl::CarryOut(Errand errand) {
  if (errand.kind == Errand::Kind::kServeNamed) return CarryOutNamed(std::move(errand));
  // No repository says anything about what was loaded from elsewhere.
  if (errand.kind == Errand::Kind::kLoad && errand.instead.files.empty() && outside_->Contains(errand.name)) {
    lifecycle_.LoadNow(errand.name, std::move(errand.done));
    return errands_->Finished(errand.name);
  }
  std::shared_ptr<const ScratchFolder> scratch;
  const Result<RepositoryScan> wanted = FindModel(errand, scratch);
  if (!wanted.ok()) {
    std::vector<std::filesystem::path> folders = options_.paths;
    if (scratch) folders.push_back(scratch->path());
    if (!errand.from.empty()) {
      const bool is_inside = !errand.wish.root.empty() && IsAtOrBelow(errand.from.native(), errand.wish.root.native());
      folders.push_back(is_inside ? errand.wish.root : errand.from.parent_path());
    }
    errand.done({wanted.status().code(), WithoutFolders(wanted.status().message(), folders)});
    return errands_->Finished(errand.name);
  }
  const bool load = errand.kind != Errand::Kind::kUnload;
  log_.Info(load ? "asked to load a model" : "asked to unload a model", {{"model", errand.name}});
  lifecycle_.SetDesiredOf(errand.name, *wanted, std::move(scratch));
  const std::string name = errand.name;
  const auto finish = [errands = errands_, name, done = std::move(errand.done)](Status status) {
    done(std::move(status));
    errands->Finished(name);
  };
  if (errand.kind == Errand::Kind::kLoadFrom) {
    // What serves goes on if its successor fails.
    if (errand.wish.replaces) return lifecycle_.WhenSettled(name, finish);
    outside_->Add(name);
    return lifecycle_.WhenSettled(name, [&lifecycle = lifecycle_, outside = outside_, name, finish](Status status) {
      if (status.ok()) return finish(std::move(status));
      // Nothing is left of an attempt that failed.
      outside->Remove(name);
      lifecycle.SetDesiredOf(name, {});
      lifecycle.WhenGone(name, [finish, why = std::move(status)](const Status&) { finish(why); });
    });
  }
  if (errand.kind == Errand::Kind::kUnload && outside_->Remove(name)) {
    if (told_of_unloads_) told_of_unloads_(name);
    return lifecycle_.WhenGone(name, finish);
  }
  lifecycle_.WhenSettled(name, finish);
}

Result<RepositoryScan> ModelControl::FindOutside(const Errand& errand) {
  const bool replaces = errand.wish.replaces;
  if (!replaces && IsKnown(errand.name)) {
    return Status(StatusCode::kAlreadyExists, "model '" + errand.name + "' is loaded already");
  }
  if (replaces && !(outside_->Contains(errand.name) && IsKnown(errand.name))) {
    return NotFound("model '" + errand.name + "' is not loaded any more");
  }
  ScanOptions options = options_.scan;
  options.mar_handler = errand.wish.mar_handler;
  ASSIGN_OR_RETURN(RepositoryScan scan, ScanModelAt(errand.from, errand.name, options));
  if (!scan.problems.empty()) return scan.problems.front().status;
  if (replaces) ++overrides_;
  for (ModelEntry& entry : scan.models) {
    LayOver(errand.wish, entry.config);
    entry.load_timeout = errand.wish.load_timeout;
    if (replaces) entry.fingerprint = OtherFingerprint(entry.fingerprint, overrides_);
  }
  return scan;
}

// What shall be wanted of the model from now on.
Result<RepositoryScan> ModelControl::FindModel(const Errand& errand, std::shared_ptr<const ScratchFolder>& scratch) {
  if (errand.kind == Errand::Kind::kLoadFrom) return FindOutside(errand);
  const bool unload = errand.kind == Errand::Kind::kUnload;
  if (unload && IsKnown(errand.name)) return RepositoryScan();
  if (!errand.instead.files.empty()) {
    ASSIGN_OR_RETURN(scratch, ScratchFolder::Make());
  }
  const std::filesystem::path folder = scratch ? scratch->path() : std::filesystem::path();
  ASSIGN_OR_RETURN(RepositoryScan scan, ScanModel(options_.paths, errand.name, options_.scan, errand.instead, folder));
  if (unload) return RepositoryScan();
  if (!scratch) lifecycle_.AddKnown(errand.name);
  if (!errand.instead.config_json.empty() || scratch) {
    ++overrides_;
    for (ModelEntry& entry : scan.models) entry.fingerprint = OtherFingerprint(entry.fingerprint, overrides_);
  }
  return scan;
}

bool ModelControl::IsKnown(const std::string& name) const {
  const auto table = lifecycle_.table();
  return std::any_of(table->statuses.begin(), table->statuses.end(),
                     [&](const ModelStatus& status) { return status.id.name == name; });
}

void ModelControl::Stop() {
  options_.scan.digests->Stop();
  errands_->Close();
  {
    const MutexLock lock(thread_mutex_);
    if (thread_.joinable()) thread_.join();
  }
  lifecycle_.SetLookAgain(nullptr);
}

}  // namespace trireme

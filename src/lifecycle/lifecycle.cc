// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/lifecycle.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <new>

#include "base/check.h"
#include "base/excerpt.h"
#include "base/load_memory.h"
#include "base/out_of_memory.h"
#include "base/quiet_thread.h"
#include "lifecycle/without_folders.h"
#include "repository/content_digest.h"

namespace trireme {
namespace {

int64_t Milliseconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

// What clients are told.
std::string Public(std::string text, const ModelEntry& entry) {
  const std::array<std::filesystem::path, 3> folders = {entry.path.parent_path(), entry.folder, entry.root};
  return WithoutFolders(std::move(text), folders);
}

// What matters most first.
std::string Joined(const LoadedModel& loaded) {
  std::string text;
  for (const auto* remarks : {&loaded.warnings, &loaded.notes}) {
    for (const std::string& remark : *remarks) text += (text.empty() ? "" : "; ") + remark;
  }
  return text;
}

// Of two bounds, where 0 is none.
Duration Shorter(Duration a, Duration b) {
  if (a <= Duration{0} || b <= Duration{0}) return std::max(a, b);
  return std::min(a, b);
}

// Of what nobody waits for.
constexpr int kQuietest = 19;

constexpr std::chrono::seconds kGiveBackEvery{10};

// Who waits for a model to be in memory holds a request.
constexpr size_t kMostWaiting = 16 << 10;

bool HasGpu(const std::vector<Device>& devices) {
  return std::ranges::any_of(devices, [](const Device& device) { return device.kind != DeviceKind::kCpu; });
}

MemoryRules RulesOf(const Lifecycle::Options& options) {
  MemoryRules rules = options.memory;
  rules.required = options.required_models;
  return rules;
}

// Whoever goes often goes for another, who can have what he leaves sooner from us than from the system. The rest of
// what is kept goes back when nobody has come or gone for so long.
constexpr std::chrono::seconds kKeepLoadMemory{1};

// To free a gigabyte takes a while too. Without a generation only what was left of others goes.
void RetireQuietly(Generation* retired, const MemoryRules& rules) {
  if (retired != nullptr) RunQuietly({}, [&] { retired->Retire(); });
  if (KeptLoadMemory() > MostKeptOf(rules.budgets)) RunQuietly({}, GiveBackLoadMemory);
}

}  // namespace

Lifecycle::Lifecycle(Options options, ModelLoader& loader, const Logger& log)
    : options_(std::move(options)),
      loader_(loader),
      log_(log),
      book_(RulesOf(options_)),
      digesters_({.name = "digest", .threads = 1, .max_waiting = 1 << 20}),
      loaders_({.name = "loader", .threads = options_.load_threads, .max_waiting = 1 << 20}),
      watcher_([this] { Watch(); }) {
  loader_.SetBudgets(options_.memory.budgets);
  loader_.SetGoals(options_.goals);
}

Lifecycle::~Lifecycle() {
  Close();
  nudge_.NotifyAll();
  watcher_.join();
}

void Lifecycle::Want(const RepositoryScan& scan, const WishScope& scope) {
  if (!HasGpu(options_.memory.devices)) return WantPlaceable(scan, scope);
  RepositoryScan placeable = scan;
  for (ModelEntry& entry : placeable.models) loader_.KeepOffGpus(entry, options_.memory.devices);
  WantPlaceable(placeable, scope);
}

void Lifecycle::WantPlaceable(const RepositoryScan& scan, const WishScope& scope) {
  VersionBook::Change change;
  std::vector<std::shared_ptr<const void>> dropped;
  {
    const MutexLock lock(mutex_);
    const bool nothing = scan.models.empty() && scan.problems.empty();
    if (closing_ && !nothing) return;
    change = book_.Want(scan, scope, Moment::Now());
    jobs_ += static_cast<int>(change.actions.size());
    dropped = book_.TakeDropped();
  }
  Publish();
  Say(change.news);
  Carry(change.actions);
  TellSettled();
  TellWaiting();
  DescribeWhatIsOut();
  nudge_.NotifyAll();
}

void Lifecycle::Say(const std::vector<VersionBook::News>& news) const {
  for (const VersionBook::News& item : news) {
    if (item.is_problem) {
      log_.Write(item.level, "model cannot be served", {{"model", item.model}, {"reason", item.text}});
    } else if (item.model.empty()) {
      log_.Write(item.level, "note", {{"note", item.text}});
    } else {
      log_.Write(item.level, "note", {{"model", item.model}, {"note", item.text}});
    }
  }
}

void Lifecycle::SetKnown(std::set<std::string, std::less<>> names) {
  std::vector<std::shared_ptr<const void>> dropped;
  {
    const MutexLock lock(mutex_);
    book_.SetKnown(std::move(names));
    dropped = book_.TakeDropped();
  }
  Publish();
}

void Lifecycle::AddKnown(const std::string& name) {
  {
    const MutexLock lock(mutex_);
    book_.AddKnown(name);
  }
  Publish();
}

void Lifecycle::Carry(const std::vector<Action>& actions) {
  for (const Action& action : actions) {
    bool taken = false;
    AfterSomeTries([&] { taken = loaders_.Submit([this, action] { CarryOut(action); }); });
    CHECK(taken);  // the line of jobs is longer than any repository
  }
}

// On a loader thread. The version has arrived before what it replaced has drained, which may take as long as a request.
void Lifecycle::CarryOut(const Action& action) {
  bool given_up = false;
  (void)Survives("a model's change of state", log_,
                 [&] { given_up = action.kind == ActionKind::kRetire ? Retire(action.id) : Load(action.id); });
  // Only now, when nothing of it is left: who waits for the last one may end the process.
  const MutexLock lock(mutex_);
  if (given_up) {
    --given_up_;
  } else {
    --jobs_;
  }
  give_back_loads_at_ = Clock::System().Now() + kKeepLoadMemory;
  moved_.NotifyAll();
  nudge_.NotifyAll();
}

bool Lifecycle::Retire(const ModelId& id) {
  std::shared_ptr<Generation> retired;
  std::string_view why;
  {
    const MutexLock lock(mutex_);
    retired = book_.Draining(id);
    why = book_.WhyItLeaves(id);
  }
  RetireQuietly(retired.get(), options_.memory);
  log_.Info("model unloaded", {{"model", id.name}, {"version", id.version}, {"reason", why}});
  {
    const MutexLock lock(mutex_);
    book_.Retired(id, Moment::Now());
  }
  Finish(id);
  retired.reset();
  const MutexLock lock(mutex_);
  --generations_;
  return false;
}

// True: it was given up meanwhile, and nobody waits for its end any more.
bool Lifecycle::Load(const ModelId& id) {
  const TimePoint begin = Clock::System().Now();
  std::optional<VersionBook::LoadOrder> order;
  {
    const MutexLock lock(mutex_);
    order = book_.BeginLoad(id, Moment::Now());
    if (order) {
      const Duration timeout = Shorter(options_.load_timeout, order->entry.load_timeout);
      under_way_.push_back({.id = id, .attempt = order->attempt, .begin = begin, .timeout = timeout});
    }
  }
  if (!order) {
    Finish(id);
    return false;
  }
  nudge_.NotifyAll();
  Publish();
  Result<LoadedModel> loaded = loader_.Load(order->entry, [&] {
    {
      const MutexLock lock(mutex_);
      if (book_.IsCurrent(id, order->attempt)) book_.Opened(id, Moment::Now());
    }
    Publish();
  });
  bool given_up = false;
  {
    const MutexLock lock(mutex_);
    std::erase_if(under_way_, [&](const UnderWay& load) { return load.id == id && load.attempt == order->attempt; });
    given_up = !book_.IsCurrent(id, order->attempt);
  }
  if (given_up) {
    RunQuietly({}, [&] {
      if (loaded.ok()) loaded->model->Close();
      loaded = Cancelled("");
    });
    RetireQuietly(nullptr, options_.memory);
    std::vector<Action> actions;
    {
      const MutexLock lock(mutex_);
      actions = book_.HasEnded(order->attempt, Moment::Now());
    }
    Do(std::move(actions));
    return true;
  }
  std::shared_ptr<Generation> retired;
  if (loaded.ok()) {
    retired = TakeOver(id, *order, *std::move(loaded), begin);
  } else {
    NoteFailure(id, *order, loaded.status());
  }
  Finish(id);
  if (retired) {
    const DeviceBytes bytes = retired->memory();
    Leave(id, std::move(retired), bytes);
    const MutexLock lock(mutex_);
    --generations_;
  }
  return false;
}

// What is retired, if anything, and its memory.
void Lifecycle::Leave(const ModelId& id, std::shared_ptr<Generation> retired, const DeviceBytes& bytes) {
  RetireQuietly(retired.get(), options_.memory);
  retired.reset();
  std::vector<Action> actions;
  {
    const MutexLock lock(mutex_);
    actions = book_.Left(id, bytes, Moment::Now());
  }
  Do(std::move(actions));
}

void Lifecycle::NoteFailure(const ModelId& id, const VersionBook::LoadOrder& order, const Status& reason) {
  log_.Error(order.reload ? "model failed to reload, the one loaded before goes on" : "model failed to load",
             {{"model", id.name}, {"version", id.version}, {"reason", reason.message()}});
  std::function<void()> look_again;
  {
    const MutexLock lock(mutex_);
    book_.Failed(id, {reason.code(), Public(reason.message(), order.entry)}, Moment::Now());
    if (book_.AwaitsLook(id)) look_again = look_again_;
  }
  if (look_again) look_again();
  RunQuietly({}, GiveBackLoadMemory);
  Publish();
}

// Returns what has to be retired then.
std::shared_ptr<Generation> Lifecycle::TakeOver(const ModelId& id, const VersionBook::LoadOrder& order,
                                                LoadedModel loaded, TimePoint begin) {
  const ModelConfig& config = loaded.model->config;
  const DeviceBytes memory = loaded.model->memory();
  log_.Info(order.reload ? "model reloaded" : "model ready", {{"model", id.name},
                                                              {"version", id.version},
                                                              {"load_ms", Milliseconds(Clock::System().Now() - begin)},
                                                              {"instances", config.instances},
                                                              {"threads", config.threads},
                                                              {"max_batch", config.max_rows},
                                                              {"devices", memory.devices()},
                                                              {"memory_bytes", memory.total()}});
  for (const std::string& note : loaded.notes) log_.Info("note", {{"model", id.name}, {"note", note}});
  for (const std::string& note : loaded.warnings) log_.Warning("note", {{"model", id.name}, {"note", note}});
  auto generation = std::make_shared<Generation>(std::move(loaded.model), order.files);
  std::shared_ptr<Generation> retired;
  bool knows_digest = false;
  {
    const MutexLock lock(mutex_);
    ++generations_;
    retired = book_.Loaded(id, std::move(generation), Public(Joined(loaded), order.entry), Moment::Now());
    knows_digest = book_.KnowsDigest(id);
  }
  Publish();
  TellWaiting();
  if (!knows_digest) FindDigest(order.entry);
  return retired;
}

// Long after the model serves, if it is large: nobody waits for it.
void Lifecycle::FindDigest(const ModelEntry& entry) {
  const auto find = [this, entry] {
    const auto stop = [this] {
      const MutexLock lock(mutex_);
      return closing_;
    };
    const Result<VersionFiles> files = FilesOfVersion(entry);
    if (!files.ok()) return;
    std::optional<Result<Digest>> digest;
    RunQuietly({.niceness = kQuietest},
               [&] { digest.emplace(ContentDigest(*files, {.stop = stop, .keep_cached = true})); });
    if (!digest->ok()) return;
    {
      const MutexLock lock(mutex_);
      book_.SetDigest(entry.id, entry.fingerprint, "sha256:" + ToHex(**digest));
    }
    Publish();
  };
  (void)digesters_.Submit(find);  // not taken: so many wait that it stays unknown
}

// Clients may ask what a model is before they ask it something.
void Lifecycle::DescribeWhatIsOut() {
  std::vector<ModelEntry> entries;
  {
    const MutexLock lock(mutex_);
    if (!closing_) entries = book_.TakeUndescribed();
  }
  for (ModelEntry& entry : entries) {
    (void)digesters_.Submit([this, entry = std::move(entry)] {
      std::shared_ptr<const ServedModel> description;
      // It may have to unpack the files, and to open the model.
      RunQuietly({}, [&] {
        if (auto described = loader_.Describe(entry); described.ok()) description = *std::move(described);
      });
      {
        const MutexLock lock(mutex_);
        // What cannot be described cannot be loaded either: whoever asks for it will be told why.
        book_.SetDescription(entry, std::move(description));
      }
      Publish();
    });
  }
}

// What the book wants done, and whoever waits for what came of it.
void Lifecycle::Do(std::vector<Action> actions) {
  {
    const MutexLock lock(mutex_);
    jobs_ += static_cast<int>(actions.size());
  }
  Publish();
  Carry(actions);
  TellSettled();
  TellWaiting();
  DescribeWhatIsOut();
  nudge_.NotifyAll();
}

// The version has arrived somewhere; goes on with what is wanted of it by now.
void Lifecycle::Finish(const ModelId& id) {
  std::vector<Action> actions;
  std::vector<std::shared_ptr<const void>> dropped;
  {
    const MutexLock lock(mutex_);
    actions = book_.Finish(id, Moment::Now());
    jobs_ += static_cast<int>(actions.size());
    dropped = book_.TakeDropped();
  }
  Publish();
  Carry(actions);
  TellSettled();
  TellWaiting();
  DescribeWhatIsOut();
  nudge_.NotifyAll();
}

// False: there is no memory for the table now. The thread that watches the time tries again.
bool Lifecycle::Publish() {
  const MutexLock one_at_a_time(publish_mutex_);
  try {
    ServingTable table;
    {
      const MutexLock lock(mutex_);
      if (!book_.changed()) return true;  // somebody else's table had it
      table = book_.Table();
    }
    table_.Publish(std::move(table));
    return true;
  } catch (const std::bad_alloc&) {
    const MutexLock lock(mutex_);
    book_.NoteChange();
  }
  nudge_.NotifyAll();
  return false;
}

void Lifecycle::WhenSettled(const std::string& name, Settled then) {
  {
    const MutexLock lock(mutex_);
    waiting_.emplace_back(name, std::move(then));
  }
  TellSettled();
}

void Lifecycle::WhenGone(const std::string& name, Settled then) {
  {
    const MutexLock lock(mutex_);
    waiting_for_end_.emplace_back(name, std::move(then));
  }
  TellSettled();
}

// Everything that has settled was published before.
void Lifecycle::TellSettled() {
  std::vector<std::pair<Settled, Status>> told;
  {
    const MutexLock lock(mutex_);
    moved_.NotifyAll();  // who asks for memory may be told of its fate without any job
    if (!closing_ && book_.started()) started_.store(true, std::memory_order_release);
    std::vector<std::pair<std::string, Settled>> still;
    for (auto& [name, then] : waiting_) {
      if (closing_) {
        told.emplace_back(std::move(then), Unavailable("the server is shutting down"));
      } else if (book_.settled(name)) {
        told.emplace_back(std::move(then), book_.Verdict(name));
      } else {
        still.emplace_back(name, std::move(then));
      }
    }
    waiting_.swap(still);
    std::erase_if(waiting_for_end_, [&](std::pair<std::string, Settled>& waiting) {
      if (!waiting.second) return true;
      if (!closing_ && !book_.gone(waiting.first)) return false;
      told.emplace_back(std::move(waiting.second), Status());
      return true;
    });
  }
  for (auto& [then, status] : told) then(std::move(status));
}

void Lifecycle::WhenLoaded(const std::string& name, const VersionChoice& version, TimePoint deadline, Settled done) {
  const std::shared_ptr<const ServingTable> now = table();
  const Result<std::shared_ptr<ServedModel>> found = now->Find(name, version);
  const std::optional<int64_t> number = now->FindOnDemand(name, version);
  if (found.ok() || !number) return done(found.ok() ? Status() : found.status());
  std::vector<Action> actions;
  Status refused;
  {
    const MutexLock lock(mutex_);
    if (closing_) {
      refused = Unavailable("the server is shutting down");
    } else if (waiting_for_memory_.size() >= kMostWaiting) {
      refused = Overloaded(std::to_string(kMostWaiting) +
                           " requests wait already for models that are not in memory; try again later");
    } else {
      waiting_for_memory_.push_back(
          {.id = {name, *number}, .version = version, .deadline = deadline, .done = std::move(done)});
      actions = book_.Demand({name, *number}, Moment::Now());
    }
  }
  if (!refused.ok()) {
    // NOLINTNEXTLINE(*-use-after-move, *-cplusplus.Move): it was not moved then
    return done(std::move(refused));
  }
  Do(std::move(actions));
}

void Lifecycle::WhenSignatureOpen(const std::string& name, const VersionChoice& version, const std::string& signature,
                                  Settled done) {
  const Result<std::shared_ptr<ServedModel>> found = table()->Find(name, version);
  if (!found.ok()) return done(found.status());
  const std::shared_ptr<OtherSignatures> others = (*found)->other_signatures;
  if (others == nullptr || !others->Knows(signature)) {
    return done(NotFound("model '" + name + "' has no signature '" + signature + "'"));
  }
  if (!others->WhenOpen(signature, std::move(done))) return;
  if (const Status room = RoomForSignature(**found); !room.ok()) return others->GiveUp(signature, room);
  const auto open = [this, id = (*found)->id, others, signature] {
    if (!Survives("a signature's opening", log_, [&] { OpenSignature(id, *others, signature); })) {
      others->GiveUp(signature, OutOfMemory("the system gives no more memory"));
    }
  };
  if (!loaders_.Submit(open))
    others->GiveUp(signature, Overloaded("too many models are being loaded; try again later"));
}

void Lifecycle::OpenSignature(const ModelId& id, OtherSignatures& others, const std::string& signature) {
  const TimePoint begin = Clock::System().Now();
  const Status opened = others.OpenNow(signature);
  if (opened.ok()) {
    log_.Info("signature ready", {{"model", id.name},
                                  {"version", id.version},
                                  {"signature", signature},
                                  {"load_ms", Milliseconds(Clock::System().Now() - begin)}});
  } else {
    log_.Error("signature failed to load",
               {{"model", id.name}, {"version", id.version}, {"signature", signature}, {"reason", opened.message()}});
  }
  nudge_.NotifyAll();
}

// It takes about what the model takes, if it is another graph on the same variables.
Status Lifecycle::RoomForSignature(const ServedModel& model) {
  const std::map<std::string, Memory> now = memory();
  for (const auto& [device, weights] : model.weights) {
    const auto at = now.find(device);
    if (at == now.end() || at->second.budget_bytes == 0) continue;
    const uint64_t taken = at->second.used_bytes + at->second.other_bytes;
    const uint64_t left = at->second.budget_bytes - std::min(at->second.budget_bytes, taken);
    if (weights->BytesOfOne() <= left) continue;
    return OutOfMemory("the signature needs about " + std::to_string(weights->BytesOfOne()) + " bytes on " + device +
                       ", of whose budget " + std::to_string(left) + " are left");
  }
  return {};
}

// Whose waiting has an end.
struct Lifecycle::Told {
  Waiting waiting;
  Status status;  // without a message: it is in the table
};

std::vector<Lifecycle::Told> Lifecycle::TakeTold() {
  std::vector<Told> told;
  while (true) {
    if (!Publish()) return told;
    const std::shared_ptr<const ServingTable> published = table();
    const TimePoint now = Clock::System().Now();
    const MutexLock lock(mutex_);
    if (book_.changed()) continue;  // what there is to tell may not be in the table yet
    std::erase_if(waiting_for_memory_, [&](Waiting& waiting) {
      if (!waiting.done) return true;  // it was told, or has gone, when memory was short in the middle of this
      std::optional<Status> outlook = book_.Outlook(waiting.id);
      const bool has_failed = !outlook || outlook->code() == StatusCode::kUnavailable;
      if (has_failed && published->MeansAnOlder(waiting.id, waiting.version)) outlook = Unavailable("");
      if (closing_) outlook = Unavailable("the server is shutting down");
      if (!outlook && waiting.deadline <= now) {
        outlook = DeadlineExceeded("the time ran out while model '" + waiting.id.name + "' was being loaded");
      }
      if (!outlook) return false;
      told.push_back({.waiting = std::move(waiting), .status = *std::move(outlook)});
      return true;
    });
    return told;
  }
}

void Lifecycle::TellWaiting() {
  std::vector<Told> told = TakeTold();
  for (Told& one : told) {
    Waiting& waiting = one.waiting;
    if (one.status.ok() || !one.status.message().empty()) {
      waiting.done(std::move(one.status));
      continue;
    }
    // The version that it waited for is not to be had any more; what was asked for may be another one by now.
    const std::shared_ptr<const ServingTable> now = table();
    const std::optional<int64_t> number = now->FindOnDemand(waiting.id.name, waiting.version);
    if (number && *number != waiting.id.version) {
      WhenLoaded(waiting.id.name, waiting.version, waiting.deadline, std::move(waiting.done));
    } else {
      waiting.done(now->Find(waiting.id.name, waiting.version).status());
    }
  }
}

// A thread of its own: deadlines of those who wait, idle models, loads that do not end.
void Lifecycle::Watch() {
  NameThisThread("lifecycle");
  TimePoint give_back_at = options_.memory.give_back ? Clock::System().Now() + kGiveBackEvery : kNever;
  bool goes_on = true;
  while (goes_on) {
    (void)Survives("a look at the time", log_, [&] { goes_on = WatchOnce(give_back_at); });
  }
}

// False: it is closing.
bool Lifecycle::WatchOnce(TimePoint& give_back_at) {
  if (Clock::System().Now() >= give_back_at) {
    options_.memory.give_back();
    give_back_at = Clock::System().Now() + kGiveBackEvery;
  }
  GiveBackWhatLoadsKept();
  ReleaseIfAwaited();
  std::vector<Action> actions;
  std::vector<UnderWay> late;
  bool unpublished = false;
  {
    const MutexLock lock(mutex_);
    if (closing_) return false;
    if (book_.awaits_release()) return true;
    const TimePoint now = Clock::System().Now();
    TimePoint next = std::min(book_.next_tick(), GiveUpLongLoads(now, late));
    for (const Waiting& waiting : waiting_for_memory_) next = std::min(next, waiting.deadline);
    unpublished = book_.changed();
    if (next > now && late.empty() && !unpublished) {
      next = std::min({next, give_back_at, give_back_loads_at_});
      if (next == kNever) {
        nudge_.Wait(mutex_);
      } else {
        nudge_.WaitUntil(mutex_, next);
      }
      return true;
    }
    actions = book_.Tick(Moment::Now());
  }
  for (const UnderWay& load : late) {
    log_.Error("model failed to load", {{"model", load.id.name},
                                        {"version", load.id.version},
                                        {"reason", "its load has not ended in time"},
                                        {"load_timeout_ms", Milliseconds(load.timeout)}});
    loaders_.AddThread();
    Finish(load.id);
  }
  Do(std::move(actions));
  if (unpublished && !Publish()) SayOutOfMemory("the table of what serves", log_);
  return true;
}

void Lifecycle::GiveBackWhatLoadsKept() {
  {
    const MutexLock lock(mutex_);
    if (Clock::System().Now() < give_back_loads_at_) return;
    give_back_loads_at_ = kNever;
    if (jobs_ + given_up_ > 0) return;  // who ends next sets the time anew
  }
  (void)loaders_.Submit([this] {
    RunQuietly({}, [this] {
      if (options_.memory.release_idle) options_.memory.release_idle();
      GiveBackLoadMemory();
    });
  });
}

// Somebody waits for it: at once, and not quietly.
void Lifecycle::ReleaseIfAwaited() {
  {
    const MutexLock lock(mutex_);
    if (closing_ || !book_.awaits_release()) return;
  }
  options_.memory.release_idle();
  std::vector<Action> actions;
  {
    const MutexLock lock(mutex_);
    actions = book_.Released(Moment::Now());
  }
  Do(std::move(actions));
}

// Returns when the next one will have to be given up; those who have to be now are put into `late`.
TimePoint Lifecycle::GiveUpLongLoads(TimePoint now, std::vector<UnderWay>& late) {
  TimePoint next = kNever;
  std::erase_if(under_way_, [&](const UnderWay& load) {
    if (load.timeout <= Duration{0}) return false;
    const TimePoint end = load.begin + load.timeout;
    next = end > now ? std::min(next, end) : next;
    if (end > now) return false;
    book_.GiveUp(load.id, Moment::Now());
    ++given_up_;
    --jobs_;
    late.push_back(load);
    return true;
  });
  return next;
}

void Lifecycle::SetLookAgain(std::function<void()> look_again) {
  const bool somebody_looks = look_again != nullptr;
  {
    const MutexLock lock(mutex_);
    book_.SetLooks(somebody_looks);
    look_again_.swap(look_again);
  }
  if (!somebody_looks) HasLooked(Clock::System().Now());
}

void Lifecycle::HasLooked(TimePoint began) {
  {
    const MutexLock lock(mutex_);
    if (!book_.HasLooked(began)) return;
  }
  TellWaiting();
  nudge_.NotifyAll();
}

void Lifecycle::LoadNow(const std::string& name, Settled done) {
  Operate(
      name, [&] { return book_.Recall(name, Moment::Now()); }, std::move(done));
}

void Lifecycle::UnloadNow(const std::string& name, Settled done) {
  bool is_pinned = false;
  {
    const MutexLock lock(mutex_);
    is_pinned = book_.is_pinned(name);
  }
  if (is_pinned) return done(InvalidArgument("model " + Excerpt(name) + " is pinned: unpin it first"));
  // Why somebody who asked for it meanwhile did not get it is not the answer.
  Operate(
      name, [&] { return book_.PutAside(name); },
      [done = std::move(done)](const Status& status) {
        done(status.code() == StatusCode::kNotFound ? status : Status());
      });
}

void Lifecycle::Operate(const std::string& name, const std::function<bool()>& change, Settled done) {
  std::vector<Action> actions;
  bool any = false;
  {
    const MutexLock lock(mutex_);
    any = change();
    if (any) actions = book_.Tick(Moment::Now());
  }
  Do(std::move(actions));
  if (any) return WhenSettled(name, std::move(done));
  const Status found = table()->Find(name, {}).status();
  done(found.code() == StatusCode::kUnavailable ? Status() : found);
}

Status Lifecycle::SetPinned(const std::string& name, bool pinned) {
  std::vector<Action> actions;
  {
    const MutexLock lock(mutex_);
    if (!book_.SetPinned(name, pinned)) return NotFound("unknown model " + Excerpt(name));
    if (pinned) (void)book_.Recall(name, Moment::Now());
    actions = book_.Tick(Moment::Now());
  }
  Do(std::move(actions));
  return {};
}

Status Lifecycle::SetLabel(const std::string& name, const std::string& label, std::optional<int64_t> version) {
  if (!IsVersionLabel(label)) {
    return InvalidArgument("label: expected a letter, then letters, digits, '_', '-' and '.', 64 at most; found " +
                           Excerpt(label));
  }
  {
    const MutexLock lock(mutex_);
    RETURN_IF_ERROR(book_.SetLabel(name, label, version));
  }
  Publish();
  return {};
}

std::map<std::string, Lifecycle::Memory> Lifecycle::memory() {
  const MemoryRules& rules = options_.memory;
  std::map<std::string, Memory> memory;
  for (const Device& device : rules.devices) memory[device.ToString()] = {};
  for (const auto& [device, budget] : rules.budgets) memory[device].budget_bytes = budget;
  const MutexLock lock(mutex_);
  book_.NoteOthers();
  for (const auto& [device, bytes] : book_.UsedBytes().by_device()) memory[device].used_bytes = bytes;
  for (auto& [device, one] : memory) one.other_bytes = book_.OtherBytes(device);
  return memory;
}

uint64_t Lifecycle::evictions() const {
  const MutexLock lock(mutex_);
  return book_.evictions();
}

size_t Lifecycle::waiting() const {
  const MutexLock lock(mutex_);
  return waiting_for_memory_.size();
}

std::map<ModelId, VersionBook::Use> Lifecycle::Uses() {
  const MutexLock lock(mutex_);
  return book_.Uses(Moment::Now());
}

Status Lifecycle::WhyNotStarted() {
  const MutexLock lock(mutex_);
  return closing_ ? Unavailable("the server is shutting down") : book_.WhyNotStarted();
}

bool Lifecycle::SettledLocked() const {
  return jobs_ == 0 && book_.settled();
}

void Lifecycle::WaitUntilSettled() {
  const MutexLock lock(mutex_);
  while (!SettledLocked()) moved_.Wait(mutex_);
}

bool Lifecycle::settled() const {
  const MutexLock lock(mutex_);
  return SettledLocked() && given_up_ == 0;
}

void Lifecycle::Close() {
  {
    const MutexLock lock(mutex_);
    closing_ = true;
  }
  loader_.Stop();
  SetDesired({});
  TellWaiting();
  const MutexLock lock(mutex_);
  while (generations_ > 0) moved_.Wait(mutex_);
}

}  // namespace trireme

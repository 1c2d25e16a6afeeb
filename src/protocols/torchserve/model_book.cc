// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/model_book.h"

#include <algorithm>
#include <charconv>

namespace trireme::torchserve {

std::optional<int64_t> NumberOfVersion(std::string_view text) {
  if (text.ends_with(".0")) text.remove_suffix(2);
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number <= 0) return std::nullopt;
  return number;
}

std::string TextOfVersion(int64_t number) {
  return std::to_string(number) + ".0";
}

namespace {

// Of a model that only the engine can know.
std::variant<Target, Failure> FindOther(std::string_view model, std::string_view version) {
  if (version.empty()) return Target{.engine_name = std::string(model), .version = {}};
  if (const auto number = NumberOfVersion(version)) {
    return Target{.engine_name = std::string(model), .version = *number};
  }
  if (!IsVersionLabel(version)) return VersionNotFound(model, version);
  return Target{.engine_name = std::string(model), .version = VersionChoice::OfLabel(std::string(version))};
}

// The shorter of its two time-outs, of which 0 is none: both say how long an answer that has not been begun is waited
// for.
std::chrono::milliseconds PatienceOf(const BookedVersion& booked) {
  const std::chrono::milliseconds response = booked.response_timeout;
  if (booked.client_timeout.count() == 0) return response;
  return response.count() == 0 ? booked.client_timeout : std::min(response, booked.client_timeout);
}

Failure Conflict(std::string message) {
  return {.type = ErrorType::kConflictStatus, .message = std::move(message)};
}

}  // namespace

bool ModelBook::Entry::is_booked() const {
  return std::ranges::any_of(versions, [](const auto& version) { return version.second.is_there(); });
}

const ModelBook::Version* ModelBook::Entry::Find(std::string_view version) const {
  const auto found = versions.find(version.empty() ? std::string_view(default_version) : version);
  return found == versions.end() ? nullptr : &found->second;
}

// Somebody's choice counts for as long as it is there, or to be. Then comes the one that was registered first.
void ModelBook::Entry::SettleDefault() {
  const Version* const chosen = default_version.empty() ? nullptr : Find(default_version);
  if (chosen != nullptr && (chosen->is_there() || chosen->stage == Stage::kOnItsWay)) return;
  const Version* first = nullptr;
  for (const auto& [text, version] : versions) {
    if (version.is_there() && (first == nullptr || version.id < first->id)) first = &version;
  }
  if (first != nullptr) default_version = first->booked.version;
}

const ModelBook::Entry* ModelBook::FindEntry(std::string_view model) const {
  const auto entry = entries_.find(model);
  return entry == entries_.end() ? nullptr : &entry->second;
}

const ModelBook::Version* ModelBook::FindThere(std::string_view model, std::string_view version) const {
  const Entry* const entry = FindEntry(model);
  const Version* const found = entry == nullptr ? nullptr : entry->Find(version);
  return found != nullptr && found->is_there() ? found : nullptr;
}

// Null: it has gone, and what may be there under its name is another one.
ModelBook::Version* ModelBook::FindHeld(const Held& held) {
  const auto entry = entries_.find(held.name.model);
  if (entry == entries_.end()) return nullptr;
  const auto version = entry->second.versions.find(held.name.version);
  if (version == entry->second.versions.end() || version->second.id != held.id) return nullptr;
  return &version->second;
}

void ModelBook::Erase(const VersionName& name) {
  const auto entry = entries_.find(name.model);
  const auto version = entry->second.versions.find(name.version);
  const auto held = names_.find(version->second.booked.engine_name);
  if (held != names_.end() && held->second == name) names_.erase(held);
  entry->second.versions.erase(version);
  if (entry->second.versions.empty()) {
    entries_.erase(entry);
  } else {
    entry->second.SettleDefault();
  }
}

void ModelBook::Settle(const std::string& model) {
  entries_.find(model)->second.SettleDefault();
}

std::variant<Target, Failure> ModelBook::Find(std::string_view model, std::string_view version) const {
  std::string chosen;
  {
    const MutexLock lock(mutex_);
    const Entry* const entry = FindEntry(model);
    if (entry != nullptr && entry->is_booked()) {
      const Version* const found = entry->Find(version);
      if (found == nullptr || found->is_leaving || found->stage == Stage::kFailed) {
        return VersionNotFound(model, version);
      }
      const BookedVersion& booked = found->booked;
      if (!found->is_loaded || booked.min_workers == 0) return NoWorker(model, version);
      return Target{.engine_name = booked.engine_name,
                    .version = {},
                    .patience = PatienceOf(booked),
                    .response_timeout = booked.response_timeout};
    }
    // What is on its way under the model's own name may yet fail, beside one of a repository's that serves.
    if (const auto held = names_.find(model); held != names_.end()) {
      const Version* const holder = FindEntry(held->second.model)->Find(held->second.version);
      if (held->second.model != model || holder->is_leaving) return ModelNotFound(model);
    }
    if (const auto other = other_defaults_.find(model); other != other_defaults_.end()) chosen = other->second;
  }
  return FindOther(model, version.empty() ? std::string_view(chosen) : version);
}

std::variant<std::string, Failure> ModelBook::NameFor(const std::string& model, const std::string& version,
                                                      const std::string& before) const {
  const std::string further = model + ":" + version;
  if ((before == model || before == further) && !names_.contains(before)) return before;
  if (!names_.contains(model)) return model;
  if (!names_.contains(further)) return further;
  return Conflict("Model version " + version + " cannot be registered for model " + model + ": the name \"" + further +
                  "\" is taken");
}

std::variant<ModelBook::Reservation, Failure> ModelBook::Reserve(const std::string& model, const std::string& version,
                                                                 const ReserveWish& wish) {
  // Before the lock: should memory end half way, what was done goes again when the lock is given back.
  Reservation token(Held(nullptr, {.model = model, .version = version}, 0), {});
  const MutexLock lock(mutex_);
  Version reserved{.kept = wish.kept};
  if (const Entry* const entry = FindEntry(model)) {
    if (const auto found = entry->versions.find(version); found != entry->versions.end()) {
      if (found->second.stage != Stage::kFailed) {
        return Conflict("Model version " + version + " is already registered for model " + model);
      }
      if (!reserved.kept) reserved.kept = found->second.kept;
    }
  }
  auto name = NameFor(model, version, wish.engine_name);
  if (const Failure* const failure = std::get_if<Failure>(&name)) return *failure;
  reserved.id = token.held_.id = ++last_;
  reserved.booked.version = version;
  reserved.booked.engine_name = token.engine_name_ = std::get<std::string>(std::move(name));
  token.held_.book = this;
  Entry& entry = entries_[model];
  const bool is_default = wish.is_default || (wish.is_default_if_first && entry.versions.empty());
  entry.versions.insert_or_assign(version, std::move(reserved));
  names_.emplace(token.engine_name_, token.held_.name);
  if (is_default) entry.default_version = version;
  return token;
}

ModelBook::Reservation::~Reservation() {
  if (held_.book != nullptr) held_.book->Release(held_);
}

void ModelBook::Release(const Held& held) {
  const MutexLock lock(mutex_);
  Version* const version = FindHeld(held);
  if (version == nullptr) return;
  if (!version->kept || version->is_leaving) return Erase(held.name);
  const auto name = names_.find(version->booked.engine_name);
  if (name != names_.end()) names_.erase(name);
  version->stage = Stage::kFailed;
  Settle(held.name.model);
}

void ModelBook::Reservation::LiesAt(const std::filesystem::path& path) {
  const MutexLock lock(held_.book->mutex_);
  if (Version* const version = held_.book->FindHeld(held_)) version->booked.path = path;
}

void ModelBook::Reservation::Announce(BookedVersion booked) {
  const MutexLock lock(held_.book->mutex_);
  Version* const version = held_.book->FindHeld(held_);
  if (version == nullptr) return;
  booked.engine_name = engine_name_;
  version->booked = std::move(booked);
  version->stage = Stage::kShown;
  held_.book->Settle(held_.name.model);
}

void ModelBook::Reservation::Enter(std::optional<BookedVersion> booked) {
  if (booked) Announce(*std::move(booked));
  ModelBook& book = *std::exchange(held_.book, nullptr);
  const MutexLock lock(book.mutex_);
  Version* const version = book.FindHeld(held_);
  if (version == nullptr) return;
  version->is_loaded = true;
  version->kept.reset();
}

std::variant<NotBooked, ModelBook::Scaling, Failure> ModelBook::BeginToScale(const std::string& model,
                                                                             const std::string& version,
                                                                             int64_t min_workers, int64_t max_workers) {
  const MutexLock lock(mutex_);
  const auto entry = entries_.find(model);
  if (entry == entries_.end() || !entry->second.is_booked()) return NotBooked{};
  const Version* const found = FindThere(model, version);
  if (found == nullptr) return VersionNotFound(model, version);
  Version& scaled = entry->second.versions.find(found->booked.version)->second;
  Scaling token(Held(nullptr, {.model = model, .version = scaled.booked.version}, scaled.id), ++last_, scaled.booked);
  token.wanted_.min_workers = min_workers;
  token.wanted_.max_workers = max_workers;
  // What the engine will have after the loads that are under way is known only then; the first one is among them.
  const bool is_loading = !scaled.is_loaded || scaled.scalings > 0;
  if (min_workers > 0 && (is_loading || min_workers != scaled.booked.callers)) {
    token.wanted_.callers = min_workers;
    token.held_.book = this;
    scaled.scalings += 1;
  } else {
    scaled.scaled = token.sequence_;
    scaled.booked.min_workers = min_workers;
    scaled.booked.max_workers = max_workers;
  }
  return token;
}

ModelBook::Scaling::~Scaling() {
  if (held_.book == nullptr) return;
  const MutexLock lock(held_.book->mutex_);
  if (Version* const version = held_.book->FindHeld(held_)) version->scalings -= 1;
}

void ModelBook::Scaling::Complete() {
  ModelBook& book = *std::exchange(held_.book, nullptr);
  const MutexLock lock(book.mutex_);
  Version* const version = book.FindHeld(held_);
  if (version == nullptr) return;
  version->scalings -= 1;
  version->booked.callers = wanted_.callers;
  if (version->scaled > sequence_) return;
  version->scaled = sequence_;
  version->booked.min_workers = wanted_.min_workers;
  version->booked.max_workers = wanted_.max_workers;
}

std::variant<NotBooked, ModelBook::Departure, Failure> ModelBook::BeginToLeave(const std::string& model,
                                                                               const std::string& version) {
  const MutexLock lock(mutex_);
  const auto entry = entries_.find(model);
  if (entry == entries_.end() || !entry->second.is_booked()) return NotBooked{};
  const Version* const found = FindThere(model, version);
  if (found == nullptr) return VersionNotFound(model, version);
  const auto is_there = [](const auto& each) { return each.second.is_there(); };
  const bool is_only = std::ranges::count_if(entry->second.versions, is_there) == 1;
  const std::string& text = found->booked.version;
  if (!is_only && text == entry->second.default_version) {
    return Failure{.type = ErrorType::kInvalidModelVersion,
                   .message = "Cannot remove default version for model " + model};
  }
  Departure token(Held(this, {.model = model, .version = text}, found->id), found->booked);
  entry->second.versions.find(text)->second.is_leaving = true;
  return token;
}

ModelBook::Departure::~Departure() {
  if (held_.book != nullptr) TakeBack();
}

void ModelBook::Departure::TakeBack() {
  ModelBook& book = *std::exchange(held_.book, nullptr);
  const MutexLock lock(book.mutex_);
  Version* const version = book.FindHeld(held_);
  if (version == nullptr) return;
  version->is_leaving = false;
  book.Settle(held_.name.model);
}

void ModelBook::Departure::Complete() {
  ModelBook& book = *std::exchange(held_.book, nullptr);
  const MutexLock lock(book.mutex_);
  if (book.FindHeld(held_) != nullptr) book.Erase(held_.name);
}

std::variant<NotBooked, ModelBook::DefaultIsSet, Failure> ModelBook::SetDefault(const std::string& model,
                                                                                const std::string& version) {
  const MutexLock lock(mutex_);
  const auto entry = entries_.find(model);
  if (entry == entries_.end() || !entry->second.is_booked()) return NotBooked{};
  if (version.empty() || FindThere(model, version) == nullptr) return VersionNotFound(model, version);
  entry->second.default_version = version;
  return DefaultIsSet{};
}

void ModelBook::SetDefaultOfOther(const std::string& model, const std::string& version) {
  const MutexLock lock(mutex_);
  if (version.empty()) {
    other_defaults_.erase(model);
  } else {
    other_defaults_.insert_or_assign(model, version);
  }
}

std::optional<BookedVersion> ModelBook::Gone(std::string_view engine_name) {
  const MutexLock lock(mutex_);
  const auto held = names_.find(engine_name);
  if (held == names_.end()) return std::nullopt;
  const VersionName name = held->second;
  const Version& version = *FindEntry(name.model)->Find(name.version);
  // What is only on its way under this name was not meant: it comes after this.
  if (!version.is_loaded) return std::nullopt;
  std::optional<BookedVersion> gone;
  if (version.is_there()) gone = version.booked;
  Erase(name);
  return gone;
}

bool ModelBook::IsUsed(const std::filesystem::path& path) const {
  const MutexLock lock(mutex_);
  return std::ranges::any_of(entries_, [&](const auto& entry) {
    return std::ranges::any_of(entry.second.versions,
                               [&](const auto& version) { return version.second.booked.path == path; });
  });
}

bool ModelBook::IsLeaving(std::string_view model, std::string_view version) const {
  const MutexLock lock(mutex_);
  const Entry* const entry = FindEntry(model);
  if (entry == nullptr) return false;
  const Version* found = entry->Find(version);
  if (found == nullptr && version.empty() && entry->versions.size() == 1) found = &entry->versions.begin()->second;
  return found != nullptr && found->is_leaving;
}

bool ModelBook::ForgetKept(const std::string& model, const std::string& version) {
  const MutexLock lock(mutex_);
  const auto entry = entries_.find(model);
  if (entry == entries_.end() || (version.empty() && entry->second.is_booked())) return false;
  const size_t forgotten = std::erase_if(entry->second.versions, [&](const auto& each) {
    return each.second.stage == Stage::kFailed && (version.empty() || each.first == version);
  });
  if (entry->second.versions.empty()) entries_.erase(entry);
  return forgotten > 0;
}

std::vector<BookedVersion> ModelBook::VersionsOf(std::string_view model) const {
  const MutexLock lock(mutex_);
  std::vector<BookedVersion> versions;
  const Entry* const entry = FindEntry(model);
  if (entry == nullptr) return versions;
  for (const auto& [text, version] : entry->versions) {
    if (version.is_there()) versions.push_back(version.booked);
  }
  return versions;
}

std::optional<BookedVersion> ModelBook::VersionOf(std::string_view model, std::string_view version) const {
  const MutexLock lock(mutex_);
  const Version* const found = FindThere(model, version);
  return found == nullptr ? std::nullopt : std::optional(found->booked);
}

std::string ModelBook::DefaultOf(std::string_view model) const {
  const MutexLock lock(mutex_);
  if (const Entry* const entry = FindEntry(model); entry != nullptr && entry->is_booked()) {
    return entry->default_version;
  }
  const auto other = other_defaults_.find(model);
  return other == other_defaults_.end() ? std::string() : other->second;
}

std::vector<std::string> ModelBook::Models() const {
  const MutexLock lock(mutex_);
  std::vector<std::string> models;
  for (const auto& [name, entry] : entries_) {
    if (entry.is_booked()) models.push_back(name);
  }
  return models;
}

bool ModelBook::Holds(std::string_view engine_name) const {
  const MutexLock lock(mutex_);
  return names_.find(engine_name) != names_.end();
}

std::map<std::string, VersionName, std::less<>> ModelBook::NamesInEngine() const {
  const MutexLock lock(mutex_);
  std::map<std::string, VersionName, std::less<>> names;
  for (const auto& [name, entry] : entries_) {
    for (const auto& [text, version] : entry.versions) {
      if (!version.is_there()) continue;
      names.insert_or_assign(version.booked.engine_name, VersionName{.model = name, .version = text});
    }
  }
  return names;
}

std::vector<ModelSettings> ModelBook::Kept() const {
  const MutexLock lock(mutex_);
  std::vector<ModelSettings> kept;
  for (const auto& [name, entry] : entries_) {
    for (const auto& [text, version] : entry.versions) {
      if (version.kept) kept.push_back(*version.kept);
    }
  }
  return kept;
}

void ModelBook::Expect(size_t count) {
  const MutexLock lock(mutex_);
  expected_ += count;
}

void ModelBook::ExpectNoMore() {
  const MutexLock lock(mutex_);
  expected_ -= 1;
}

size_t ModelBook::expected() const {
  const MutexLock lock(mutex_);
  return expected_;
}

}  // namespace trireme::torchserve

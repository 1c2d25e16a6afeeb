// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/mutex.h"
#include "model/version_choice.h"
#include "protocols/torchserve/failure.h"
#include "wire/torchserve/model_settings.h"

namespace trireme::torchserve {

// A version of a model, as TorchServe's clients have registered or scaled it. Its workers are callers that run it at
// the same time, on one copy of its weights.
struct BookedVersion {
  std::string version;      // "1.0": any text
  std::string engine_name;  // what the engine calls it: the book decides
  std::string url;
  std::filesystem::path path;   // where it lies
  std::filesystem::path store;  // in which
  bool is_downloaded = false;   // from its URL: it goes with the last version that lies there
  std::string runtime = "python";
  int64_t min_workers = 0;  // 0: no request is taken
  int64_t max_workers = 0;
  int64_t callers = 1;     // that the engine has for it
  int64_t batch_size = 0;  // 0: nobody said
  std::chrono::milliseconds max_batch_delay{0};
  size_t job_queue_size = 100;  // requests that wait for it
  std::chrono::seconds response_timeout{120};
  std::optional<std::chrono::seconds> startup_timeout = {};  // nothing: nobody said
  std::chrono::milliseconds client_timeout{0};               // that a request may wait; 0: none
  std::string handler = {};                                  // instead of its manifest's; empty: that
  bool loaded_at_startup = false;
};

// Which model somebody means, in the engine's words.
struct Target {
  std::string engine_name;
  VersionChoice version;
  std::chrono::milliseconds patience{0};          // until a request must have been begun; 0: for ever
  std::chrono::milliseconds response_timeout{0};  // until it must be answered; 0: for ever
};

// A version of a model, in the words of TorchServe's clients.
struct VersionName {
  std::string model;
  std::string version;
  bool operator==(const VersionName&) const = default;
};

// How a version is to be reserved.
struct ReserveWish {
  std::string engine_name = {};      // what it was called before; empty: the model's own name, if that is free
  bool is_default = false;           // now, before it is there
  bool is_default_if_first = false;  // the same, if the book has no other version of the model
  // What was wanted at the start: it stays in the book for the next start until it is registered or unregistered.
  std::optional<ModelSettings> kept = {};
};

// No version of the model is registered.
struct NotBooked {};

// The versions that TorchServe's clients registered, and what the engine calls them. TorchServe's versions are any
// text, and come and go one by one; the engine loads a model by one name at a time. So the first version of a model has
// the model's own name there, and further ones are called "MODEL:VERSION". What came another way, from a repository, is
// not booked, and has versions that are numbers: "3.0" here, or "3".
//
// Changes take their time and overlap. Each goes in two steps and holds a token in between, which knows the one
// registration that it is about: another one of the same text, before or after it, is none of its business. A token
// that is dropped takes its first step back. The engine carries out what is asked for under one name in the order in
// which it was asked, and the second steps come in that order.
//
//   Reserve()       on its way, perhaps shown by Announce()   Enter()      shown
//   BeginToScale()  shown as it was                           Complete()   shown as it was asked for
//   BeginToLeave()  leaving: no request finds it              Complete()   gone
//
// Whatever happens: a model with versions that are shown has a default one, which is there or on its way; and a name of
// the engine's belongs to one version. Thread-safe. Outlives its tokens.
class ModelBook {
  // The registration that a token is about.
  struct Held {
    Held(ModelBook* in, VersionName version, uint64_t registration)
        : book(in), name(std::move(version)), id(registration) {}
    Held(Held&& other) noexcept : book(std::exchange(other.book, nullptr)), name(std::move(other.name)), id(other.id) {}
    Held& operator=(Held&&) = delete;

    ModelBook* book;  // null: nothing is owed any more, or by another token
    VersionName name;
    uint64_t id;
  };

 public:
  // A version that is being registered. Dropped: it has failed, and nothing of it is left.
  class Reservation {
   public:
    Reservation(Reservation&&) noexcept = default;
    Reservation& operator=(Reservation&&) = delete;
    ~Reservation();

    const std::string& engine_name() const { return engine_name_; }

    // Its file is used from now on (IsUsed), also where nothing of it is shown before it is loaded.
    void LiesAt(const std::filesystem::path& path);
    // It is shown before it is loaded.
    void Announce(BookedVersion booked);
    // It is loaded. Shown from now on, unless somebody is removing it. After Announce() nothing need be said again.
    void Enter(std::optional<BookedVersion> booked = std::nullopt);

   private:
    friend class ModelBook;
    Reservation(Held held, std::string engine_name) : held_(std::move(held)), engine_name_(std::move(engine_name)) {}

    Held held_;
    std::string engine_name_;
  };

  // A version that is being given another number of workers. Dropped: it has failed, and stays as it is.
  class Scaling {
   public:
    Scaling(Scaling&&) noexcept = default;
    Scaling& operator=(Scaling&&) = delete;
    ~Scaling();

    // Whether it must be loaded with so many callers beside what serves; else it is done.
    bool needs_load() const { return held_.book != nullptr; }
    // What it is to be.
    const BookedVersion& wanted() const { return wanted_; }

    // It is loaded so. What was asked for later and is done already stays.
    void Complete();

   private:
    friend class ModelBook;
    Scaling(Held held, uint64_t sequence, BookedVersion wanted)
        : held_(std::move(held)), sequence_(sequence), wanted_(std::move(wanted)) {}

    Held held_;
    uint64_t sequence_;
    BookedVersion wanted_;
  };

  // A version that is being removed. Dropped: it stays after all.
  class Departure {
   public:
    Departure(Departure&&) noexcept = default;
    Departure& operator=(Departure&&) = delete;
    ~Departure();

    const std::string& engine_name() const { return booked_.engine_name; }
    // As it was when its removal began.
    const BookedVersion& booked() const { return booked_; }
    // One of them.
    void Complete();
    void TakeBack();

   private:
    friend class ModelBook;
    Departure(Held held, BookedVersion booked) : held_(std::move(held)), booked_(std::move(booked)) {}

    Held held_;
    BookedVersion booked_;
  };

  // The version that is meant, the default one where `version` is empty. Of what is not booked only the form is looked
  // at: whether there is such a model is the engine's to say. Quick enough for every request.
  std::variant<Target, Failure> Find(std::string_view model, std::string_view version) const;

  // Takes a version that is about to be loaded, and a name of the engine's for it. kConflictStatus: it is there, on its
  // way in or out, or the name is another's. The first of a model that is there becomes its default.
  std::variant<Reservation, Failure> Reserve(const std::string& model, const std::string& version,
                                             const ReserveWish& wish = {});

  // Of the default version where `version` is empty. It is done at once where that takes no load.
  std::variant<NotBooked, Scaling, Failure> BeginToScale(const std::string& model, const std::string& version,
                                                         int64_t min_workers, int64_t max_workers);

  // kInvalidModelVersion: the default version stays as long as there are others.
  std::variant<NotBooked, Departure, Failure> BeginToLeave(const std::string& model, const std::string& version);

  struct DefaultIsSet {};
  std::variant<NotBooked, DefaultIsSet, Failure> SetDefault(const std::string& model, const std::string& version);
  // Of a model that is not booked; an empty one is none.
  void SetDefaultOfOther(const std::string& model, const std::string& version);

  // The engine has unloaded what had this name. The version, if it was one that nobody was removing.
  std::optional<BookedVersion> Gone(std::string_view engine_name);

  // Whether somebody is removing this version; where `version` is empty, the default one or the only one.
  bool IsLeaving(std::string_view model, std::string_view version) const;

  // Forgets what was wanted at the start and is not there: the version, or all of a model. Whether there was any.
  bool ForgetKept(const std::string& model, const std::string& version);

  // Of a booked model those that are shown, in the order of their texts; and the one meant, the default one where
  // `version` is empty.
  std::vector<BookedVersion> VersionsOf(std::string_view model) const;
  std::optional<BookedVersion> VersionOf(std::string_view model, std::string_view version) const;
  std::string DefaultOf(std::string_view model) const;  // empty: nobody chose one, and it is not booked
  std::vector<std::string> Models() const;

  // Whether this name of the engine's is that of a booked version, whatever becomes of it: it is no model of a
  // repository's.
  bool Holds(std::string_view engine_name) const;
  // What is shown, by the engine's names.
  std::map<std::string, VersionName, std::less<>> NamesInEngine() const;

  // Whether a version is what lies there, or is to be.
  bool IsUsed(const std::filesystem::path& path) const;

  // What was wanted at the start and is not there, yet or any more.
  std::vector<ModelSettings> Kept() const;

  // How many are to be there from the start, and are not there yet and have not failed.
  void Expect(size_t count);
  void ExpectNoMore();  // one of them
  size_t expected() const;

 private:
  enum class Stage : uint8_t { kOnItsWay, kShown, kFailed };
  struct Version {
    uint64_t id = 0;
    Stage stage = Stage::kOnItsWay;
    bool is_loaded = false;
    bool is_leaving = false;
    BookedVersion booked;
    uint64_t scaled = 0;  // the sequence of the last scaling that is done
    size_t scalings = 0;  // that are loading
    std::optional<ModelSettings> kept;

    bool is_there() const { return stage == Stage::kShown && !is_leaving; }
  };
  struct Entry {
    std::map<std::string, Version, std::less<>> versions;
    std::string default_version;

    bool is_booked() const;
    const Version* Find(std::string_view version) const;
    void SettleDefault();
  };
  using Entries = std::map<std::string, Entry, std::less<>>;

  std::variant<std::string, Failure> NameFor(const std::string& model, const std::string& version,
                                             const std::string& before) const REQUIRES(mutex_);
  const Entry* FindEntry(std::string_view model) const REQUIRES(mutex_);
  const Version* FindThere(std::string_view model, std::string_view version) const REQUIRES(mutex_);
  Version* FindHeld(const Held& held) REQUIRES(mutex_);
  void Erase(const VersionName& name) REQUIRES(mutex_);
  void Settle(const std::string& model) REQUIRES(mutex_);
  void Release(const Held& held);

  mutable Mutex mutex_;
  Entries entries_ GUARDED_BY(mutex_);
  std::map<std::string, VersionName, std::less<>> names_ GUARDED_BY(mutex_);           // by the engine's names
  std::map<std::string, std::string, std::less<>> other_defaults_ GUARDED_BY(mutex_);  // of models not booked
  uint64_t last_ GUARDED_BY(mutex_) = 0;                                               // of registrations and scalings
  size_t expected_ GUARDED_BY(mutex_) = 0;
};

// The number that a text means as a version of a repository's model: of "3" and "3.0". Nothing: none.
std::optional<int64_t> NumberOfVersion(std::string_view text);
// "3.0"
std::string TextOfVersion(int64_t number);

}  // namespace trireme::torchserve

// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/model_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>

namespace trireme::torchserve {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Reservation = ModelBook::Reservation;
using Scaling = ModelBook::Scaling;
using Departure = ModelBook::Departure;

BookedVersion Facts(const std::string& version, int64_t workers = 1) {
  return {.version = version,
          .engine_name = {},
          .url = {},
          .path = {},
          .min_workers = workers,
          .max_workers = workers,
          .callers = std::max<int64_t>(workers, 1)};
}

Reservation Reserve(ModelBook& book, const std::string& model, const std::string& version,
                    const ReserveWish& wish = {}) {
  return std::get<Reservation>(book.Reserve(model, version, wish));
}

// Registers it, with so many workers; what the engine calls it.
std::string Book(ModelBook& book, const std::string& model, const std::string& version, int64_t workers = 1) {
  Reservation reservation = Reserve(book, model, version);
  reservation.Enter(Facts(version, workers));
  return reservation.engine_name();
}

// Why it cannot be had; empty: it can.
std::string WhyNotReserved(ModelBook& book, const std::string& model, const std::string& version) {
  const auto reserved = book.Reserve(model, version);
  const Failure* const failure = std::get_if<Failure>(&reserved);
  return failure == nullptr ? "" : failure->message;
}

std::string Found(const ModelBook& book, std::string_view model, std::string_view version) {
  const auto found = book.Find(model, version);
  if (const Failure* const failure = std::get_if<Failure>(&found)) {
    return std::string(NumbersOf(failure->type).type);
  }
  const Target& target = std::get<Target>(found);
  const std::string number = target.version.number ? std::to_string(*target.version.number) : target.version.label;
  return target.engine_name + "/" + number;
}

std::vector<std::string> VersionsOf(const ModelBook& book, std::string_view model) {
  std::vector<std::string> texts;
  for (const BookedVersion& version : book.VersionsOf(model)) texts.push_back(version.version);
  return texts;
}

void Remove(ModelBook& book, const std::string& model, const std::string& version) {
  auto begun = book.BeginToLeave(model, version);
  ASSERT_TRUE(std::holds_alternative<Departure>(begun));
  std::get<Departure>(begun).Complete();
}

TEST(ModelBook, TheFirstVersionHasTheModelsNameAndIsTheDefault) {
  ModelBook book;
  EXPECT_EQ(Book(book, "m", "1.0"), "m");
  EXPECT_EQ(Book(book, "m", "2.0-rc"), "m:2.0-rc");
  EXPECT_EQ(Found(book, "m", ""), "m/");
  EXPECT_EQ(Found(book, "m", "2.0-rc"), "m:2.0-rc/");
  EXPECT_EQ(Found(book, "m", "3"), "ModelVersionNotFoundException");
  EXPECT_TRUE(std::holds_alternative<ModelBook::DefaultIsSet>(book.SetDefault("m", "2.0-rc")));
  EXPECT_EQ(Found(book, "m", ""), "m:2.0-rc/");
}

TEST(ModelBook, AFurtherVersionIsNobodysModel) {
  ModelBook book;
  Book(book, "m", "1.0");
  Book(book, "m", "2.0");
  EXPECT_EQ(Found(book, "m:2.0", ""), "ModelNotFoundException");
  EXPECT_EQ(Found(book, "m:2.0", "1.0"), "ModelNotFoundException");
  EXPECT_TRUE(book.Holds("m:2.0"));
  EXPECT_FALSE(book.Holds("other"));
}

TEST(ModelBook, ANameOfTheEnginesBelongsToOneVersion) {
  ModelBook book;
  Book(book, "m", "1.0");
  EXPECT_EQ(Book(book, "m:2.0", "1.0"), "m:2.0");
  EXPECT_EQ(WhyNotReserved(book, "m", "2.0"),
            "Model version 2.0 cannot be registered for model m: the name \"m:2.0\" is taken");
}

TEST(ModelBook, AVersionIsRegisteredOnce) {
  ModelBook book;
  const Reservation on_its_way = Reserve(book, "m", "1.0");
  EXPECT_EQ(WhyNotReserved(book, "m", "1.0"), "Model version 1.0 is already registered for model m");
  EXPECT_EQ(WhyNotReserved(book, "m", "1"), "") << "another text is another version";
}

TEST(ModelBook, WhatFailedLeavesNothing) {
  ModelBook book;
  { const Reservation failed = Reserve(book, "m", "1.0"); }
  EXPECT_FALSE(book.Holds("m"));
  EXPECT_EQ(Book(book, "m", "1.0"), "m");
  { const Reservation failed = Reserve(book, "m", "2.0"); }
  EXPECT_THAT(VersionsOf(book, "m"), ElementsAre("1.0"));
  EXPECT_EQ(Found(book, "m", ""), "m/");
}

TEST(ModelBook, WithoutWorkersNoRequestIsTaken) {
  ModelBook book;
  Book(book, "m", "1.0", 0);
  EXPECT_EQ(Found(book, "m", ""), "ServiceUnavailableException");
}

TEST(ModelBook, WhatIsAnnouncedIsShownAndTakesNoRequestYet) {
  ModelBook book;
  Reservation reservation = Reserve(book, "m", "1.0");
  reservation.Announce(Facts("1.0"));
  EXPECT_THAT(VersionsOf(book, "m"), ElementsAre("1.0"));
  EXPECT_EQ(Found(book, "m", ""), "ServiceUnavailableException");
  reservation.Enter();
  EXPECT_EQ(Found(book, "m", ""), "m/");
}

TEST(ModelBook, TheFirstThatIsWantedAtTheStartIsTheDefaultWhoeverIsThereFirst) {
  ModelBook book;
  std::optional<Reservation> first = std::get<Reservation>(book.Reserve("m", "1.0", {.is_default_if_first = true}));
  std::get<Reservation>(book.Reserve("m", "2.0", {.is_default_if_first = true})).Enter(Facts("2.0"));
  EXPECT_EQ(book.DefaultOf("m"), "1.0");
  first.reset();
  EXPECT_EQ(book.DefaultOf("m"), "2.0") << "it has failed";
}

TEST(ModelBook, WhatIsOnItsWayIsScaledBehindIt) {
  ModelBook book;
  Reservation reservation = Reserve(book, "m", "1.0");
  reservation.Announce(Facts("1.0"));
  EXPECT_TRUE(std::get<Scaling>(book.BeginToScale("m", "", 1, 1)).needs_load()) << "its workers are not there yet";
  EXPECT_FALSE(std::get<Scaling>(book.BeginToScale("m", "", 0, 0)).needs_load());
  reservation.Enter();
  EXPECT_FALSE(std::get<Scaling>(book.BeginToScale("m", "", 1, 1)).needs_load());
}

TEST(ModelBook, WhatIsNotBookedIsTheEnginesToSay) {
  ModelBook book;
  EXPECT_EQ(Found(book, "r", ""), "r/");
  EXPECT_EQ(Found(book, "r", "3.0"), "r/3");
  EXPECT_EQ(Found(book, "r", "stable"), "r/stable");
  book.SetDefaultOfOther("r", "3.0");
  EXPECT_EQ(Found(book, "r", ""), "r/3");
  {
    const Reservation fails = Reserve(book, "r", "1.0");
    EXPECT_EQ(Found(book, "r", ""), "r/3") << "what may yet fail is in nobody's way";
  }
  EXPECT_EQ(Found(book, "r", ""), "r/3") << "and takes no choice away";
}

TEST(ModelBook, TheDefaultVersionStaysAsLongAsThereAreOthers) {
  ModelBook book;
  Book(book, "m", "1.0");
  Book(book, "m", "2.0");
  const auto refused = book.BeginToLeave("m", "");
  ASSERT_TRUE(std::holds_alternative<Failure>(refused));
  EXPECT_EQ(std::get<Failure>(refused).message, "Cannot remove default version for model m");
  Remove(book, "m", "2.0");
  Remove(book, "m", "1.0");
  EXPECT_THAT(book.Models(), IsEmpty());
  EXPECT_FALSE(book.Holds("m"));
}

TEST(ModelBook, WhatIsLeavingIsFoundByNobodyAndKeepsItsNameUntilItHasGone) {
  ModelBook book;
  Book(book, "m", "1.0");
  auto begun = book.BeginToLeave("m", "1.0");
  EXPECT_EQ(Found(book, "m", ""), "ModelNotFoundException");
  EXPECT_TRUE(std::holds_alternative<NotBooked>(book.BeginToLeave("m", "1.0")));
  EXPECT_TRUE(std::holds_alternative<NotBooked>(book.SetDefault("m", "1.0")));
  EXPECT_TRUE(std::holds_alternative<NotBooked>(book.BeginToScale("m", "1.0", 2, 2)));
  EXPECT_NE(WhyNotReserved(book, "m", "1.0"), "");
  std::get<Departure>(begun).TakeBack();
  EXPECT_EQ(Found(book, "m", ""), "m/") << "it could not be unloaded";
}

TEST(ModelBook, TheEngineMayUnloadWhatNobodyAskedFor) {
  ModelBook book;
  Book(book, "m", "1.0");
  Book(book, "m", "2.0");
  EXPECT_TRUE(book.Gone("m"));
  EXPECT_THAT(VersionsOf(book, "m"), ElementsAre("2.0"));
  EXPECT_EQ(Found(book, "m", ""), "m:2.0/");
  EXPECT_FALSE(book.Gone("nobody"));
  const Reservation on_its_way = Reserve(book, "m", "1.0");
  book.Gone("m");
  EXPECT_TRUE(book.Holds("m")) << "it comes after what was unloaded";
}

TEST(ModelBook, WorkersAreChangedByALoadOrAtOnce) {
  ModelBook book;
  Book(book, "m", "1.0", 1);
  auto begun = book.BeginToScale("m", "", 3, 4);
  Scaling& more = std::get<Scaling>(begun);
  ASSERT_TRUE(more.needs_load());
  EXPECT_EQ(more.wanted().callers, 3);
  EXPECT_EQ(book.VersionOf("m", "")->min_workers, 1) << "not yet";
  more.Complete();
  EXPECT_EQ(book.VersionOf("m", "")->min_workers, 3);
  EXPECT_EQ(book.VersionOf("m", "")->max_workers, 4);
  EXPECT_FALSE(std::get<Scaling>(book.BeginToScale("m", "", 0, 0)).needs_load());
  EXPECT_EQ(book.VersionOf("m", "")->callers, 3);
  EXPECT_FALSE(std::get<Scaling>(book.BeginToScale("m", "", 3, 3)).needs_load());
  EXPECT_EQ(book.VersionOf("m", "")->min_workers, 3);
}

// Two scalings that overlap: what was asked for last counts, unless it has failed.
TEST(ModelBook, WhatWasAskedForLastCounts) {
  struct Case {
    int64_t first;
    bool first_is_loaded;
    int64_t second;
    bool second_is_loaded;  // if it must be
    int64_t workers;
    int64_t callers;
  };
  for (const Case& c : {Case{2, true, 0, false, 0, 2}, Case{2, false, 0, false, 0, 1}, Case{2, true, 3, true, 3, 3},
                        Case{2, true, 3, false, 2, 2}, Case{2, false, 3, true, 3, 3}, Case{2, false, 3, false, 1, 1},
                        Case{2, true, 1, true, 1, 1}, Case{2, true, 2, false, 2, 2}}) {
    ModelBook book;
    Book(book, "m", "1.0", 1);
    auto first = std::make_unique<Scaling>(std::get<Scaling>(book.BeginToScale("m", "", c.first, c.first)));
    auto second = std::make_unique<Scaling>(std::get<Scaling>(book.BeginToScale("m", "", c.second, c.second)));
    ASSERT_TRUE(first->needs_load());
    EXPECT_EQ(second->needs_load(), c.second > 0);
    if (c.first_is_loaded) first->Complete();
    first.reset();
    if (second->needs_load() && c.second_is_loaded) second->Complete();
    second.reset();
    const BookedVersion after = *book.VersionOf("m", "");
    EXPECT_EQ(after.min_workers, c.workers) << c.first << " then " << c.second;
    EXPECT_EQ(after.callers, c.callers) << c.first << " then " << c.second;
  }
}

// One change of a version, from its beginning to its end.
struct Change {
  std::string name;
  std::function<void()> begin;
  std::function<void(bool)> end;  // whether it succeeded
};

// A book with m/1.0, m/2.0 and whatever is done to it, as managers do it.
class Overlapping {
 public:
  Overlapping() {
    Book(book, "m", "1.0");
    Book(book, "m", "2.0");
  }

  std::vector<Change> Changes() {
    return {{"register 3.0", [this] { Keep(reserved_, book.Reserve("m", "3.0")); },
             [this](bool ok) {
               if (ok && reserved_) reserved_->Enter(Facts("3.0"));
               reserved_.reset();
             }},
            {"announce 3.0",
             [this] {
               Keep(announced_, book.Reserve("m", "3.0"));
               if (announced_) announced_->Announce(Facts("3.0"));
             },
             [this](bool ok) {
               if (ok && announced_) announced_->Enter();
               announced_.reset();
             }},
            {"scale 2.0", [this] { Keep(scaling_, book.BeginToScale("m", "2.0", 5, 5)); },
             [this](bool ok) {
               if (ok && scaling_) scaling_->Complete();
               scaling_.reset();
             }},
            {"remove 1.0", [this] { Keep(first_, book.BeginToLeave("m", "1.0")); },
             [this](bool ok) { EndDeparture(first_, ok); }},
            {"remove 2.0", [this] { Keep(second_, book.BeginToLeave("m", "2.0")); },
             [this](bool ok) { EndDeparture(second_, ok); }},
            {"remove 3.0", [this] { Keep(third_, book.BeginToLeave("m", "3.0")); },
             [this](bool ok) { EndDeparture(third_, ok); }},
            {"default 2.0", [this] { book.SetDefault("m", "2.0"); }, [](bool) {}},
            {"default 3.0", [this] { book.SetDefault("m", "3.0"); }, [](bool) {}},
            {"m is unloaded", [this] { book.Gone("m"); }, [](bool) {}},
            {"m:2.0 is unloaded", [] {}, [this](bool) { book.Gone("m:2.0"); }}};
  }

  ModelBook book;

 private:
  template <typename Token, typename Begun>
  static void Keep(std::optional<Token>& to, Begun begun) {
    if (auto* const token = std::get_if<Token>(&begun)) to.emplace(std::move(*token));
  }
  static void EndDeparture(std::optional<Departure>& departure, bool ok) {
    if (departure) ok ? departure->Complete() : departure->TakeBack();
    departure.reset();
  }

  std::optional<Reservation> reserved_, announced_;
  std::optional<Scaling> scaling_;
  std::optional<Departure> first_, second_, third_;
};

// What holds whatever happens.
void ExpectWhole(const ModelBook& book, const std::string& after) {
  const std::vector<std::string> versions = VersionsOf(book, "m");
  const auto names = book.NamesInEngine();
  EXPECT_EQ(names.size(), versions.size()) << after << ": a name of the engine's each";
  for (const auto& [engine_name, name] : names) {
    EXPECT_TRUE(book.Holds(engine_name)) << after;
    EXPECT_EQ(book.VersionOf("m", name.version)->engine_name, engine_name) << after;
  }
  if (versions.empty()) return;
  EXPECT_TRUE(book.VersionOf("m", "")) << after << ": a default version that is there, not " << book.DefaultOf("m");
}

// Every two changes, one within the other and one after the other, and each of them may fail.
TEST(ModelBook, StaysWholeWhateverOverlaps) {
  const size_t count = Overlapping().Changes().size();
  for (size_t a = 0; a < count; ++a) {
    for (size_t b = 0; b < count; ++b) {
      for (int how = 0; how < 8; ++how) {
        if (a == b) continue;
        Overlapping overlapping;
        const std::vector<Change> changes = overlapping.Changes();
        const bool first_ends_first = (how & 1) != 0;
        const auto end = [&](size_t which, bool ok) {
          changes[which].end(ok);
          ExpectWhole(overlapping.book, changes[a].name + ", " + changes[b].name + ", " + std::to_string(how));
        };
        changes[a].begin();
        changes[b].begin();
        ExpectWhole(overlapping.book, changes[a].name + " beside " + changes[b].name);
        end(first_ends_first ? a : b, (how & 2) != 0);
        end(first_ends_first ? b : a, (how & 4) != 0);
      }
    }
  }
}

// The end of what was registered before does nothing to what is registered now.
TEST(ModelBook, WhatEndsLateKnowsItsOwnRegistrationOnly) {
  ModelBook book;
  Book(book, "m", "1.0", 1);
  auto scaling = std::make_unique<Scaling>(std::get<Scaling>(book.BeginToScale("m", "1.0", 3, 3)));
  auto again = std::make_unique<Scaling>(std::get<Scaling>(book.BeginToScale("m", "1.0", 4, 4)));
  Remove(book, "m", "1.0");
  Book(book, "m", "1.0", 1);
  scaling->Complete();
  again.reset();
  EXPECT_EQ(book.VersionOf("m", "")->min_workers, 1);
  EXPECT_FALSE(std::get<Scaling>(book.BeginToScale("m", "1.0", 1, 1)).needs_load());

  auto begun = book.BeginToLeave("m", "1.0");
  EXPECT_FALSE(book.Gone("m")) << "who removes it knows";
  Book(book, "m", "1.0", 2);
  std::get<Departure>(begun).Complete();
  EXPECT_EQ(book.VersionOf("m", "")->min_workers, 2);
}

TEST(ModelBook, AFailedRegistrationThatWasAnnouncedGoesAndAnotherTakesItsPlace) {
  ModelBook book;
  auto first = std::make_unique<Reservation>(Reserve(book, "m", "1.0"));
  first->Announce(Facts("1.0"));
  auto begun = book.BeginToLeave("m", "1.0");
  first.reset();
  EXPECT_FALSE(book.Holds("m")) << "it has failed while it was being removed";
  EXPECT_EQ(Book(book, "m", "1.0"), "m");
  std::get<Departure>(begun).Complete();
  EXPECT_THAT(VersionsOf(book, "m"), ElementsAre("1.0"));
}

TEST(ModelBook, WhatIsWantedAtTheStartIsCalledAsBeforeAndKeptIfItFails) {
  ModelBook book;
  const ModelSettings one{.name = "s", .version = "1.0", .default_version = true, .mar_name = "one.mar"};
  const ModelSettings two{.name = "s", .version = "2.0", .mar_name = "two.mar"};
  auto first = std::make_unique<Reservation>(
      Reserve(book, "s", "1.0", {.engine_name = "s:1.0", .is_default = true, .kept = one}));
  Reservation second = Reserve(book, "s", "2.0", {.kept = two});
  EXPECT_EQ(first->engine_name(), "s:1.0");
  EXPECT_EQ(second.engine_name(), "s");
  EXPECT_THAT(book.Kept(), ElementsAre(one, two));
  second.Enter(Facts("2.0"));
  EXPECT_EQ(Found(book, "s", ""), "ServiceUnavailableException") << "the default one is not there yet";
  EXPECT_THAT(book.Kept(), ElementsAre(one));
  first.reset();
  EXPECT_EQ(Found(book, "s", ""), "s/") << "and will not come";
  EXPECT_THAT(book.Kept(), ElementsAre(one));
  EXPECT_EQ(Found(book, "s", "1.0"), "ModelVersionNotFoundException");

  { const Reservation fails_again = Reserve(book, "s", "1.0"); }
  EXPECT_THAT(book.Kept(), ElementsAre(one));
  EXPECT_TRUE(book.ForgetKept("s", "1.0"));
  EXPECT_FALSE(book.ForgetKept("s", "1.0"));
  EXPECT_THAT(book.Kept(), IsEmpty());
}

TEST(ModelBook, WhatIsRegisteredAtLastIsKeptNoMore) {
  ModelBook book;
  { const Reservation failed = Reserve(book, "s", "1.0", {.kept = ModelSettings{.name = "s", .version = "1.0"}}); }
  EXPECT_THAT(book.Models(), IsEmpty());
  EXPECT_EQ(Book(book, "s", "1.0"), "s");
  EXPECT_THAT(book.Kept(), IsEmpty());
  EXPECT_FALSE(book.ForgetKept("s", ""));
}

TEST(ModelBook, CountsWhatIsExpected) {
  ModelBook book;
  book.Expect(2);
  book.ExpectNoMore();
  EXPECT_EQ(book.expected(), 1U);
}

TEST(NumberOfVersion, ReadsWholeNumbers) {
  EXPECT_EQ(NumberOfVersion("3"), 3);
  EXPECT_EQ(NumberOfVersion("3.0"), 3);
  for (const char* text : {"", "0", "-1", "3.1", "3.0.0", "x", "99999999999999999999"}) {
    EXPECT_EQ(NumberOfVersion(text), std::nullopt) << text;
  }
}

TEST(ModelBook, WaitsAsLongAsTheShorterOfItsTimeOuts) {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  const auto patience = [](seconds response, milliseconds client) {
    ModelBook book;
    BookedVersion booked{.version = "1", .engine_name = {}, .url = {}, .path = {}, .store = {}, .min_workers = 1};
    booked.response_timeout = response;
    booked.client_timeout = client;
    std::get<ModelBook::Reservation>(book.Reserve("m", "1")).Enter(booked);
    return std::get<Target>(book.Find("m", "")).patience;
  };
  EXPECT_EQ(patience(seconds(120), milliseconds(0)), seconds(120));
  EXPECT_EQ(patience(seconds(120), milliseconds(50)), milliseconds(50));
  EXPECT_EQ(patience(seconds(1), milliseconds(5000)), seconds(1));
  EXPECT_EQ(patience(seconds(0), milliseconds(50)), milliseconds(50));
  EXPECT_EQ(patience(seconds(0), milliseconds(0)), seconds(0));
}

TEST(ModelBook, KnowsWhatIsUsed) {
  ModelBook book;
  BookedVersion booked{.version = "1", .engine_name = {}, .url = {}, .path = "/store/m.mar", .store = {}};
  std::get<ModelBook::Reservation>(book.Reserve("m", "1")).Enter(booked);
  EXPECT_TRUE(book.IsUsed("/store/m.mar"));
  EXPECT_FALSE(book.IsUsed("/store/n.mar"));
  const std::optional<BookedVersion> gone = book.Gone("m");
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->path, "/store/m.mar");
  EXPECT_FALSE(book.IsUsed("/store/m.mar"));
  EXPECT_FALSE(book.Gone("m"));
  {
    auto reserved = book.Reserve("m", "1");
    std::get<ModelBook::Reservation>(reserved).LiesAt("/store/m.mar");
    EXPECT_TRUE(book.IsUsed("/store/m.mar")) << "before it is loaded, too";
  }
  EXPECT_FALSE(book.IsUsed("/store/m.mar"));
}

}  // namespace
}  // namespace trireme::torchserve

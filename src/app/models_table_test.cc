// SPDX-License-Identifier: Apache-2.0
#include "app/models_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme {
namespace {

using admin::ModelEntry;
using admin::Origin;
using admin::Seconds;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

const admin::WallTime kNow{std::chrono::hours(24 * 20'000)};

ModelEntry Ready() {
  return {.name = "resnet50",
          .version = 3,
          .state = "ready",
          .since = kNow - std::chrono::hours(2),
          .labels = {"canary", "stable"},
          .pinned = true,
          .memory_bytes = uint64_t{98} << 20,
          .device = "cuda:0",
          .requests = 1234,
          .since_last_use = Seconds(3),
          .p99 = Seconds(0.012),
          .origin = Origin{.source = "/models/resnet50/3",
                           .digest = "sha256:00112233445566778899",
                           .loaded_at = kNow - std::chrono::hours(2),
                           .load_took = Seconds(0.8)}};
}

ModelEntry OnDemand() {
  return {.name = "bert",
          .version = 1,
          .state = "on demand",
          .since = kNow - std::chrono::minutes(5),
          .memory_bytes = uint64_t{420} << 20};
}

ModelEntry Broken() {
  return {.name = "ocr", .state = "failed", .reason = "the file is empty", .since = kNow, .memory_bytes = 4096};
}

TEST(ModelsTableTest, ShowsVersionsAndTheMemoryOfAll) {
  const admin::Listing listing = {.models = {Ready(), OnDemand(), Broken()},
                                  .memory = {{.device = "cpu",
                                              .budget_bytes = uint64_t{8} << 30,
                                              .used_bytes = uint64_t{1} << 30,
                                              .other_bytes = uint64_t{3} << 20}}};
  EXPECT_EQ(ModelsTable(listing, kNow, {}),
            "NAME      VERSION  STATE          LABELS         MEMORY    P99    LAST USE  AGE  REASON\n"
            "resnet50  3        ready, pinned  canary,stable  98.0 MiB  12 ms  3s ago    2h\n"
            "bert      1        on demand      -              ~420 MiB  -      never     5m\n"
            "ocr       -        failed         -              -         -      never     now  the file is empty\n"
            "Memory of cpu: 1.0 GiB by models, 3.0 MiB by all else; 12 % of the budget of 8.0 GiB\n");
}

TEST(ModelsTableTest, SaysWhereVersionsCameFromIfThereIsRoom) {
  EXPECT_EQ(
      ModelsTable({.models = {Ready(), OnDemand()}, .memory = {}}, kNow, {.wide = true}),
      "NAME      VERSION  STATE          LABELS         MEMORY    P99    LAST USE  AGE  DEVICE  REQUESTS  LOADED IN  "
      "DIGEST"
      "               SOURCE\n"
      "resnet50  3        ready, pinned  canary,stable  98.0 MiB  12 ms  3s ago    2h   cuda:0  1234      800 ms     "
      "sha256:001122334455  /models/resnet50/3\n"
      "bert      1        on demand      -              ~420 MiB  -      never     5m   -       0         -          -"
      "                    -\n");
}

TEST(ModelsTableTest, KeepsNotesForThoseWhoWantAll) {
  ModelEntry noted = OnDemand();
  noted.note = "loaded by the first request for it";
  const admin::Listing listing = {.models = {noted}, .memory = {}};
  EXPECT_THAT(ModelsTable(listing, kNow, {}), Not(AnyOf(HasSubstr("first request"), HasSubstr("REASON"))));
  EXPECT_THAT(ModelsTable(listing, kNow, {.wide = true}), HasSubstr("loaded by the first request for it\n"));
  noted.reason = "there is no room";
  EXPECT_THAT(ModelsTable({.models = {noted}, .memory = {}}, kNow, {.wide = true}),
              AllOf(HasSubstr("there is no room\n"), Not(HasSubstr("first request"))));
}

TEST(ModelsTableTest, CountsByState) {
  const auto last_line = [](const std::vector<ModelEntry>& models) {
    const std::string text = ModelsTable({.models = models, .memory = {}}, kNow, {.summary = true});
    return text.substr(text.rfind('\n', text.size() - 2) + 1);
  };
  const ModelEntry loading = {.name = "a", .state = "loading"};
  EXPECT_EQ(last_line({Broken(), loading, OnDemand(), OnDemand(), Ready()}),
            "1 ready, 2 on demand, 1 loading, 1 failed\n");
  EXPECT_EQ(last_line({Broken()}), "1 failed\n");
  EXPECT_EQ(last_line({}), "There are no models.\n");
}

TEST(ModelsTableTest, FitsTheTerminal) {
  const std::string text = ModelsTable({.models = {Broken()}, .memory = {}}, kNow, {.columns = 20});
  EXPECT_EQ(text, "NAME  VERSION  ST...\nocr   -        fa...\n");
}

TEST(ModelsTableTest, SaysThatThereIsNothing) {
  EXPECT_EQ(ModelsTable({.models = {}, .memory = {{.device = "cuda:0", .used_bytes = 0}}}, kNow, {.summary = true}),
            "There are no models.\n"
            "Memory of cuda:0: 0 bytes by models, 0 bytes by all else; there is no budget\n");
}

TEST(ModelsTableTest, SendsNothingToTheTerminalThatItWouldObey) {
  ModelEntry evil = Broken();
  evil.name = evil.state = evil.reason = "\x1b[31m\n";
  evil.labels = {"\x07"};
  evil.origin = Origin{.source = "\x1b]0;x", .digest = "\r"};
  const std::string text = ModelsTable({.models = {evil}, .memory = {{.device = "\b"}}}, kNow, {.wide = true});
  for (const char* control : {"\x1b", "\x07", "\r", "\b"}) EXPECT_THAT(text, Not(HasSubstr(control)));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
}

TEST(DescribeModelTest, SaysWhatMatters) {
  EXPECT_EQ(DescribeModel(Ready()), "resnet50 version 3: ready, pinned, 98.0 MiB, loaded in 800 ms");
  EXPECT_EQ(DescribeModel(OnDemand()), "bert version 1: on demand");
  EXPECT_EQ(DescribeModel(Broken()), "ocr: failed (the file is empty)");
}

}  // namespace
}  // namespace trireme

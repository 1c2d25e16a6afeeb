// SPDX-License-Identifier: Apache-2.0
#include "wire/admin/listing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme::admin {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

Listing Full() {
  const WallTime now{milliseconds(1795266183007)};
  return {
      .models = {{.name = "resnet50",
                  .version = 3,
                  .state = "ready",
                  .reason = "the file has changed and cannot be loaded",
                  .note = "requests run alone",
                  .since = now,
                  .labels = {"canary", "stable"},
                  .pinned = true,
                  .memory_bytes = 102'400'000,
                  .device = "cuda:0",
                  .requests = 12,
                  .since_last_use = Seconds(1.5),
                  .p99 = Seconds(0.012),
                  .origin = Origin{.source = "/models/resnet50/3",
                                   .digest = "sha256:00ff",
                                   .loaded_at = now - milliseconds(1),
                                   .load_took = Seconds(0.25)},
                  .running =
                      Running{.goal = "p99=100ms",
                              .margin = 0.97,
                              .late_share = 0.003,
                              .late = 7,
                              .predicted_late = 120,
                              .prediction_error_p90 = 0.08,
                              .instances = 2,
                              .threads = 3,
                              .weight = 2.5,
                              .batch_rows = 4,
                              .max_rows = 32,
                              .why_no_more_rows = "as it was set",
                              .has_wide = true,
                              .is_wide = false,
                              .company = 3.5,
                              .rows_per_second = 250.5,
                              .runs = 1000,
                              .run_times = {{.rows = 1, .typical = Seconds(0.007), .most = Seconds(0.008), .runs = 10},
                                            {.rows = 1,
                                             .wide = true,
                                             .input_bytes = 602112,
                                             .typical = Seconds(0.004),
                                             .most = Seconds(0.005),
                                             .runs = 990}}}},
                 {.name = "ocr", .state = "failed", .since = now}},
      .memory = {{.device = "cpu", .budget_bytes = 1000, .used_bytes = 700, .other_bytes = 1},
                 {.device = "cuda:0", .used_bytes = 5}}};
}

TEST(ListingTest, IsReadAsItWasWritten) {
  const Result<Listing> read = DecodeListing(EncodeListing(Full()));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, Full());
  EXPECT_EQ(*DecodeListing(EncodeListing({})), Listing());
}

TEST(ListingTest, LeavesOutWhatIsNotKnown) {
  Listing listing = Full();
  listing.models.erase(listing.models.begin());
  EXPECT_EQ(EncodeListing(listing),
            R"({"models":[{"name":"ocr","state":"failed","since":"2026-11-21T13:03:03.007Z","labels":[],)"
            R"("pinned":false,"requests":0}],)"
            R"("memory":[{"device":"cpu","budget_bytes":1000,"used_bytes":700,"other_bytes":1},)"
            R"({"device":"cuda:0","used_bytes":5,"other_bytes":0}]})");
}

TEST(ListingTest, SkipsKeysOfALaterTime) {
  const Result<Listing> read = DecodeListing(R"({"models":[{"name":"a","colour":{"r":[1]}}],"weather":"fine"})");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->models.at(0).name, "a");
}

TEST(ListingTest, SaysWhatIsWrong) {
  for (const char* text : {"", "[]", R"({"models":[{"name":1}]})", R"({"models":[{"since":"yesterday"}]})",
                           R"({"models":[{"p99_seconds":"1"}]})", R"({"memory":[{"used_bytes":-1}]})", R"({} x)"}) {
    const Result<Listing> read = DecodeListing(text);
    ASSERT_FALSE(read.ok()) << text;
    EXPECT_THAT(read.status().message(), HasSubstr("list of models: ")) << text;
  }
}

TEST(ErrorTest, EscapesWhatATerminalWouldObey) {
  EXPECT_EQ(EncodeError("no \"a\""), R"({"error":"no \"a\""})");
  EXPECT_THAT(EncodeError("\x1b[31m"), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace trireme::admin

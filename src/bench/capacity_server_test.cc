// SPDX-License-Identifier: Apache-2.0
#include "bench/capacity_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace trireme::bench {
namespace {

using testing::HasSubstr;

class CapacityServerTest : public testing::Test {
 protected:
  CapacityServerTest() {
    std::string pattern = testing::TempDir() + "capacity-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~CapacityServerTest() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
};

TEST_F(CapacityServerTest, SaysWhatTheServerSaidLast) {
  const std::filesystem::path program = folder_ / "server";
  std::ofstream(program) << "#!/bin/sh\necho \"no such budget: $*\" >&2\n";
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  const auto server =
      CapacityServer::Start({.program = program, .folder = folder_, .models = folder_ / "models", .budget = "4KiB"});
  EXPECT_EQ(server.status().code(), StatusCode::kUnavailable);
  EXPECT_THAT(server.status().message(), HasSubstr("no such budget: serve"));
  EXPECT_THAT(server.status().message(), HasSubstr("--budget 4KiB"));
}

TEST_F(CapacityServerTest, SaysThatThereIsNoSuchProgram) {
  const auto server = CapacityServer::Start({.program = folder_ / "none", .folder = folder_, .models = folder_});
  EXPECT_EQ(server.status().code(), StatusCode::kUnavailable);
}

TEST(ReadPss, FindsItAmongTheOthers) {
  EXPECT_EQ(ReadPss("55d0-7ffc ---p 00000000 00:00 0 [rollup]\nRss:  2000 kB\nPss:  1500 kB\nPss_Anon: 7 kB\n"),
            1500U << 10);
  EXPECT_EQ(ReadPss(""), std::nullopt);
}

}  // namespace
}  // namespace trireme::bench

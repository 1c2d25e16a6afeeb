// SPDX-License-Identifier: Apache-2.0
#include "bench/own_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace trireme::bench {
namespace {

using testing::HasSubstr;
using testing::Not;

class OwnServerTest : public testing::Test {
 protected:
  OwnServerTest() {
    std::string pattern = testing::TempDir() + "own-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    const std::filesystem::path program = folder_ / "server";
    std::ofstream(program) << "#!/bin/sh\necho \"arguments $*\"\nenv\n";
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    setenv("TRIREME_OWN_SERVER_TEST", "17", 1);  // NOLINT(concurrency-mt-unsafe): there is one thread
  }
  ~OwnServerTest() override {
    unsetenv("TRIREME_OWN_SERVER_TEST");  // NOLINT(concurrency-mt-unsafe)
    std::filesystem::remove_all(folder_);
  }

  // The words of a program that tells of its arguments and its environment, and ends.
  std::string Said(bool heeds_environment) const {
    const auto server = OwnServer::Start({.program = folder_ / "server",
                                          .folder = folder_,
                                          .arguments = {"m.onnx"},
                                          .heeds_environment = heeds_environment});
    EXPECT_EQ(server.status().code(), StatusCode::kUnavailable);
    return server.status().message();
  }

  std::filesystem::path folder_;
};

TEST_F(OwnServerTest, ListensOnFreePortsAndASocketOfItsOwn) {
  const std::string said = Said(true);
  EXPECT_THAT(said, HasSubstr("the server ended:\n"));
  EXPECT_THAT(said, HasSubstr("arguments serve --unix-socket " + (folder_ / "socket").string()));
  EXPECT_THAT(said, HasSubstr("--http-port 0 --grpc-port 0 --metrics-port 0 m.onnx\n"));
}

TEST_F(OwnServerTest, HeedsTheEnvironmentOnlyIfThatIsWished) {
  EXPECT_THAT(Said(true), HasSubstr("TRIREME_OWN_SERVER_TEST=17"));
  const std::string without = Said(false);
  EXPECT_THAT(without, Not(HasSubstr("TRIREME_")));
  EXPECT_THAT(without, HasSubstr("PATH="));
}

}  // namespace
}  // namespace trireme::bench

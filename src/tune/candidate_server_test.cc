// SPDX-License-Identifier: Apache-2.0
#include "tune/candidate_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/testing/temp_dir.h"

namespace trireme::tune {
namespace {

using testing::HasSubstr;

TEST(LastWords, AreTheFirstErrorOfTheEnd) {
  EXPECT_EQ(LastWords("12:00:00.000 INFO  listening\n12:00:00.100 ERROR model failed to load reason=\"x\"\n"
                      "12:00:00.200 ERROR no model can be served\n12:00:00.300 INFO  stopped\n"),
            "model failed to load reason=\"x\"");
}

TEST(LastWords, AreTheLastLineWithoutAnError) {
  EXPECT_EQ(LastWords("trireme: --threads: expected a whole number\n\n"),
            "trireme: --threads: expected a whole number");
  EXPECT_EQ(LastWords(""), "");
}

TEST(LastWords, HaveNoControlCharacters) {
  EXPECT_EQ(LastWords("\x1b[2Jx"), "?[2Jx");
}

TEST(CandidateServer, SaysWhyItDoesNotStart) {
  const TempDir dir;
  const std::filesystem::path program = dir.Write("server", "#!/bin/sh\necho \"trireme: no such flag: $*\" >&2\n");
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  const MeasuredModel model = {.program = program};
  const auto server = CandidateServer::Start(model, {"m.onnx", "--threads", "3"});
  EXPECT_EQ(server.status().code(), StatusCode::kUnavailable);
  EXPECT_THAT(server.status().message(), HasSubstr("the server does not start: trireme: no such flag: serve"));
  EXPECT_THAT(server.status().message(), HasSubstr("m.onnx --threads 3"));
}

}  // namespace
}  // namespace trireme::tune

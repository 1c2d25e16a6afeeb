// SPDX-License-Identifier: Apache-2.0
#include "bench/run_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme::bench {
namespace {

using testing::HasSubstr;

TEST(RunFactsTest, TellWhatThisProcessKnows) {
  const RunFacts facts = OwnFacts(1'795'303'248);
  EXPECT_EQ(facts.date, "2026-11-21T23:20:48Z");
  EXPECT_THAT(facts.command, HasSubstr("bench_test"));
  EXPECT_THAT(facts.client, HasSubstr("trireme "));
  EXPECT_GT(facts.processors, 0);
}

TEST(RunFactsTest, SayWhatIsKnown) {
  EXPECT_EQ((RunFacts{.server_name = "triton", .server_version = "2.1"}.server()), "triton 2.1");
  EXPECT_EQ((RunFacts{.server_name = "triton"}.server()), "triton");
  EXPECT_EQ((RunFacts{.processor = "A", .processors = 2}.machine()), "A, 2 processors");
  EXPECT_EQ((RunFacts{.processors = 1}.machine()), "1 processor");
}

TEST(ShellCommandTest, QuotesWhatAShellWouldChange) {
  const std::vector<std::string> words = {"trireme", "--stages", "2@1s:5/s", "a b", "it's", "$(x)", ""};
  EXPECT_EQ(ShellCommand(words), R"(trireme --stages 2@1s:5/s 'a b' 'it'\''s' '$(x)' '')");
}

TEST(ProcessorModelTest, IsThatOfTheFirst) {
  EXPECT_EQ(ProcessorModel("processor\t: 0\nmodel\t\t: 85\nmodel name\t: Some CPU @ 2 GHz\nmodel name\t: b"),
            "Some CPU @ 2 GHz");
  EXPECT_EQ(ProcessorModel("processor\t: 0\nmodel name\t:"), "");
  EXPECT_EQ(ProcessorModel("CPU part\t: 0xd0c\n"), "");
}

}  // namespace
}  // namespace trireme::bench

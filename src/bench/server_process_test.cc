// SPDX-License-Identifier: Apache-2.0
#include "bench/server_process.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "client/testing/scripted_server.h"

namespace trireme::bench {
namespace {

constexpr char kTable[] =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    "   0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 101 1 0 100 0 0 10 0\n"
    "   1: 0100007F:1F40 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 102 1 0 20 4 30 10 -1\n"
    "   2: 00000000:1F41 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 103 1 0 100 0 0 10 0\n"
    "   3: 00000000000000000000000001000000:1F40 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 104 1\n";

TEST(ListeningInodesTest, FindsListenersOfThePortAlone) {
  EXPECT_EQ(ListeningInodes(kTable, 8000), (std::set<uint64_t>{101, 104}));
  EXPECT_EQ(ListeningInodes(kTable, 8001), (std::set<uint64_t>{103}));
  EXPECT_TRUE(ListeningInodes(kTable, 50'000).empty());
  EXPECT_TRUE(ListeningInodes("", 8000).empty());
}

TEST(ListeningInodesTest, FindsUnixSocketsThatListen) {
  constexpr char kUnix[] =
      "Num       RefCount Protocol Flags    Type St Inode Path\n"
      "0000000000000000: 00000002 00000000 00010000 0001 01 201 /run/a server.sock\n"
      "0000000000000000: 00000003 00000000 00000000 0001 03 202 /run/a server.sock\n"
      "0000000000000000: 00000002 00000000 00010000 0001 01 203 /run/b.sock\n"
      "0000000000000000: 00000003 00000000 00000000 0001 03 204\n";
  EXPECT_EQ(ListeningUnixInodes(kUnix, "/run/a server.sock"), (std::set<uint64_t>{201}));
  EXPECT_TRUE(ListeningUnixInodes(kUnix, "/run/c.sock").empty());
}

TEST(FindListenerTest, FindsTheProcessThatListens) {
  const client::ScriptedServer server([](const std::string&) { return ""; });
  EXPECT_EQ(FindListener(server.port()), getpid());
  EXPECT_EQ(FindListener(client::UnusedPort()), std::nullopt);
}

TEST(CpuTimeTest, GrowsWithWork) {
  const auto before = CpuTimeOf(getpid());
  ASSERT_TRUE(before.has_value());
  for (Duration now = *before; now <= *before; now = OwnCpuTime()) {
  }
  EXPECT_GT(*CpuTimeOf(getpid()), *before);
}

TEST(CpuTimeTest, ThereIsNoneWithoutAProcess) {
  EXPECT_EQ(CpuTimeOf(0x7FFF'FFFF), std::nullopt);
}

}  // namespace
}  // namespace trireme::bench

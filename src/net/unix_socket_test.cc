// SPDX-License-Identifier: Apache-2.0
#include "net/unix_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <cstring>
#include <string>

#include "base/testing/temp_dir.h"

namespace trireme::net {
namespace {

using std::filesystem::path;
using testing::EndsWith;
using testing::HasSubstr;

bool Connects(const path& at) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, at.c_str(), at.native().size());
  const FileDescriptor client(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

mode_t ModeOf(const path& at) {
  struct stat found {};
  EXPECT_EQ(lstat(at.c_str(), &found), 0);
  return found.st_mode & 07777;
}

// As a server leaves it that was killed.
void LeaveADeadSocket(const path& at) {
  Result<UnixSocket> dead = OpenUnixSocket(at, 0600);
  ASSERT_TRUE(dead.ok()) << dead.status();
  dead->fd.Close();
  std::filesystem::rename(at, path(at) += ".kept");
  dead->file.reset();
  std::filesystem::rename(path(at) += ".kept", at);
}

class UnixSocketTest : public testing::Test {
 protected:
  const TempDir folder_;
  const path at_ = folder_ / "socket";
};

TEST_F(UnixSocketTest, SeesWhetherSomebodyListens) {
  EXPECT_FALSE(IsDeadSocket(at_));
  LeaveADeadSocket(at_);
  EXPECT_TRUE(IsDeadSocket(at_));
  const Result<UnixSocket> alive = OpenUnixSocket(at_, 0600);
  ASSERT_TRUE(alive.ok()) << alive.status();
  EXPECT_FALSE(IsDeadSocket(at_));
}

TEST_F(UnixSocketTest, KnowsWhoseProcessIsAtTheOtherEnd) {
  std::array<int, 2> ends{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  const FileDescriptor one(ends[0]);
  const FileDescriptor other(ends[1]);
  EXPECT_TRUE(IsOwnersPeer(one.get()));
  EXPECT_FALSE(IsOwnersPeer(-1));
}

TEST_F(UnixSocketTest, ListensUntilTheEndAndTidiesUp) {
  {
    const Result<UnixSocket> socket = OpenUnixSocket(at_, 0600);
    ASSERT_TRUE(socket.ok()) << socket.status();
    EXPECT_TRUE(Connects(at_));
  }
  EXPECT_FALSE(std::filesystem::exists(at_));
}

TEST_F(UnixSocketTest, GivesTheFileItsModeWhateverTheUmask) {
  for (const mode_t mode : {0600, 0660, 0666, 0777}) {
    const Result<UnixSocket> socket = OpenUnixSocket(at_, mode);
    ASSERT_TRUE(socket.ok()) << socket.status();
    EXPECT_EQ(ModeOf(at_), mode);
  }
}

TEST_F(UnixSocketTest, ReplacesWhatADeadServerLeft) {
  LeaveADeadSocket(at_);
  ASSERT_TRUE(std::filesystem::is_socket(at_));
  const Result<UnixSocket> socket = OpenUnixSocket(at_, 0600);
  ASSERT_TRUE(socket.ok()) << socket.status();
  EXPECT_TRUE(Connects(at_));
}

TEST_F(UnixSocketTest, LeavesALiveServerAlone) {
  const Result<UnixSocket> first = OpenUnixSocket(at_, 0600);
  ASSERT_TRUE(first.ok()) << first.status();
  const Result<UnixSocket> second = OpenUnixSocket(at_, 0600);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().message(), "cannot listen on unix:" + at_.string() + ": another server listens there");
  EXPECT_TRUE(Connects(at_));
}

TEST_F(UnixSocketTest, LeavesOtherFilesAlone) {
  folder_.Write("socket", "precious");
  const Result<UnixSocket> socket = OpenUnixSocket(at_, 0600);
  ASSERT_FALSE(socket.ok());
  EXPECT_THAT(socket.status().message(), EndsWith("expected a free path or a socket, found another kind of file"));
  EXPECT_EQ(std::filesystem::file_size(at_), 8u);
}

TEST_F(UnixSocketTest, LeavesTheFileOfItsSuccessor) {
  Result<UnixSocket> first = OpenUnixSocket(at_, 0600);
  ASSERT_TRUE(first.ok()) << first.status();
  first->fd.Close();
  const Result<UnixSocket> second = OpenUnixSocket(at_, 0600);
  ASSERT_TRUE(second.ok()) << second.status();
  first->file.reset();
  EXPECT_TRUE(Connects(at_));
}

TEST_F(UnixSocketTest, SaysHowLongAPathMayBe) {
  const Result<UnixSocket> socket = OpenUnixSocket("/tmp/" + std::string(200, 'x'), 0600);
  ASSERT_FALSE(socket.ok());
  EXPECT_THAT(socket.status().message(), EndsWith("expected a path of at most 107 bytes, got one of 205"));
}

TEST_F(UnixSocketTest, SaysWhyItCannotListen) {
  const Result<UnixSocket> socket = OpenUnixSocket(folder_ / "no" / "folder", 0600);
  ASSERT_FALSE(socket.ok());
  EXPECT_THAT(socket.status().message(), HasSubstr("No such file or directory"));
}

}  // namespace
}  // namespace trireme::net

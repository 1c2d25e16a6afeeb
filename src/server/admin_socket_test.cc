// SPDX-License-Identifier: Apache-2.0
#include "server/admin_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "base/testing/temp_dir.h"
#include "net/unix_socket.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Larger than any that Linux gives.
constexpr const char* kNobodysPid = "2000000000";

class AdminFoldersTest : public testing::Test {
 protected:
  AdminFoldersTest() { fs::create_directory(runtime_); }

  fs::path Prepared() const {
    const Result<fs::path> folder = folders_.Prepare();
    EXPECT_TRUE(folder.ok()) << folder.status();
    return folder.ok() ? *folder : fs::path();
  }
  static net::UnixSocket Listen(const fs::path& at) {
    Result<net::UnixSocket> socket = net::OpenUnixSocket(at, 0600);
    EXPECT_TRUE(socket.ok()) << socket.status();
    return *std::move(socket);
  }
  // As a server leaves it that was killed.
  static void LeaveDeadSocket(const fs::path& at) {
    const fs::path kept = at.string() + ".kept";
    {
      const net::UnixSocket socket = Listen(at);
      fs::rename(at, kept);
    }
    fs::rename(kept, at);
  }

  const TempDir files_;
  const fs::path runtime_ = files_ / "runtime";
  const fs::path own_ = files_ / ("trireme-" + std::to_string(geteuid()));
  const AdminFolders folders_{geteuid(), runtime_, files_ / ""};
  const AdminFolders without_session_{geteuid(), "", files_ / ""};
};

TEST_F(AdminFoldersTest, AreOfTheSessionIfThereIsOne) {
  EXPECT_EQ(Prepared(), runtime_ / "trireme");
  EXPECT_EQ(*without_session_.Prepare(), own_);
  fs::remove_all(runtime_);
  EXPECT_EQ(Prepared(), own_) << "the session is over";
}

TEST_F(AdminFoldersTest, AreTheirUsersAlone) {
  struct stat found {};
  ASSERT_EQ(lstat(Prepared().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 07777, 0700u);
}

TEST_F(AdminFoldersTest, AreNotUsedIfTheyAreOpenToOthers) {
  fs::create_directory(own_);
  fs::permissions(own_, fs::perms(0755));
  EXPECT_THAT(without_session_.Prepare().status().message(), HasSubstr("found it open to others"));
}

TEST_F(AdminFoldersTest, AreNoLinksAndNoFiles) {
  fs::create_directory(files_ / "elsewhere");
  fs::create_directory_symlink(files_ / "elsewhere", own_);
  EXPECT_THAT(without_session_.Prepare().status().message(), HasSubstr("expected a folder, and no link"));
  fs::remove(own_);
  std::ofstream(own_) << "x";
  EXPECT_THAT(without_session_.Prepare().status().message(), HasSubstr("expected a folder, and no link"));
}

TEST_F(AdminFoldersTest, AreNotUsedIfTheyAreSomebodyElses) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a folder away";
  ASSERT_TRUE(fs::create_directory(own_));
  fs::permissions(own_, fs::perms(0700));
  ASSERT_EQ(chown(own_.c_str(), 65534, 65534), 0);
  EXPECT_THAT(without_session_.Prepare().status().message(), HasSubstr("found one of user 65534"));
  const net::UnixSocket theirs = Listen(own_ / "1.sock");
  EXPECT_THAT(without_session_.FindSockets(), IsEmpty());
}

TEST_F(AdminFoldersTest, LoseWhatDeadServersLeft) {
  const fs::path folder = Prepared();
  LeaveDeadSocket(folder / (std::string(kNobodysPid) + ".sock"));
  LeaveDeadSocket(folder / (std::to_string(getpid()) + ".sock"));
  const net::UnixSocket alive = Listen(folder / (std::string(kNobodysPid) + "1.sock"));
  Prepared();
  EXPECT_FALSE(fs::exists(folder / (std::string(kNobodysPid) + ".sock")));
  EXPECT_TRUE(fs::exists(folder / (std::string(kNobodysPid) + "1.sock"))) << "somebody listens there";
  EXPECT_TRUE(fs::exists(folder / (std::to_string(getpid()) + ".sock"))) << "it may be about to listen";
}

TEST_F(AdminFoldersTest, FindsThoseWhereSomebodyListens) {
  const fs::path session = Prepared();
  const fs::path own = *without_session_.Prepare();
  LeaveDeadSocket(session / "1.sock");
  std::ofstream(session / "2.sock") << "no socket";
  const net::UnixSocket one = Listen(session / "3.sock");
  const net::UnixSocket other = Listen(own / "4.sock");
  EXPECT_THAT(folders_.FindSockets(), ElementsAre(session / "3.sock", own / "4.sock"));
}

}  // namespace
}  // namespace trireme

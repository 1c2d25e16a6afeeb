// SPDX-License-Identifier: Apache-2.0
#include "access/key_authoriser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "access/key_file.h"
#include "base/testing/temp_dir.h"

namespace trireme {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A log whose lines can be read.
class LogPipe {
 public:
  LogPipe() = default;
  ~LogPipe() {
    close(ends_[0]);
    close(ends_[1]);
  }
  LogPipe(const LogPipe&) = delete;
  LogPipe& operator=(const LogPipe&) = delete;

  const Logger& log() const { return log_; }

  // What was written since the last call.
  std::string Take() {
    EXPECT_EQ(write(ends_[1], "\n", 1), 1);  // so that there is something to read
    std::array<char, 8192> text{};
    const ssize_t n = read(ends_[0], text.data(), text.size());
    return {text.data(), static_cast<size_t>(n) - 1};
  }

 private:
  static std::array<int, 2> Open() {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe(ends.data()), 0);
    return ends;
  }

  const std::array<int, 2> ends_ = Open();
  const Logger log_{ends_[1], Logger::Form::kText, LogLevel::kInfo};
};

std::string LineOf(const std::string& name, const std::string& key) {
  return name + " infer * sha256:" + ToHex(Sha256(key)) + "\n";
}

class KeyAuthoriserTest : public testing::Test {
 protected:
  std::filesystem::path Write(const std::string& text) {
    auto file = dir_.Write("keys", text);
    EXPECT_EQ(chmod(file.c_str(), 0600), 0);
    return file;
  }
  std::unique_ptr<KeyAuthoriser> Load(const std::string& text) {
    auto loaded = KeyAuthoriser::Load(Write(text), pipe_.log());
    EXPECT_TRUE(loaded.ok()) << loaded.status();
    return loaded.ok() ? *std::move(loaded) : nullptr;
  }

  const TempDir dir_;
  LogPipe pipe_;
};

TEST_F(KeyAuthoriserTest, KnowsWhoIsInTheFile) {
  const auto authoriser = Load(LineOf("web", "k"));
  EXPECT_TRUE(authoriser->asks_for_keys());
  EXPECT_EQ(authoriser->keys(), 1U);
  EXPECT_EQ(authoriser->Authenticate({.api_key = "k"})->principal, "web");
  EXPECT_FALSE(authoriser->Authenticate({.api_key = "l"}).ok());
  EXPECT_FALSE(authoriser->Authenticate({}).ok());
  EXPECT_EQ(authoriser->counts().unknown, 2U);
  EXPECT_THAT(pipe_.Take(), IsEmpty());
}

TEST_F(KeyAuthoriserTest, TakesAKeyAwayWithoutARestart) {
  const auto authoriser = Load(LineOf("web", "k") + LineOf("ops", "l"));
  Write(LineOf("ops", "l") + LineOf("new", "m"));
  authoriser->Refresh();
  EXPECT_FALSE(authoriser->Authenticate({.api_key = "k"}).ok());
  EXPECT_TRUE(authoriser->Authenticate({.api_key = "l"}).ok());
  EXPECT_EQ(authoriser->Authenticate({.api_key = "m"})->principal, "new");
  EXPECT_EQ(authoriser->counts().reloads, 1U);
  EXPECT_THAT(pipe_.Take(), HasSubstr("keys=2"));
  authoriser->Refresh();
  EXPECT_EQ(authoriser->counts().reloads, 1U);
  EXPECT_THAT(pipe_.Take(), IsEmpty());
}

TEST_F(KeyAuthoriserTest, AFileThatIsWrongChangesNothingAndIsSaidOnce) {
  const auto authoriser = Load(LineOf("web", "k"));
  Write("web hunter2 *\n");
  for (int i = 0; i < 3; ++i) authoriser->Refresh();
  EXPECT_TRUE(authoriser->Authenticate({.api_key = "k"}).ok());
  EXPECT_EQ(authoriser->counts().failures, 1U);
  const std::string said = pipe_.Take();
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
  EXPECT_THAT(said, HasSubstr("keys:1: roles"));

  std::filesystem::remove(dir_ / "keys");
  for (int i = 0; i < 3; ++i) authoriser->Refresh();
  EXPECT_TRUE(authoriser->Authenticate({.api_key = "k"}).ok());
  EXPECT_EQ(authoriser->counts().failures, 2U);
  EXPECT_THAT(pipe_.Take(), HasSubstr("found no such file"));

  Write(LineOf("web", "k"));
  authoriser->Refresh();
  EXPECT_EQ(authoriser->counts().reloads, 0U);
}

TEST_F(KeyAuthoriserTest, WarnsOfAFileThatOthersMayReadOrChange) {
  const auto file = Write(LineOf("web", "k"));
  ASSERT_EQ(chmod(file.c_str(), 0644), 0);
  ASSERT_TRUE(KeyAuthoriser::Load(file, pipe_.log()).ok());
  EXPECT_THAT(pipe_.Take(), HasSubstr("others may read it"));
  ASSERT_EQ(chmod(file.c_str(), 0660), 0);
  ASSERT_TRUE(KeyAuthoriser::Load(file, pipe_.log()).ok());
  EXPECT_THAT(pipe_.Take(), HasSubstr("others may change it"));
  ASSERT_EQ(chmod(file.c_str(), 0640), 0);
  ASSERT_TRUE(KeyAuthoriser::Load(file, pipe_.log()).ok());
  EXPECT_THAT(pipe_.Take(), IsEmpty());
}

TEST_F(KeyAuthoriserTest, WarnsWhereNobodyMayDoAnything) {
  const auto authoriser = Load("# none yet\n");
  EXPECT_THAT(pipe_.Take(), HasSubstr("nobody may do anything"));
  EXPECT_FALSE(authoriser->Authenticate({.api_key = "k"}).ok());
}

TEST_F(KeyAuthoriserTest, NeedsAFileThatCanBeRead) {
  EXPECT_EQ(KeyAuthoriser::Load(dir_ / "none", pipe_.log()).status().message(),
            (dir_ / "none").string() + ": expected a file of keys, found no such file");
  EXPECT_THAT(KeyAuthoriser::Load(dir_.path(), pipe_.log()).status().message(), HasSubstr("no file"));
  const auto pipe_file = dir_ / "pipe";
  ASSERT_EQ(mkfifo(pipe_file.c_str(), 0600), 0);
  EXPECT_THAT(KeyAuthoriser::Load(pipe_file, pipe_.log()).status().message(), HasSubstr("no file"));
  EXPECT_THAT(ReadKeyFile(dir_.Write("large", std::string(kMaxKeyFileBytes + 1, '#'))).status().message(),
              HasSubstr("more than"));
}

TEST_F(KeyAuthoriserTest, WritesAFileThroughALinkAndNotForOthers) {
  const auto file = Write("old");
  ASSERT_EQ(chmod(file.c_str(), 0644), 0);
  std::filesystem::create_symlink("keys", dir_ / "link");
  ASSERT_TRUE(WriteKeyFile(dir_ / "link", "new").ok());
  EXPECT_TRUE(std::filesystem::is_symlink(dir_ / "link"));
  EXPECT_EQ(ReadKeyFile(file)->text, "new");
  EXPECT_THAT(ReadKeyFile(file)->warning, IsEmpty());
  ASSERT_TRUE(WriteKeyFile(dir_ / "another", "new").ok());
  EXPECT_EQ(ReadKeyFile(dir_ / "another")->text, "new");
  EXPECT_EQ(std::filesystem::status(dir_ / "another").permissions(), std::filesystem::perms(0600));
  EXPECT_EQ(std::filesystem::status(file).permissions(), std::filesystem::perms(0640));
  EXPECT_THAT(WriteKeyFile(dir_ / "no" / "such", "new").message(), HasSubstr("cannot be written"));
}

TEST_F(KeyAuthoriserTest, AFileIsChangedByOneAtATime) {
  using std::chrono::milliseconds;
  const auto later = [&] { return KeyFileTurn::Take(dir_ / "keys", milliseconds(0)); };
  {
    const auto turn = later();
    ASSERT_TRUE(turn.ok()) << turn.status();
    EXPECT_EQ(later().status().code(), StatusCode::kUnavailable);
    EXPECT_THAT(later().status().message(), HasSubstr("somebody else is changing keys"));
  }
  EXPECT_TRUE(later().ok());
  EXPECT_TRUE(KeyFileTurn::Take(dir_ / "no" / "such").ok());  // writing says what is wrong
}

}  // namespace
}  // namespace trireme

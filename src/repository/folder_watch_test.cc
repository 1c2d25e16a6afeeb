// SPDX-License-Identifier: Apache-2.0
#include "repository/folder_watch.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <optional>

#include "base/testing/temp_dir.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr TimePoint kStart{1h};

struct Folder {
  const char* path;
  bool watched;
};

TEST(IsWatchedFolder, IsWhatAScanLooksInto) {
  for (const Folder& folder : {Folder{"r", true},
                               {"r/m", true},
                               {"r/m/1", true},
                               {"r/m/configs", true},
                               {"r/m/1/weights/deep/er", true},
                               {"r/3/weights/deep", true},
                               {"r/m/configs/more", false},
                               {"r/m/docs/1", false},
                               {"r/.git", false},
                               {"r/m/.cache", false},
                               {"r/m/1/.tmp/a", false},
                               {"rest", false},
                               {"other", false},
                               {"r/m/1/2/3/4/5/6/7/8/9", true},
                               {"r/m/1/2/3/4/5/6/7/8/9/10", false}}) {
    EXPECT_EQ(IsWatchedFolder("r", folder.path), folder.watched) << folder.path;
  }
}

// Events of what this process does have arrived when the call that did it returns: nothing here waits.
class FolderWatchTest : public testing::Test {
 protected:
  FolderWatchTest() { dir_.Write("models/m/1/model.onnx", "old"); }
  void Begin(size_t most_folders = 65536) {
    watch_.emplace(FolderWatch::Options{.roots = roots_,
                                        .tells_of_all_changes = [this](const fs::path&) { return tells_; },
                                        .most_folders = most_folders},
                   log_);
    watch_->Renew(kStart);
  }
  bool Take(TimePoint now = kStart) { return watch_->TakeEvents(now); }
  std::vector<fs::path> Writing(TimePoint now = kStart) const { return watch_->being_written().At(now); }
  fs::path Root() const { return dir_ / "models"; }

  // A file that is open for writing until it is destroyed.
  std::ofstream Writer(const fs::path& relative, const std::string& bytes = "half") {
    fs::create_directories((dir_ / relative).parent_path());
    std::ofstream file(dir_ / relative, std::ios::binary);
    file << bytes << std::flush;
    return file;
  }

  const TempDir dir_;
  std::vector<fs::path> roots_ = {dir_ / "models"};
  bool tells_ = true;
  const Logger log_{STDERR_FILENO, Logger::Form::kText, LogLevel::kError};
  std::optional<FolderWatch> watch_;
};

TEST_F(FolderWatchTest, SaysThatSomethingChanged) {
  Begin();
  EXPECT_FALSE(Take());
  dir_.Write("models/m/1/model.onnx", "new");
  EXPECT_TRUE(Take());
  EXPECT_FALSE(Take()) << "once";
  fs::create_directory(Root() / "m/2");
  EXPECT_TRUE(Take());
  fs::remove(Root() / "m/1/model.onnx");
  EXPECT_TRUE(Take());
  chmod((Root() / "m/1").c_str(), 0700);
  EXPECT_TRUE(Take());
}

TEST_F(FolderWatchTest, IsNotDisturbedByReaders) {
  Begin();
  std::string text;
  std::ifstream(Root() / "m/1/model.onnx") >> text;
  EXPECT_EQ(text, "old");
  EXPECT_FALSE(Take());
}

TEST_F(FolderWatchTest, IsNotDisturbedByWhatIsHidden) {
  dir_.Write("models/m/.cache/x");
  dir_.Write("models/m/1/.part");
  Begin();
  dir_.Write("models/m/.cache/x", "more");
  dir_.Write("models/m/1/.part", "more");
  EXPECT_FALSE(Take());
  EXPECT_THAT(Writing(), IsEmpty());
}

TEST_F(FolderWatchTest, KnowsWhichFilesAreBeingWritten) {
  Begin();
  {
    const std::ofstream writer = Writer("models/m/1/model.onnx");
    EXPECT_TRUE(Take());
    EXPECT_THAT(Writing(kStart + 1min), ElementsAre(Root() / "m/1/model.onnx"));
  }
  EXPECT_TRUE(Take());
  EXPECT_THAT(Writing(), IsEmpty());
}

TEST_F(FolderWatchTest, FollowsWritersIntoNewFolders) {
  Begin();
  fs::create_directories(Root() / "new/1/weights");
  EXPECT_TRUE(Take());
  const std::ofstream writer = Writer("models/new/1/weights/w.bin");
  EXPECT_TRUE(Take());
  EXPECT_THAT(Writing(kStart + 1min), ElementsAre(Root() / "new/1/weights/w.bin"));
}

TEST_F(FolderWatchTest, DoubtsFilesThatAreOlderThanTheWatchOfTheirNewFolder) {
  Begin();
  dir_.Write("models/new/1/model.onnx");
  EXPECT_TRUE(Take());
  EXPECT_THAT(Writing(kStart + 1s), ElementsAre(Root() / "new/1/model.onnx"));
  EXPECT_THAT(Writing(kStart + 2s), IsEmpty());
}

TEST_F(FolderWatchTest, TakesWhatIsMovedIntoPlaceAsWhole) {
  Begin();
  dir_.Write("staging/1/model.onnx");
  fs::rename(dir_ / "staging", Root() / "new");
  dir_.Write("models/m/.2/model.onnx");
  fs::rename(Root() / "m/.2", Root() / "m/2");
  dir_.Write("models/m/1/.new", "new");
  fs::rename(Root() / "m/1/.new", Root() / "m/1/model.onnx");
  EXPECT_TRUE(Take());
  EXPECT_THAT(Writing(), IsEmpty());
}

TEST_F(FolderWatchTest, ForgetsWritersOfWhatIsGone) {
  Begin();
  const std::ofstream removed = Writer("models/m/1/model.onnx");
  const std::ofstream moved = Writer("models/m/2/model.onnx");
  EXPECT_TRUE(Take());
  EXPECT_THAT(Writing(), Not(IsEmpty()));
  fs::remove(Root() / "m/1/model.onnx");
  fs::rename(Root() / "m/2", dir_ / "elsewhere");
  EXPECT_TRUE(Take());
  EXPECT_THAT(Writing(), IsEmpty());
}

TEST_F(FolderWatchTest, KnowsFoldersByTheirNewNames) {
  Begin();
  fs::rename(Root() / "m", Root() / "n");
  EXPECT_TRUE(Take());
  const std::ofstream writer = Writer("models/n/1/model.onnx");
  EXPECT_TRUE(Take());
  EXPECT_THAT(Writing(), ElementsAre(Root() / "n/1/model.onnx"));
}

TEST_F(FolderWatchTest, FollowsLinksToFoldersAndFiles) {
  dir_.Write("store/7/model.onnx");
  dir_.Write("blobs/weights");
  fs::create_directory_symlink(dir_ / "store", Root() / "linked");
  fs::create_symlink(dir_ / "blobs/weights", Root() / "m/1/w.bin");
  Begin();
  {
    const std::ofstream folder = Writer("store/7/model.onnx");
    const std::ofstream file = Writer("blobs/weights");
    EXPECT_TRUE(Take());
    EXPECT_THAT(Writing(), ElementsAre(Root() / "linked/7/model.onnx", Root() / "m/1/w.bin"));
  }
  EXPECT_TRUE(Take());
  EXPECT_THAT(Writing(), IsEmpty());
}

TEST_F(FolderWatchTest, KnowsAFolderByAllItsNames) {
  fs::create_directory_symlink("m", Root() / "alias");
  Begin();
  const std::ofstream writer = Writer("models/m/1/model.onnx");
  EXPECT_TRUE(Take());
  EXPECT_THAT(Writing(), ElementsAre(Root() / "alias/1/model.onnx", Root() / "m/1/model.onnx"));
  fs::remove(Root() / "alias");
  EXPECT_TRUE(Take());
  EXPECT_THAT(Writing(), ElementsAre(Root() / "m/1/model.onnx"));
  dir_.Write("models/m/1/other");
  EXPECT_TRUE(Take());
}

TEST_F(FolderWatchTest, FindsOutThatALinkLeadsElsewhere) {
  dir_.Write("releases/1/m/1/model.onnx");
  dir_.Write("releases/2/m/1/model.onnx");
  fs::create_directory_symlink("1", dir_ / "releases/current");
  fs::create_directory_symlink(dir_ / "releases/current/m", Root() / "linked");
  Begin();
  EXPECT_FALSE(watch_->CheckPlaces(kStart));
  fs::create_directory_symlink("2", dir_ / "releases/next");
  fs::rename(dir_ / "releases/next", dir_ / "releases/current");
  EXPECT_FALSE(Take()) << "nobody tells";
  EXPECT_TRUE(watch_->CheckPlaces(kStart));
  EXPECT_FALSE(watch_->CheckPlaces(kStart));
  dir_.Write("releases/1/m/1/model.onnx", "nobody looks here any more");
  EXPECT_FALSE(Take());
  dir_.Write("releases/2/m/1/model.onnx", "new");
  EXPECT_TRUE(Take());
}

TEST_F(FolderWatchTest, FindsARootThatGoesAndComesBack) {
  Begin();
  fs::rename(Root(), dir_ / "away");
  EXPECT_TRUE(Take() || watch_->CheckPlaces(kStart));
  dir_.MakeFolder("models");
  EXPECT_TRUE(watch_->CheckPlaces(kStart));
  dir_.Write("models/new/1/model.onnx");
  EXPECT_TRUE(Take());
}

TEST_F(FolderWatchTest, FindsARootThatWasNotThere) {
  roots_ = {dir_ / "later"};
  Begin();
  EXPECT_TRUE(watch_->sees());
  EXPECT_FALSE(watch_->CheckPlaces(kStart));
  dir_.MakeFolder("later");
  EXPECT_TRUE(watch_->CheckPlaces(kStart));
  dir_.Write("later/m.onnx");
  EXPECT_TRUE(Take());
}

TEST_F(FolderWatchTest, WatchesAModelThatIsAFile) {
  const fs::path file = dir_.Write("plain.onnx");
  roots_ = {file};
  Begin();
  {
    const std::ofstream writer = Writer("plain.onnx.data");
    EXPECT_TRUE(Take());
    EXPECT_THAT(Writing(), ElementsAre(dir_ / "plain.onnx.data"));
  }
  EXPECT_TRUE(Take());
  fs::rename(dir_.Write("other"), file);
  EXPECT_TRUE(Take());
  dir_.Write("models/m/1/model.onnx", "not asked for");
  EXPECT_FALSE(Take());
}

TEST_F(FolderWatchTest, TakesARootWithASlashAtItsEnd) {
  roots_ = {dir_ / "models/"};
  Begin();
  const std::ofstream writer = Writer("models/m/1/model.onnx");
  EXPECT_TRUE(Take());
  EXPECT_THAT(Writing(), ElementsAre(Root() / "m/1/model.onnx"));
}

TEST_F(FolderWatchTest, SeesNothingWhereTheFileSystemDoesNotTell) {
  tells_ = false;
  Begin();
  EXPECT_FALSE(watch_->sees());
  EXPECT_EQ(watch_->descriptor(), -1);
  EXPECT_FALSE(Take());
  EXPECT_FALSE(watch_->CheckPlaces(kStart));
  tells_ = true;
  watch_->Renew(kStart);
  EXPECT_TRUE(watch_->sees());
}

TEST_F(FolderWatchTest, SeesNothingWhereThereIsTooMuch) {
  Begin(/*most_folders=*/4);
  EXPECT_TRUE(watch_->sees());
  dir_.MakeFolder("models/n/1");
  Take();
  EXPECT_FALSE(watch_->sees());
}

TEST_F(FolderWatchTest, DoesNotWalkInCircles) {
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) {
    fs::create_directory_symlink(".", Root() / "m/1" / name);
  }
  Begin(/*most_folders=*/1000);
  EXPECT_FALSE(watch_->sees());
}

TEST_F(FolderWatchTest, LooksForWhatItWasNotTold) {
  std::ifstream limit("/proc/sys/fs/inotify/max_queued_events");
  int most = 0;
  ASSERT_TRUE(limit >> most);
  Begin();
  const std::ofstream writer = Writer("models/m/1/model.onnx");
  EXPECT_TRUE(Take());
  const fs::path a = dir_.Write("models/m/1/a");
  const fs::path b = Root() / "m/1/b";
  for (int i = 0; i <= most; i += 2) {
    fs::rename(a, b);
    fs::rename(b, a);
  }
  dir_.Write("models/lost/1/model.onnx");
  EXPECT_TRUE(Take());
  EXPECT_THAT(Writing(kStart + 1s), ElementsAre(Root() / "m/1/model.onnx"));
  EXPECT_THAT(Writing(kStart + 2s), IsEmpty()) << "its end may have been lost";
  dir_.Write("models/lost/1/model.onnx", "more");
  EXPECT_TRUE(Take());
}

}  // namespace
}  // namespace trireme

// SPDX-License-Identifier: Apache-2.0
#include "repository/content_digest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdio>
#include <string>
#include <vector>

#include "base/testing/temp_dir.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// As the header gives them.
constexpr const char* kOfFolder =
    R"(find -L . -type f ! -path ./SHA256SUMS -printf '%P\0' | LC_ALL=C sort -z | xargs -0r sha256sum -- | sha256sum)";
constexpr const char* kOfFile = "sha256sum < NAME.onnx | sed 's/-$/model.onnx/' | sha256sum";

// What a shell in that folder prints, up to the first space.
std::string FirstWordOf(const fs::path& folder, const std::string& command) {
  FILE* output = popen(("cd '" + folder.string() + "' && " + command).c_str(), "r");
  EXPECT_NE(output, nullptr);
  std::string text(256, '\0');
  text.resize(fread(text.data(), 1, text.size(), output));
  EXPECT_EQ(pclose(output), 0);
  return text.substr(0, text.find(' '));
}

VersionFiles FilesAt(const fs::path& path) {
  const std::vector<fs::path> paths = {path};
  const auto scan = ScanRepository(paths, {});
  EXPECT_TRUE(scan.ok() && scan->models.size() == 1);
  auto files = FilesOfVersion(scan->models.at(0));
  EXPECT_TRUE(files.ok()) << files.status();
  return std::move(files).value();
}

std::string DigestAt(const fs::path& path) {
  const auto digest = ContentDigest(FilesAt(path));
  EXPECT_TRUE(digest.ok()) << digest.status();
  return ToHex(*digest);
}

TEST(ContentDigest, IsWhatTheShellSays) {
  const TempDir dir;
  dir.Write("m/1/model.onnx", std::string(3'000'000, 'x'));
  dir.Write("m/1/weights/b.bin", "b");
  dir.Write("m/1/weights.bin", "");
  dir.Write("m/1/Upper", "u");
  dir.Write("m/1/.hidden", "h");
  dir.Write("m/1/SHA256SUMS", DigestLine(Sha256("u"), "Upper"));
  dir.Write("m/1/back\\slash", "s");
  dir.Write("m/1/new\nline", "n");
  dir.Write("m/1/-option", "o");
  dir.Write("m/1/caf\xc3\xa9 space", "c");
  dir.Write("store/blob", "linked");
  fs::create_symlink(dir / "store/blob", dir / "m/1/linked");
  EXPECT_EQ(DigestAt(dir / "m"), FirstWordOf(dir / "m/1", kOfFolder));
}

TEST(ContentDigest, OfAPlainFileIsWhatTheShellSays) {
  const TempDir dir;
  const fs::path file = dir.Write("NAME.onnx", "contents");
  EXPECT_EQ(DigestAt(file), FirstWordOf(dir.path(), kOfFile));
}

TEST(ContentDigest, IsThatOfTheManifestIfThisIsWholeAndInOrder) {
  const TempDir dir;
  dir.Write("m/1/model.onnx", "1");
  dir.Write("m/1/weights.bin", "2");
  ASSERT_EQ(FirstWordOf(dir / "m/1", "sha256sum * > ../SUMS && mv ../SUMS SHA256SUMS && echo done "), "done\n");
  EXPECT_EQ(DigestAt(dir / "m"), FirstWordOf(dir / "m/1", "sha256sum SHA256SUMS"));
}

TEST(ContentDigest, IsTheSameOfTheSameWhereverItLies) {
  const TempDir dir;
  dir.Write("a/1/model.onnx", "same");
  dir.Write("b/3/model.onnx", "same");
  dir.Write("b/config.pbtxt", "max_batch_size: 4");
  EXPECT_EQ(DigestAt(dir / "a"), DigestAt(dir / "b"));
  EXPECT_EQ(DigestAt(dir / "a"), DigestAt(dir.Write("plain.onnx", "same")));
}

TEST(ContentDigest, IsAnotherOneOfOtherNamesAndContents) {
  const TempDir dir;
  dir.Write("a/1/model.onnx", "12");
  dir.Write("b/1/model.onnx", "21");
  dir.Write("c/1/other.onnx", "12");
  EXPECT_NE(DigestAt(dir / "a"), DigestAt(dir / "b"));
  EXPECT_NE(DigestAt(dir / "a"), DigestAt(dir / "c"));
}

TEST(ContentDigest, SaysThatAFileIsAnotherOneThanItWas) {
  const TempDir dir;
  dir.Write("m/1/model.onnx", "first");
  const VersionFiles before = FilesAt(dir / "m");
  dir.Write("m/1/model.onnx", "second");
  const auto digest = ContentDigest(before);
  EXPECT_EQ(digest.status().code(), StatusCode::kUnavailable);
  EXPECT_THAT(digest.status().message(), HasSubstr("m/1/model.onnx\": a file that changes while it is read"));
}

TEST(ContentDigest, SaysThatAFileChangesWhileItIsRead) {
  const TempDir dir;
  const fs::path file = dir.Write("m/1/model.onnx", std::string(3 << 20, 'x'));
  for (const uintmax_t size : {uintmax_t{1 << 20}, uintmax_t{4 << 20}}) {
    int asked = 0;
    const auto change = [&] {
      if (++asked == 2) fs::resize_file(file, size);
      return false;
    };
    const auto digest = ContentDigest(FilesAt(dir / "m"), {.stop = change});
    EXPECT_EQ(digest.status().code(), StatusCode::kUnavailable) << size;
    dir.Write("m/1/model.onnx", std::string(3 << 20, 'x'));
  }
}

TEST(ContentDigest, NeverWaitsForWhatTookTheFilesPlace) {
  const TempDir dir;
  const fs::path file = dir.Write("m/1/model.onnx");
  const VersionFiles version = FilesAt(dir / "m");
  fs::remove(file);
  EXPECT_EQ(ContentDigest(version).status().code(), StatusCode::kNotFound);
  ASSERT_EQ(mkfifo(file.c_str(), 0600), 0);
  EXPECT_EQ(ContentDigest(version).status().code(), StatusCode::kNotFound);
}

TEST(ContentDigest, StopsWhenItIsNotWantedAnyMore) {
  const TempDir dir;
  dir.Write("m/1/model.onnx", std::string(3 << 20, 'x'));
  int asked = 0;
  const auto digest = ContentDigest(FilesAt(dir / "m"), {.stop = [&] { return ++asked == 2; }});
  EXPECT_EQ(digest.status().code(), StatusCode::kCancelled);
  EXPECT_EQ(asked, 2);
}

}  // namespace
}  // namespace trireme

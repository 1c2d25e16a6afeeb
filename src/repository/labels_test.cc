// SPDX-License-Identifier: Apache-2.0
#include "repository/labels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "base/testing/temp_dir.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

ModelEntry Entry(const fs::path& folder, const std::string& label_file) {
  ModelEntry entry;
  entry.folder = folder;
  entry.declared.file = folder / "config.pbtxt";
  DeclaredTensor output;
  output.name = "y";
  output.label_file = label_file;
  entry.declared.outputs.push_back(output);
  entry.declared.outputs.push_back({.name = "z"});
  return entry;
}

Signature Outputs(const Shape& shape) {
  return {.outputs = {{.name = "y", .shape = shape}, {.name = "z", .shape = {Shape::kAny, 5}}}};
}

ReadLabelsResult Read(std::string_view contents, const Shape& shape = {Shape::kAny, Shape::kAny}) {
  const TempDir dir;
  dir.Write("labels.txt", contents);
  return ReadLabels(Entry(dir.path(), "labels.txt"), Outputs(shape));
}

TEST(ReadLabels, ReadsALabelALine) {
  const ReadLabelsResult result = Read("cat\ndog\n", {Shape::kAny, 2});
  EXPECT_THAT(result.findings, IsEmpty());
  ASSERT_THAT(result.labels, SizeIs(1));
  EXPECT_THAT(result.labels.at("y"), ElementsAre("cat", "dog"));
}

TEST(ReadLabels, TakesLinesAsTheyAreWrittenAnywhere) {
  EXPECT_THAT(Read("cat\r\n\r\ndog, big\r\n\r\n").labels.at("y"), ElementsAre("cat", "", "dog, big"));
  EXPECT_THAT(Read("\xef\xbb\xbf"
                   "cat")
                  .labels.at("y"),
              ElementsAre("cat"));
  EXPECT_THAT(Read("").labels.at("y"), IsEmpty());
}

TEST(ReadLabels, ReplacesWhatIsNotUtf8) {
  const ReadLabelsResult result = Read("gr\xfcn\nbl\xc3\xa4u\n");
  EXPECT_THAT(result.labels.at("y"), ElementsAre("gr\xef\xbf\xbdn", "bl\xc3\xa4u"));
  ASSERT_THAT(result.findings, SizeIs(1));
  EXPECT_EQ(result.findings[0].severity, Finding::Severity::kWarning);
}

TEST(ReadLabels, WarnsOfAnotherNumberOfLabelsThanElements) {
  const struct {
    Shape shape;
    size_t warnings;
  } cases[] = {{{Shape::kAny, 2}, 0},
               {{Shape::kAny, 1, 2}, 0},
               {{2}, 0},
               {{1, 2}, 0},
               {{Shape::kAny}, 1},
               {{Shape::kAny, 3}, 1},
               {{1, 1000}, 1},
               {{Shape::kAny, 1}, 1},
               {{}, 1},
               {{Shape::kAny, Shape::kAny}, 0}};
  for (const auto& rule : cases) {
    const ReadLabelsResult result = Read("cat\ndog\n", rule.shape);
    EXPECT_THAT(result.findings, SizeIs(rule.warnings)) << rule.shape;
    for (const Finding& finding : result.findings) {
      EXPECT_EQ(finding.severity, Finding::Severity::kWarning);
      EXPECT_THAT(finding.ToString(), HasSubstr("found 2 in \"labels.txt\""));
    }
    EXPECT_THAT(result.labels.at("y"), SizeIs(2));
  }
}

TEST(ReadLabels, AFileThatCannotBeReadIsAnError) {
  const TempDir dir;
  dir.Write("outside.txt");
  dir.MakeFolder("m/folder");
  ASSERT_EQ(mkfifo((dir / "m/pipe").c_str(), 0600), 0);
  fs::create_symlink(dir / "outside.txt", dir / "m/link.txt");
  fs::create_symlink("gone", dir / "m/broken.txt");
  fs::resize_file(dir.Write("m/huge.txt"), (uintmax_t{64} << 20) + 1);
  dir.Write("m/lines.txt", std::string((size_t{4} << 20) + 1, '\n'));
  const struct {
    const char* file;
    const char* error;
  } cases[] = {
      {"gone.txt", "\"gone.txt\": no such file"},
      {"broken.txt", "a link that leads nowhere"},
      {"folder", "\"folder\": a folder"},
      {"pipe", "neither a file nor a folder"},
      {"link.txt", "a link that leads out of the model's folder"},
      {"../outside.txt", "a path that leads out of the model's folder"},
      {"folder/../../outside.txt", "a path that leads out of the model's folder"},
      {"/etc/passwd", "an absolute path"},
      {"huge.txt", "a file of more than 67108864 bytes"},
      {"lines.txt", "a longer one"},
  };
  for (const auto& rule : cases) {
    const ReadLabelsResult result = ReadLabels(Entry(dir / "m", rule.file), Outputs({Shape::kAny, 2}));
    ASSERT_THAT(result.findings, SizeIs(1)) << rule.file;
    EXPECT_EQ(result.findings[0].severity, Finding::Severity::kError) << rule.file;
    EXPECT_THAT(result.findings[0].ToString(), HasSubstr(rule.error)) << rule.file;
    EXPECT_THAT(result.labels, IsEmpty()) << rule.file;
  }
}

TEST(ReadLabels, FollowsLinksWithinTheModelsFolder) {
  const TempDir dir;
  dir.Write("m/..data/labels.txt", "cat\n");
  fs::create_symlink("..data/labels.txt", dir / "m/labels.txt");
  fs::create_directory_symlink(dir / "m", dir / "linked");
  EXPECT_THAT(ReadLabels(Entry(dir / "linked", "labels.txt"), Outputs({Shape::kAny, 1})).labels.at("y"),
              ElementsAre("cat"));
}

}  // namespace
}  // namespace trireme

// SPDX-License-Identifier: Apache-2.0
#include "repository/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace trireme {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kHex = ToHex(Sha256("contents"));

std::vector<std::string> NamesIn(const std::string& text) {
  const auto files = ParseManifest(text);
  EXPECT_TRUE(files.ok()) << files.status();
  std::vector<std::string> names;
  if (!files.ok()) return names;
  for (const ListedFile& file : *files) {
    EXPECT_EQ(file.digest, Sha256("contents"));
    names.push_back(file.name);
  }
  return names;
}

TEST(ParseManifest, ReadsTextAndBinaryMode) {
  EXPECT_THAT(NamesIn(kHex + "  model.onnx\n" + kHex + " *weights/a b.bin\n"),
              ElementsAre("model.onnx", "weights/a b.bin"));
  EXPECT_EQ(ParseManifest(kHex + "  a\n" + kHex + "  b")->at(1).line, 2);
}

TEST(ParseManifest, ReadsWhatOtherProgramsWrite) {
  EXPECT_THAT(NamesIn("# made today\r\n\r\n" + kHex + "  ./a\r\n" + kHex + "  ././b"), ElementsAre("a", "b"));
}

TEST(ParseManifest, ReadsEscapes) {
  EXPECT_THAT(NamesIn("\\" + kHex + "  new\\nline\\\\\n" + kHex + "  back\\slash\n"),
              ElementsAre("new\nline\\", "back\\slash"));
}

struct Refused {
  std::string text;
  const char* why;
};

TEST(ParseManifest, SaysWhatIsWrongInWhichLine) {
  const std::string below = "the name of a file below the version's folder";
  const std::vector<Refused> cases = {
      {"", "expected the name of a file at least, found none"},
      {"# nothing\n", "expected the name of a file at least"},
      {kHex + "  a\nSHA256 (b) = " + kHex, "line 2: expected 64 hexadecimal digits, two spaces and a name"},
      {kHex.substr(1) + "  a", "line 1: expected 64"},
      {kHex + " a", "line 1: expected 64"},
      {kHex, "line 1: expected 64"},
      {kHex + "  ", below.c_str()},
      {kHex + "  /etc/passwd", below.c_str()},
      {kHex + "  ../a", below.c_str()},
      {kHex + "  a/../../b", below.c_str()},
      {kHex + "  a/./b", below.c_str()},
      {kHex + "  a/", below.c_str()},
      {kHex + "  SHA256SUMS", below.c_str()},
      {kHex + "  " + std::string("a\0b", 3), below.c_str()},
      {kHex + "  " + std::string(1025, 'a'), "and more"},
      {"\\" + kHex + "  a\\tb", below.c_str()},
      {"\\" + kHex + "  a\\", below.c_str()},
      {kHex + "  a\n" + kHex + "  ./a", "line 2: expected each file once, found \"a\" again"},
      {std::string(kMaxManifestBytes + 1, 'x'), "expected at most 4194304 bytes"},
  };
  for (const Refused& c : cases) {
    const auto files = ParseManifest(c.text);
    EXPECT_EQ(files.status().code(), StatusCode::kInvalidArgument) << c.text.substr(0, 100);
    EXPECT_THAT(files.status().message(), HasSubstr(c.why)) << c.text.substr(0, 100);
  }
}

TEST(ParseManifest, BoundsTheNumberOfFiles) {
  std::string text;
  for (size_t i = 0; i < kMaxListedFiles; ++i) text += kHex + "  " + std::to_string(i) + "\n";
  EXPECT_TRUE(ParseManifest(text).ok());
  EXPECT_THAT(ParseManifest(text + kHex + "  one more").status().message(), HasSubstr("line 10001: expected at most"));
}

}  // namespace
}  // namespace trireme

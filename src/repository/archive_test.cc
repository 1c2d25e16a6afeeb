// SPDX-License-Identifier: Apache-2.0
#include "repository/archive.h"

#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/testing/temp_dir.h"
#include "repository/archive_names.h"
#include "repository/testing/make_archive.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

using Entry = ArchivedEntry;
using Form = ArchiveForm;
using Options = ArchiveOptions;

std::string Contents(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> NamesIn(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    names.push_back(entry.path().lexically_relative(folder));
  }
  return names;
}

// Of both forms, as nearly all rules are.
class Archives : public ::testing::TestWithParam<Form> {
 protected:
  fs::path Make(const std::vector<Entry>& entries, const Options& options = {}) {
    MakeArchive(folder_ / "model.mar", GetParam(), entries, options);
    return folder_ / "model.mar";
  }

  Status Extract(const std::vector<Entry>& entries, const ArchiveLimits& limits = {}) {
    return ExtractArchive(Make(entries), folder_ / "out", limits).status();
  }

  // The archive is refused, with these words, and nothing of it is left.
  void ExpectRefused(const std::vector<Entry>& entries, const std::string& why, const ArchiveLimits& limits = {},
                     StatusCode code = StatusCode::kInvalidArgument) {
    const Status status = Extract(entries, limits);
    EXPECT_EQ(status.code(), code) << why;
    EXPECT_THAT(status.message(), AllOf(HasSubstr("model.mar"), HasSubstr(why)));
    EXPECT_THAT(NamesIn(folder_.path()), UnorderedElementsAre("model.mar")) << why;
  }

  TempDir folder_;
};

INSTANTIATE_TEST_SUITE_P(Forms, Archives, ::testing::Values(Form::kZip, Form::kTarGzip),
                         [](const auto& form) { return form.param == Form::kZip ? "Zip" : "TarGzip"; });

TEST_P(Archives, AreUnpackedWithPlainRights) {
  const std::string large(300'000, 'w');
  const auto file = Make({{"./", "", AE_IFDIR},
                          {"MAR-INF/MANIFEST.json", "{}"},
                          {"MAR-INF/", "", AE_IFDIR},
                          {"./weights.pt", large},
                          {"empty", ""},
                          {"bär/ß", "x"},
                          {"folder", "", AE_IFDIR}});
  const auto extracted = ExtractArchive(file, folder_ / "out");
  ASSERT_TRUE(extracted.ok()) << extracted.status();
  EXPECT_EQ(extracted->files, 4u);
  EXPECT_EQ(extracted->bytes, large.size() + 3);
  EXPECT_THAT(NamesIn(folder_ / "out"), UnorderedElementsAre("MAR-INF", "MAR-INF/MANIFEST.json", "weights.pt", "empty",
                                                             "bär", "bär/ß", "folder"));
  EXPECT_EQ(Contents(folder_ / "out/weights.pt"), large);
  EXPECT_EQ(fs::status(folder_ / "out/weights.pt").permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(fs::status(folder_ / "out/bär").permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(folder_ / "out").permissions(), fs::perms::owner_all);
}

TEST_P(Archives, MayNotLeaveTheirFolder) {
  ExpectRefused({{"good", "1"}, {"../evil", "2"}}, "entry \"../evil\": expected a relative name below its folder");
  ExpectRefused({{"a/../../evil"}}, "one with '..'");
  ExpectRefused({{"a/./b"}}, "one with '.'");
  ExpectRefused({{".."}}, "one with '..'");
  ExpectRefused({{"/tmp/evil"}}, "found an absolute one");
  ExpectRefused({{"a//b"}}, "one with '//'");
  ExpectRefused({{"a/..\\..\\b"}}, "one with '\\'");
  ExpectRefused({{"a\nb"}}, "without control characters");
  ExpectRefused({{"../", "", AE_IFDIR}}, "one with '..'");
}

TEST_P(Archives, MayHoldFilesAndFoldersOnly) {
  ExpectRefused({{"link", "", AE_IFLNK, "/etc/passwd"}}, "entry \"link\": expected a file or a folder, found a link");
  ExpectRefused({{"link", "", AE_IFLNK, "."}, {"link/evil", "1"}}, "found a link");
  if (GetParam() == Form::kZip) return;  // which has none of the others
  ExpectRefused({{"a", "1"}, {"b", "", AE_IFREG, "a"}}, "found a link");
  ExpectRefused({{"pipe", "", AE_IFIFO}}, "found a device or a pipe");
  ExpectRefused({{"device", "", AE_IFCHR}}, "found a device or a pipe");
  ExpectRefused({{"disk", "", AE_IFBLK}}, "found a device or a pipe");
}

TEST_P(Archives, HaveEachNameOnce) {
  ExpectRefused({{"a", "1"}, {"a", "2"}}, "entry \"a\": expected each name once, found it again");
  ExpectRefused({{"a", "1"}, {"./a", "2"}}, "each name once");
  ExpectRefused({{"a", "1"}, {"a/", "", AE_IFDIR}}, "each name once");
  ExpectRefused({{"a/", "", AE_IFDIR}, {"a", "1"}}, "each name once");
  ExpectRefused({{"a/", "", AE_IFDIR}, {"a/", "", AE_IFDIR}}, "each name once");
  ExpectRefused({{"a/b", "1"}, {"a", "2"}}, "each name once");
  ExpectRefused({{"a", "1"}, {"a/b", "2"}}, "inside of the file \"a\"");
}

TEST_P(Archives, KeepTheirLimits) {
  const std::vector<Entry> three = {{"a", std::string(1000, 'a')}, {"b", "1"}, {"c", "2"}};
  ExpectRefused(three, "at most 2 entries", {.entries = 2}, StatusCode::kTooLarge);
  ExpectRefused(three, "at most 1001 bytes in all", {.bytes = 1001}, StatusCode::kTooLarge);
  ExpectRefused({{std::string(60, 'n')}}, "at most 50 bytes, found 60", {.name_bytes = 50}, StatusCode::kTooLarge);
  ExpectRefused({{std::string(300, 'n')}}, "at most 255 bytes between", {}, StatusCode::kTooLarge);
  std::string deep = "a";
  for (int i = 0; i < 32; ++i) deep += "/a";
  ExpectRefused({{deep}}, "at most 32 folders", {}, StatusCode::kTooLarge);
  ExpectRefused({{"a/b/c/d", "1"}}, "at most 3 files and folders", {.entries = 3}, StatusCode::kTooLarge);
  EXPECT_TRUE(Extract(three, {.entries = 3, .bytes = 1002}).ok());
}

TEST_P(Archives, MayNotGrowTooMuch) {
  const std::vector<Entry> bomb = {{"zeros", std::string(3'000'000, '\0')}};
  ExpectRefused(bomb, "at most 100 times the archive's", {.ratio = 100, .free_bytes = 100'000}, StatusCode::kTooLarge);
  EXPECT_TRUE(Extract(bomb, {.ratio = 100}).ok());
}

TEST_P(Archives, AreRefusedWhenTheyAreCutOff) {
  const auto file = Make({{"a", "contents"}, {"b/c", std::string(5000, 'x')}});
  const std::string whole = Contents(file);
  for (size_t bytes = 0; bytes < whole.size(); bytes += 7) {
    folder_.Write("model.mar", whole.substr(0, bytes));
    EXPECT_EQ(ExtractArchive(file, folder_ / "out").status().code(), StatusCode::kInvalidArgument) << bytes;
    EXPECT_THAT(NamesIn(folder_.path()), UnorderedElementsAre("model.mar"));
  }
}

// What comes out is what was put in, or nothing does: all of it has a checksum.
TEST_P(Archives, AreNeverUnpackedToSomethingElse) {
  const std::string contents = "contents of some length, and others";
  const auto file = Make({{"a", contents}});
  const std::string whole = Contents(file);
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string broken = whole;
    broken[at] = static_cast<char>(broken[at] ^ 0x10);
    folder_.Write("model.mar", broken);
    const auto extracted = ExtractArchive(file, folder_ / "out");
    if (extracted.ok()) {
      for (const std::string& name : NamesIn(folder_ / "out")) {
        if (fs::is_directory(folder_ / "out" / name)) continue;
        EXPECT_EQ(Contents(folder_ / "out" / name), contents) << at;
      }
      fs::remove_all(folder_ / "out");
    }
    EXPECT_THAT(NamesIn(folder_.path()), UnorderedElementsAre("model.mar")) << at;
  }
}

TEST_P(Archives, LeaveNothingWhenTheDiskIsFull) {
  const auto file = Make({{"a", "1"}, {"b", std::string(200'000, 'x')}});
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 100'000, .rlim_max = before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const auto extracted = ExtractArchive(file, folder_ / "out");
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(extracted.status().code(), StatusCode::kUnavailable);
  EXPECT_THAT(extracted.status().message(), HasSubstr("entry \"b\": cannot be written"));
  EXPECT_THAT(NamesIn(folder_.path()), UnorderedElementsAre("model.mar"));
}

TEST_P(Archives, AreNotUnpackedOverSomething) {
  const auto file = Make({{"a", "1"}});
  folder_.MakeFolder("out");
  EXPECT_EQ(ExtractArchive(file, folder_ / "out").status().code(), StatusCode::kAlreadyExists);
  EXPECT_EQ(ExtractArchive(file, folder_ / "none/out").status().code(), StatusCode::kUnavailable);
  EXPECT_EQ(ExtractArchive(folder_ / "nothing", folder_ / "new").status().code(), StatusCode::kNotFound);
  EXPECT_THAT(NamesIn(folder_.path()), UnorderedElementsAre("model.mar", "out"));
}

TEST_P(Archives, HaveAFileAtLeast) {
  ExpectRefused({}, "expected a file at least, found none");
  ExpectRefused({{"a/", "", AE_IFDIR}}, "expected a file at least, found none");
}

TEST_P(Archives, ShowOneFile) {
  const auto file = Make({{"big", std::string(100'000, 'x')}, {"MAR-INF/MANIFEST.json", "{}"}});
  EXPECT_EQ(*ReadFromArchive(file, "MAR-INF/MANIFEST.json", 100), "{}");
  EXPECT_EQ(ReadFromArchive(file, "big", 1000).status().code(), StatusCode::kTooLarge);
  EXPECT_EQ(ReadFromArchive(file, "none", 1000).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(ReadFromArchive(file, "none", 1000, {.entries = 1}).status().code(), StatusCode::kTooLarge);
}

class Zips : public Archives {};
INSTANTIATE_TEST_SUITE_P(Forms, Zips, ::testing::Values(Form::kZip));

TEST_P(Zips, AreStoredOrDeflated) {
  EXPECT_TRUE(ExtractArchive(Make({{"a", "1"}}, {.compression = "store"}), folder_ / "a").ok());
  EXPECT_TRUE(ExtractArchive(Make({{"a", "1"}}, {.compression = "deflate"}), folder_ / "b").ok());
}

TEST_P(Zips, AreNotEncrypted) {
  for (const char* encryption : {"traditional", "aes256"}) {
    const auto file = Make({{"a", "1"}}, {.encryption = encryption});
    const Status status = ExtractArchive(file, folder_ / "out").status();
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(status.message(), HasSubstr("encrypted"));
  }
}

TEST_P(Zips, HaveNoOtherCompression) {
  const auto file = Make({{"a", "12345678"}}, {.compression = "store"});
  std::string bytes = Contents(file);
  for (size_t at = 0; at + 12 < bytes.size(); ++at) {  // the method of both headers: 12, bzip2
    if (bytes.compare(at, 4, "PK\x03\x04") == 0) bytes[at + 8] = 12;
    if (bytes.compare(at, 4, "PK\x01\x02") == 0) bytes[at + 10] = 12;
  }
  folder_.Write("model.mar", bytes);
  EXPECT_THAT(ExtractArchive(file, folder_ / "out").status().message(),
              HasSubstr("expected a deflated or stored file"));
}

// Which would take seconds to inflate: what lies in front of the one too many is not even looked at.
TEST_P(Zips, AreRefusedByTheirListBeforeAnythingIsInflated) {
  const auto file = Make({{"a", "12345678"}, {"b", "1"}}, {.compression = "store"});
  std::string bytes = Contents(file);
  bytes[bytes.find("12345678")] = '2';  // not what its checksum says
  folder_.Write("model.mar", bytes);
  EXPECT_EQ(ExtractArchive(file, folder_ / "out").status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(ExtractArchive(file, folder_ / "out", {.bytes = 8}).status().code(), StatusCode::kTooLarge);
  EXPECT_EQ(ExtractArchive(file, folder_ / "out", {.entries = 1}).status().code(), StatusCode::kTooLarge);
}

TEST_P(Zips, AreRefusedWhereAFileHasMoreThanItsListSays) {
  const auto file = Make({{"zeros", std::string(3'000'000, '\0')}}, {.compression = "deflate"});
  std::string bytes = Contents(file);
  const std::string lie("\x10\0\0\0", 4);
  bytes.replace(bytes.find("PK\x03\x04") + 22, lie.size(), lie);
  bytes.replace(bytes.find("PK\x01\x02") + 24, lie.size(), lie);
  folder_.Write("model.mar", bytes);
  EXPECT_THAT(ExtractArchive(file, folder_ / "out").status().message(),
              AllOf(HasSubstr("entry \"zeros\""), HasSubstr("expected 16 bytes, as it says, found more")));
}

class Tars : public Archives {};
INSTANTIATE_TEST_SUITE_P(Forms, Tars, ::testing::Values(Form::kTarGzip));

TEST_P(Tars, AreRefusedByTheHeadOfTheFileThatIsTooMuch) {
  const auto file = Make({{"a", "1"}, {"b", std::string(3'000'000, '\0')}});
  EXPECT_THAT(ExtractArchive(file, folder_ / "out", {.bytes = 2'000'000}).status().message(),
              HasSubstr("entry \"b\": expected at most 2000000 bytes in all files"));
}

TEST_P(Tars, HaveNothingLongBehindTheirFiles) {
  const auto file = Make({{"a", "1"}});
  const std::string whole = Contents(file);
  const fs::path padding = folder_ / "padding";
  MakeArchive(padding, Form::kTarGzip, {{"zeros", std::string(3'000'000, '\0')}});
  folder_.Write("model.mar", whole + Contents(padding));  // gzip has several members
  EXPECT_THAT(ExtractArchive(file, folder_ / "out").status().message(),
              HasSubstr("expected at most 1048576 bytes behind its files, found more"));
}

TEST(KindOfArchive, GoesByTheFirstBytes) {
  EXPECT_EQ(KindOfArchive("PK\x03\x04more"), ArchiveKind::kZip);
  EXPECT_EQ(KindOfArchive("\x1f\x8b\x08"), ArchiveKind::kTarGzip);
  for (const char* other : {"", "P", "PK", "7z\xbc\xaf", "ustar", "#!/bin/sh"}) {
    EXPECT_EQ(KindOfArchive(other), ArchiveKind::kNone);
  }
}

TEST(ExtractArchive, RefusesOtherFiles) {
  TempDir folder;
  EXPECT_THAT(ExtractArchive(folder.Write("a", "a text"), folder / "out").status().message(),
              HasSubstr("expected a zip or a tar.gz, found another kind of file"));
  EXPECT_THAT(ExtractArchive(folder.Write("b"), folder / "out").status().message(), HasSubstr("an empty file"));
  EXPECT_EQ(ExtractArchive(folder.path(), folder / "out").status().code(), StatusCode::kNotFound);
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(ExtractArchive(folder / "pipe", folder / "out").status().code(), StatusCode::kNotFound);
}

TEST(ArchiveNames, CountFoldersThatNamesAloneTellOf) {
  ArchiveNames names({.entries = 4});
  EXPECT_TRUE(names.Take("a/b/1", false).ok());
  EXPECT_TRUE(names.Take("a/b/2", false).ok());
  EXPECT_TRUE(names.Take("a/b", true).ok()) << "it is known";
  const Status status = names.Take("a/c/3", false).status();
  EXPECT_EQ(status.code(), StatusCode::kTooLarge);
  EXPECT_THAT(status.message(), HasSubstr("at most 4 files and folders"));
}

TEST(ArchiveNames, KeepBytesThatAreNoText) {
  ArchiveNames names({.name_bytes = 100});
  EXPECT_FALSE(names.Take("\xff", false).ok());
  EXPECT_FALSE(names.Take("", false).ok());
  EXPECT_FALSE(names.Take("a/", false).ok());
  EXPECT_EQ(*names.Take("././", true), "");
  EXPECT_EQ(*names.Take(".hidden/b", false), ".hidden/b");
}

}  // namespace
}  // namespace trireme

// SPDX-License-Identifier: Apache-2.0
#include "predict/output_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "base/testing/temp_dir.h"
#include "table/testing/fake_tables.h"

namespace trireme::predict {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class OutputFileTest : public testing::Test {
 protected:
  OutputFileTest() : path_(folder_.path() / "out.csv") {}

  Result<std::unique_ptr<OutputFile>> Open(const std::string& keep = "", bool restart = false, bool force = false) {
    return OutputFile::Open({.path = path_, .identity = {{"--keep", keep}}, .force = force, .restart = restart});
  }

  std::unique_ptr<OutputFile> MustOpen() {
    auto opened = Open();
    EXPECT_TRUE(opened.ok()) << opened.status();
    const Status begun = Begin(**opened);
    EXPECT_TRUE(begun.ok()) << begun;
    return *std::move(opened);
  }

  Status Begin(OutputFile& file) {
    return file.Begin(path_.extension() == ".npy" ? nullptr : &tables_,
                      {{.name = "x", .type = table::ColumnType::kFp32}});
  }

  // One row more, not settled.
  static Status Append(OutputFile& file, float value) {
    const table::Batch batch = {
        .rows = 1,
        .columns = {{.type = table::ColumnType::kFp32, .values = &value, .stride = sizeof value}},
        .keep_alive = nullptr};
    const NamedTensor array = {
        "x", {.type = DataType::kFp32, .shape = Shape({1}), .data = Buffer::View(&value, sizeof value, nullptr)}};
    return file.Append(batch, &array);
  }

  static Status Commit(OutputFile& file, int64_t rows) {
    return file.Commit({.rows_read = rows, .rows_written = rows, .checksums = {7}});
  }

  static std::string Contents(const fs::path& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  fs::path partial() const { return path_.string() + ".partial"; }

  TempDir folder_;
  fs::path path_;
  table::FakeTables tables_;
};

TEST_F(OutputFileTest, AppearsWhenItIsWhole) {
  const auto file = MustOpen();
  ASSERT_TRUE(Append(*file, 1).ok());
  ASSERT_TRUE(Commit(*file, 1).ok());
  ASSERT_TRUE(Append(*file, 2).ok());
  ASSERT_TRUE(Commit(*file, 2).ok());
  EXPECT_FALSE(fs::exists(path_));
  ASSERT_TRUE(file->Finish().ok());
  EXPECT_EQ(Contents(path_), "x\n1\n2\n");
  EXPECT_FALSE(fs::exists(partial()));
}

TEST_F(OutputFileTest, GoesOnBehindWhatIsSettled) {
  {
    const auto file = MustOpen();
    ASSERT_TRUE(Append(*file, 1).ok());
    ASSERT_TRUE(Commit(*file, 1).ok());
    ASSERT_TRUE(Append(*file, 2).ok());  // and it goes before that is settled
  }
  std::ofstream(partial() / "lines", std::ios::app) << "torn";
  const auto file = MustOpen();
  EXPECT_EQ(file->milestone().rows_read, 1);
  EXPECT_EQ(file->milestone().checksums, Checksums{7});
  ASSERT_TRUE(Append(*file, 3).ok());
  ASSERT_TRUE(Commit(*file, 2).ok());
  ASSERT_TRUE(file->Finish().ok());
  EXPECT_EQ(Contents(path_), "x\n1\n3\n");
}

TEST_F(OutputFileTest, PartsOfParquetAreJoined) {
  path_ = folder_.path() / "out.parquet";
  for (const float value : {1.0F, 2.0F}) {
    const auto file = MustOpen();
    ASSERT_TRUE(Append(*file, value).ok());
    ASSERT_TRUE(Commit(*file, static_cast<int64_t>(value)).ok());
    if (value == 2) {
      ASSERT_TRUE(file->Finish().ok());
    }
  }
  EXPECT_EQ(Contents(path_), "1\n2\n");
}

// Every crash there can be between the last row and the end, for every kind of file.
class OutputFileEndTest : public OutputFileTest, public testing::WithParamInterface<const char*> {
 protected:
  OutputFileEndTest() { path_ = folder_.path() / GetParam(); }

  // From where the file is to its end, with as many rows in all: 1, 2, ...
  void Score(OutputFile& file, int rows) const {
    for (auto row = static_cast<int>(file.milestone().rows_read) + 1; row <= rows; ++row) {
      ASSERT_TRUE(Append(file, static_cast<float>(row)).ok());
      ASSERT_TRUE(Commit(file, row).ok());
    }
  }

  // A run that ends when everything is ready to be moved, because something is in its place.
  void DieAtTheEnd(int rows) {
    const auto file = MustOpen();
    Score(*file, rows);
    fs::create_directory(path_);
    EXPECT_FALSE(file->Finish().ok());
    fs::remove(path_);
  }

  // What a run without any trouble writes.
  std::string Expected(int rows) {
    fs::path other = folder_.path() / ("expected" + path_.extension().string());
    fs::remove(other);
    path_.swap(other);
    const auto file = MustOpen();
    Score(*file, rows);
    EXPECT_TRUE(file->Finish().ok());
    path_.swap(other);
    return Contents(other);
  }

  fs::path Whole() const {
    for (const char* name : {"whole.parquet", "part-0.parquet", "lines", "array"}) {
      if (fs::exists(partial() / name)) return partial() / name;
    }
    return {};
  }
};

TEST_P(OutputFileEndTest, IsReachedByTheNextRun) {
  for (const int rows : {1, 2}) {
    DieAtTheEnd(rows);
    const auto file = MustOpen();
    EXPECT_EQ(file->milestone().rows_read, rows);
    ASSERT_TRUE(file->Finish().ok());
    EXPECT_EQ(Contents(path_), Expected(rows));
    EXPECT_FALSE(fs::exists(partial()));
    fs::remove(path_);
  }
}

TEST_P(OutputFileEndTest, MayBeFollowedByMoreRows) {
  DieAtTheEnd(1);
  const auto file = MustOpen();
  Score(*file, 3);
  ASSERT_TRUE(file->Finish().ok());
  EXPECT_EQ(Contents(path_), Expected(3));
}

TEST_P(OutputFileEndTest, LeavesNothingToGoOnWithOnceTheFileIsInItsPlace) {
  for (const int rows : {1, 2}) {
    DieAtTheEnd(rows);
    fs::rename(Whole(), path_);
    EXPECT_EQ(Open().status().code(), StatusCode::kAlreadyExists);
    const auto again = Open("", false, /*force=*/true);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ((*again)->milestone().rows_read, 0);
    ASSERT_TRUE(Begin(**again).ok());
    Score(**again, rows);
    ASSERT_TRUE((*again)->Finish().ok());
    EXPECT_EQ(Contents(path_), Expected(rows));
    fs::remove(path_);
  }
}

TEST_P(OutputFileEndTest, LeavesNothingToGoOnWithWhileTheFolderIsRemoved) {
  DieAtTheEnd(2);
  fs::rename(Whole(), path_);
  for (const fs::directory_entry& entry : fs::directory_iterator(partial())) {
    if (entry.path().filename() != "journal") fs::remove_all(entry.path());
  }
  const auto again = Open("", false, /*force=*/true);
  ASSERT_TRUE(again.ok()) << again.status();
  ASSERT_TRUE(Begin(**again).ok());
  Score(**again, 1);
  ASSERT_TRUE((*again)->Finish().ok());
  EXPECT_EQ(Contents(path_), Expected(1));
  EXPECT_FALSE(fs::exists(partial()));
}

// A machine that lost its power may have lost what it was told to keep.
TEST_P(OutputFileEndTest, RefusesRowsThatAreNotThere) {
  {
    const auto file = MustOpen();
    Score(*file, 2);
  }
  fs::remove(Whole());
  const auto file = Open();
  ASSERT_TRUE(file.ok()) << file.status();
  const Status begun = Begin(**file);
  EXPECT_EQ(begun.code(), StatusCode::kInvalidArgument) << begun;
  EXPECT_THAT(begun.message(), HasSubstr("--restart"));
}

INSTANTIATE_TEST_SUITE_P(Formats, OutputFileEndTest, testing::Values("out.csv", "out.jsonl", "out.parquet", "out.npy"),
                         [](const auto& format) { return fs::path(format.param).extension().string().substr(1); });

TEST_F(OutputFileTest, TouchesNoFolderThatIsSomebodyElses) {
  fs::create_directories(partial() / "sub");
  const auto opened = Open("", /*restart=*/true, /*force=*/true);
  ASSERT_FALSE(opened.ok());
  EXPECT_THAT(opened.status().message(), HasSubstr("something else is there"));
  EXPECT_TRUE(fs::exists(partial() / "sub"));
}

TEST_F(OutputFileTest, LeavesNothingWhereNothingWasSettled) {
  MustOpen().reset();
  EXPECT_FALSE(fs::exists(partial()));
}

TEST_F(OutputFileTest, AFullDiskKeepsWhatIsSettled) {
  {
    const auto file = MustOpen();
    ASSERT_TRUE(Append(*file, 1).ok());
    ASSERT_TRUE(Commit(*file, 1).ok());
    ASSERT_TRUE(Append(*file, 2).ok());
    tables_.FillDisk();
    EXPECT_THAT(Commit(*file, 2).message(), HasSubstr("No space left on device"));
    EXPECT_EQ(file->milestone().rows_read, 1);
  }
  tables_.ClearDisk();
  EXPECT_EQ(MustOpen()->milestone().rows_read, 1);
}

TEST_F(OutputFileTest, RefusesWhatAnotherRunLeft) {
  {
    const auto file = MustOpen();
    ASSERT_TRUE(Append(*file, 1).ok());
    ASSERT_TRUE(Commit(*file, 1).ok());
  }
  const auto other = Open("id");
  EXPECT_EQ(other.status().code(), StatusCode::kAlreadyExists);
  EXPECT_THAT(other.status().message(), HasSubstr("--keep was '', is 'id'"));
  const auto anew = Open("id", /*restart=*/true);
  ASSERT_TRUE(anew.ok()) << anew.status();
  EXPECT_EQ((*anew)->milestone().rows_read, 0);
}

TEST_F(OutputFileTest, OneProcessAtATime) {
  const auto file = MustOpen();
  EXPECT_THAT(Open().status().message(), HasSubstr("another process"));
}

TEST_F(OutputFileTest, WritesOverNothingUnasked) {
  std::ofstream(path_) << "mine";
  EXPECT_EQ(Open().status().code(), StatusCode::kAlreadyExists);
  EXPECT_TRUE(Open("", false, /*force=*/true).ok());
  path_ = folder_.path() / "no" / "out.csv";
  EXPECT_EQ(Open().status().code(), StatusCode::kNotFound);
  path_ = folder_.path();
  EXPECT_EQ(Open().status().code(), StatusCode::kAlreadyExists);
}

}  // namespace
}  // namespace trireme::predict

// SPDX-License-Identifier: Apache-2.0
#include "tables/duckdb/duck_tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "base/testing/temp_dir.h"

namespace trireme::duck {
namespace {

using table::Batch;
using table::ColumnType;
using table::ColumnWish;
using table::Format;
using testing::HasSubstr;

class DuckTablesTest : public testing::Test {
 protected:
  DuckTablesTest() : tables_(*DuckTables::Open(table::TablesOptions{.threads = 2})) {}

  std::string Write(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = folder_.path() / name;
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }

  // What the reader gives, row by row, columns with a space between; then why it ended.
  static std::vector<std::string> Rows(table::Reader& reader) {
    std::vector<std::string> rows;
    while (true) {
      const Result<Batch> batch = reader.Next();
      if (!batch.ok()) {
        rows.push_back(batch.status().message());
        return rows;
      }
      if (batch->rows == 0) return rows;
      for (size_t row = 0; row < batch->rows; ++row) rows.push_back(RowText(*batch, row));
    }
  }

  static std::string RowText(const Batch& batch, size_t row) {
    std::string text;
    for (const table::ColumnView& column : batch.columns) text += (text.empty() ? "" : " ") + ValueText(column, row);
    return text;
  }

  static std::string ValueText(const table::ColumnView& column, size_t row) {
    if (!column.IsValid(row)) return "null";
    switch (column.type) {
      case ColumnType::kBool:
        return column.At<uint8_t>(row) != 0 ? "true" : "false";
      case ColumnType::kInt64:
        return std::to_string(column.At<int64_t>(row));
      case ColumnType::kUint64:
        return std::to_string(column.At<uint64_t>(row));
      case ColumnType::kFp32:
        return std::to_string(column.At<float>(row));
      case ColumnType::kFp64:
        return std::to_string(column.At<double>(row));
      case ColumnType::kText:
        break;
    }
    return std::string(column.At<std::string_view>(row));
  }

  std::vector<std::string> ReadAll(const table::SourceSpec& spec, const table::ReadRules& rules) {
    const auto source = tables_->Open(spec);
    if (!source.ok()) return {source.status().message()};
    auto reader = (*source)->Read(rules);
    if (!reader.ok()) return {reader.status().message()};
    return Rows(**reader);
  }

  TempDir folder_;
  std::unique_ptr<table::Tables> tables_;
};

ColumnWish Number(const std::string& name) {
  return {.name = name, .as = ColumnWish::As::kNumber};
}

ColumnWish AsText(const std::string& name) {
  return {.name = name, .as = ColumnWish::As::kText};
}

TEST_F(DuckTablesTest, TellsColumnsAndTypesOfCsv) {
  const auto source = tables_->Open({.files = Write("a.csv", "id,x,name\n007,1.5,\"a, b\"\n8,2,c\n")});
  ASSERT_TRUE(source.ok()) << source.status();
  ASSERT_EQ((*source)->columns().size(), 3u);
  EXPECT_EQ((*source)->columns()[1].name, "x");
  EXPECT_EQ((*source)->columns()[1].type, ColumnType::kFp64);
  EXPECT_EQ((*source)->columns()[2].type, ColumnType::kText);
}

TEST_F(DuckTablesTest, ReadsTheColumnsThatAreWantedInTheirOrder) {
  const std::string file = Write("a.csv", "id,x,name\r\n007,1.5,\"a, \"\"b\"\"\"\r\n8,2,c\r\n");
  EXPECT_EQ(ReadAll({.files = file}, {.columns = {AsText("name"), Number("x"), AsText("id")}}),
            (std::vector<std::string>{"a, \"b\" 1.500000 007", "c 2.000000 8"}));
}

TEST_F(DuckTablesTest, NamesLineAndColumnOfWhatIsNoNumber) {
  const std::string file = Write("a.csv", "id,x\n1,1.5\n2,abc\n3,2\n");
  const auto rows = ReadAll({.files = file}, {.columns = {Number("x")}});
  EXPECT_EQ(rows.back(), file + " line 3: column \"x\": expected a number, found 'abc'");
}

TEST_F(DuckTablesTest, ABlankIsNoNumberUnlessItMayBe) {
  const std::string file = Write("a.csv", "id,x\n1,1.5\n2,\n");
  EXPECT_THAT(ReadAll({.files = file}, {.columns = {Number("x")}}).back(),
              HasSubstr("line 3: column \"x\": expected a number, found nothing"));
  EXPECT_EQ(ReadAll({.files = file}, {.columns = {Number("x")}, .blank_numbers = true}),
            (std::vector<std::string>{"1.500000", "null"}));
}

TEST_F(DuckTablesTest, PassesOverBadLinesAndSaysWhich) {
  const std::string file = Write("a.csv", "id,x\n1,1.5\n2,abc\n3,1,4\n5\n\"6\",\n7,8\n");
  const auto source = tables_->Open({.files = file});
  ASSERT_TRUE(source.ok()) << source.status();
  auto reader = (*source)->Read({.columns = {Number("x")}, .skip_bad_lines = true});
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ(Rows(**reader), (std::vector<std::string>{"1.500000", "8.000000"}));
  const auto skipped = (*reader)->Skipped(3);
  ASSERT_TRUE(skipped.ok()) << skipped.status();
  EXPECT_EQ(skipped->count, 4u);
  ASSERT_EQ(skipped->first.size(), 3u);
  EXPECT_EQ(skipped->first[0].line, 3u);
  EXPECT_EQ(skipped->first[0].file, file);
  EXPECT_EQ(skipped->first[0].problem, "column \"x\": expected a number, found 'abc'");
  EXPECT_EQ(skipped->first[1].problem, "expected 2 columns, found 3");
  EXPECT_EQ(skipped->first[2].problem, "expected 2 columns, found 1");
}

TEST_F(DuckTablesTest, NamesTheLineWhoseQuoteDoesNotEnd) {
  const std::string file = Write("a.csv", "x,y\n1,2\n\"3,4\n5,6\n");
  EXPECT_EQ(ReadAll({.files = file}, {.columns = {Number("x")}}).back(),
            file + " line 3: a quoted value that does not end");
}

TEST_F(DuckTablesTest, PassesOverNoRowsThatAQuoteTakesIn) {
  for (const char* lines : {"\"3,4\n5,6\n", "3,\"4\n5,6\n7,\"8\"\n9,10\n", "\"3,4\r\n5,6\r\n"}) {
    const std::string end = std::string(lines).find('\r') == std::string::npos ? "\n" : "\r\n";
    const std::string file = Write("a.csv", "x,y" + end + "1,2" + end + lines);
    const auto source = tables_->Open({.files = file});
    ASSERT_TRUE(source.ok()) << source.status();
    auto reader = (*source)->Read({.columns = {Number("x"), Number("y")}, .skip_bad_lines = true});
    ASSERT_TRUE(reader.ok()) << reader.status();
    EXPECT_EQ(Rows(**reader)[0], "1.000000 2.000000");
    const auto skipped = (*reader)->Skipped(3);
    EXPECT_EQ(skipped.status().code(), StatusCode::kInvalidArgument);
    EXPECT_EQ(skipped.status().message(),
              file +
                  " line 3: a quoted value that does not end; it may have taken in rows behind it, so that this line "
                  "cannot be passed over");
  }
}

TEST_F(DuckTablesTest, PassesOverALineWithSomethingBehindAQuote) {
  const std::string file = Write("a.csv", "x,y\n1,2\n\"3\"x,4\n5,6\n\"no\nnumber\",7\n8,9\n");
  const auto source = tables_->Open({.files = file});
  auto reader = (*source)->Read({.columns = {Number("x"), Number("y")}, .skip_bad_lines = true});
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_THAT(Rows(**reader), testing::ElementsAre("1.000000 2.000000", "5.000000 6.000000", "8.000000 9.000000"));
  const auto skipped = (*reader)->Skipped(3);
  ASSERT_TRUE(skipped.ok()) << skipped.status();
  EXPECT_EQ(skipped->count, 2u);
  EXPECT_EQ(skipped->first[0].problem, "a quoted value that does not end");
  EXPECT_EQ(skipped->first[1].problem, "column \"x\": expected a number, found 'no', in a row of more than one line");
}

TEST_F(DuckTablesTest, ReadsFilesOfAPatternInOrderAndWantsTheSameColumns) {
  Write("p-1.csv", "x,y\n1,2\n");
  Write("p-2.csv", "x,y\n3,4\n");
  const std::string pattern = (folder_.path() / "p-*.csv").string();
  EXPECT_EQ(ReadAll({.files = pattern}, {.columns = {AsText("x")}}), (std::vector<std::string>{"1", "3"}));
  const std::string odd = Write("p-3.csv", "y,x\n5,6\n");
  EXPECT_THAT(ReadAll({.files = pattern}, {.columns = {AsText("x")}}).back(),
              HasSubstr(odd + ": expected the columns of"));
}

TEST_F(DuckTablesTest, AFileMayHaveTheNameOfAPattern) {
  Write("rows1.csv", "x,y\n9,9\n");
  for (const char* name : {"rows[1].csv", "rows?.csv", "*.csv", "rows[.csv", "a'[b]\"c.csv"}) {
    const std::string file = Write(name, "x,y\n1,2\n");
    EXPECT_EQ(ReadAll({.files = file}, {.columns = {AsText("x")}}), (std::vector<std::string>{"1"})) << name;
    std::filesystem::remove(file);
  }
  const std::string lines = Write("rows[1].jsonl", "{\"x\":1}\n");
  EXPECT_EQ(ReadAll({.files = lines, .format = Format::kJsonLines}, {.columns = {AsText("x")}}),
            (std::vector<std::string>{"1"}));
  Write("rows[2].csv", "x,y\n3,4\n");
  EXPECT_EQ(ReadAll({.files = (folder_.path() / "rows[[]*.csv").string()}, {.columns = {AsText("x")}}),
            (std::vector<std::string>{"3"}));
}

TEST_F(DuckTablesTest, GivesNumbersInJsonLinesAsTheTextThatTheyAre) {
  const std::string file = Write("a.jsonl", "{\"x\":1.5}\n{\"x\":\"abc\"}\n{\"y\":2}\n");
  EXPECT_EQ(ReadAll({.files = file, .format = Format::kJsonLines}, {.columns = {Number("x")}}),
            (std::vector<std::string>{"1.5", "abc", "null"}));
}

TEST_F(DuckTablesTest, ReadsAColumnOfJsonLinesInTwoWays) {
  const std::string file = Write("a.jsonl", "{\"x\":1.5}\n{\"x\":2}\n");
  EXPECT_EQ(ReadAll({.files = file, .format = Format::kJsonLines}, {.columns = {Number("x"), {.name = "x"}}}),
            (std::vector<std::string>{"1.5 1.500000", "2 2.000000"}));
}

TEST_F(DuckTablesTest, MakesNothingOfALineOfJsonThatIsPassedOver) {
  const std::string file = Write("a.jsonl", "{\"x\":1.5}\nnope\n{\"x\":\"abc\"}\n{\"x\":2}\n");
  EXPECT_EQ(ReadAll({.files = file, .format = Format::kJsonLines},
                    {.columns = {Number("x"), AsText("x")}, .skip_bad_lines = true}),
            (std::vector<std::string>{"1.5 1.5", "null null", "abc abc", "2 2"}));
}

TEST_F(DuckTablesTest, WantsAnObjectOnEachLineOfJson) {
  const std::string file = Write("a.jsonl", "{\"x\":1.5}\n[1,2]\n");
  EXPECT_THAT(tables_->Open({.files = file, .format = Format::kJsonLines}).status().message(),
              HasSubstr("expected a JSON object on each line"));
}

TEST_F(DuckTablesTest, NamesTheLineThatIsNoJson) {
  const std::string file = Write("a.jsonl", "{\"x\":1.5}\n{\"x\":1.5}\nnope\n{\"x\":2}\n");
  EXPECT_EQ(ReadAll({.files = file, .format = Format::kJsonLines}, {.columns = {Number("x")}}).back(),
            file + " line 3: expected a JSON object");
}

TEST_F(DuckTablesTest, RunsAQueryAndNothingElse) {
  EXPECT_EQ(ReadAll({.files = "", .query = "select i as x, i * 2 as y from range(3) t(i); "},
                    {.columns = {AsText("y"), {.name = "x"}}}),
            (std::vector<std::string>{"0 0", "2 1", "4 2"}));
  EXPECT_FALSE(tables_->Open({.files = "", .query = "create table t(i int)"}).ok());
  EXPECT_FALSE(tables_->Open({.files = "", .query = "select 1) t; drop table t; select * from (select 2"}).ok());
}

TEST_F(DuckTablesTest, StopsAtTheLimit) {
  EXPECT_EQ(ReadAll({.files = Write("a.csv", "x,y\n1,1\n2,1\n3,1\n"), .limit = 2}, {.columns = {AsText("x")}}).size(),
            2u);
}

TEST_F(DuckTablesTest, SaysThatAFileOrColumnIsNotThere) {
  const auto missing = tables_->Open({.files = "/nonexistent/x.csv"});
  EXPECT_EQ(missing.status().code(), StatusCode::kNotFound);
  const auto source = tables_->Open({.files = Write("a.csv", "price,y\n1,2\n")});
  const auto reader = (*source)->Read({.columns = {{.name = "prize"}}});
  EXPECT_EQ(reader.status().code(), StatusCode::kNotFound);
  EXPECT_THAT(reader.status().message(), HasSubstr("price"));
}

TEST_F(DuckTablesTest, ReadsNothingFromANetwork) {
  const auto source = tables_->Open({.files = "", .query = "select * from 'https://127.0.0.1:1/x.parquet'"});
  EXPECT_EQ(source.status().code(), StatusCode::kUnsupported) << source.status();
}

// Ids and squares of them, a half of each empty.
class DuckWriterTest : public DuckTablesTest {
 protected:
  Status WriteTable(const std::filesystem::path& file, Format format, bool header = true) {
    const std::vector<std::string_view> names = {"a", "b \"c\"", "", "é"};
    const std::vector<float> matrix = {0.5F, 1, 1.5F, 2, 2.5F, 3, 3.5F, 4};
    const uint64_t valid = 0b1011;
    auto writer = tables_->Create(
        {.file = file,
         .format = format,
         .columns = {{.name = "name", .type = ColumnType::kText}, {.name = "score", .type = ColumnType::kFp32}},
         .header = header});
    RETURN_IF_ERROR(writer.status());
    const Batch batch = {.rows = 4,
                         .columns = {{.type = ColumnType::kText,
                                      .values = names.data(),
                                      .stride = sizeof(std::string_view),
                                      .valid = &valid},
                                     {.type = ColumnType::kFp32, .values = &matrix[1], .stride = 2 * sizeof(float)}},
                         .keep_alive = nullptr};
    RETURN_IF_ERROR((*writer)->Append(batch));
    return (*writer)->Close();
  }

  static std::string Contents(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

TEST_F(DuckWriterTest, WritesCsv) {
  const std::filesystem::path file = folder_.path() / "out.csv";
  ASSERT_EQ(WriteTable(file, Format::kCsv).code(), StatusCode::kOk);
  EXPECT_EQ(Contents(file), "name,score\na,1.0\n\"b \"\"c\"\"\",2.0\n,3.0\né,4.0\n");
  ASSERT_EQ(WriteTable(file, Format::kCsv, false).code(), StatusCode::kOk);
  EXPECT_TRUE(Contents(file).starts_with("a,1.0\n"));
}

TEST_F(DuckWriterTest, WritesJsonLines) {
  const std::filesystem::path file = folder_.path() / "out.jsonl";
  ASSERT_EQ(WriteTable(file, Format::kJsonLines).code(), StatusCode::kOk);
  EXPECT_TRUE(Contents(file).starts_with("{\"name\":\"a\",\"score\":1.0}\n")) << Contents(file);
}

TEST_F(DuckWriterTest, WritesAndJoinsParquet) {
  const std::filesystem::path one = folder_.path() / "[1].parquet";
  const std::filesystem::path both = folder_.path() / "both*.parquet";
  ASSERT_EQ(WriteTable(one, Format::kParquet).code(), StatusCode::kOk);
  ASSERT_EQ(tables_->JoinParquet({one, one}, both).code(), StatusCode::kOk);
  const auto rows = ReadAll({.files = both.string(), .format = Format::kParquet}, {.columns = {{.name = "score"}}});
  EXPECT_EQ(rows.size(), 8u);
  EXPECT_EQ(rows[4], "1.000000");
}

TEST_F(DuckWriterTest, SaysThatAFileCannotBeWritten) {
  const Status status = WriteTable("/nonexistent/out.csv", Format::kCsv);
  EXPECT_EQ(status.code(), StatusCode::kUnavailable) << status;
}

TEST_F(DuckWriterTest, IsGivenUpWithoutClose) {
  auto writer = tables_->Create({.file = folder_.path() / "out.csv", .columns = {{.name = "x"}}});
  ASSERT_TRUE(writer.ok());
  writer->reset();  // returns
}

TEST_F(DuckTablesTest, EndsSoonWhenCancelled) {
  const auto source = tables_->Open({.files = "", .query = "select i as x from range(1000000000000) t(i)"});
  ASSERT_TRUE(source.ok()) << source.status();
  auto reader = (*source)->Read({.columns = {{.name = "x"}}});
  ASSERT_TRUE((*reader)->Next().ok());
  (*reader)->Cancel();
  EXPECT_EQ((*reader)->Next().status().code(), StatusCode::kCancelled);
}

}  // namespace
}  // namespace trireme::duck

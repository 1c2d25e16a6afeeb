// SPDX-License-Identifier: Apache-2.0
#include "repository/recorded_requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/testing/temp_dir.h"
#include "repository/version_files.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RecordedRequestsTest : public ::testing::Test {
 protected:
  RecordedRequestsTest() { dir_.Write("m/1/model.onnx"); }

  // The one model there is.
  ModelEntry Entry() {
    const auto scan = ScanRepository(std::vector{dir_.path()}, {});
    EXPECT_TRUE(scan.ok() && scan->models.size() == 1);
    return scan->models.at(0);
  }
  std::vector<std::string> Found() {
    const ModelEntry entry = Entry();
    const auto files = FindRecordedRequests(entry, entry.version_folder);
    EXPECT_TRUE(files.ok()) << files.status();
    std::vector<std::string> names;
    for (const fs::path& file : *files) names.push_back(NameOfRecordedRequest(entry, file));
    return names;
  }
  std::string Refusal(const fs::path& file) {
    const auto body = ReadRecordedRequest(Entry(), file);
    EXPECT_EQ(body.status().code(), StatusCode::kInvalidArgument);
    return body.status().message();
  }

  TempDir dir_;
};

TEST_F(RecordedRequestsTest, LieInTheModelsFolderInOrderOfTheirNames) {
  EXPECT_THAT(Found(), IsEmpty());
  for (const char* name : {"b.json", "a.json", "raw_data", ".c.json", "d.json~"})
    dir_.Write(fs::path("m/warmup") / name);
  EXPECT_THAT(Found(), ElementsAre("warmup/a.json", "warmup/b.json"));
}

TEST_F(RecordedRequestsTest, OfAVersionGoBeforeThoseOfTheModel) {
  dir_.Write("m/warmup/a.json");
  dir_.Write("m/1/warmup/b.json");
  EXPECT_THAT(Found(), ElementsAre("1/warmup/b.json"));
}

TEST_F(RecordedRequestsTest, AreNotTheDataOfAWarmUpSample) {
  dir_.Write("m/warmup/text.json", std::string("\2\0\0\0{}", 6));
  dir_.Write("m/warmup/request.json");
  dir_.Write("m/config.pbtxt", R"(max_batch_size: 1 model_warmup { name: "w" batch_size: 1
      inputs { key: "x" value { data_type: TYPE_STRING dims: [1] input_data_file: "text.json" } } })");
  EXPECT_THAT(Found(), ElementsAre("warmup/request.json"));
}

TEST_F(RecordedRequestsTest, AreNoPartOfTheModel) {
  const auto names = [&] {
    std::vector<std::string> found;
    const auto version = FilesOfVersion(Entry());
    for (const VersionFile& file : version->files) found.push_back(file.name);
    return found;
  };
  const uint64_t bytes = Entry().file_bytes;
  dir_.Write("m/1/warmup/a.json", "{}");
  EXPECT_THAT(names(), ElementsAre("model.onnx"));
  EXPECT_EQ(Entry().file_bytes, bytes);
  dir_.Write("m/1/warmup/weights", "{}");
  dir_.Write("m/1/other/a.json", "{}");
  EXPECT_THAT(names(), ElementsAre("model.onnx", "other/a.json", "warmup/weights"));
}

TEST_F(RecordedRequestsTest, ArePartOfTheFingerprint) {
  for (const char* file : {"m/warmup/a.json", "m/1/warmup/a.json"}) {
    const uint64_t before = Entry().fingerprint;
    dir_.Write(file, "{}");
    const uint64_t with = Entry().fingerprint;
    EXPECT_NE(with, before);
    EXPECT_EQ(with, Entry().fingerprint);
    dir_.Write(file, "{ }");
    EXPECT_NE(Entry().fingerprint, with);
  }
}

TEST_F(RecordedRequestsTest, AreBoundedInNumber) {
  for (size_t i = 0; i <= kMostRecordedRequests; ++i) dir_.Write("m/warmup/" + std::to_string(i) + ".json");
  const ModelEntry entry = Entry();
  EXPECT_EQ(FindRecordedRequests(entry, entry.version_folder).status().message(),
            "folder \"warmup\": expected at most 100 recorded requests (*.json), found 101");
}

TEST_F(RecordedRequestsTest, TheLargestSaysWhatIsTakenWhileTheyAreRun) {
  EXPECT_EQ(Entry().warmup_bytes, 0U);
  dir_.Write("m/warmup/a.json", std::string(1000, ' '));
  dir_.Write("m/warmup/b.json", std::string(10, ' '));
  EXPECT_EQ(Entry().warmup_bytes, 5000U);
  dir_.Write("m/config.pbtxt", R"(max_batch_size: 8 model_warmup { name: "w" batch_size: 8
      inputs { key: "x" value { data_type: TYPE_FP32 dims: [1000] zero_data: true } } })");
  EXPECT_EQ(Entry().warmup_bytes, 32000U);
}

TEST_F(RecordedRequestsTest, AreRead) {
  const fs::path file = dir_.Write("m/1/warmup/a.json", "{}");
  EXPECT_EQ(ReadRecordedRequest(Entry(), file).value(), "{}");
  fs::resize_file(file, kMostRecordedBytes + 1);
  EXPECT_EQ(Refusal(file),
            "expected a file of at most 67108864 bytes in the model's folder, found a file of more than 67108864 "
            "bytes");
}

TEST_F(RecordedRequestsTest, StayInTheModelsFolder) {
  const fs::path shared = dir_.Write("m/warmup/shared.json", "{}");
  const fs::path elsewhere = dir_.Write(".elsewhere/a.json", "{}");
  fs::create_directories(dir_ / "m/1/warmup");
  const auto link = [&](const fs::path& to, const char* name) {
    fs::path at = dir_ / "m/1/warmup" / name;
    fs::create_symlink(to, at);
    return at;
  };
  EXPECT_EQ(ReadRecordedRequest(Entry(), link(shared, "inside.json")).value(), "{}");
  EXPECT_THAT(Refusal(link(elsewhere, "outside.json")), HasSubstr("found a link that leads out of the model's folder"));
  EXPECT_THAT(Refusal(link("nowhere", "broken.json")), HasSubstr("found a link that leads nowhere"));
  EXPECT_THAT(Refusal(link(dir_ / "m/1", "folder.json")), HasSubstr("found a folder"));
}

TEST_F(RecordedRequestsTest, OfAVersionThatIsALinkLieThere) {
  dir_.Write(".store/x/model.onnx");
  dir_.Write(".store/x/warmup/a.json", "{}");
  fs::remove_all(dir_ / "m/1");
  fs::create_symlink(dir_ / ".store/x", dir_ / "m/1");
  EXPECT_THAT(Found(), ElementsAre("1/warmup/a.json"));
  EXPECT_EQ(ReadRecordedRequest(Entry(), dir_ / "m/1/warmup/a.json").value(), "{}");
}

}  // namespace
}  // namespace trireme

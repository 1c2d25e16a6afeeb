// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/model_store.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace trireme::torchserve {
namespace {

class ModelStoreTest : public testing::Test {
 protected:
  ModelStoreTest() {
    std::string name = "/tmp/model_store_XXXXXX";
    folder_ = mkdtemp(name.data());
    std::filesystem::create_directory(folder_ / "store");
    std::ofstream(folder_ / "store" / "m.mar") << "x";
    std::ofstream(folder_ / "secret") << "x";
    std::filesystem::create_symlink(folder_ / "secret", folder_ / "store" / "link");
    options_.model_store = folder_ / "store";
  }
  ~ModelStoreTest() override { std::filesystem::remove_all(folder_); }

  std::string Find(const std::string& url) {
    const auto found = FindInStore(options_, url);
    if (const Failure* const failure = std::get_if<Failure>(&found)) {
      return std::to_string(failure->code()) + " " + failure->message;
    }
    if (std::holds_alternative<MustFetch>(found)) return "must be fetched";
    return std::get<std::filesystem::path>(found).filename();
  }

  std::filesystem::path folder_;
  Options options_;
};

TEST_F(ModelStoreTest, FindsAFileByItsNameItsPathAndItsUrl) {
  EXPECT_EQ(Find("m.mar"), "m.mar");
  const std::string path = std::filesystem::canonical(folder_ / "store" / "m.mar");
  EXPECT_EQ(Find(path), "m.mar");
  EXPECT_EQ(Find("file://" + path), "m.mar");
}

TEST_F(ModelStoreTest, RefusesWhatIsNotInTheStore) {
  EXPECT_EQ(Find(""), "404 empty url");
  EXPECT_EQ(Find("n.mar"), "404 Model not found at: n.mar");
  EXPECT_EQ(Find("../secret"), "404 Relative path is not allowed in url: ../secret");
  EXPECT_EQ(Find(std::string("m.mar\0x", 7)), "404 Model not found at: 'm.mar\\u0000x'");
  EXPECT_EQ(Find("link"), "404 Given URL link does not match any allowed URL(s)");
  EXPECT_EQ(Find("/etc/hostname"), "404 Given URL /etc/hostname does not match any allowed URL(s)");
  EXPECT_EQ(Find("file:///etc/hostname"), "404 Given URL file:///etc/hostname does not match any allowed URL(s)");
  EXPECT_EQ(Find("."), "404 Given URL . does not match any allowed URL(s)");
}

TEST_F(ModelStoreTest, FetchesNothingThatIsNotAllowed) {
  EXPECT_EQ(Find("https://example.com/m.mar"),
            "404 Given URL https://example.com/m.mar does not match any allowed URL(s)");
  options_.allowed_urls = *AllowedUrls::Parse("https://example.com/.*");
  EXPECT_EQ(Find("https://example.com/m.mar"), "must be fetched");
  EXPECT_EQ(Find("m.mar"), "m.mar") << "patterns are of URLs";
  EXPECT_EQ(Find("file://" + (std::filesystem::canonical(folder_) / "store/m.mar").string()).substr(0, 14),
            "404 Given URL ");
  EXPECT_EQ(Find("s3://bucket/m.mar"), "404 Given URL s3://bucket/m.mar does not match any allowed URL(s)");
}

TEST_F(ModelStoreTest, ListsWhatLooksLikeModels) {
  for (const char* name : {"README.md", ".hidden.mar", "net.onnx"}) std::ofstream(folder_ / "store" / name) << "x";
  std::filesystem::create_directory(folder_ / "store" / "folder");
  EXPECT_EQ(ListStore(options_), (std::vector<std::string>{"folder", "m.mar", "net.onnx"}));
}

TEST_F(ModelStoreTest, WithoutAStoreThereIsNothing) {
  options_.model_store = "";
  EXPECT_EQ(Find("m.mar"), "404 Model not found at: m.mar");
}

TEST(NameOfUrl, IsTheStemInWords) {
  EXPECT_EQ(NameOfUrl("a/resnet-18.v2.mar"), "resnet_18_v2");
  EXPECT_EQ(NameOfUrl("m.tar.gz"), "m");
  EXPECT_EQ(NameOfUrl("model.onnx"), "model");
}

}  // namespace
}  // namespace trireme::torchserve

// SPDX-License-Identifier: Apache-2.0
#include "protocols/sagemaker/load_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/temp_dir.h"

namespace trireme::sagemaker {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

TEST(ReadLoadRequest, ReadsEitherForm) {
  const auto json = ReadLoadRequest(R"({"model_name":"a b","url":"/opt/ml/models/a/model","x":[1]})", "");
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_EQ(json->model_name, "a b");
  EXPECT_EQ(json->url, "/opt/ml/models/a/model");
  const auto query = ReadLoadRequest("", "url=%2Fopt%2Fml%2Fmodels%2Fa&model_name=n&handler=h&initial_workers=1");
  ASSERT_TRUE(query.ok()) << query.status();
  EXPECT_EQ(query->model_name, "n");
  EXPECT_EQ(query->url, "/opt/ml/models/a");
}

TEST(ReadLoadRequest, NamesWhatIsMissing) {
  EXPECT_EQ(ReadLoadRequest(R"({"model_name":"a"})", "").status().message(),
            "Parameter url is required: expected the path of a model's folder or file, found nothing");
  EXPECT_EQ(ReadLoadRequest(R"({"url":"/a","model_name":""})", "").status().message(),
            "Parameter model_name is required: expected the name that requests shall use, found an empty text");
  EXPECT_EQ(ReadLoadRequest("", "url=/a").status().message(),
            "Parameter model_name is required: expected the name that requests shall use, found nothing");
}

TEST(ReadLoadRequest, NamesWhatIsNotAsItShouldBe) {
  EXPECT_EQ(ReadLoadRequest(R"({"url":5,"model_name":"a"})", "").status().message(),
            "url: expected a string, found number 5 at byte 7");
  EXPECT_EQ(ReadLoadRequest(R"({"url":"/a","model_name":null})", "").status().message(),
            "model_name: expected a string, found null at byte 25");
  EXPECT_EQ(ReadLoadRequest("", "url=/a%2&model_name=a").status().message(),
            "url: expected two hexadecimal digits behind '%', found '2'");
  EXPECT_EQ(ReadLoadRequest(R"({"url":"/a","model_name":"a/b"})", "").status().message(),
            "model_name: expected a name without '/' and '\\' that is not '.' or '..', found 'a/b'");
}

TEST(ReadLoadRequest, RefusesWhatIsNone) {
  for (const char* body :
       {"", "[]", "{", R"({"url":5,"model_name":"a"})", R"({"url":"/a","url":"/b","model_name":"a"})",
        R"({"url":"/a","model_name":"a/b"})", R"({"url":"/a","model_name":".."})"}) {
    EXPECT_EQ(ReadLoadRequest(body, "").status().code(), StatusCode::kInvalidArgument) << body;
  }
  EXPECT_EQ(ReadLoadRequest("", "url=%&model_name=a").status().code(), StatusCode::kInvalidArgument);
}

TEST(ResolveModelUrl, StaysBelowTheFolderOfModels) {
  const TempDir dir;
  const fs::path models = dir.MakeFolder("models");
  dir.Write("models/a/model/model.onnx");
  dir.Write("elsewhere/model.onnx");
  fs::create_directory_symlink(dir / "elsewhere", models / "out");
  fs::create_directory_symlink(models / "a", models / "in");
  const auto resolve = [&](const fs::path& url) { return ResolveModelUrl(models, url.string()); };
  EXPECT_EQ(*resolve(models / "a/model"), fs::canonical(models / "a/model"));
  EXPECT_EQ(*resolve(models / "a/model/"), fs::canonical(models / "a/model"));
  EXPECT_EQ(*resolve(models / "in/model"), fs::canonical(models / "a/model"));
  EXPECT_EQ(resolve(models / "nowhere").status().code(), StatusCode::kNotFound);
  for (const fs::path& url :
       {models, models / "", dir / "elsewhere", models / "out", models / "out/model.onnx", models / "../elsewhere",
        models / "a/../a/model", fs::path(models.string() + "x/a"), fs::path("a/model"), fs::path(), fs::path("/"),
        fs::path("/dev/zero"), fs::path("/proc/self/mem"), fs::path("/sys"), fs::path("s3://bucket/model"),
        fs::path("file://" + (models / "a").string()), models / std::string(5000, 'a'), models / "a\n"}) {
    EXPECT_EQ(resolve(url).status().code(), StatusCode::kInvalidArgument) << url;
  }
  EXPECT_THAT(resolve("/dev/zero").status().message(), HasSubstr("found '/dev/zero'"));
  EXPECT_EQ(resolve("/" + std::string(10239, 'a')).status().message(),
            "url: expected at most 4096 bytes, found '/" + std::string(255, 'a') + "...' (10240 bytes)");
  const std::string missing = resolve(models / std::string(1000, 'a')).status().message();
  EXPECT_THAT(missing, HasSubstr("bytes): "));
  EXPECT_LT(missing.size(), 400U);
  EXPECT_FALSE(ResolveModelUrl(models, (models / "a").string() + std::string("\0b", 2)).ok());
}

}  // namespace
}  // namespace trireme::sagemaker

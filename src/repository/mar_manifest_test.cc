// SPDX-License-Identifier: Apache-2.0
#include "repository/mar_manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/testing/temp_dir.h"

namespace trireme {
namespace {

using ::testing::HasSubstr;

TEST(ParseMarManifest, ReadsWhatTheArchiverWrites) {
  const auto manifest = ParseMarManifest(R"({
    "createdOn": "30/05/2020 11:30:00", "runtime": "python3", "archiverVersion": "0.9.0", "implementationVersion": "1",
    "description": "a model",
    "model": {"modelName": "resnet-18", "serializedFile": "resnet18.pt", "handler": "image_classifier",
              "modelFile": null, "modelVersion": "1.0", "requirementsFile": "requirements.txt",
              "configFile": "model-config.yaml", "sourceVocab": "vocab.pt", "envelope": "json",
              "extensions" : {"a": [1, 2]} , "minWorkers": 1}
  })");
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_EQ(manifest->model_name, "resnet-18");
  EXPECT_EQ(manifest->model_version, "1.0");
  EXPECT_EQ(manifest->runtime, MarManifest::Runtime::kPython3);
  EXPECT_EQ(Name(manifest->runtime), "python3");
  EXPECT_EQ(manifest->serialized_file, "resnet18.pt");
  EXPECT_EQ(manifest->model_file, "");
  EXPECT_EQ(manifest->handler, "image_classifier");
  EXPECT_EQ(manifest->config_file, "model-config.yaml");
  EXPECT_EQ(manifest->requirements_file, "requirements.txt");
  EXPECT_EQ(manifest->source_vocab, "vocab.pt");
  EXPECT_EQ(manifest->envelope, "json");
  EXPECT_EQ(manifest->extensions, "{\"a\": [1, 2]}");
  EXPECT_EQ(manifest->description, "a model");
  EXPECT_EQ(manifest->created_on, "30/05/2020 11:30:00");
  EXPECT_EQ(manifest->archiver_version, "0.9.0");
}

TEST(ParseMarManifest, TakesAVersionThatIsANumberAsItIsSpelled) {
  EXPECT_EQ(ParseMarManifest(R"({"runtime":"LSP","model":{"modelName":"a","modelVersion":1.10}})")->model_version,
            "1.10");
}

struct Refused {
  std::string json;
  const char* why;
};

std::string Model(const std::string& entries) {
  return R"({"runtime":"python","model":{"modelName":"a","modelVersion":"1",)" + entries + "}}";
}

TEST(ParseMarManifest, SaysWhatIsWrong) {
  const std::vector<Refused> cases = {
      {"{}", "Missing Model entry in manifest file."},
      {R"({"model":null})", "Missing Model entry in manifest file."},
      {R"({"runtime":"ruby","model":{"modelName":"a","modelVersion":"1"}})", "Runtime is not defined or invalid."},
      {"", "expected"},
      {"[]", "expected an object"},
      {R"({"model":[]})", "model"},
      {R"({"model":{"modelName":["a"]}})", "model.modelName"},
      {R"({"model":{}} x)", "expected"},
      {R"({"a\nb":1,"a\nb":2})", "a\\x0ab: expected each entry once"},
      {R"({"runtime":"python","runtime":"python"})", "runtime: expected each entry once, found it again"},
      {R"({"runtime":"python","model":{"modelName":"a\nb","modelVersion":"1"}})", "model.modelName: "},
      {Model(R"("serializedFile":"../../etc/passwd")"),
       "model.serializedFile: expected the name of a file of the archive, found \"../../etc/passwd\""},
      {Model(R"("modelFile":"/etc/passwd")"), "model.modelFile: expected the name"},
      {Model(R"("configFile":"a\u0000b")"), "model.configFile: expected the name"},
      {Model(R"("requirementsFile":"a/")"), "model.requirementsFile: expected the name"},
      {Model(R"("sourceVocab":"a\\b")"), "model.sourceVocab: expected the name"},
      {Model(R"("handler":"service.py:")"), "model.handler: expected a handler such as"},
      {Model(R"("handler":"..")"), "model.handler: expected a handler such as"},
      {std::string(kMaxMarManifestBytes + 1, ' '), "expected at most"},
      {"{\"a\":" + std::string(100, '[') + std::string(100, ']') + "}", "at most 32 levels of nesting"},
  };
  for (const Refused& c : cases) {
    const auto manifest = ParseMarManifest(c.json);
    EXPECT_EQ(manifest.status().code(), StatusCode::kInvalidArgument) << c.json;
    EXPECT_THAT(manifest.status().message(), HasSubstr(c.why)) << c.json.substr(0, 200);
  }
}

TEST(ParseMarManifest, TakesTorchServesDefaultsOfWhatIsMissing) {
  const Result<MarManifest> manifest = ParseMarManifest(R"({"model":{"modelName":"","serializedFile":"a.pt"}})");
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_EQ(manifest->model_name, "");
  EXPECT_EQ(manifest->model_version, "1.0");
  EXPECT_EQ(manifest->runtime, MarManifest::Runtime::kPython);
}

TEST(ParseMarHandler, KnowsTorchServesOwn) {
  EXPECT_EQ(ParseMarHandler("image_classifier", false)->kind, HandlerKind::kImageClassifier);
  EXPECT_EQ(ParseMarHandler("object_detector", false)->kind, HandlerKind::kObjectDetector);
  EXPECT_EQ(ParseMarHandler("vllm_handler", false)->kind, HandlerKind::kVllm);
  EXPECT_EQ(ParseMarHandler("TorchScriptHandler", false)->kind, HandlerKind::kCppTorchScript);
  EXPECT_FALSE(ParseMarHandler("image_classifier.py", false).ok());
  EXPECT_FALSE(ParseMarHandler("Image_Classifier", false).ok());
  EXPECT_EQ(ParseMarHandler("", false)->kind, HandlerKind::kBase);
}

TEST(ParseMarHandler, ReadsTheFormsOfOwnCode) {
  for (const char* text : {"service.py", "service", "/home/me/service.py", "src/service"}) {
    const auto handler = ParseMarHandler(text, true);
    ASSERT_TRUE(handler.ok()) << text;
    EXPECT_EQ(handler->kind, HandlerKind::kOwnCode);
    EXPECT_EQ(handler->file, "service.py");
    EXPECT_EQ(handler->function, "");
  }
  EXPECT_EQ(ParseMarHandler("service.py:run", true)->function, "run");
  EXPECT_EQ(ParseMarHandler("service:run", true)->file, "service.py");
}

TEST(HandlerOf, TakesAFileOfTheArchiveBeforeAHandlerOfTheSameName) {
  const TempDir folder;
  MarManifest manifest{.handler = "image_classifier"};
  EXPECT_EQ(HandlerOf(manifest, folder.path())->kind, HandlerKind::kImageClassifier);
  folder.Write("image_classifier.py");
  EXPECT_EQ(HandlerOf(manifest, folder.path())->kind, HandlerKind::kOwnCode);
  manifest.handler = "other.py";
  EXPECT_THAT(HandlerOf(manifest, folder.path()).status().message(),
              HasSubstr("expected a file of the archive or one of TorchServe's handlers, found \"other.py\""));
}

}  // namespace
}  // namespace trireme

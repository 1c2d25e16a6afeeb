// SPDX-License-Identifier: Apache-2.0
#include "repository/scan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>
#include <string>
#include <vector>

#include "base/testing/temp_dir.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Somebody who is not the owner of the files, where the tests run as somebody who may read everything.
class AsNobody {
 public:
  AsNobody() : before_(geteuid()) { EXPECT_TRUE(before_ != 0 || seteuid(65534) == 0); }
  ~AsNobody() { EXPECT_EQ(seteuid(before_), 0); }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;

 private:
  const uid_t before_;
};

RepositoryScan Scan(const std::vector<fs::path>& paths, const ModelConfig& defaults = {}) {
  auto scan = ScanRepository(paths, {.defaults = defaults, .config_name = {}});
  EXPECT_TRUE(scan.ok()) << scan.status();
  return std::move(scan).value();
}

std::vector<std::string> Models(const RepositoryScan& scan) {
  std::vector<std::string> names;
  for (const ModelEntry& model : scan.models) names.push_back(model.id.text());
  return names;
}

// The one problem of a scan that found nothing else.
ModelProblem OnlyProblem(const RepositoryScan& scan) {
  EXPECT_THAT(Models(scan), IsEmpty());
  EXPECT_THAT(scan.problems, SizeIs(1));
  return scan.problems.empty() ? ModelProblem{} : scan.problems.front();
}

constexpr const char* kLayouts =
    "expected an .onnx file, a folder of .onnx files, a Triton repository (NAME/VERSION/model.onnx) or one model of it "
    "(VERSION/model.onnx), a SavedModel or its base path (VERSION/saved_model.pb), trees of XGBoost or LightGBM "
    "(.json, "
    ".ubj, .txt), an archive of TorchServe's (.mar), an MLflow model (MLmodel), found ";

TEST(ScanRepository, RefusesToScanNothing) {
  const auto scan = ScanRepository({}, {});
  EXPECT_EQ(scan.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(scan.status().message(), HasSubstr("no path"));
}

TEST(ScanRepository, NamesAFileAfterItsStem) {
  const TempDir dir;
  const fs::path file = dir.Write("resnet50.v2.onnx");
  const RepositoryScan scan = Scan({file});
  ASSERT_THAT(Models(scan), ElementsAre("resnet50.v2/1"));
  EXPECT_EQ(scan.models[0].path, file);
  EXPECT_THAT(scan.models[0].notes, IsEmpty());
  EXPECT_THAT(scan.problems, IsEmpty());
}

TEST(ScanRepository, TakesTheExtensionInAnyCase) {
  const TempDir dir;
  EXPECT_THAT(Models(Scan({dir.Write("A.ONNX")})), ElementsAre("A/1"));
}

TEST(ScanRepository, GivesEveryModelTheDefaults) {
  const TempDir dir;
  ModelConfig defaults;
  defaults.instances = 3;
  defaults.max_rows = 16;
  const RepositoryScan scan = Scan({dir.Write("a.onnx"), dir.Write("b.onnx")}, defaults);
  ASSERT_THAT(scan.models, SizeIs(2));
  for (const ModelEntry& model : scan.models) {
    EXPECT_EQ(model.config.instances, 3);
    EXPECT_EQ(model.config.max_rows, 16);
  }
}

TEST(ScanRepository, ReadsAFolderOfFilesInOrderOfNames) {
  const TempDir dir;
  for (const char* name : {"zebra.onnx", "ant.onnx", "Bee.onnx", "README.md", "ant.onnx.data", "labels.json"}) {
    dir.Write(name);
  }
  const RepositoryScan scan = Scan({dir.path()});
  EXPECT_THAT(Models(scan), ElementsAre("Bee/1", "ant/1", "zebra/1"));
  EXPECT_THAT(scan.problems, IsEmpty());
}

TEST(ScanRepository, ReadsATritonRepository) {
  const TempDir dir;
  dir.Write("resnet/3/model.onnx");
  dir.Write("bert/1/model.onnx");
  const RepositoryScan scan = Scan({dir.path()});
  ASSERT_THAT(Models(scan), ElementsAre("bert/1", "resnet/3"));
  EXPECT_EQ(scan.models[1].path, dir / "resnet/3/model.onnx");
  EXPECT_THAT(scan.problems, IsEmpty());
}

TEST(ScanRepository, ReadsFilesAndModelFoldersSideBySide) {
  const TempDir dir;
  dir.Write("plain.onnx");
  dir.Write("versioned/2/model.onnx");
  EXPECT_THAT(Models(Scan({dir.path()})), ElementsAre("plain/1", "versioned/2"));
}

TEST(ScanRepository, ServesTheNewestVersionByNumberNotByText) {
  const TempDir dir;
  for (const char* version : {"2", "10", "9"}) dir.Write(fs::path("m") / version / "model.onnx");
  const RepositoryScan scan = Scan({dir.path()});
  ASSERT_THAT(Models(scan), ElementsAre("m/10"));
  EXPECT_THAT(scan.models[0].notes, ElementsAre(HasSubstr("version 10 is served, the newest; not served: 2, 9")));
}

TEST(ScanRepository, ReadsOneModelFolder) {
  const TempDir dir;
  dir.Write("resnet/1/model.onnx");
  EXPECT_THAT(Models(Scan({dir / "resnet"})), ElementsAre("resnet/1"));
  EXPECT_THAT(Models(Scan({dir / "resnet/"})), ElementsAre("resnet/1"));
  EXPECT_THAT(Models(Scan({dir / "resnet/1/.."})), ElementsAre("resnet/1"));
}

TEST(ScanRepository, ReadsARepositoryOfModelsThatAreNamedByDigits) {
  const TempDir dir;
  dir.Write("2024/1/model.onnx");
  dir.Write("7/5/model.onnx");
  EXPECT_THAT(Models(Scan({dir.path()})), ElementsAre("2024/1", "7/5"));
}

TEST(ScanRepository, AModelFolderMayBeNamedLikeAFileOfAnotherFamily) {
  const TempDir dir;
  dir.Write("resnet.pt/1/model.onnx");
  EXPECT_THAT(Models(Scan({dir.path()})), ElementsAre("resnet.pt/1"));
}

TEST(ScanRepository, PassesOverFoldersThatAreNoVersionsWithANote) {
  const TempDir dir;
  for (const char* folder : {"2", "03", "0", "v4", "99999999999999999999"}) {
    dir.Write(fs::path("m") / folder / "model.onnx");
  }
  const RepositoryScan scan = Scan({dir.path()});
  ASSERT_THAT(Models(scan), ElementsAre("m/2"));
  const auto passed_over = [&](const char* name) {
    return AllOf(HasSubstr((dir / "m" / name).string() + "\""), HasSubstr("without leading zeros"));
  };
  EXPECT_THAT(scan.models[0].notes,
              ElementsAre(HasSubstr("m/0\" is passed over: versions begin at 1"), passed_over("03"),
                          passed_over("99999999999999999999"), passed_over("v4")));
}

TEST(ScanRepository, NamesTheVersionThatHasANumberOfAnother) {
  const TempDir dir;
  for (const char* folder : {"1", "01", "0001"}) dir.Write(fs::path("m") / folder / "saved_model.pb");
  const RepositoryScan scan = Scan({dir.path()});
  ASSERT_THAT(Models(scan), ElementsAre("m/1"));
  EXPECT_EQ(scan.models[0].path, dir / "m/1/saved_model.pb");
  EXPECT_THAT(scan.models[0].notes, ElementsAre(HasSubstr("m/0001\" is passed over: it is version 1, and so is"),
                                                HasSubstr("m/01\" is passed over: it is version 1, and so is")));
}

TEST(ScanRepository, SaysWhatIsWrongWithABasePath) {
  const TempDir dir;
  dir.Write("zero/0/saved_model.pb");
  dir.Write("lost/1/variables/variables.index");
  dir.Write("text/1/saved_model.pbtxt");
  dir.Write("gone/1/model.savedmodel/assets/a.txt");
  std::map<std::string, std::string> problems;
  for (const ModelProblem& problem : Scan({dir.path()}).problems) problems[problem.name] = problem.status.message();
  EXPECT_THAT(problems["zero"], HasSubstr("versions begin at 1 here: rename it to 1"));
  EXPECT_THAT(problems["lost"], HasSubstr("has no saved_model.pb, the graph of its SavedModel; found \"variables\""));
  EXPECT_THAT(problems["text"], HasSubstr("the text form of a SavedModel, saved_model.pbtxt, is not read"));
  EXPECT_THAT(problems["gone"],
              HasSubstr("model.savedmodel\" has no model: expected saved_model.pb, found \"assets\""));
}

TEST(ScanRepository, VersionsOfSavedModelsMayHaveZerosBeforeTheirNumbers) {
  const TempDir dir;
  for (const char* folder : {"3", "00000012", "v4"}) dir.Write(fs::path("m") / folder / "saved_model.pb");
  dir.Write("m/00000013/model.onnx");
  const RepositoryScan scan = Scan({dir.path()});
  ASSERT_THAT(Models(scan), ElementsAre("m/12"));
  EXPECT_THAT(scan.models[0].notes,
              ElementsAre(HasSubstr("00000013"), HasSubstr("v4"), HasSubstr("version 12 is served, the newest")));
}

TEST(ScanRepository, ReadsAConfigFile) {
  const TempDir dir;
  dir.Write("m/1/model.onnx");
  dir.Write("m/config.pbtxt", "max_batch_size: 8 dynamic_batching {}");
  const RepositoryScan scan = Scan({dir / "m"});
  ASSERT_THAT(Models(scan), ElementsAre("m/1"));
  EXPECT_EQ(scan.models[0].config.max_rows, 8);
  EXPECT_EQ(scan.models[0].declared.file, dir / "m/config.pbtxt");
  EXPECT_EQ(scan.models[0].folder, dir / "m");
  ASSERT_NE(scan.models[0].config_message, nullptr);
  EXPECT_THAT(*scan.models[0].config_message, ::testing::Not(IsEmpty()));
  EXPECT_THAT(scan.models[0].notes, IsEmpty());
  EXPECT_THAT(scan.models[0].findings, IsEmpty());
}

TEST(ScanRepository, PassesOverWhatIsHidden) {
  const TempDir dir;
  dir.Write("a.onnx");
  dir.Write(".git/1/model.onnx");
  dir.Write(".b.onnx");
  dir.Write("m/1/model.onnx");
  dir.Write("m/.cache/x");
  const RepositoryScan scan = Scan({dir.path()});
  ASSERT_THAT(Models(scan), ElementsAre("a/1", "m/1"));
  EXPECT_THAT(scan.models[1].notes, IsEmpty());
  EXPECT_THAT(scan.notes, IsEmpty());
  EXPECT_THAT(scan.problems, IsEmpty());
}

TEST(ScanRepository, TakesTheOnlyOnnxFileOfAVersionWithANote) {
  const TempDir dir;
  const fs::path file = dir.Write("m/1/resnet.onnx");
  const RepositoryScan scan = Scan({dir.path()});
  ASSERT_THAT(Models(scan), ElementsAre("m/1"));
  EXPECT_EQ(scan.models[0].path, file);
  EXPECT_THAT(scan.models[0].notes, ElementsAre(HasSubstr("there is no model.onnx beside it")));
}

TEST(ScanRepository, DoesNotGuessBetweenTwoOnnxFilesOfAVersion) {
  const TempDir dir;
  dir.Write("m/1/a.onnx");
  dir.Write("m/1/b.onnx");
  const ModelProblem problem = OnlyProblem(Scan({dir.path()}));
  EXPECT_EQ(problem.name, "m");
  EXPECT_EQ(problem.status.code(), StatusCode::kNotFound);
  EXPECT_THAT(problem.status.message(), HasSubstr("expected model.onnx, found \"a.onnx\", \"b.onnx\""));
}

TEST(ScanRepository, FindsTheFileInAModelThatIsAFolder) {
  const TempDir dir;
  const fs::path file = dir.Write("m/1/model.onnx/model.onnx");
  dir.Write("m/1/model.onnx/weights.bin");
  const RepositoryScan scan = Scan({dir.path()});
  ASSERT_THAT(Models(scan), ElementsAre("m/1"));
  EXPECT_EQ(scan.models[0].path, file);
}

TEST(ScanRepository, AModelWhoseNewestVersionIsEmptyIsAProblemAndTheOthersAreServed) {
  const TempDir dir;
  dir.Write("good/1/model.onnx");
  dir.Write("bad/1/model.onnx");
  dir.MakeFolder("bad/2");
  const RepositoryScan scan = Scan({dir.path()});
  EXPECT_THAT(Models(scan), ElementsAre("good/1"));
  ASSERT_THAT(scan.problems, SizeIs(1));
  EXPECT_EQ(scan.problems[0].name, "bad");
  EXPECT_THAT(scan.problems[0].status.message(),
              AllOf(HasSubstr((dir / "bad/2").string()), HasSubstr("expected model.onnx, found nothing")));
}

TEST(ScanRepository, AModelFolderWithoutVersionsIsAProblem) {
  const TempDir dir;
  dir.Write("m/config.pbtxt");
  const ModelProblem problem = OnlyProblem(Scan({dir.path()}));
  EXPECT_EQ(problem.name, "m");
  EXPECT_EQ(problem.path, dir / "m");
  EXPECT_THAT(problem.status.message(),
              HasSubstr("expected 1/model.onnx or 1/saved_model.pb in it, found \"config.pbtxt\""));
}

TEST(ScanRepository, AModelFileOutsideAVersionFolderIsAProblem) {
  const TempDir dir;
  dir.Write("good.onnx");
  dir.Write("m/model.onnx");
  const RepositoryScan scan = Scan({dir.path()});
  EXPECT_THAT(Models(scan), ElementsAre("good/1"));
  ASSERT_THAT(scan.problems, SizeIs(1));
  EXPECT_EQ(scan.problems[0].name, "m");
  EXPECT_THAT(scan.problems[0].status.message(), HasSubstr("has no version folder"));
}

TEST(ScanRepository, PassesOverAFolderWithoutAModelWithANote) {
  const TempDir dir;
  dir.Write("a.onnx");
  dir.Write("docs/readme.txt");
  const RepositoryScan scan = Scan({dir.path()});
  EXPECT_THAT(scan.problems, IsEmpty());
  EXPECT_THAT(scan.notes, ElementsAre(HasSubstr((dir / "docs").string())));
}

TEST(ScanRepository, APathThatLeadsNowhereIsAProblemThatNamesTheLayouts) {
  const TempDir dir;
  const RepositoryScan scan = Scan({dir / "nowhere", dir.Write("a.onnx")});
  EXPECT_THAT(Models(scan), ElementsAre("a/1"));
  ASSERT_THAT(scan.problems, SizeIs(1));
  EXPECT_EQ(scan.problems[0].name, "");
  EXPECT_EQ(scan.problems[0].status.code(), StatusCode::kNotFound);
  EXPECT_EQ(scan.problems[0].status.message(), "\"" + (dir / "nowhere").string() + "\": " + kLayouts + "nothing");
}

TEST(ScanRepository, AnEmptyFolderIsAProblem) {
  const TempDir dir;
  const ModelProblem problem = OnlyProblem(Scan({dir.path()}));
  EXPECT_EQ(problem.status.message(), "no model in folder \"" + dir.path().string() + "\": " + kLayouts + "nothing");
}

TEST(ScanRepository, AFolderOfOtherThingsIsAProblemThatNamesSomeOfThem) {
  const TempDir dir;
  for (const char* name : {"a.txt", "b.txt", "c.txt", "d.txt", "e.txt", "f.txt", "g.txt"}) dir.Write(name);
  EXPECT_THAT(OnlyProblem(Scan({dir.path()})).status.message(), HasSubstr("found \"a.txt\", \"b.txt\", \"c.txt\", "
                                                                          "\"d.txt\", \"e.txt\" and 2 more"));
}

TEST(ScanRepository, AFileOfAnotherKindIsAProblem) {
  const TempDir dir;
  const ModelProblem problem = OnlyProblem(Scan({dir.Write("notes.txt")}));
  EXPECT_EQ(problem.status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(problem.status.message(),
              AllOf(HasSubstr("notes.txt"), HasSubstr("is no model: expected an .onnx file")));
}

TEST(ScanRepository, SomethingThatIsNoFileIsAProblem) {
  const TempDir dir;
  const fs::path pipe = dir / "pipe.onnx";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT(OnlyProblem(Scan({pipe})).status.message(), HasSubstr("neither a file nor a folder"));
  EXPECT_THAT(OnlyProblem(Scan({dir.path()})).status.message(), HasSubstr("neither a file nor a folder"));
}

struct Unserved {
  const char* file;
  const char* contents;
  const char* what;
};

TEST(ScanRepository, SaysOfOtherFamiliesThatTheyAreNotServedYet) {
  for (const Unserved& kind :
       {Unserved{"m.plan", "", "a TensorRT plan"}, Unserved{"frozen.pb", "", "a TensorFlow graph"},
        Unserved{"m.keras", "", "a Keras model"}}) {
    const TempDir dir;
    const fs::path file = dir.Write(kind.file, kind.contents);
    for (const fs::path& path : {file, dir.path()}) {
      const ModelProblem problem = OnlyProblem(Scan({path}));
      EXPECT_EQ(problem.status.code(), StatusCode::kUnsupported) << path;
      EXPECT_NE(problem.name, "") << path;
      EXPECT_THAT(problem.status.message(), AllOf(HasSubstr(kind.what), HasSubstr("not served yet"))) << path;
    }
  }
}

constexpr const char* kXgboost = R"({"learner":{"attributes":{},"feature_names":[]}})";
constexpr const char* kLightgbm = "tree\nversion=v4\nnum_class=1\n";

TEST(ScanRepository, FindsTreesByTheirContents) {
  const TempDir dir;
  dir.Write("a.json", kXgboost);
  dir.Write("b.txt", kLightgbm);
  dir.Write("c.bst", kXgboost);
  dir.Write("d.ubj");  // nothing else is called so
  dir.Write("labels.txt", "cat\ndog\n");
  dir.Write("settings.json", "{}");
  const RepositoryScan scan = Scan({dir.path()});
  EXPECT_TRUE(scan.problems.empty());
  EXPECT_THAT(Models(scan), ElementsAre("a/1", "b/1", "c/1", "d/1"));
}

TEST(ScanRepository, FindsTreesInFoldersOfTritonsBackendForThem) {
  const TempDir dir;
  dir.Write("json/1/xgboost.json", kXgboost);
  dir.Write("json/config.pbtxt", "backend: \"fil\"");
  dir.Write("lightgbm/1/model.txt", kLightgbm);
  dir.Write("lightgbm/config.pbtxt", "backend: \"fil\"");
  dir.Write("other/1/notes.txt", "none of trees");
  dir.Write("other/1/trained.json", kXgboost);
  dir.Write("ubj/1/xgboost.ubj");
  dir.Write("old/1/xgboost.model");
  const RepositoryScan scan = Scan({dir.path()});
  EXPECT_TRUE(scan.problems.empty());
  EXPECT_THAT(Models(scan), ElementsAre("json/1", "lightgbm/1", "old/1", "other/1", "ubj/1"));
  EXPECT_EQ(scan.models[0].path, dir / "json/1/xgboost.json");
  EXPECT_EQ(scan.models[1].path, dir / "lightgbm/1/model.txt");
  EXPECT_EQ(scan.models[3].path, dir / "other/1/trained.json");
}

TEST(ScanRepository, SaysOfOtherFamiliesInVersionFoldersThatTheyAreNotServedYet) {
  const TempDir dir;
  dir.Write("trt/1/model.plan");
  dir.Write("tflite/1/model.tflite");
  const RepositoryScan scan = Scan({dir.path()});
  std::vector<std::string> names;
  for (const ModelProblem& problem : scan.problems) {
    names.push_back(problem.name);
    EXPECT_EQ(problem.status.code(), StatusCode::kUnsupported) << problem.status;
  }
  EXPECT_THAT(names, ElementsAre("tflite", "trt"));
}

TEST(ScanRepository, FindsSavedModelsInVersionsAndByThemselves) {
  const TempDir dir;
  dir.Write("base/1/saved_model.pb");
  dir.Write("base/1/variables/variables.index");
  dir.Write("base/2/saved_model.pb");
  dir.Write("triton/1/model.savedmodel/saved_model.pb");
  dir.Write("flat/saved_model.pb");
  dir.Write("flat/variables/variables.index");
  const RepositoryScan scan = Scan({dir.path()});
  ASSERT_THAT(Models(scan), ElementsAre("base/2", "flat/1", "triton/1"));
  EXPECT_EQ(scan.models[0].path, dir.path() / "base/2/saved_model.pb");
  EXPECT_EQ(scan.models[1].path, dir.path() / "flat/saved_model.pb");
  EXPECT_EQ(scan.models[2].path, dir.path() / "triton/1/model.savedmodel/saved_model.pb");
  for (const char* path : {"flat", "flat/saved_model.pb"}) {
    EXPECT_THAT(Models(Scan({dir.path() / path})), ElementsAre("flat/1")) << path;
  }
  EXPECT_THAT(Models(Scan({dir.path() / "base"})), ElementsAre("base/2"));
}

TEST(ScanRepository, GivesTagsToSavedModelsAloneThatSayNothing) {
  const TempDir dir;
  dir.Write("file.onnx");
  dir.Write("onnx/1/model.onnx");
  dir.Write("saved/1/saved_model.pb");
  dir.Write("says/1/model.savedmodel/saved_model.pb");
  dir.Write("says/config.pbtxt", R"(parameters { key: "tags" value { string_value: "train" } })");
  const std::vector<fs::path> paths = {dir.path()};
  const RepositoryScan scan = ScanRepository(paths, {.defaults = {}, .saved_model_tags = "serve,gpu"}).value();
  std::map<std::string, std::map<std::string, std::string>> found;
  for (const ModelEntry& model : scan.models) found[model.id.name] = model.config.runtime_parameters;
  const std::map<std::string, std::map<std::string, std::string>> expected = {
      {"file", {}}, {"onnx", {}}, {"saved", {{"tags", "serve,gpu"}}}, {"says", {{"tags", "train"}}}};
  EXPECT_EQ(found, expected);
}

TEST(ScanRepository, SeesASavedModelChangeWithItsVariables) {
  const TempDir dir;
  dir.Write("flat/saved_model.pb");
  dir.Write("flat/variables/variables.index", "a");
  const uint64_t before = Scan({dir.path()}).models.at(0).fingerprint;
  dir.Write("flat/variables/variables.index", "longer");
  EXPECT_NE(Scan({dir.path()}).models.at(0).fingerprint, before);
}

TEST(ScanRepository, FindsTorchScriptFilesAsItFindsOnnxFiles) {
  const TempDir dir;
  dir.Write("plain.pt");
  dir.Write("other.torchscript");
  dir.Write("usual/1/model.pt");
  dir.Write("only/1/resnet.pth");
  dir.Write("both/1/model.onnx");
  dir.Write("both/1/model.pt");
  const RepositoryScan scan = Scan({dir.path()});
  ASSERT_THAT(Models(scan), ElementsAre("both/1", "only/1", "other/1", "plain/1", "usual/1"));
  EXPECT_EQ(scan.models[0].path.filename(), "model.onnx");
  EXPECT_EQ(scan.models[1].path.filename(), "resnet.pth");
  EXPECT_THAT(scan.models[1].notes, ElementsAre(HasSubstr("there is no model.pt beside it")));
  EXPECT_THAT(scan.problems, IsEmpty());
}

TEST(ScanRepository, AModelIsServedThoughAFileOfAnotherFamilyLiesBesideIt) {
  const TempDir dir;
  dir.Write("yolo.onnx");
  dir.Write("yolo.pt");
  const RepositoryScan scan = Scan({dir.path()});
  ASSERT_THAT(Models(scan), ElementsAre("yolo/1"));
  EXPECT_THAT(scan.models[0].notes, ElementsAre(HasSubstr("yolo.pt")));
  EXPECT_THAT(scan.problems, IsEmpty());
}

TEST(ScanRepository, ANameInTwoPlacesIsServedFromNeitherAndTheOthersAreServed) {
  const TempDir dir;
  dir.Write("a/m/1/model.onnx");
  dir.Write("a/only/1/model.onnx");
  dir.Write("b/m.onnx");
  const RepositoryScan scan = Scan({dir / "a", dir / "b"});
  EXPECT_THAT(Models(scan), ElementsAre("only/1"));
  ASSERT_THAT(scan.problems, SizeIs(1));
  EXPECT_EQ(scan.problems[0].name, "m");
  EXPECT_EQ(scan.problems[0].status.code(), StatusCode::kAlreadyExists);
  EXPECT_THAT(scan.problems[0].status.message(),
              AllOf(HasSubstr((dir / "a/m/1/model.onnx").string()), HasSubstr((dir / "b/m.onnx").string()),
                    HasSubstr("served from none")));
  EXPECT_THAT(scan.problems[0].roots, ElementsAre(dir / "a", dir / "b"));
}

TEST(ScanRepository, ABrokenModelStillContestsItsName) {
  const TempDir dir;
  dir.MakeFolder("a/m/1");
  dir.Write("b/m.onnx");
  const RepositoryScan scan = Scan({dir / "a", dir / "b"});
  const ModelProblem problem = OnlyProblem(scan);
  EXPECT_EQ(problem.status.code(), StatusCode::kAlreadyExists);
  EXPECT_THAT(problem.status.message(), HasSubstr("found nothing"));
}

TEST(ScanRepository, AFileThatIsGivenTwiceIsOneModel) {
  const TempDir dir;
  const fs::path file = dir.Write("m.onnx");
  const RepositoryScan scan = Scan({file, dir.path(), file});
  EXPECT_THAT(Models(scan), ElementsAre("m/1"));
  EXPECT_THAT(scan.problems, IsEmpty());
}

TEST(ScanRepository, SaysWhereAPathGoesWrong) {
  const TempDir dir;
  dir.MakeFolder("models/resnet");
  const ModelProblem end = OnlyProblem(Scan({dir / "models/resent"}));
  ASSERT_THAT(end.findings, SizeIs(1));
  EXPECT_EQ(end.findings[0].found, "nothing");
  EXPECT_THAT(end.findings[0].fix, AllOf(HasSubstr("there is no \"resent\" in"), HasSubstr("mean \"resnet\"?")));
  EXPECT_THAT(end.status.message(), Not(HasSubstr("resnet"))) << "clients are told that, and not what else is there";
  const ModelProblem middle = OnlyProblem(Scan({dir / "model/resnet/1/"}));
  EXPECT_THAT(middle.findings.at(0).fix, AllOf(HasSubstr("there is no \"model\" in"), HasSubstr("mean \"models\"?")));
}

TEST(ScanRepository, SaysWhatBecomesOfWorkflows) {
  const TempDir dir;
  const fs::path file = dir.Write("w.war");
  const ModelProblem problem = OnlyProblem(Scan({file}));
  EXPECT_THAT(problem.status.message(), HasSubstr("found a workflow of TorchServe's"));
  EXPECT_THAT(problem.findings.at(0).fix, HasSubstr("POST /workflows"));
  dir.Write("m.onnx");
  const RepositoryScan scan = Scan({dir.path()});
  EXPECT_THAT(Models(scan), ElementsAre("m/1"));
  EXPECT_THAT(scan.notes, ElementsAre(HasSubstr("is passed over: it is registered with a running server")));
}

TEST(ScanRepository, AMissingPathThatIsGivenTwiceIsOneProblem) {
  const TempDir dir;
  EXPECT_THAT(Scan({dir / "x", dir / "x", dir / "y"}).problems, SizeIs(2));
}

TEST(ScanRepository, ANameThatBreaksTheRuleIsAProblemWithoutAName) {
  const TempDir dir;
  dir.Write("good.onnx");
  dir.Write("my model.onnx");
  dir.Write("caf\xc3\xa9/1/model.onnx");
  const RepositoryScan scan = Scan({dir.path()});
  EXPECT_THAT(Models(scan), ElementsAre("good/1"));
  ASSERT_THAT(scan.problems, SizeIs(2));
  for (const ModelProblem& problem : scan.problems) {
    EXPECT_EQ(problem.name, "");
    EXPECT_EQ(problem.status.code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(problem.status.message(), HasSubstr("expected ASCII letters, digits and _-.+@ only"));
  }
  EXPECT_THAT(scan.problems[0].status.message(), HasSubstr("caf\\xc3\\xa9"));
  EXPECT_EQ(scan.problems[0].shown_name, "caf\\xc3\\xa9");
  EXPECT_EQ(scan.problems[1].shown_name, "my model");
}

TEST(ScanRepository, FollowsLinksAtTheRootAndInside) {
  const TempDir dir;
  dir.Write("store/blob");
  dir.Write("store/versions/4/model.onnx");
  dir.MakeFolder("repository/linked/1");
  fs::create_symlink(dir / "store/blob", dir / "repository/linked/1/model.onnx");
  fs::create_symlink(dir / "store/blob", dir / "repository/file.onnx");
  fs::create_directory_symlink(dir / "store/versions", dir / "repository/folder");
  fs::create_directory_symlink(dir / "repository", dir / "root");
  const RepositoryScan scan = Scan({dir / "root"});
  ASSERT_THAT(Models(scan), ElementsAre("file/1", "folder/4", "linked/1"));
  EXPECT_EQ(scan.models[0].path, dir / "root/file.onnx");
  EXPECT_THAT(scan.problems, IsEmpty());
}

TEST(ScanRepository, NamesALinkedModelFolderAsItIsGiven) {
  const TempDir dir;
  dir.Write("resnet-2024/1/model.onnx");
  fs::create_directory_symlink(dir / "resnet-2024", dir / "resnet");
  EXPECT_THAT(Models(Scan({dir / "resnet"})), ElementsAre("resnet/1"));
}

TEST(ScanRepository, LinksThatLeadNowhereAreProblems) {
  const TempDir dir;
  dir.MakeFolder("version");
  dir.MakeFolder("file/1");
  fs::create_symlink(dir / "gone", dir / "root.onnx");
  fs::create_symlink(dir / "gone", dir / "version/1");
  fs::create_symlink(dir / "gone", dir / "file/1/model.onnx");
  fs::create_symlink("loop.onnx", dir / "loop.onnx");
  const RepositoryScan scan = Scan({dir.path()});
  EXPECT_THAT(Models(scan), IsEmpty());
  std::vector<std::string> names;
  for (const ModelProblem& problem : scan.problems) {
    names.push_back(problem.name);
    EXPECT_EQ(problem.status.code(), StatusCode::kNotFound);
    EXPECT_THAT(problem.status.message(), HasSubstr("found a link that leads nowhere"));
  }
  EXPECT_THAT(names, ElementsAre("file", "loop", "root", "version"));
  EXPECT_THAT(OnlyProblem(Scan({dir / "root.onnx"})).status.message(), HasSubstr("a link that leads nowhere"));
}

TEST(ScanRepository, SaysWhichRootItSawNothingOf) {
  const TempDir dir;
  dir.Write("good/m/1/model.onnx");
  dir.MakeFolder("empty");
  const RepositoryScan scan = Scan({dir / "good", dir / "empty", dir / "gone"});
  ASSERT_THAT(scan.roots, SizeIs(3));
  EXPECT_TRUE(scan.roots[0].status.ok() && scan.roots[0].has_models && scan.roots[0].identity);
  EXPECT_TRUE(scan.roots[1].status.ok() && !scan.roots[1].has_models && scan.roots[1].identity);
  EXPECT_FALSE(scan.roots[2].status.ok() || scan.roots[2].identity);
  EXPECT_EQ(scan.models[0].root, dir / "good");
}

TEST(ScanRepository, WhatMayNotBeReadIsAProblemWithItsName) {
  const TempDir dir;
  for (const char* folder : {"7/1", "folder/1", "good/1", "version/1"}) dir.Write(fs::path(folder) / "model.onnx");
  chmod(dir.path().c_str(), 0755);
  for (const char* folder : {"7", "folder", "version/1"}) chmod((dir / folder).c_str(), 0);
  const AsNobody nobody;
  const RepositoryScan scan = Scan({dir.path()});
  EXPECT_THAT(Models(scan), ElementsAre("good/1"));
  std::vector<std::string> names;
  for (const ModelProblem& problem : scan.problems) names.push_back(problem.name);
  EXPECT_THAT(names, ElementsAre("7", "folder", "version"));
  EXPECT_TRUE(scan.roots[0].status.ok());
}

TEST(ScanRepository, ARootThatMayNotBeLookedAtIsNoModel) {
  for (const mode_t mode : {mode_t{0}, mode_t{0644}, mode_t{0311}}) {
    const TempDir dir;
    dir.Write("root/good/1/model.onnx");
    chmod(dir.path().c_str(), 0755);
    chmod((dir / "root").c_str(), mode);
    const AsNobody nobody;
    const RepositoryScan scan = Scan({dir / "root"});
    EXPECT_EQ(OnlyProblem(scan).name, "") << mode;
    EXPECT_FALSE(scan.roots[0].status.ok()) << mode;
  }
}

// It may be a model's version or a model of that name.
TEST(ScanRepository, SaysNothingOfAFolderOfDigitsThatMayNotBeRead) {
  const TempDir dir;
  dir.Write("root/7/1/model.onnx");
  chmod(dir.path().c_str(), 0755);
  chmod((dir / "root/7").c_str(), 0);
  const AsNobody nobody;
  EXPECT_FALSE(Scan({dir / "root"}).roots[0].status.ok());
}

TEST(ScanRepository, DoesNotDependOnTheOrderOfPaths) {
  const TempDir dir;
  const fs::path a = dir.Write("x/a.onnx");
  const fs::path b = dir.Write("y/b/2/model.onnx").parent_path().parent_path();
  EXPECT_EQ(Models(Scan({a, b})), Models(Scan({b, a})));
}

RepositoryScan ScanNamed(const std::vector<NamedModel>& named) {
  auto scan = ScanRepository({}, {.named = named});
  EXPECT_TRUE(scan.ok()) << scan.status();
  return std::move(scan).value();
}

TEST(ScanNamedModels, SaysThatABasePathIsAVersionItself) {
  const TempDir dir;
  dir.Write("base/1/saved_model.pb");
  const ModelProblem problem = OnlyProblem(ScanNamed({{.name = "m", .folder = dir / "base/1"}}));
  EXPECT_THAT(problem.status.message(), AllOf(HasSubstr("expected folders of versions in it"),
                                              HasSubstr("name \"" + (dir / "base").string() + "\" instead")));
}

TEST(ScanRepository, ReadsAModelUnderAnyName) {
  const TempDir dir;
  dir.Write("folder/00000003/model.onnx");
  dir.Write("folder/12/model.onnx");
  const fs::path folder = dir.path() / "folder";
  EXPECT_THAT(Models(ScanNamed({{.name = "m", .folder = folder, .versions = {}, .labels = {}}})), ElementsAre("m/12"));
  const VersionPolicy policy{.kind = VersionPolicy::Kind::kSpecific, .versions = {3}, .declared = true};
  const RepositoryScan scan =
      ScanNamed({{.name = "m", .folder = folder, .versions = policy, .labels = {{"stable", 3}}}});
  ASSERT_THAT(Models(scan), ElementsAre("m/3"));
  EXPECT_EQ(scan.models[0].root, folder);
  EXPECT_EQ(scan.models[0].version_labels.at("stable"), 3);
}

TEST(ScanNamedModels, SayWhatOfTheirListIsNotThere) {
  const TempDir dir;
  dir.Write("folder/1/model.onnx");
  const fs::path folder = dir.path() / "folder";
  VersionPolicy policy{.kind = VersionPolicy::Kind::kSpecific, .versions = {1, 3}, .declared = true};
  const RepositoryScan some =
      ScanNamed({{.name = "m", .folder = folder, .versions = policy, .labels = {{"next", 9}, {"stable", 1}}}});
  ASSERT_THAT(Models(some), ElementsAre("m/1"));
  ASSERT_THAT(some.models[0].findings, SizeIs(2));
  EXPECT_EQ(some.models[0].findings[0].ToString(),
            folder.string() +
                ": model_version_policy: expected versions that have a folder, found 3, which has none; "
                "served are 1");
  EXPECT_EQ(some.models[0].findings[1].severity, Finding::Severity::kWarning);
  EXPECT_EQ(some.models[0].findings[1].ToString(),
            folder.string() +
                ": version_labels[\"next\"]: expected a version that is served (1), found 9; the label "
                "leads nowhere until that is served");
  policy.versions = {3};
  const ModelProblem none = OnlyProblem(ScanNamed({{.name = "m", .folder = folder, .versions = policy}}));
  EXPECT_THAT(none.status.message(), HasSubstr("or leave model_version_policy out"));
  ASSERT_THAT(none.findings, SizeIs(1)) << "of labels nothing is said besides";
}

TEST(ScanRepository, TellsAListOfModelsThatLacksItsFrame) {
  const TempDir dir;
  const fs::path list = dir.Write("models.config", "config { name: 'm' base_path: '/models/m' }");
  EXPECT_THAT(OnlyProblem(Scan({list})).status.message(),
              AllOf(HasSubstr("ModelServerConfig"), HasSubstr("found a list of models without model_config_list")));
  EXPECT_THAT(OnlyProblem(Scan({dir.Write("a.txt", "text")})).status.message(),
              HasSubstr("found a file of another kind"));
}

TEST(ScanRepository, KnowsNothingOfAModelWhoseFolderIsGone) {
  const TempDir dir;
  const RepositoryScan scan =
      ScanNamed({{.name = "m", .folder = dir.path() / "nothing", .versions = {}, .labels = {}}});
  EXPECT_THAT(OnlyProblem(scan).status.message(), HasSubstr("expected a folder of versions"));
  ASSERT_THAT(scan.roots, SizeIs(1));
  EXPECT_FALSE(scan.roots[0].status.ok());
}

}  // namespace
}  // namespace trireme

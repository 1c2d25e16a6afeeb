// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/output_classes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/testing/temp_dir.h"
#include "lifecycle/testing/fake_models.h"
#include "tensor/bytes_elements.h"

namespace trireme::kserve {
namespace {

using testing::HasSubstr;

class OutputClassesTest : public testing::Test {
 protected:
  void Serve(std::vector<ModelEntry> models) {
    lifecycle_.SetDesired({.models = std::move(models), .problems = {}, .notes = {}});
    lifecycle_.WaitUntilSettled();
  }

  // A version whose labels begin with `prefix`.
  ModelEntry Labelled(int64_t version, const std::string& prefix) {
    const std::string file = prefix + ".txt";
    folder_.Write(file, prefix + "0\n" + prefix + "1\n" + prefix + "2\n" + prefix + "3\n");
    ModelEntry entry = FakeEntry("m", version);
    entry.folder = folder_.path();
    entry.declared.file = folder_ / "config.pbtxt";
    DeclaredTensor output{.name = "y"};
    output.label_file = file;
    entry.declared.outputs = {output};
    return entry;
  }

  InferRequest Request(int64_t rows = 1) {
    InferRequest request;
    request.model = "m";
    request.inputs.push_back({"x", MakeTensor(models_.pool, DataType::kFp32, {rows, 4})});
    return request;
  }

  // The first class of what version `version` answered.
  std::string FirstClass(const OutputClasses& classes, int64_t version) {
    InferResponse response{.model = {"m", version}, .outputs = {}, .parameters = {}, .stages = {}};
    response.outputs.push_back({"y", MakeTensor(models_.pool, DataType::kFp32, {1, 4})});
    std::ranges::fill(response.outputs[0].tensor.MutableAs<float>(), 1.0F);
    const Status status = classes.Replace(wanted_, engine_, response, models_.pool);
    EXPECT_TRUE(status.ok()) << status;
    BytesReader reader(response.outputs[0].tensor.data.bytes());
    return std::string(reader.Next().value_or("none"));
  }

  const TempDir folder_;
  const std::vector<OutputForm> wanted_ = {{.name = "y", .classification = 4}};
  FakeModels models_;
  Lifecycle lifecycle_{{}, models_.loader, models_.log};
  Engine engine_{lifecycle_};
};

TEST_F(OutputClassesTest, TheLabelsAreThoseOfTheVersionThatAnswered) {
  Serve({Labelled(1, "old")});
  OutputClasses classes;
  ASSERT_TRUE(classes.Prepare(wanted_, engine_, Request()).ok());
  EXPECT_EQ(FirstClass(classes, 1), "1.000000:0:old0");
  Serve({Labelled(1, "old"), Labelled(2, "new")});
  EXPECT_EQ(FirstClass(classes, 2), "1.000000:0:new0");
}

TEST_F(OutputClassesTest, AVersionThatHasGoneHasTheLabelsThatWereLookedUpIfThoseWereItsOwn) {
  Serve({Labelled(1, "old")});
  OutputClasses classes;
  ASSERT_TRUE(classes.Prepare(wanted_, engine_, Request()).ok());
  Serve({Labelled(2, "new")});
  EXPECT_EQ(FirstClass(classes, 1), "1.000000:0:old0");
  EXPECT_EQ(FirstClass(classes, 3), "1.000000:0");
}

TEST_F(OutputClassesTest, TooManyClassesAreRefusedBeforeTheRunWhereTheyAreKnown) {
  Serve({FakeEntry("m")});
  OutputClasses classes;
  EXPECT_TRUE(classes.Prepare(wanted_, engine_, Request(250'000)).ok());
  const Status status = classes.Prepare(wanted_, engine_, Request(250'001));
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("output 'y': classification: expected at most 1000000 classes"));
  EXPECT_THAT(status.message(), HasSubstr("found 1000004"));
}

}  // namespace
}  // namespace trireme::kserve

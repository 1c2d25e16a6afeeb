// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/lower_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "base/testing/temp_dir.h"
#include "onnxfile/onnx_reader.h"
#include "onnxfile/testing/lowering_models.h"

namespace trireme::onnxfile {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

std::string Contents(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class LowerFileTest : public testing::Test {
 protected:
  // The model with its weights in "w.bin" and "b.bin".
  fs::path WriteSplit() const {
    Model model = MatMulModel();
    for (TensorProto& tensor : model.graph.initializers) {
      tensor.external_location = tensor.name + ".bin";
      folder_.Write("in/" + tensor.external_location, tensor.raw);
      tensor.raw.clear();
    }
    return folder_.Write("in/split.onnx", Serialize(model));
  }

  TempDir folder_;
  const fs::path output_ = folder_ / "out.onnx";
};

TEST_F(LowerFileTest, WritesOneFileThatHasAllOfIt) {
  const auto report = LowerFile(WriteSplit(), output_, {});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->bytes_after, fs::file_size(output_));
  EXPECT_GT(report->bytes_before, 128U * 128 * sizeof(float));
  const std::string lowered = Contents(output_);
  EXPECT_THAT(ReadModelSummary(lowered)->external_tensors, IsEmpty());
  // The same as of a model that had all of it before.
  ASSERT_TRUE(LowerFile(folder_.Write("in/whole.onnx", Serialize(MatMulModel())), folder_ / "again.onnx", {}).ok());
  EXPECT_EQ(ReadModelSummary(Contents(folder_ / "again.onnx"))->op_counts, ReadModelSummary(lowered)->op_counts);
}

TEST_F(LowerFileTest, NeverWritesOverWhatItReads) {
  const fs::path model = WriteSplit();
  fs::create_symlink(folder_ / "in", folder_ / "link");
  for (const fs::path& place : {model, folder_ / "in/w.bin", folder_ / "link/split.onnx"}) {
    const std::string before = Contents(place);
    EXPECT_EQ(LowerFile(model, place, {}).status().message(),
              "'" + place.string() + "' is the model that is read: expected another file to write");
    EXPECT_EQ(Contents(place), before);
  }
}

TEST_F(LowerFileTest, LeavesNothingWhereItFails) {
  const fs::path model = WriteSplit();
  EXPECT_THAT(LowerFile(folder_ / "none.onnx", output_, {}).status().message(), HasSubstr("none.onnx'"));
  EXPECT_FALSE(LowerFile(folder_.Write("text.onnx", "text"), output_, {}).ok());
  EXPECT_EQ(LowerFile(model, folder_ / "none/out.onnx", {}).status().code(), StatusCode::kUnavailable);
  fs::resize_file(folder_ / "in/w.bin", 100);
  EXPECT_THAT(LowerFile(model, output_, {}).status().message(), HasSubstr("that file ends at byte 100"));
  fs::remove(folder_ / "in/w.bin");
  EXPECT_THAT(LowerFile(model, output_, {}).status().message(), HasSubstr("there is no such file"));
  EXPECT_FALSE(fs::exists(output_));
  EXPECT_FALSE(fs::exists(fs::path(output_) += ".part"));
}

}  // namespace
}  // namespace trireme::onnxfile

// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/raw_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "wire/kserve/testing/received.h"

namespace trireme::kserve {
namespace {

using testing::HasSubstr;

constexpr int64_t kAny = Shape::kAny;

Signature OneInput(DataType type, Shape shape) {
  return {.inputs = {{.name = "x", .type = type, .shape = shape}}, .outputs = {}, .batched = false};
}

class RawRequestTest : public testing::Test {
 protected:
  Result<InferRequestMessage> Decode(std::string_view bytes, const Signature& signature, bool batched,
                                     size_t misaligned = 0) {
    return DecodeRawRequest(Received("", bytes, misaligned), signature, batched, pool_);
  }
  Shape ShapeOf(size_t bytes, const Signature& signature, bool batched) {
    const auto message = Decode(std::string(bytes, 'x'), signature, batched);
    return message.ok() ? message->inputs.at(0).tensor.shape : Shape{-2};
  }
  std::string ErrorOf(size_t bytes, const Signature& signature, bool batched) {
    const Status status = Decode(std::string(bytes, 'x'), signature, batched).status();
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
    return status.message();
  }

  MemoryPool pool_;
};

TEST_F(RawRequestTest, TheBodyIsTheInput) {
  const std::string bytes("\0\0\x80\x3f\0\0\0\x40", 8);  // 1, 2
  for (const size_t misaligned : {0, 1}) {
    const auto message = Decode(bytes, OneInput(DataType::kFp32, {2}), false, misaligned);
    ASSERT_TRUE(message.ok()) << message.status();
    EXPECT_EQ(message->inputs.at(0).name, "x");
    EXPECT_EQ(message->inputs[0].tensor.shape, (Shape{2}));
    EXPECT_THAT(message->inputs[0].tensor.As<float>(), testing::ElementsAre(1, 2));
    EXPECT_TRUE(message->form.binary_data_output);
    EXPECT_FALSE(message->form.id);
  }
}

TEST_F(RawRequestTest, ThereIsOneRow) {
  EXPECT_EQ(ShapeOf(64, OneInput(DataType::kFp32, {kAny, 16}), true), (Shape{1, 16}));
  EXPECT_EQ(ShapeOf(4, OneInput(DataType::kFp32, {kAny}), true), (Shape{1}));
}

TEST_F(RawRequestTest, AFreeSizeFollowsFromTheBytes) {
  EXPECT_EQ(ShapeOf(48, OneInput(DataType::kFp32, {kAny, kAny, 4}), true), (Shape{1, 3, 4}));
  EXPECT_EQ(ShapeOf(48, OneInput(DataType::kFp32, {kAny, 4}), false), (Shape{3, 4}));
  EXPECT_EQ(ShapeOf(0, OneInput(DataType::kFp32, {kAny, 4}), false), (Shape{0, 4}));
  EXPECT_EQ(ShapeOf(0, OneInput(DataType::kFp32, {kAny, 0}), false), (Shape{0, 0}));
}

TEST_F(RawRequestTest, RefusesAnotherNumberOfBytes) {
  EXPECT_THAT(ErrorOf(60, OneInput(DataType::kFp32, {kAny, 16}), true),
              HasSubstr("expected 64 bytes for input 'x', which is FP32 [1,16], found 60"));
  EXPECT_THAT(ErrorOf(128, OneInput(DataType::kFp32, {kAny, 16}), true), HasSubstr("expected 64 bytes"));
  EXPECT_THAT(ErrorOf(50, OneInput(DataType::kFp32, {kAny, 4}), false), HasSubstr("expected a multiple of 16 bytes"));
  EXPECT_THAT(ErrorOf(1, OneInput(DataType::kFp32, {kAny, 0}), false), HasSubstr("found 1"));
}

TEST_F(RawRequestTest, RefusesTwoFreeSizes) {
  EXPECT_THAT(ErrorOf(64, OneInput(DataType::kFp32, {kAny, kAny}), false), HasSubstr("at most one size"));
}

TEST_F(RawRequestTest, RefusesAModelWithoutExactlyOneInput) {
  Signature two = OneInput(DataType::kFp32, {1});
  two.inputs.push_back(two.inputs.front());
  EXPECT_THAT(ErrorOf(4, two, false), HasSubstr("expected a model with one input, found 2"));
  EXPECT_THAT(ErrorOf(4, {}, false), HasSubstr("found 0"));
}

TEST_F(RawRequestTest, AStringIsSentWithoutItsLength) {
  const auto message = Decode("text", OneInput(DataType::kBytes, {kAny, 1}), true);
  ASSERT_TRUE(message.ok()) << message.status();
  const Tensor& tensor = message->inputs.at(0).tensor;
  EXPECT_EQ(tensor.shape, (Shape{1, 1}));
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(tensor.data.data()), tensor.data.size()),
            std::string("\4\0\0\0text", 8));
  EXPECT_THAT(ErrorOf(4, OneInput(DataType::kBytes, {kAny, 2}), true), HasSubstr("takes one element"));
}

TEST_F(RawRequestTest, APictureIsOneElementToo) {
  const auto message = DecodeRawPicture(Received("", "jpeg"), "pixels", pool_);
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_FALSE(message->form.binary_data_output);
  const NamedTensor& input = message->inputs.at(0);
  EXPECT_EQ(input.name, "pixels");
  EXPECT_EQ(input.tensor.shape, Shape{1});
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(input.tensor.data.data()), input.tensor.data.size()),
            std::string("\4\0\0\0jpeg", 8));
}

}  // namespace
}  // namespace trireme::kserve

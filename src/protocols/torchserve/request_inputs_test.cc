// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/request_inputs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include "tensor/bytes_elements.h"

namespace trireme::torchserve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Signature OneInput(DataType type, const Shape& shape) {
  Signature signature;
  signature.inputs = {{.name = "x", .type = type, .shape = shape}};
  return signature;
}

Signature Rows() {
  return OneInput(DataType::kFp32, {Shape::kAny, 2});
}

RequestPart Part(std::string name, std::string_view text, std::string_view type = {}) {
  return {.name = std::move(name), .content_type = type, .bytes = std::as_bytes(std::span(text)), .storage = nullptr};
}

class RequestInputsTest : public testing::Test {
 protected:
  Result<RequestInputs> Read(const Signature& signature, std::vector<RequestPart> parts,
                             const std::string& picture_input = {}) {
    return InputsOf(signature, picture_input, parts, pool_);
  }
  std::string WhyNot(const Signature& signature, std::vector<RequestPart> parts) {
    return Read(signature, std::move(parts)).status().message();
  }

  MemoryPool pool_;
};

TEST_F(RequestInputsTest, ReadsRowsAndALoneRow) {
  const auto rows = Read(Rows(), {Part("body", "[[1, 2], [3, 4]]")});
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(rows->inputs.front().name, "x");
  EXPECT_EQ(rows->inputs.front().tensor.shape, (Shape{2, 2}));
  EXPECT_THAT(rows->inputs.front().tensor.As<float>(), ElementsAre(1, 2, 3, 4));
  EXPECT_FALSE(rows->is_lone_row);

  const auto lone = Read(Rows(), {Part("body", " [1, 2]")});
  ASSERT_TRUE(lone.ok()) << lone.status();
  EXPECT_EQ(lone->inputs.front().tensor.shape, (Shape{1, 2}));
  EXPECT_TRUE(lone->is_lone_row);
}

TEST_F(RequestInputsTest, LooksForTheInputAsHandlersDo) {
  for (const char* name : {"data", "body", "x"}) {
    const auto found = Read(Rows(), {Part("other", "no"), Part(name, "[[1, 2]]")});
    ASSERT_TRUE(found.ok()) << name << found.status();
  }
  EXPECT_TRUE(Read(Rows(), {Part("file", "[[1, 2]]")}).ok());
  EXPECT_EQ(WhyNot(Rows(), {Part("a", "1"), Part("b", "2")}), "expected a field 'data', 'body' or 'x', found 'a', 'b'");
}

TEST_F(RequestInputsTest, ReadsObjects) {
  for (const char* text : {R"({"data": [[1, 2]]})", R"({"body": [[1, 2]]})", R"({"x": [[1, 2]], "more": {}})"}) {
    const auto found = Read(Rows(), {Part("body", text)});
    ASSERT_TRUE(found.ok()) << text << found.status();
    EXPECT_FALSE(found->has_instances);
  }
  EXPECT_THAT(WhyNot(Rows(), {Part("body", R"({"y": 1})")}), HasSubstr("found an object without"));
}

TEST_F(RequestInputsTest, ReadsInstances) {
  for (const char* text :
       {R"({"instances": [[1, 2], [3, 4]]})", R"({"instances": [{"data": [1, 2]}, {"body": [3, 4]}]})"}) {
    const auto found = Read(Rows(), {Part("body", text)});
    ASSERT_TRUE(found.ok()) << text << found.status();
    EXPECT_TRUE(found->has_instances);
    EXPECT_FALSE(found->is_lone_row);
    EXPECT_THAT(found->inputs.front().tensor.As<float>(), ElementsAre(1, 2, 3, 4));
  }
  EXPECT_THAT(WhyNot(Rows(), {Part("body", R"({"instances": [{"data": [1, 2]}, 3]})")}), HasSubstr("objects alone"));
  EXPECT_THAT(WhyNot(Rows(), {Part("body", R"({"instances": [{"z": [1, 2]}]})")}), HasSubstr("found none of them"));
}

TEST_F(RequestInputsTest, ReadsWhatAModelAnswered) {
  const auto predictions = Read(Rows(), {Part("body", R"({"predictions": [[1, 2], [3, 4]]})")});
  ASSERT_TRUE(predictions.ok()) << predictions.status();
  EXPECT_TRUE(predictions->has_instances);
  EXPECT_EQ(predictions->inputs.front().tensor.shape, (Shape{2, 2}));
  const auto number = Read(OneInput(DataType::kFp32, {Shape::kAny}), {Part("body", "-1.5")});
  ASSERT_TRUE(number.ok()) << number.status();
  EXPECT_TRUE(number->is_lone_row);
  EXPECT_THAT(number->inputs.front().tensor.As<float>(), ElementsAre(-1.5F));
}

TEST_F(RequestInputsTest, ReadsCsv) {
  const auto found = Read(Rows(), {Part("body", "1,2\n3,4\n", "text/csv")});
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->inputs.front().tensor.shape, (Shape{2, 2}));
}

TEST_F(RequestInputsTest, APictureIsForTheInputThatTakesOne) {
  const std::string picture = "\xFF\xD8\xFF picture";
  const auto found = Read(Rows(), {Part("data", picture)}, "x");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_TRUE(found->has_pictures);
  EXPECT_EQ(found->inputs.front().tensor.type, DataType::kBytes);
  EXPECT_EQ(BytesReader(found->inputs.front().tensor.data.bytes()).Next(), picture);
  EXPECT_THAT(WhyNot(Rows(), {Part("data", picture)}), HasSubstr("takes no pictures"));

  const auto two = Read(Rows(), {Part("body", R"({"instances": [{"b64": "YQ=="}, {"b64": "YmM="}]})")}, "x");
  ASSERT_TRUE(two.ok()) << two.status();
  EXPECT_EQ(two->inputs.front().tensor.shape, (Shape{2}));
}

TEST_F(RequestInputsTest, ATextIsAPictureInBase64WhereHandlersOfPicturesTakeOne) {
  const std::string picture = "\xFF\xD8\xFFpic";  // "/9j/cGlj"
  for (const char* text : {R"({"data": "/9j/cGlj"})", R"({"body": "/9j/\ncGlj"})", R"({"x": "/9j/cGlj"})",
                           R"("/9j/cGlj")", "/9j/cGlj\n", R"({"instances": [{"data": "/9j/cGlj"}]})",
                           R"({"instances": [{"body": "/9j/cGlj"}]})", R"({"instances": ["/9j/cGlj"]})"}) {
    const auto found = Read(Rows(), {Part("body", text, text[0] == '"' ? "application/json" : "")}, "x");
    ASSERT_TRUE(found.ok()) << text << found.status();
    EXPECT_TRUE(found->has_pictures) << text;
    EXPECT_EQ(BytesReader(found->inputs.front().tensor.data.bytes()).Next(), picture) << text;
    EXPECT_EQ(found->is_lone_row, !found->has_instances) << text;
    EXPECT_FALSE(Read(Rows(), {Part("body", text)}).ok()) << text << ": the model takes no pictures";
  }
  const auto why = [&](const char* text) { return Read(Rows(), {Part("body", text)}, "x").status().message(); };
  EXPECT_THAT(why(R"({"data": "no Base64"})"), HasSubstr("a picture in Base64: expected"));
  EXPECT_THAT(why(R"({"instances": ["/9j/cGlj", 3]})"), HasSubstr("found something else among them"));
  EXPECT_THAT(why(R"({"instances": [{"data": "/9j/cGlj"}, {"data": [1, 2]}]})"), HasSubstr("a string"));
  EXPECT_THAT(why("some text"), HasSubstr("expected an array in JSON"));
}

TEST_F(RequestInputsTest, ATextIsItselfForAModelOfTexts) {
  const Signature texts = OneInput(DataType::kBytes, {Shape::kAny, 1});
  const auto found = Read(texts, {Part("data", "{no json")});
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->inputs.front().tensor.shape, (Shape{1, 1}));
  EXPECT_EQ(BytesReader(found->inputs.front().tensor.data.bytes()).Next(), "{no json");
  EXPECT_THAT(WhyNot(texts, {Part("data", "{no json", "application/json")}), HasSubstr("expected"));
}

TEST_F(RequestInputsTest, APictureForAModelOfTextsIsATextAsAny) {
  const std::string picture = "\xFF\xD8\xFF picture";
  for (const Shape& shape : {Shape{Shape::kAny}, Shape{Shape::kAny, 1}}) {
    const auto found = Read(OneInput(DataType::kBytes, shape), {Part("data", picture, "image/jpeg")});
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_FALSE(found->has_pictures) << "its answers are no JSON";
    EXPECT_EQ(found->inputs.front().name, "x");
    EXPECT_EQ(found->inputs.front().tensor.shape.rank(), shape.rank());

    const auto two =
        Read(OneInput(DataType::kBytes, shape), {Part("body", R"({"instances": [{"b64": "YQ=="}, {"b64": "YmM="}]})")});
    ASSERT_TRUE(two.ok()) << two.status();
    EXPECT_FALSE(two->has_pictures);
    EXPECT_EQ(two->inputs.front().tensor.shape, shape.rank() == 1 ? Shape({2}) : Shape({2, 1}));
  }
  Signature both = OneInput(DataType::kBytes, {Shape::kAny});
  both.inputs.push_back({.name = "photo", .type = DataType::kFp32, .shape = {Shape::kAny, 3, 8, 8}});
  const auto found = Read(both, {Part("photo", picture), Part("x", picture)}, "photo");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_TRUE(found->has_pictures);
  EXPECT_FALSE(Read(both, {Part("photo", picture), Part("x", picture)}).ok());
}

TEST_F(RequestInputsTest, ATextThatBeginsLikeJsonLeavesOtherInputsAlone) {
  Signature signature = Rows();
  signature.inputs.push_back({.name = "y", .type = DataType::kBytes, .shape = {Shape::kAny}});
  const auto found = Read(signature, {Part("x", "[[1, 2]]"), Part("y", "{no json")});
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->inputs.size(), 2U);
}

TEST_F(RequestInputsTest, SeveralInputsComeByTheirNames) {
  Signature signature = Rows();
  signature.inputs.push_back({.name = "y", .type = DataType::kInt64, .shape = {Shape::kAny}});
  const auto fields = Read(signature, {Part("x", "[[1, 2]]"), Part("y", "[7]")});
  ASSERT_TRUE(fields.ok()) << fields.status();
  EXPECT_EQ(fields->inputs.size(), 2U);
  const auto object = Read(signature, {Part("body", R"({"x": [[1, 2]], "y": [7]})")});
  ASSERT_TRUE(object.ok()) << object.status();
  EXPECT_EQ(object->inputs.at(1).name, "y");
  EXPECT_THAT(WhyNot(signature, {Part("z", "[7]")}), HasSubstr("expected a field for each input ('x', 'y')"));
}

TEST_F(RequestInputsTest, AnElementHasAsManyBytesAsItsLengthCanSay) {
  constexpr size_t kTooMany = (size_t{1} << 32) + 1;
  void* const memory = mmap(nullptr, kTooMany, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  const RequestPart part{.name = "body",
                         .content_type = "text/plain",
                         .bytes = {static_cast<const std::byte*>(memory), kTooMany},
                         .storage = {}};
  Signature texts;
  texts.inputs = {{.name = "x", .type = DataType::kBytes, .shape = {Shape::kAny}}};
  MemoryPool pool;
  EXPECT_EQ(InputsOf(texts, "", {&part, 1}, pool).status().code(), StatusCode::kTooLarge);
  munmap(memory, kTooMany);
}

TEST_F(RequestInputsTest, SaysWhatItCannotRead) {
  EXPECT_THAT(WhyNot(Rows(), {Part("body", "")}), HasSubstr("found nothing"));
  EXPECT_THAT(WhyNot(Rows(), {Part("body", "hello")}), HasSubstr("found 'hello'"));
  EXPECT_THAT(WhyNot(Rows(), {Part("body", "GIF89a\x01" + std::string(500, '\xFF'))}),
              HasSubstr("a picture (JPEG, PNG, WebP), found a GIF image (507 bytes)"));
  EXPECT_THAT(WhyNot(Rows(), {Part("body", std::string(500, '\x01'))}),
              HasSubstr("found bytes that begin with 01 01 01 01 01 01 01 01 (500 bytes)"));
}

}  // namespace
}  // namespace trireme::torchserve

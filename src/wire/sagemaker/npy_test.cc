// SPDX-License-Identifier: Apache-2.0
#include "wire/sagemaker/npy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <vector>

namespace trireme::sagemaker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// As numpy.save writes it, with a head of one's own.
std::string File(const std::string& dictionary, const std::string& elements, char version = 1) {
  std::string text = dictionary;
  text.append(63 - (10 + text.size()) % 64, ' ');
  text += '\n';
  std::string file("\x93NUMPY");
  file += {version, '\0', static_cast<char>(text.size()), '\0'};
  if (version > 1) file += std::string(2, '\0');
  return file + text + elements;
}

template <typename T>
std::string Elements(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

std::string Head(const std::string& descr, const std::string& shape) {
  return "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }";
}

Result<Tensor> Read(const std::string& file, DataType type = DataType::kFp32, const Shape& shape = {-1, 2}) {
  static MemoryPool pool;
  const Buffer bytes = Buffer::CopyOf(std::as_bytes(std::span(file)));
  return ReadNpy(bytes.bytes(), bytes.keep_alive(), {.name = "x", .type = type, .shape = shape}, pool);
}

std::string Problem(const std::string& file, DataType type = DataType::kFp32) {
  const Result<Tensor> tensor = Read(file, type);
  EXPECT_EQ(tensor.status().code(), StatusCode::kInvalidArgument);
  return tensor.status().message();
}

TEST(Npy, ReadsAnArray) {
  for (const char version : {1, 2, 3}) {
    const Result<Tensor> tensor = Read(File(Head("<f4", "(2, 2)"), Elements<float>({1, 2, 3, 4}), version));
    ASSERT_TRUE(tensor.ok()) << tensor.status();
    EXPECT_EQ(tensor->shape, Shape({2, 2}));
    EXPECT_THAT(tensor->As<float>(), ElementsAre(1, 2, 3, 4));
  }
  EXPECT_EQ(Read(File(Head("<f4", "(2,)"), Elements<float>({1, 2})))->shape, Shape({1, 2}));
  EXPECT_EQ(Read(File(Head("<f4", "()"), Elements<float>({1})), DataType::kFp32, {})->shape, Shape());
  EXPECT_EQ(Read(File(Head("|b1", "(2,)"), std::string("\0\1", 2)), DataType::kBool, {-1})->shape, Shape({2}));
}

TEST(Npy, ConvertsWhatFits) {
  EXPECT_THAT(Read(File(Head("<f8", "(1, 2)"), Elements<double>({0.5, -2})))->As<float>(), ElementsAre(0.5, -2));
  EXPECT_THAT(Read(File(Head("<i8", "(1, 2)"), Elements<int64_t>({7, -2})), DataType::kInt32)->As<int32_t>(),
              ElementsAre(7, -2));
  EXPECT_THAT(Read(File(Head("|u1", "(1, 2)"), std::string("\1\2")))->As<float>(), ElementsAre(1, 2));
  EXPECT_THAT(Read(File(Head("<f4", "(1, 2)"), Elements<float>({1, -2})), DataType::kFp16)->As<uint16_t>(),
              ElementsAre(0x3c00, 0xc000));
  EXPECT_THAT(Read(File(Head("<f2", "(1, 2)"), Elements<uint16_t>({0x3c00, 0xc000})))->As<float>(), ElementsAre(1, -2));
}

TEST(Npy, RefusesWhatDoesNotFit) {
  EXPECT_THAT(Problem(File(Head("<i8", "(1, 2)"), Elements<int64_t>({1, int64_t{1} << 40})), DataType::kInt32),
              HasSubstr("element 1 does not fit INT32"));
  EXPECT_THAT(Problem(File(Head("<f4", "(1, 2)"), Elements<float>({1, 2})), DataType::kInt32),
              HasSubstr("expected an array of INT32, found one of FP32"));
  EXPECT_THAT(Problem(File(Head("<f8", "(1, 2)"), Elements<double>({1e300, 1}))), HasSubstr("element 0"));
  EXPECT_THAT(Problem(File(Head("|b1", "(1, 2)"), std::string(2, '\1'))), HasSubstr("found one of BOOL"));
  EXPECT_THAT(Problem(File(Head("|b1", "(1, 2)"), std::string(2, '\2')), DataType::kBool), HasSubstr("0 and 1"));
  for (const std::string& file :
       {File(Head("<f4", "(1, 2)"), Elements<float>({1, 2})), File(Head("|S5", "(1,)"), "hello")}) {
    EXPECT_THAT(Problem(file, DataType::kBytes), HasSubstr("expected application/json or text/csv"))
        << "no advice to send numbers";
  }
}

TEST(Npy, RefusesWhatItCannotRead) {
  EXPECT_THAT(Problem(File(Head(">f4", "(1, 2)"), std::string(8, '\0'))), HasSubstr("type '>f4'"));
  EXPECT_THAT(Problem(File(Head("|O", "(1, 2)"), std::string(8, '\0'))), HasSubstr("type '|O'"));
  EXPECT_THAT(Problem(File("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }", std::string(16, '\0'))),
              HasSubstr("Fortran order"));
  EXPECT_THAT(Problem(File(Head("<f4", "(2, 2)"), std::string(12, '\0'))), HasSubstr("found 12 bytes"));
  EXPECT_THAT(Problem(File(Head("<f4", "(4611686018427387904, 4)"), "")), HasSubstr("found 0 bytes"));
  EXPECT_THAT(Problem(File(Head("<f4", "(1,)"), "", 4)), HasSubstr("version 4"));
  EXPECT_THAT(Problem("PK\3\4"), HasSubstr("something else"));
  for (const char* head : {"", "{", "{}", "{'descr': '<f4'}", "{'descr': <f4}", "{'shape': (1 2)}", "{'shape': (-1,)}",
                           "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }"}) {
    EXPECT_THAT(Problem(File(head, "")), HasSubstr("cannot be read")) << head;
  }
  const std::string whole = File(Head("<f4", "(1, 2)"), "");
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(Read(whole.substr(0, size)).ok());
  }
}

TEST(Npy, WritesWhatItReads) {
  const std::vector<float> values = {1, 2};
  for (const Shape& shape : {Shape({1, 2}), Shape({2}), Shape({2, 1, 1})}) {
    const Tensor tensor{.type = DataType::kFp32, .shape = shape, .data = Buffer::View(values.data(), 8, nullptr)};
    const Result<std::string> head = NpyHeader(tensor);
    ASSERT_TRUE(head.ok());
    EXPECT_EQ(head->size() % 64, 0);
    const Result<Tensor> read = Read(*head + Elements(values), DataType::kFp32, shape);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->shape, shape);
  }
  EXPECT_EQ(NpyHeader({.type = DataType::kBytes}).status().code(), StatusCode::kUnsupported);
  EXPECT_THAT(*NpyHeader({.type = DataType::kFp32, .shape = {}}), HasSubstr("'shape': ()"));
}

}  // namespace
}  // namespace trireme::sagemaker

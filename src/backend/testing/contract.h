// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "backend/backend.h"
#include "backend/plugin.h"
#include "base/testing/temp_dir.h"
#include "tensor/bytes_elements.h"

namespace trireme {

// The folder of the running test, where the build puts plug-ins and their libraries.
inline std::filesystem::path BuildFolder() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path();
}

// Models of one backend's kind, made by its test.
struct ContractModels {
  std::filesystem::path add_sub;  // INT32 INPUT0, INPUT1 [n,16] -> OUTPUT0 = sum, OUTPUT1 = difference
  std::map<DataType, std::filesystem::path> identity;   // INPUT0 [n,d] -> OUTPUT0, for every type that the backend has
  std::map<std::string, std::filesystem::path> broken;  // files of the right name that are no models
  // What a config says of them, where the files do not say it themselves.
  std::map<std::filesystem::path, Signature> declared = {};
};

// Rules that every backend keeps. A backend's test says
//
//   struct Subject {
//     static Result<std::unique_ptr<Backend>> Make(const PluginHost& host);
//     static ContractModels WriteModels(const std::filesystem::path& folder);
//   };
//   INSTANTIATE_TYPED_TEST_SUITE_P(Onnx, BackendContract, Subject);
template <typename Subject>
class BackendContract : public testing::Test {
 protected:
  void SetUp() override {
    auto made = Subject::Make({pool_, log_, BuildFolder()});
    ASSERT_TRUE(made.ok()) << made.status();
    backend_ = std::move(made).value();
    models_ = Subject::WriteModels(folder_.path());
  }

  ModelSource Source(const std::filesystem::path& path) const {
    ModelSource source{.path = path};
    if (const auto said = models_.declared.find(path); said != models_.declared.end()) source.declared = said->second;
    return source;
  }

  std::unique_ptr<OpenModel> Open(const std::filesystem::path& path) {
    Result<Opened> opened = backend_->Open(Source(path), {});
    EXPECT_TRUE(opened.ok()) << opened.status();
    return opened.ok() ? std::get<std::unique_ptr<OpenModel>>(std::move(opened).value()) : nullptr;
  }

  // A tensor of 32-bit integers that count up from `first`.
  Tensor Counting(const Shape& shape, int32_t first) {
    Tensor tensor = MakeTensor(pool_, DataType::kInt32, shape);
    const auto elements = tensor.MutableAs<int32_t>();
    std::iota(elements.begin(), elements.end(), first);
    return tensor;
  }

  // Elements that differ in every byte where the type allows it.
  Tensor Sample(DataType type, const Shape& shape) {
    if (type == DataType::kBytes) return SampleOfBytes(shape);
    Tensor tensor = MakeTensor(pool_, type, shape);
    for (size_t i = 0; i < tensor.data.size(); ++i) {
      tensor.data.mutable_data()[i] = static_cast<std::byte>(type == DataType::kBool ? i % 2 : i * 7 + 1);
    }
    return tensor;
  }

  Tensor SampleOfBytes(const Shape& shape) {
    const std::string elements[] = {
        "", std::string("\0", 1), "plain", std::string("a\0b\0", 4), "\xff\xfe no UTF-8", std::string(100'000, 'x')};
    std::vector<std::byte> data;
    for (int64_t i = 0; i < shape.ElementCount().value(); ++i) AppendBytesElement(data, elements[i % 6]);
    return {DataType::kBytes, shape, Buffer::CopyOf(data)};
  }

  static void ExpectSame(const std::vector<TensorSpec>& described, const std::vector<TensorSpec>& opened) {
    ASSERT_EQ(described.size(), opened.size());
    for (size_t i = 0; i < described.size(); ++i) {
      EXPECT_EQ(described[i].name, opened[i].name);
      EXPECT_EQ(described[i].type, opened[i].type) << opened[i].name;
      EXPECT_EQ(described[i].shape, opened[i].shape) << opened[i].name;
      EXPECT_EQ(described[i].dim_names, opened[i].dim_names) << opened[i].name;
      EXPECT_EQ(described[i].optional, opened[i].optional) << opened[i].name;
    }
  }

  static bool SameBytes(const Tensor& a, const Tensor& b) {
    return a.data.size() == b.data.size() && std::memcmp(a.data.data(), b.data.data(), a.data.size()) == 0;
  }

  MemoryPool pool_;
  Logger log_{2, Logger::Form::kText, LogLevel::kError};
  TempDir folder_;
  ContractModels models_;
  std::unique_ptr<Backend> backend_;
};

TYPED_TEST_SUITE_P(BackendContract);

TYPED_TEST_P(BackendContract, KnowsItsModelsFromOtherFiles) {
  EXPECT_GT(this->backend_->Inspect(this->models_.add_sub).confidence, 0);
  for (const auto& [what, path] : this->models_.broken) {
    EXPECT_EQ(this->backend_->Inspect(path).confidence, 0) << what;
  }
  EXPECT_EQ(this->backend_->Inspect(this->folder_ / "missing").confidence, 0);
}

TYPED_TEST_P(BackendContract, NamesTheFileThatCannotBeOpened) {
  this->models_.broken["missing"] = this->folder_ / "missing.model";
  for (const auto& [what, path] : this->models_.broken) {
    const Result<Opened> opened = this->backend_->Open({.path = path}, {});
    ASSERT_FALSE(opened.ok()) << what;
    EXPECT_NE(opened.status().code(), StatusCode::kInternal) << what << ": " << opened.status();
    EXPECT_THAT(opened.status().message(), testing::HasSubstr(path.string())) << what;
    const Result<ModelFacts> described = this->backend_->Describe({.path = path}, {});
    ASSERT_FALSE(described.ok()) << what;
    EXPECT_EQ(described.status().code(), opened.status().code()) << what << ": " << described.status();
    EXPECT_THAT(described.status().message(), testing::HasSubstr(path.string())) << what;
  }
}

TYPED_TEST_P(BackendContract, DescribesAModelAsItIsOnceOpen) {
  this->models_.identity[DataType::kInt32] = this->models_.add_sub;
  for (const auto& [type, path] : this->models_.identity) {
    const auto facts = this->backend_->Describe(this->Source(path), {});
    ASSERT_TRUE(facts.ok()) << Name(type) << ": " << facts.status();
    EXPECT_FALSE(facts->format.empty());
    const auto model = this->Open(path);
    this->ExpectSame(facts->signature.inputs, model->signature().inputs);
    this->ExpectSame(facts->signature.outputs, model->signature().outputs);
    EXPECT_EQ(facts->signature.batched, model->signature().batched) << Name(type);
    EXPECT_EQ(facts->signature.inputs[0].may_change, model->signature().inputs[0].may_change) << Name(type);
    EXPECT_EQ(facts->signature.outputs[0].may_change, model->signature().outputs[0].may_change) << Name(type);
  }
}

TYPED_TEST_P(BackendContract, SaysWhatAModelTakesAndGives) {
  const auto model = this->Open(this->models_.add_sub);
  const Signature& signature = model->signature();
  ASSERT_EQ(signature.inputs.size(), 2U);
  ASSERT_EQ(signature.outputs.size(), 2U);
  EXPECT_EQ(signature.inputs[1].name, "INPUT1");
  EXPECT_EQ(signature.inputs[1].type, DataType::kInt32);
  EXPECT_EQ(signature.inputs[1].shape, Shape({Shape::kAny, 16}));
  EXPECT_EQ(signature.outputs[1].name, "OUTPUT1");
  EXPECT_TRUE(signature.batched);
}

TYPED_TEST_P(BackendContract, CarriesElementsOfEveryTypeUnchanged) {
  for (const auto& [type, path] : this->models_.identity) {
    const auto model = this->Open(path);
    EXPECT_EQ(model->signature().inputs[0].type, type);
    const std::vector<Tensor> inputs = {this->Sample(type, {3, 4})};
    const int wanted[] = {0};
    const auto outputs = model->Run(inputs, wanted, {});
    ASSERT_TRUE(outputs.ok()) << Name(type) << ": " << outputs.status();
    EXPECT_EQ((*outputs)[0].type, type);
    EXPECT_EQ((*outputs)[0].shape, Shape({3, 4})) << Name(type);
    EXPECT_TRUE(this->SameBytes((*outputs)[0], inputs[0])) << Name(type);
  }
}

TYPED_TEST_P(BackendContract, CarriesTensorsWithoutElements) {
  for (const auto& [type, path] : this->models_.identity) {
    const auto model = this->Open(path);
    const std::vector<Tensor> inputs = {{type, {0, 4}, Buffer()}};
    const int wanted[] = {0};
    const auto outputs = model->Run(inputs, wanted, {});
    ASSERT_TRUE(outputs.ok()) << Name(type) << ": " << outputs.status();
    EXPECT_EQ((*outputs)[0].shape, Shape({0, 4})) << Name(type);
    EXPECT_TRUE((*outputs)[0].data.empty());
  }
}

TYPED_TEST_P(BackendContract, GivesTheOutputsThatAreWantedInTheirOrder) {
  const auto model = this->Open(this->models_.add_sub);
  const std::vector<Tensor> inputs = {this->Counting({1, 16}, 100), this->Counting({1, 16}, 1)};
  const int both[] = {1, 0};
  const auto outputs = model->Run(inputs, both, {});
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  ASSERT_EQ(outputs->size(), 2U);
  EXPECT_EQ((*outputs)[0].template As<int32_t>()[2], 99);
  EXPECT_EQ((*outputs)[1].template As<int32_t>()[2], 105);
  const int second[] = {1};
  const auto one = model->Run(inputs, second, {});
  ASSERT_TRUE(one.ok()) << one.status();
  ASSERT_EQ(one->size(), 1U);
  EXPECT_EQ((*one)[0].template As<int32_t>()[15], 99);
}

TYPED_TEST_P(BackendContract, WritesWhereTheCallerWants) {
  const auto model = this->Open(this->models_.add_sub);
  const std::vector<Tensor> inputs = {this->Counting({2, 16}, 100), this->Counting({2, 16}, 1)};
  const int wanted[] = {1, 0};
  Buffer large = Buffer::Take(this->pool_, 4096);
  Buffer small = Buffer::Take(this->pool_, 16);
  std::vector<Buffer> destinations = {large, small};
  const auto outputs = model->Run(inputs, wanted, destinations);
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  EXPECT_EQ((*outputs)[0].data.data(), large.data());
  EXPECT_EQ((*outputs)[0].data.size(), sizeof(int32_t) * 2 * 16);
  EXPECT_EQ((*outputs)[0].template As<int32_t>()[31], 99);
  EXPECT_NE((*outputs)[1].data.data(), small.data());
  EXPECT_EQ((*outputs)[1].template As<int32_t>()[0], 101);
}

TYPED_TEST_P(BackendContract, WritesElementsOfEveryTypeWhereTheCallerWants) {
  for (const auto& [type, path] : this->models_.identity) {
    const auto model = this->Open(path);
    const std::vector<Tensor> inputs = {this->Sample(type, {3, 4})};
    const int wanted[] = {0};
    std::vector<Buffer> destinations = {Buffer::Take(this->pool_, size_t{1} << 20)};
    const auto outputs = model->Run(inputs, wanted, destinations);
    ASSERT_TRUE(outputs.ok()) << Name(type) << ": " << outputs.status();
    EXPECT_EQ((*outputs)[0].data.data(), destinations[0].data()) << Name(type);
    EXPECT_TRUE(this->SameBytes((*outputs)[0], inputs[0])) << Name(type);
  }
}

TYPED_TEST_P(BackendContract, OutputsOutliveModelAndBackend) {
  auto model = this->Open(this->models_.add_sub);
  const int wanted[] = {0};
  auto outputs = model->Run(std::vector<Tensor>{this->Counting({1, 16}, 1), this->Counting({1, 16}, 1)}, wanted, {});
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  model.reset();
  this->backend_.reset();
  EXPECT_EQ((*outputs)[0].template As<int32_t>()[15], 32);
}

TYPED_TEST_P(BackendContract, RunsForManyThreadsAtOnce) {
  const auto model = this->Open(this->models_.add_sub);
  std::vector<std::thread> callers;
  std::vector<int> right(4, 0);
  for (size_t caller = 0; caller < right.size(); ++caller) {
    callers.emplace_back([&, caller] {
      for (int i = 0; i < 50; ++i) {
        const auto rows = static_cast<int64_t>(1 + (caller + static_cast<size_t>(i)) % 5);
        const int32_t first = static_cast<int32_t>(caller) * 1000 + i;
        const std::vector<Tensor> inputs = {this->Counting({rows, 16}, first), this->Counting({rows, 16}, 0)};
        const int wanted[] = {1};
        const auto outputs = model->Run(inputs, wanted, {});
        if (outputs.ok() && (*outputs)[0].template As<int32_t>().back() == first) ++right[caller];
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_THAT(right, testing::Each(50));
}

TYPED_TEST_P(BackendContract, CallsAWrongShapeTheCallersFault) {
  const auto model = this->Open(this->models_.add_sub);
  const std::vector<Tensor> inputs = {this->Counting({1, 16}, 1), this->Counting({1, 17}, 1)};
  const int wanted[] = {0};
  const auto outputs = model->Run(inputs, wanted, {});
  ASSERT_FALSE(outputs.ok());
  EXPECT_EQ(outputs.status().code(), StatusCode::kInvalidArgument) << outputs.status();
  EXPECT_THAT(outputs.status().message(), testing::HasSubstr("INPUT1"));
}

TYPED_TEST_P(BackendContract, GivesTheSameWithOtherThreadsOnTheSameWeights) {
  const auto model = this->Open(this->models_.add_sub);
  const std::vector<Tensor> inputs = {this->Counting({3, 16}, 100), this->Counting({3, 16}, 1)};
  const int wanted[] = {0, 1};
  const auto expected = model->Run(inputs, wanted, {});
  ASSERT_TRUE(expected.ok()) << expected.status();
  for (const int threads : {1, 2, 64}) {
    const auto other = model->WithThreads(threads);
    ASSERT_TRUE(other.ok()) << other.status();
    this->ExpectSame((*other)->signature().inputs, model->signature().inputs);
    this->ExpectSame((*other)->signature().outputs, model->signature().outputs);
    EXPECT_EQ((*other)->signature().batched, model->signature().batched);
    EXPECT_EQ((*other)->has_loop(), model->has_loop());
    EXPECT_EQ((*other)->memory_use().weights, 0U);
    const auto outputs = (*other)->Run(inputs, wanted, {});
    ASSERT_TRUE(outputs.ok()) << outputs.status();
    for (size_t i = 0; i < 2; ++i) EXPECT_TRUE(this->SameBytes((*outputs)[i], (*expected)[i])) << threads;
  }
}

TYPED_TEST_P(BackendContract, ModelsWithOtherThreadsOutliveOneAnother) {
  const auto run = [&](OpenModel& model) {
    const int wanted[] = {0};
    return model.Run(std::vector<Tensor>{this->Counting({1, 16}, 1), this->Counting({1, 16}, 1)}, wanted, {});
  };
  auto first = this->Open(this->models_.add_sub);
  auto second = first->WithThreads(2).value();
  first.reset();
  auto third = second->WithThreads(1).value();
  EXPECT_TRUE(run(*second).ok());
  second.reset();
  this->backend_.reset();
  const auto outputs = run(*third);
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  EXPECT_EQ((*outputs)[0].template As<int32_t>()[15], 32);
}

TYPED_TEST_P(BackendContract, RunsWithDifferentThreadsAtTheSameTime) {
  const auto model = this->Open(this->models_.add_sub);
  const auto other = model->WithThreads(4).value();
  OpenModel* const models[] = {model.get(), other.get()};
  std::vector<std::thread> callers;
  std::vector<int> right(4, 0);
  for (size_t caller = 0; caller < right.size(); ++caller) {
    callers.emplace_back([&, caller] {
      for (int i = 0; i < 50; ++i) {
        const std::vector<Tensor> inputs = {this->Counting({2, 16}, i), this->Counting({2, 16}, 0)};
        const int wanted[] = {1};
        const auto outputs = models[caller % 2]->Run(inputs, wanted, {});
        if (outputs.ok() && (*outputs)[0].template As<int32_t>().back() == i) ++right[caller];
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_THAT(right, testing::Each(50));
}

REGISTER_TYPED_TEST_SUITE_P(BackendContract, KnowsItsModelsFromOtherFiles, NamesTheFileThatCannotBeOpened,
                            DescribesAModelAsItIsOnceOpen, SaysWhatAModelTakesAndGives,
                            CarriesElementsOfEveryTypeUnchanged, CarriesTensorsWithoutElements,
                            GivesTheOutputsThatAreWantedInTheirOrder, WritesWhereTheCallerWants,
                            WritesElementsOfEveryTypeWhereTheCallerWants, OutputsOutliveModelAndBackend,
                            RunsForManyThreadsAtOnce, CallsAWrongShapeTheCallersFault,
                            GivesTheSameWithOtherThreadsOnTheSameWeights, ModelsWithOtherThreadsOutliveOneAnother,
                            RunsWithDifferentThreadsAtTheSameTime);

}  // namespace trireme

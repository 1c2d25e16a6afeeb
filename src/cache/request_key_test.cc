// SPDX-License-Identifier: Apache-2.0
#include "cache/request_key.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/memory_pool.h"

namespace trireme {
namespace {

class RequestKey : public testing::Test {
 protected:
  NamedTensor Input(const std::string& name, const Shape& shape, float value = 0) {
    NamedTensor input{.name = name, .tensor = MakeTensor(pool_, DataType::kFp32, shape)};
    for (float& element : input.tensor.MutableAs<float>()) element = value;
    return input;
  }
  InferRequest Request() {
    InferRequest request;
    request.inputs = {Input("a", {2, 3}), Input("b", {6})};
    request.outputs.push_back({.name = "y", .destination = {}});
    request.parameters = {{"p", int64_t{1}}};
    return request;
  }

  MemoryPool pool_;
  const KeyedHash hash_;
};

TEST_F(RequestKey, IsTheSameForTheSameRequest) {
  const auto key = KeyOf(Request(), hash_);
  ASSERT_TRUE(key.has_value());
  InferRequest other = Request();
  other.id = "another";
  other.caller.principal = "somebody else";
  other.priority = 3;
  other.deadline = TimePoint() + std::chrono::seconds(1);
  EXPECT_EQ(KeyOf(other, hash_), key);
}

TEST_F(RequestKey, TellsApartAllThatAnAnswerDependsOn) {
  const std::vector<std::function<void(InferRequest&)>> changes = {
      [](InferRequest&) {},
      [](InferRequest& request) { request.signature = "s"; },
      [](InferRequest& request) { request.takes_several = true; },
      [](InferRequest& request) { request.outputs.clear(); },
      [](InferRequest& request) { request.outputs[0].name = "z"; },
      [](InferRequest& request) { request.outputs.push_back({.name = "z", .destination = {}}); },
      [](InferRequest& request) { request.parameters[0].first = "q"; },
      [](InferRequest& request) { request.parameters[0].second = int64_t{2}; },
      [](InferRequest& request) { request.parameters[0].second = true; },
      [](InferRequest& request) { request.parameters[0].second = 1.0; },
      [](InferRequest& request) { request.parameters[0].second = std::string("1"); },
      [](InferRequest& request) { request.parameters.clear(); },
      [](InferRequest& request) { request.inputs.pop_back(); },
      [](InferRequest& request) { std::swap(request.inputs[0], request.inputs[1]); },
      [](InferRequest& request) { request.inputs[0].name = "c"; },
      [](InferRequest& request) { request.inputs[0].tensor.type = DataType::kInt32; },
      [](InferRequest& request) {
        request.inputs[0].tensor.shape = {3, 2};
      },
      [](InferRequest& request) { request.inputs[0].tensor.MutableAs<float>()[5] = 1; },
      [](InferRequest& request) { request.inputs[1].tensor.MutableAs<float>()[0] = 1; },
  };
  std::set<Hash128> keys;
  for (const auto& change : changes) {
    InferRequest request = Request();
    change(request);
    const auto key = KeyOf(request, hash_);
    ASSERT_TRUE(key.has_value());
    keys.insert(*key);
  }
  EXPECT_EQ(keys.size(), changes.size());
}

TEST_F(RequestKey, TellsWhereOneInputEnds) {
  InferRequest one;
  one.inputs = {Input("a", {2}), Input("b", {4})};
  InferRequest other;
  other.inputs = {Input("a", {4}), Input("b", {2})};
  EXPECT_NE(KeyOf(one, hash_), KeyOf(other, hash_));
}

TEST_F(RequestKey, ThereIsNoneForWhatHasAnAnswerOfItsOwn) {
  int elsewhere = 0;
  const std::vector<std::function<void(InferRequest&)>> changes = {
      [](InferRequest& request) { request.sequence.id = uint64_t{7}; },
      [](InferRequest& request) { request.sequence.id = std::string("s"); },
      [](InferRequest& request) { request.sequence.start = true; },
      [](InferRequest& request) { request.sequence.end = true; },
      [](InferRequest& request) { request.changing_inputs = {1}; },
      [](InferRequest& request) { request.outputs[0].may_change = true; },
      [&](InferRequest& request) {
        request.outputs[0].destination = Buffer::View(&elsewhere, sizeof(elsewhere), nullptr);
      },
      [&](InferRequest& request) {
        request.inputs[0].tensor.data = Buffer::View(&elsewhere, sizeof(elsewhere), nullptr, MemoryKind::kDevice);
      },
  };
  for (const auto& change : changes) {
    InferRequest request = Request();
    change(request);
    EXPECT_FALSE(KeyOf(request, hash_).has_value()) << &change - changes.data();
  }
}

}  // namespace
}  // namespace trireme

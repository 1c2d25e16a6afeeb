// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <thread>

#include "backends/torch/testing/backend_fixture.h"

namespace trireme::torch_backend {
namespace {

using testing::ElementsAre;

class TorchStateTest : public TorchBackendFixture {
 protected:
  static constexpr const char* kNote = "one after the other";

  std::filesystem::path Stateful(const std::string& body) {
    return WriteWith(body, {.buffers = {"n"}, .lists = {"kept"}, .dicts = {"counts"}, .settable = true});
  }

  bool KeepsState(const std::string& body) {
    const auto facts = backend_->Describe({.path = Stateful(body)}, {});
    EXPECT_TRUE(facts.ok()) << body << ": " << facts.status();
    if (!facts.ok()) return false;
    const bool is_noted = std::ranges::any_of(
        facts->notes, [](const std::string& note) { return note.find(kNote) != std::string::npos; });
    EXPECT_EQ(Open({.path = Stateful(body)})->keeps_state(), is_noted) << body;
    return is_noted;
  }

  static float First(const Tensor& tensor) { return tensor.As<float>()[0]; }
};

TEST_F(TorchStateTest, IsSeenWhereverItLies) {
  for (const char* body : {
           "def forward(self, x):\n  self.n.add_(1.0)\n  return x + self.n\n",
           "def forward(self, x):\n  self.n = self.n + 1.0\n  return x + self.n\n",
           "def forward(self, x):\n  self.n[0] = x.sum()\n  return x + self.n\n",
           "def forward(self, x):\n  self.kept.append(x)\n  return x + 1\n",
           "def forward(self, x):\n  self.kept[0] = x.sum()\n  return x + 1\n",
           "def forward(self, x):\n  self.kept[0].add_(1.0)\n  return x + self.kept[0]\n",
           "def forward(self, x):\n  for each in self.kept:\n    each.add_(1.0)\n  return x + 1\n",
           "def forward(self, x):\n  self.counts['n'] = x.sum()\n  return x + 1\n",
           "def forward(self, x):\n  self.counts['n'].add_(1.0)\n  return x + 1\n",
           "def step(self, x):\n  self.n.add_(1.0)\n  return x + self.n\n\n"
           "def forward(self, x):\n  return torch.wait(fork(self.step, x))\n",
       }) {
    EXPECT_TRUE(KeepsState(body)) << body;
  }
}

TEST_F(TorchStateTest, IsSeenInWhatIsSetToGoOnFromIt) {
  for (const char* body : {
           "def forward(self, x):\n  self.count = self.count + 1\n  return x + self.count\n",
           "def forward(self, x):\n  self.grid = [self.grid[1], self.grid[0]]\n  return x + self.grid[0]\n",
           "def forward(self, x):\n  if self.memo is None:\n    self.memo = x\n  return x + 1\n",
           "def forward(self, x):\n  self.memo = x\n  return x + 1\n",
           "def forward(self, x):\n  self.memo = torch.rand_like(self.n)\n  return x + 1\n",
           "def forward(self, x):\n  was = self.warned\n  self.warned = True\n  return x + int(was)\n",
           "def forward(self, x):\n  was = self.n\n  self.n = torch.full([1], float(x.size(1)))\n  return x + was\n",
           "def forward(self, x):\n  if bool(x.sum() > 0):\n    self.warned = True\n  return x + 1\n",
           "def forward(self, x):\n  if self.count == 0:\n    self.count = 1\n  else:\n    self.count = 0\n"
           "  return x + self.count\n",
           "def forward(self, x):\n  y = x + 1\n  if not self.warned:\n    y.add_(1)\n    self.warned = True\n"
           "  return y\n",
       }) {
    EXPECT_TRUE(KeepsState(body)) << body;
  }
}

// As detectors of torchvision have them.
constexpr const char* kWarnsOnce =
    "def forward(self, x):\n  if not self.warned:\n    torch.warn('once')\n    self.warned = True\n"
    "  return x + 1\n";
constexpr const char* kMovesItsGrid =
    "def forward(self, x):\n  moved: List[Tensor] = []\n  for cell in self.grid:\n"
    "    moved.append(cell.to(dtype=x.dtype, device=x.device))\n  self.grid = moved\n"
    "  return x + self.grid[0]\n";
constexpr const char* kRemembersSizes =
    "def forward(self, x):\n  if self.memo is None:\n    self.memo = torch.full([1], float(x.size(1)))\n"
    "  memo = self.memo\n  assert memo is not None\n  return x + memo\n";

TEST_F(TorchStateTest, IsNotWhatEachRunSetsAnew) {
  for (const char* body : {kWarnsOnce, kMovesItsGrid, kRemembersSizes}) EXPECT_FALSE(KeepsState(body)) << body;
}

TEST_F(TorchStateTest, IsNotLeftBehindByWhatIsRememberedOfSizes) {
  for (const char* optimize : {"auto", "plain", "freeze"}) {
    const auto model = Open({.path = Stateful(kRemembersSizes)}, {.runtime_parameters = {{"optimize", optimize}}});
    for (const int64_t size : {2, 5, 3}) {
      const auto got = Run(*model, {Numbers({1, size})});
      ASSERT_TRUE(got.ok()) << got.status();
      EXPECT_EQ(First((*got)[0]), static_cast<float>(size)) << optimize;
    }
  }
}

TEST_F(TorchStateTest, IsEachCallersOwnWhereItIsSetAnew) {
  constexpr int kRuns = 200;
  const auto model = Open({.path = Stateful(kRemembersSizes)});
  const auto run = [&](int64_t size) {
    MemoryPool pool;
    Tensor input = MakeTensor(pool, DataType::kFp32, Shape({1, size}));
    std::ranges::fill(input.MutableAs<float>(), 0.0F);
    for (int i = 0; i < kRuns; ++i) {
      const auto got = Run(*model, {input});
      ASSERT_TRUE(got.ok()) << got.status();
      ASSERT_EQ(First((*got)[0]), static_cast<float>(size));
    }
  };
  std::thread other([&] { run(7); });
  run(3);
  other.join();
}

// As far as the program says, what is remembered depends on the input.
constexpr const char* kRemembersInput =
    "def forward(self, x):\n  if self.scales is None:\n    self.scales = x.sum() * 0 + x.size(1)\n"
    "  if not self._has_warned:\n    torch.warn('once')\n    self._has_warned = True\n"
    "  scales = self.scales\n  assert scales is not None\n  return x * 0 + scales\n";

TEST_F(TorchStateTest, OfTorchvisionsDetectorsIsNone) {
  const auto detector = [&](const char* name, const char* body) {
    return WriteWith(body, {.buffers = {"n"}, .settable = true, .detector = name});
  };
  EXPECT_TRUE(Open({.path = detector("mine.Detector", kRemembersInput)})->keeps_state());
  const char* const known = "torchvision.models.detection.faster_rcnn.FasterRCNN";
  const char* const counts =
      "def forward(self, x):\n  self.scales = x.sum()\n  self.count = self.count + 1\n  return x + self.count\n";
  EXPECT_TRUE(Open({.path = detector(known, counts)})->keeps_state()) << "no detector of theirs does that";
  const char* const trains = "def forward(self, x):\n  self.n.add_(1)\n  return x + 1\n";
  EXPECT_TRUE(Open({.path = detector(known, trains)})->keeps_state()) << "no detector at all";
  const auto model = Open({.path = detector(known, kRemembersInput)});
  EXPECT_FALSE(model->keeps_state());
  for (const int64_t size : {2, 5, 3}) {
    const auto got = Run(*model, {Numbers({1, size})});
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_EQ(First((*got)[0]), static_cast<float>(size)) << "each run has memos of its own";
  }
}

TEST_F(TorchStateTest, IsNotSeenWhereThereIsNone) {
  for (const char* body : {
           "def forward(self, x):\n  return x + self.n + self.kept[0] + self.counts['n']\n",
           "def forward(self, x):\n  y = x + self.n\n  y.add_(self.n)\n  return y\n",
           "def forward(self, x):\n  found = [self.n, x]\n  found.append(x)\n  return found[0] + found[2]\n",
           "def forward(self, x):\n  x.add_(self.n)\n  return x + 1\n",
           "def step(self, x):\n  return x + self.n\n\n"
           "def forward(self, x):\n  return torch.wait(fork(self.step, x))\n",
       }) {
    EXPECT_FALSE(KeepsState(body)) << body;
  }
}

constexpr const char* kCounter = "def forward(self, x):\n  self.kept.append(x)\n  self.n.add_(1.0)\n  return self.n\n";

TEST_F(TorchStateTest, IsThatOfTheFileBeforeTheFirstRequest) {
  for (const char* optimize : {"auto", "plain", "freeze", "ofi"}) {
    const auto model = Open({.path = Stateful(kCounter)}, {.runtime_parameters = {{"optimize", optimize}}});
    for (const float expected : {1.0F, 2.0F, 3.0F}) {
      const auto got = Run(*model, {Numbers({1, 2})});
      ASSERT_TRUE(got.ok()) << got.status();
      EXPECT_THAT((*got)[0].As<float>(), ElementsAre(expected)) << optimize;
    }
  }
}

TEST_F(TorchStateTest, IsChangedByOneRunAtATimeAndAnswersStayAsTheyWere) {
  constexpr int kRuns = 300;
  const auto model = Open({.path = Stateful(kCounter)});
  const Tensor input = Numbers({1, 2});
  std::vector<std::vector<Tensor>> answers(2);
  const auto run = [&](std::vector<Tensor>& kept) {
    for (int i = 0; i < kRuns; ++i) {
      Result<std::vector<Tensor>> got = Run(*model, {input});
      ASSERT_TRUE(got.ok()) << got.status();
      kept.push_back(std::move(got->front()));
    }
  };
  std::thread other([&] { run(answers[0]); });
  run(answers[1]);
  other.join();
  std::set<float> numbers;
  for (const std::vector<Tensor>& kept : answers) {
    for (const Tensor& answer : kept) numbers.insert(First(answer));
  }
  EXPECT_EQ(numbers.size(), 2U * kRuns) << "each run saw another number, and none has changed since";
  EXPECT_EQ(*numbers.begin(), 1);
  EXPECT_EQ(*numbers.rbegin(), 2 * kRuns);
}

TEST_F(TorchStateTest, IsNoMemoryOfInputs) {
  const auto model = Open({.path = Stateful("def forward(self, x):\n  before = self.kept.pop()\n"
                                            "  self.kept.append(x)\n  return before\n")});
  Tensor input = Numbers({1, 1}, 7);
  ASSERT_TRUE(Run(*model, {input}).ok());
  input.MutableAs<float>()[0] = 0;
  const auto got = Run(*model, {Numbers({1, 1}, 1)});
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_THAT((*got)[0].As<float>(), ElementsAre(7));
}

}  // namespace
}  // namespace trireme::torch_backend

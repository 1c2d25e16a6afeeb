// SPDX-License-Identifier: Apache-2.0
#include "app/compare_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "base/testing/temp_dir.h"

namespace trireme {
namespace {

using bench::CompareLoad;
using bench::CompareOptions;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kWhole = R"(
servers:
  - name: ours
    url: grpc://127.0.0.1:8001
    price_per_hour: 1.25
    pid: 12
    stream: yes
  - {name: theirs, url: "http://127.0.0.1:8501", dialect: tfserving, model: "other:2,b", version: 3, rows: 4}
  - url: local:models/resnet.onnx
    callers: 2
    threads: 3
model: resnet
rows: 2
shapes: ["x=2,3", "y=2"]
loads:
  - closed: {connections: 4, calls: 8}
  - open: {rate: 12.5, arrivals: constant, slo: p99=1s}
  - goodput: {slo: p99.9=100ms, tolerance: 10, longest_try: 20s}
  - closed:
rounds: 7
window: 3s
warm-up: 250ms
seed: 9
)";

TEST(CompareFileTest, SaysWhoIsMeasuredAndHow) {
  const CompareOptions options = ParseCompare(kWhole, "c.yaml").value();
  ASSERT_EQ(options.targets.size(), 3u);
  const bench::CompareTarget& ours = options.targets[0];
  EXPECT_EQ(ours.name, "ours");
  EXPECT_EQ(ours.ask.url, "grpc://127.0.0.1:8001");
  EXPECT_EQ(ours.price_per_hour, 1.25);
  EXPECT_EQ(ours.ask.server_pid, 12);
  EXPECT_TRUE(ours.ask.stream);
  EXPECT_THAT(ours.ask.models, ElementsAre(bench::ModelShare{.name = "resnet"}));
  EXPECT_EQ(ours.ask.rows, 2);
  EXPECT_EQ(ours.ask.shapes.size(), 2u);
  const bench::CompareTarget& theirs = options.targets[1];
  EXPECT_EQ(theirs.ask.dialect, bench::Dialect::kTfserving);
  EXPECT_EQ(theirs.ask.models.size(), 2u);
  EXPECT_EQ(theirs.ask.version, "3");
  EXPECT_EQ(theirs.ask.rows, 4);
  const bench::CompareTarget& local = options.targets[2];
  ASSERT_TRUE(local.local.has_value());
  EXPECT_EQ(local.local->path, "models/resnet.onnx");
  EXPECT_EQ(local.local->callers, 2);
  EXPECT_EQ(local.local->threads, 3);
  EXPECT_EQ(local.name, "local:models/resnet.onnx");
  EXPECT_EQ(local.ask.rows, 2);
  EXPECT_EQ(options.rounds, 7);
  EXPECT_EQ(options.window, milliseconds(3'000));
  EXPECT_EQ(options.warm_up, milliseconds(250));
  EXPECT_EQ(options.seed, 9u);
}

TEST(CompareFileTest, HasLoadsOfThreeKinds) {
  const CompareOptions options = ParseCompare(kWhole, "c.yaml").value();
  ASSERT_EQ(options.loads.size(), 4u);
  EXPECT_EQ(options.loads[0].kind, CompareLoad::Kind::kClosed);
  EXPECT_EQ(options.loads[0].load.connections, 4);
  EXPECT_EQ(options.loads[0].load.calls, 8);
  EXPECT_EQ(options.loads[1].kind, CompareLoad::Kind::kOpen);
  EXPECT_EQ(options.loads[1].load.per_second, 12.5);
  EXPECT_EQ(options.loads[1].load.connections, 64);
  EXPECT_EQ(options.loads[1].load.goal->latency, std::chrono::seconds(1));
  EXPECT_EQ(options.loads[2].kind, CompareLoad::Kind::kGoodput);
  EXPECT_EQ(options.loads[2].load.tolerance, 0.1);
  EXPECT_EQ(options.loads[2].load.longest_try, milliseconds(20'000));
  EXPECT_EQ(options.loads[3].load.connections, 1);
}

struct Mistake {
  const char* text;
  const char* message;
};

class CompareFileMistakeTest : public testing::TestWithParam<Mistake> {};

TEST_P(CompareFileMistakeTest, IsNamedWithLineAndKey) {
  EXPECT_THAT(ParseCompare(GetParam().text, "c.yaml").status().message(), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    All, CompareFileMistakeTest,
    testing::Values(
        Mistake{"", "c.yaml:1: expected a map with servers and loads, found nothing"},
        Mistake{"- a", "c.yaml:1: expected a map with servers and loads, found a list"},
        Mistake{"a: [", "c.yaml: line"}, Mistake{"a: 1\na: 2", "c.yaml: line 2: expected each key once"},
        Mistake{"servers: [{url: a}]", "c.yaml:1: expected loads, found none"},
        Mistake{"loads: [closed: {}]", "c.yaml:1: expected servers, found none"},
        Mistake{"servers: []", "c.yaml:1: servers: expected a list, found a list"},
        Mistake{"servers: a", "c.yaml:1: servers: expected a list, found the text \"a\""},
        Mistake{"rounds: 0", "c.yaml:1: rounds: expected a whole number from 1 to 200, found '0'"},
        Mistake{"rounds: [1]", "c.yaml:1: rounds: expected a value, found a list"},
        Mistake{"rounds:", "c.yaml:1: rounds: expected a value, found nothing"},
        Mistake{"\nroundz: 1", "c.yaml:2: unknown key \"roundz\"; did you mean 'rounds'?"},
        Mistake{"server: []", "c.yaml:1: unknown key \"server\"; did you mean 'servers'?"},
        Mistake{"window: 3", "c.yaml:1: window: expected"},
        Mistake{"servers:\n  - name: a", "c.yaml:2: servers[1]: expected url, found none"},
        Mistake{"servers:\n  - a", "c.yaml:2: servers[1]: expected a map with name and url, found the text \"a\""},
        Mistake{"servers:\n  - url: a\n    modle: b",
                "c.yaml:3: servers[1]: unknown key \"modle\"; did you mean 'model'?"},
        Mistake{"servers:\n  - url: a\n    rows: 0", "c.yaml:3: servers[1].rows: expected a whole number from 1"},
        Mistake{"servers:\n  - url: a\n    shape: [[1]]",
                "c.yaml:3: servers[1].shape: expected a value or a list of values, found a list"},
        Mistake{"servers:\n  - url: a\n    price_per_hour: -1",
                "c.yaml:3: servers[1].price_per_hour: expected a number from 0 to 1000000, found '-1'"},
        Mistake{"servers:\n  - url: a\n    price_per_hour: nan",
                "c.yaml:3: servers[1].price_per_hour: expected a number"},
        Mistake{"servers:\n  - url: a\n    callers: 2", "expected a model in this process (url: local:PATH) for it"},
        Mistake{"servers:\n  - url: local:a\n    dialect: kserve",
                "c.yaml:3: servers[1].dialect: expected a server for it, found a model in this process"},
        Mistake{"servers:\n  - {url: 'local:'}", "c.yaml:2: servers[1].url: expected local:PATH, found no path"},
        Mistake{"servers: [{url: a}]\nrows: 0\nloads: [closed: {}]", "c.yaml:2: rows: expected a whole number"},
        Mistake{"servers: [{url: a}]\nloads:\n  - shut: {}",
                "c.yaml:3: loads[1]: expected one of closed, open and goodput"},
        Mistake{"servers: [{url: a}]\nloads:\n  - {closed: {}, open: {}}", "c.yaml:3: loads[1]: expected one of"},
        Mistake{"servers: [{url: a}]\nloads:\n  - closed: 8", "c.yaml:3: loads[1].closed: expected a map, found the"},
        Mistake{"servers: [{url: a}]\nloads:\n  - closed: {rate: 8}",
                "c.yaml:3: loads[1].closed: unknown key \"rate\""},
        Mistake{"servers: [{url: a}]\nloads:\n  - open: {}", "c.yaml:3: loads[1].open: expected rate, found none"},
        Mistake{"servers: [{url: a}]\nloads:\n  - goodput: {}", "c.yaml:3: loads[1].goodput: expected slo, as in"},
        Mistake{"servers: [{url: a}]\nloads:\n  - goodput: {slo: p99=0ms}",
                "c.yaml:3: loads[1].goodput.slo: expected a time"},
        Mistake{"servers: [{url: a}]\nloads:\n  - goodput: {slo: p99=100}",
                "loads[1].goodput.slo: expected a time with"},
        Mistake{"servers: [{url: a}]\nloads:\n  - goodput: {slo: p99=-5ms}", "loads[1].goodput.slo: expected a time"},
        Mistake{"servers: [{url: a, name: b}, {url: c, name: b}]\nloads: [closed: {}]",
                "c.yaml: server \"b\": name: expected another one for each"},
        Mistake{"servers: [{url: 'ftp://a', name: b}]\nloads: [closed: {}]", "c.yaml: server \"b\": "}));

TEST(CompareFileTest, HasABoundedNumberOfServers) {
  std::string text = "loads: [closed: {}]\nservers:\n";
  for (int i = 0; i < 33; ++i) text += "  - {url: a, name: n" + std::to_string(i) + "}\n";
  EXPECT_THAT(ParseCompare(text, "c.yaml").status().message(),
              HasSubstr("c.yaml:2: servers: expected at most 32, found 33"));
}

TEST(CompareFileTest, ReadsFilesAlone) {
  const TempDir folder;
  EXPECT_EQ(ReadCompareFile(folder / "none.yaml").status().code(), StatusCode::kNotFound);
  EXPECT_THAT(ReadCompareFile(folder.path()).status().message(), HasSubstr("found something else"));
  const auto file = folder.Write("c.yaml", kWhole);
  EXPECT_TRUE(ReadCompareFile(file).ok());
  folder.Write("long.yaml", std::string(kMaxCompareFileBytes + 1, ' '));
  EXPECT_THAT(ReadCompareFile(folder / "long.yaml").status().message(), HasSubstr("expected at most 1048576 bytes"));
}

}  // namespace
}  // namespace trireme

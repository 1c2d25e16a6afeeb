// SPDX-License-Identifier: Apache-2.0
#include "bench/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <chrono>
#include <map>
#include <sstream>

#include "bench/testing/queue_target.h"
#include "client/testing/scripted_server.h"

namespace trireme::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

CompareTarget Named(const std::string& name) {
  return {.name = name, .ask = {.url = "http://" + name}};
}

CompareLoad Closed() {
  return {.kind = CompareLoad::Kind::kClosed};
}

CompareLoad GoodputUnder(Duration latency) {
  CompareLoad load{.kind = CompareLoad::Kind::kGoodput};
  load.load.goal = {.quantile = 0.9, .latency = latency};
  return load;
}

// Targets by their names, kept over loads; one that is not there cannot be opened.
class Targets {
 public:
  QueueTarget& Add(const std::string& name, const QueueTarget::Options& options) {
    auto target = std::make_shared<QueueTarget>(options);
    targets_[name] = target;
    return *target;
  }
  OpenTarget opener() {
    return [this](const CompareTarget& target, const BenchOptions&) -> Result<std::shared_ptr<Target>> {
      const auto at = targets_.find(target.name);
      if (at == targets_.end()) return Unavailable("nobody listens there");
      return std::shared_ptr<Target>(at->second);
    };
  }

 private:
  std::map<std::string, std::shared_ptr<QueueTarget>> targets_;  // shared with the comparison
};

CompareReport CompareAll(const CompareOptions& options, Targets& targets, int stop_fd = -1) {
  std::ostringstream progress;
  return Compare(options, targets.opener(), nullptr, stop_fd, progress);
}

TEST(CompareTest, MeasuresAllInEachRoundAndSaysRatiosToTheFirst) {
  Targets targets;
  targets.Add("slow", {.servers = 1, .service = milliseconds(10)});
  targets.Add("fast", {.servers = 1, .service = milliseconds(5)});
  const CompareOptions options{.targets = {Named("slow"), Named("fast")}, .loads = {Closed()}, .rounds = 3};
  const CompareReport report = CompareAll(options, targets);
  EXPECT_TRUE(report.is_whole());
  const CompareSummary slow = Summarize(report, 0, 0);
  const CompareSummary fast = Summarize(report, 0, 1);
  EXPECT_EQ(slow.rounds, 3u);
  EXPECT_NEAR(slow.per_second.median, 100, 1);
  EXPECT_NEAR(fast.rate_ratio.median, 2, 0.02);
  EXPECT_NEAR(fast.p99_ratio.median, 0.5, 0.01);
  EXPECT_EQ(slow.rate_ratio.count, 0u);
}

TEST(CompareTest, WhoCannotBeOpenedSaysWhyAndTheOthersGoOn) {
  Targets targets;
  targets.Add("good", {.servers = 1, .service = milliseconds(10)});
  const CompareOptions options{.targets = {Named("bad"), Named("good")}, .loads = {Closed()}, .rounds = 2};
  const CompareReport report = CompareAll(options, targets);
  EXPECT_FALSE(report.is_whole());
  EXPECT_EQ(Summarize(report, 0, 0).rounds, 0u);
  EXPECT_EQ(Summarize(report, 0, 1).rounds, 2u);
  EXPECT_THAT(CompareRemarks(report, 0), Contains("bad: in no round measured: nobody listens there"));
  for (const ReportForm form : {ReportForm::kMarkdown, ReportForm::kCsv, ReportForm::kJson, ReportForm::kHtml}) {
    EXPECT_THAT(Write(report, form), HasSubstr("nobody listens there"));
  }
}

// A round whose server goes while it is measured.
LoadResult Dying(const LoadPlan& plan) {
  LoadResult load;
  load.windows.push_back({.length = plan.window, .failures = 2});
  for (int i = 0; i < 10; ++i) load.windows[0].latency.Record(milliseconds(10));
  load.failures["unavailable"] = {.count = 2, .sample = "connection refused"};
  return load;
}

TEST(CompareTest, KeepsWhatWasMeasuredOfAServerThatHasGone) {
  Targets targets;
  targets.Add("good", {.servers = 1, .service = milliseconds(10)});
  QueueTarget& mortal = targets.Add("mortal", {.servers = 1, .service = milliseconds(10)});
  mortal.instead = [&, count = 0](const LoadPlan& plan) mutable -> Result<LoadResult> {
    if (++count == 3) {
      mortal.gone = Unavailable("connection refused");
      return Dying(plan);
    }
    return QueueTarget({.servers = 1, .service = milliseconds(10)}).Run(plan);
  };
  const CompareOptions options{.targets = {Named("good"), Named("mortal")}, .loads = {Closed()}, .rounds = 5};
  const CompareReport report = CompareAll(options, targets);
  EXPECT_FALSE(report.is_whole());
  EXPECT_EQ(Summarize(report, 0, 1).rounds, 2u);
  EXPECT_EQ(Summarize(report, 0, 0).rounds, 5u);
  EXPECT_EQ(mortal.loads(), 3);  // it is not loaded once it is known to be away
  EXPECT_THAT(
      CompareRemarks(report, 0),
      AllOf(Contains("mortal: round 3: has gone: connection refused (until then 10 answered, which do not count)"),
            Contains("mortal: rounds 4, 5: still not there: connection refused")));
}

TEST(CompareTest, GoesOnWithAServerThatComesBack) {
  Targets targets;
  QueueTarget& back = targets.Add("back", {.servers = 1, .service = milliseconds(10)});
  back.instead = [&, count = 0](const LoadPlan& plan) mutable -> Result<LoadResult> {
    if (++count > 1) return QueueTarget({.servers = 1, .service = milliseconds(10)}).Run(plan);
    back.gone = Unavailable("connection refused");
    back.returns_after = 2;
    return Dying(plan);
  };
  const CompareReport report = CompareAll({.targets = {Named("back")}, .loads = {Closed()}, .rounds = 4}, targets);
  EXPECT_EQ(Summarize(report, 0, 0).rounds, 2u);  // 3 and 4
}

TEST(CompareTest, FailuresOfAServerThatIsThereCount) {
  Targets targets;
  QueueTarget& busy = targets.Add("busy", {.servers = 1, .service = milliseconds(10)});
  busy.instead = [](const LoadPlan& plan) -> Result<LoadResult> { return Dying(plan); };
  const CompareReport report = CompareAll({.targets = {Named("busy")}, .loads = {Closed()}, .rounds = 2}, targets);
  EXPECT_EQ(Summarize(report, 0, 0).rounds, 2u);
  EXPECT_EQ(Summarize(report, 0, 0).failed, 4u);
  EXPECT_FALSE(report.is_whole());
  EXPECT_THAT(CompareRemarks(report, 0), Contains(HasSubstr("busy: failed, unavailable: 4 times")));
}

TEST(CompareTest, SilenceIsNoMeasurement) {
  Targets targets;
  QueueTarget& hangs = targets.Add("hangs", {.servers = 1, .service = milliseconds(10)});
  hangs.instead = [](const LoadPlan& plan) -> Result<LoadResult> {
    LoadResult load;
    load.windows.push_back({.length = plan.window});
    return load;
  };
  const CompareReport report = CompareAll({.targets = {Named("hangs")}, .loads = {Closed()}, .rounds = 1}, targets);
  EXPECT_FALSE(report.is_whole());
  EXPECT_THAT(CompareRemarks(report, 0), Contains(HasSubstr("no answer came within the window of 2000 ms")));
}

TEST(CompareTest, FindsTheGoodputOfEach) {
  Targets targets;
  targets.Add("one", {.servers = 1, .service = milliseconds(10)});
  targets.Add("two", {.servers = 2, .service = milliseconds(10)});
  const CompareOptions options{
      .targets = {Named("one"), Named("two")}, .loads = {GoodputUnder(milliseconds(100))}, .rounds = 3};
  const CompareReport report = CompareAll(options, targets);
  EXPECT_TRUE(report.is_whole());
  EXPECT_GT(Summarize(report, 0, 1).rate_ratio.median, 1.7);
  EXPECT_LT(Summarize(report, 0, 1).rate_ratio.median, 2.4);
  EXPECT_THAT(Html(report), AllOf(HasSubstr("the goal"), HasSubstr("p90=100ms")));
}

TEST(CompareTest, SaysWhereNoRateKeepsTheGoal) {
  Targets targets;
  targets.Add("slow", {.servers = 1, .service = milliseconds(200)});
  const CompareReport report =
      CompareAll({.targets = {Named("slow")}, .loads = {GoodputUnder(milliseconds(100))}, .rounds = 1}, targets);
  EXPECT_FALSE(report.is_whole());
  EXPECT_THAT(CompareRemarks(report, 0),
              Contains(HasSubstr("slow: round 1: no rate keeps p90=100ms: of one user alone p90 is ")));
}

// Rounds that came to these rates; 0: no answer counts.
CompareRow RowOf(const std::vector<double>& rates) {
  CompareRow row;
  for (const double rate : rates) {
    CompareRound& round = row.rounds.emplace_back();
    round.number = static_cast<int>(row.rounds.size());
    round.counts = true;
    round.measured.emplace().per_second = rate;
    if (rate > 0) round.measured->latency.Record(milliseconds(10));
  }
  return row;
}

CompareReport ReportOf(const std::vector<CompareRow>& rows) {
  CompareReport report;
  for (size_t i = 0; i < rows.size(); ++i) report.options.targets.push_back(Named(std::string(1, char('a' + i))));
  report.options.rounds = static_cast<int>(rows[0].rounds.size());
  report.options.loads = {GoodputUnder(milliseconds(100))};
  report.sections = {{.load = report.options.loads[0], .rows = rows}};
  return report;
}

TEST(CompareTest, RoundsInWhichNoRateKeepsTheGoalCount) {
  const CompareReport report =
      ReportOf({RowOf({50, 52, 51, 50, 49}), RowOf({0, 0, 60, 0, 0}), RowOf({70, 0, 60, 65, 66})});
  const CompareSummary mostly_not = Summarize(report, 0, 1);
  EXPECT_EQ(mostly_not.rounds, 5u);
  EXPECT_EQ(mostly_not.empty_rounds, 4u);
  EXPECT_EQ(mostly_not.per_second.median, 0);
  EXPECT_EQ(mostly_not.rate_ratio.median, 0);
  EXPECT_FALSE(mostly_not.rate_ratio.has_width());
  EXPECT_EQ(mostly_not.p99_us.count, 1u);  // whoever is not answered does not wait for 0 ms
  EXPECT_EQ(mostly_not.p99_ratio.count, 1u);
  EXPECT_FALSE(mostly_not.cost);
  const CompareSummary mostly = Summarize(report, 0, 2);
  EXPECT_EQ(mostly.per_second.median, 65);
  EXPECT_FALSE(mostly.per_second.has_width());
  EXPECT_TRUE(Summarize(report, 0, 0).per_second.has_width());
  EXPECT_THAT(
      CompareRemarks(report, 0),
      AllOf(Contains("b: 0 requests/s in 4 of 5 rounds: the medians of rates and of their ratios count these, and "
                     "have no intervals"),
            Contains(HasSubstr("c: 0 requests/s in 1 of 5 rounds")), Not(Contains(HasSubstr("a: 0 requests/s")))));
  EXPECT_THAT(Json(report), HasSubstr(R"("requests_per_second":{"median":65,"rounds":5})"));
  EXPECT_THAT(Csv(report), HasSubstr(",5,4,0,65,,,"));
}

TEST(CompareTest, RatiosToAServerThatKeepsNoGoalAreNone) {
  const CompareReport report = ReportOf({RowOf({0, 0, 50}), RowOf({60, 61, 62})});
  EXPECT_EQ(Summarize(report, 0, 1).rate_ratio, Interval());
  EXPECT_EQ(Summarize(report, 0, 1).per_second.median, 61);
  EXPECT_THAT(Html(report), HasSubstr("<svg"));
}

// By the names of its columns.
std::map<std::string, std::string> CsvLine(const CompareReport& report, size_t number) {
  std::istringstream lines(Csv(report));
  std::string header, line;
  std::getline(lines, header);
  for (size_t i = 0; i < number; ++i) std::getline(lines, line);
  std::istringstream names(header), cells(line);
  std::map<std::string, std::string> read;
  for (std::string name, cell; std::getline(names, name, ',');) {
    std::getline(cells, cell, ',');
    read[name] = cell;
  }
  return read;
}

TEST(CompareTest, SaysWhatTheMachineDidAsMediansOfTheRounds) {
  CompareRow row = RowOf({50, 50, 50});
  double busy = 0.2;
  for (CompareRound& round : row.rounds) {
    ResourceUse& use = round.measured->resources;
    use = {.length = seconds(1), .host_cores = 2 * busy, .host_bytes = 4000, .process_cpu = milliseconds(500)};
    use.gpus = {{.name = "A", .busy = busy, .bytes = 1000, .watts = 100}, {.name = "B", .busy = 0.5, .bytes = 24}};
    busy += 0.2;
  }
  row.rounds[2].measured->resources.gpus.clear();  // of a round without a rate
  const CompareReport report = ReportOf({row});
  const CompareSummary summary = Summarize(report, 0, 0);
  ASSERT_EQ(summary.gpus.size(), 2u);
  EXPECT_NEAR(summary.gpus[0].busy, 0.3, 1e-9);
  EXPECT_EQ(summary.gpus[0].watts, 100);
  EXPECT_EQ(summary.gpus[1].name, "B");
  EXPECT_FALSE(summary.gpus[1].watts);
  EXPECT_THAT(Json(report), HasSubstr(R"("cores":0.5,"host_cores":0.8,"host_bytes":4000,"gpus":[{"name":"A")"));
  auto line = CsvLine(report, 1);
  EXPECT_EQ(line["kind"], "row");
  EXPECT_EQ(line["cores"], "0.5");
  EXPECT_EQ(line["host_cores"], "0.8");
  EXPECT_EQ(line["host_bytes"], "4000");
  EXPECT_EQ(line["gpus_busy"], "0.8");
  EXPECT_EQ(line["gpus_bytes"], "1024");
  EXPECT_EQ(line["gpus_watts"], "100");
  line = CsvLine(report, 2);
  EXPECT_EQ(line["kind"], "round");
  EXPECT_EQ(line["gpus_busy"], "0.7");
  EXPECT_EQ(line["host_cores"], "0.4");
  EXPECT_EQ(CsvLine(report, 4)["gpus_bytes"], "");
}

TEST(CompareTest, SaysWhatAMillionRequestsCost) {
  Targets targets;
  targets.Add("priced", {.servers = 1, .service = milliseconds(10)});
  CompareTarget priced = Named("priced");
  priced.price_per_hour = 3.6;
  const CompareReport report = CompareAll({.targets = {priced}, .loads = {Closed()}, .rounds = 3}, targets);
  EXPECT_NEAR(Summarize(report, 0, 0).cost.value(), 10, 0.1);
  EXPECT_THAT(Table(report), HasSubstr("a million requests cost 10.00: 3.600 an hour / (100.0 requests/s x 3600 s)"));
}

TEST(CompareTest, EndsWhenItIsInterrupted) {
  Targets targets;
  const int stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  QueueTarget& first = targets.Add("first", {.servers = 1, .service = milliseconds(10)});
  first.instead = [&](const LoadPlan&) -> Result<LoadResult> {
    eventfd_write(stop, 1);
    LoadResult load;
    load.early_end = {.why = EarlyEnd::Why::kInterrupted, .text = "interrupted"};
    return load;
  };
  const CompareOptions options{.targets = {Named("first")}, .loads = {Closed(), Closed()}, .rounds = 3};
  const CompareReport report = CompareAll(options, targets, stop);
  close(stop);
  EXPECT_TRUE(report.interrupted);
  EXPECT_EQ(report.sections.size(), 1u);
  EXPECT_EQ(report.sections[0].rows[0].rounds.size(), 1u);
  EXPECT_EQ(Summarize(report, 0, 0).rounds, 0u);
  EXPECT_THAT(report.Notes(), Contains(HasSubstr("interrupted")));
}

TEST(CompareTest, EachRoundHasItsOwnOrder) {
  std::map<std::vector<size_t>, int> orders;
  for (int round = 1; round <= 60; ++round) ++orders[OrderOf(3, 1, round)];
  EXPECT_EQ(orders.size(), 6u);  // all that there are
  EXPECT_EQ(OrderOf(3, 1, 7), OrderOf(3, 1, 7));
  EXPECT_THAT(OrderOf(1, 1, 1), ElementsAre(0u));
}

TEST(CompareTest, ReportsAreWhatTheyClaimToBe) {
  Targets targets;
  targets.Add("a|b", {.servers = 1, .service = milliseconds(10)});
  targets.Add("=cmd", {.servers = 1, .service = milliseconds(10)});
  const CompareOptions options{.targets = {Named("a|b"), Named("=cmd")}, .loads = {Closed()}, .rounds = 3};
  const CompareReport report = CompareAll(options, targets);
  EXPECT_THAT(Markdown(report), HasSubstr("| a\\|b | 100.0"));
  EXPECT_THAT(Csv(report), HasSubstr("\"'=cmd\""));
  std::istringstream lines(Csv(report));
  std::string header, line;
  std::getline(lines, header);
  const auto commas = [](const std::string& text) {
    bool quoted = false;
    int count = 0;
    for (const char c : text) {
      if (c == '"') quoted = !quoted;
      if (c == ',' && !quoted) ++count;
    }
    return count;
  };
  while (std::getline(lines, line)) EXPECT_EQ(commas(line), commas(header)) << line;
  EXPECT_THAT(Html(report), AllOf(HasSubstr("<svg"), Not(HasSubstr("<script")), HasSubstr("a|b")));
}

TEST(CompareOptionsTest, NamesWhatDoesNotGoTogether) {
  CompareOptions options{.targets = {Named("a"), Named("a")}, .loads = {Closed()}};
  EXPECT_THAT(Check(options).message(), HasSubstr("server \"a\": name: expected another one for each"));
  options.targets[1] = Named("b");
  options.targets[1].ask.shared_memory = SharedMemory::kSystem;
  options.targets[1].ask.form = Form::kJson;
  EXPECT_THAT(Check(options).message(), AllOf(HasSubstr("server \"b\""), HasSubstr("shared memory are binary")));
  EXPECT_FALSE(Check(CompareOptions()).ok());
}

TEST(CompareOptionsTest, CallsAreConnectionsWhereAProtocolHasNone) {
  CompareLoad load = Closed();
  load.load.connections = 2;
  load.load.calls = 8;
  CompareTarget http = Named("a");
  EXPECT_EQ(OptionsOf({}, http, load).connections, 16);
  EXPECT_EQ(OptionsOf({}, http, load).calls, 1);
  http.ask.url = "grpc://a";
  EXPECT_EQ(OptionsOf({}, http, load).connections, 2);
  EXPECT_EQ(OptionsOf({}, http, load).calls, 8);
}

// Servers by their URLs, over real sockets.
TEST(RunCompareTest, MeasuresServers) {
  const client::ScriptedServer server([](const std::string& request) {
    if (request.starts_with("GET /v2/models/add ")) {
      return client::ScriptedServer::Answer(
          R"({"name":"add","versions":["1"],"platform":"","inputs":[{"name":"x","datatype":"FP32","shape":[-1,2]}],)"
          R"("outputs":[{"name":"y","datatype":"FP32","shape":[-1,2]}]})");
    }
    return client::ScriptedServer::Answer(R"({"name":"scripted","version":"1.2"})");
  });
  CompareOptions options{.loads = {Closed()}, .rounds = 2, .warm_up = milliseconds(0), .window = milliseconds(20)};
  options.targets = {{.name = "there", .ask = {.url = server.url()}},
                     {.name = "away", .ask = {.url = "http://127.0.0.1:" + std::to_string(client::UnusedPort())}}};
  for (CompareTarget& target : options.targets) target.ask.models = {{.name = "add"}};
  std::ostringstream out, err;
  EXPECT_EQ(RunCompare(options, nullptr, out, err), 1);
  EXPECT_THAT(out.str(), AllOf(HasSubstr("there  "), HasSubstr("away: in no round measured")));
  options.targets.pop_back();
  out.str("");
  EXPECT_EQ(RunCompare(options, nullptr, out, err), 0) << out.str();
  options.reports = {{.path = "/nowhere/x.md"}};
  EXPECT_EQ(RunCompare(options, nullptr, out, err), 2);
}

}  // namespace
}  // namespace trireme::bench

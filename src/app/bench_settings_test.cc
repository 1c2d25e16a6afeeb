// SPDX-License-Identifier: Apache-2.0
#include "app/bench_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <set>

#include "app/options.h"
#include "base/testing/temp_dir.h"

namespace trireme {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

using Variables = std::map<std::string, std::string>;

Result<Command> Parse(std::vector<std::string> arguments, const Variables& variables = {}) {
  arguments.insert(arguments.begin(), "bench");
  return ParseCommand(arguments, [&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  });
}

bench::BenchOptions Bench(const std::vector<std::string>& arguments, const Variables& variables = {}) {
  const auto command = Parse(arguments, variables);
  EXPECT_TRUE(command.ok()) << command.status();
  const auto* options = command.ok() ? std::get_if<bench::BenchOptions>(&*command) : nullptr;
  EXPECT_NE(options, nullptr);
  return options == nullptr ? bench::BenchOptions() : *options;
}

std::string Problem(const std::vector<std::string>& arguments) {
  return Parse(arguments).status().message();
}

// A setting, a text for it that is not its default, and whether the options have taken it.
struct Case {
  std::string name;
  std::string text;
  std::function<bool(const bench::BenchOptions&)> taken;
};

const std::vector<Case>& Cases() {
  using O = const bench::BenchOptions&;
  static const std::vector<Case> cases = {
      {"url", "http://h", [](O o) { return o.url == "http://h"; }},
      {"model", "a:3,b", [](O o) { return o.models.size() == 2 && o.models[0].weight == 3; }},
      {"model-version", "3", [](O o) { return o.version == "3"; }},
      {"form", "json", [](O o) { return o.form == bench::Form::kJson; }},
      {"rows", "8", [](O o) { return o.rows == 8; }},
      {"shape", "x=1,2", [](O o) { return o.shapes.size() == 1 && o.shapes[0].input == "x"; }},
      {"seed", "18446744073709551615", [](O o) { return o.seed == UINT64_MAX; }},
      {"dialect", "torchserve", [](O o) { return o.dialect == bench::Dialect::kTorchserve; }},
      {"input", "request.json", [](O o) { return o.input_files == std::vector<std::string>{"request.json"}; }},
      {"content-type", "image/jpeg", [](O o) { return o.content_type == "image/jpeg"; }},
      {"shared-memory", "system", [](O o) { return o.shared_memory == bench::SharedMemory::kSystem; }},
      {"connections", "16", [](O o) { return o.connections == 16; }},
      {"calls", "4", [](O o) { return o.calls == 4; }},
      {"stream", "on", [](O o) { return o.stream; }},
      {"rate", "0.5", [](O o) { return o.per_second == 0.5; }},
      {"arrivals", "constant", [](O o) { return o.arrivals == bench::Arrivals::kConstant; }},
      {"max-waiting", "7", [](O o) { return o.most_waiting == 7; }},
      {"stages", "10@30s:5/s,20@1m", [](O o) { return o.stages.size() == 2 && o.stages[0].users == 10; }},
      {"stop-on-failure", "on", [](O o) { return o.stops_on_failure; }},
      {"warm-up", "0", [](O o) { return o.warm_up == milliseconds(0); }},
      {"windows", "9", [](O o) { return o.windows == 9; }},
      {"window", "500ms", [](O o) { return o.window == milliseconds(500); }},
      {"window-requests", "20", [](O o) { return o.window_requests == 20; }},
      {"timeout", "1m", [](O o) { return o.timeout == std::chrono::minutes(1); }},
      {"slo", "p99=100ms", [](O o) { return o.goal && o.goal->latency == milliseconds(100); }},
      {"goodput", "on", [](O o) { return o.goodput; }},
      {"tolerance", "2.5", [](O o) { return o.tolerance == 0.025; }},
      {"longest-try", "5s", [](O o) { return o.longest_try == milliseconds(5'000); }},
      {"max-models", "a.onnx,b.onnx", [](O o) { return o.capacity_models.size() == 2; }},
      {"budget", "4GiB", [](O o) { return o.budget == "4GiB"; }},
      {"ca", "ca.pem", [](O o) { return o.tls.ca_file == "ca.pem"; }},
      {"insecure", "on", [](O o) { return !o.tls.verifies; }},
      {"client-certificate", "c.pem", [](O o) { return o.tls.certificate == "c.pem"; }},
      {"client-key", "k.pem", [](O o) { return o.tls.certificate_key == "k.pem"; }},
      {"key-file", "key", [](O o) { return o.key_file == "key"; }},
      {"pid", "42", [](O o) { return o.server_pid == 42; }},
      {"json", "on", [](O o) { return o.json; }},
      {"report", "r.md", [](O o) { return o.reports.size() == 1 && o.reports[0].path == "r.md"; }},
  };
  return cases;
}

TEST(BenchSettings, EveryOneHasACaseInThisTest) {
  std::set<std::string> tested;
  for (const Case& c : Cases()) tested.insert(c.name);
  bench::BenchOptions options;
  std::set<std::string> known;
  for (const Setting& setting : BenchSettings(options)) known.insert(setting.name);
  EXPECT_EQ(tested, known);
}

TEST(BenchSettings, EveryOneIsTaken) {
  for (const Case& c : Cases()) {
    bench::BenchOptions options;
    const std::vector<Setting> settings = BenchSettings(options);
    const auto setting =
        std::find_if(settings.begin(), settings.end(), [&](const Setting& each) { return each.name == c.name; });
    ASSERT_NE(setting, settings.end()) << c.name;
    EXPECT_FALSE(c.taken(options)) << c.name;
    EXPECT_TRUE(setting->set(c.text).ok()) << c.name;
    EXPECT_TRUE(c.taken(options)) << c.name;
  }
}

TEST(BenchSettings, ComeFromTheCommandLineAndTheEnvironment) {
  EXPECT_EQ(Bench({"http://h", "--connections", "16"}).connections, 16);
  EXPECT_EQ(Bench({"http://h"}, {{"TRIREME_CONNECTIONS", "16"}}).connections, 16);
  EXPECT_EQ(Bench({}, {{"TRIREME_URL", "http://h"}}).url, "http://h");
}

TEST(BenchSettings, AKeyComesFromAFileOrAVariableAndFromNoFlag) {
  EXPECT_EQ(Bench({"http://h"}, {{"TRIREME_API_KEY", "secret"}}).api_key, "secret");
  EXPECT_THAT(Problem({"http://h", "--api-key=secret"}), HasSubstr("unknown flag '--api-key"));
}

TEST(BenchSettings, ShapesMayRepeat) {
  EXPECT_EQ(Bench({"http://h", "--shape", "a=1", "--shape", "b="}).shapes.size(), 2U);
}

TEST(BenchSettings, VariantsMayRepeatOrStandInARow) {
  EXPECT_EQ(Bench({"--max-models", "a,b", "--max-models", "c"}).capacity_models,
            (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_THAT(Problem({"--max-models", "a,,b"}), HasSubstr("files with commas between them"));
}

TEST(BenchSettings, FilesToSendMayRepeat) {
  EXPECT_EQ(Bench({"http://h", "--input", "a.jpg", "--input", "b,c.jpg"}).input_files,
            (std::vector<std::string>{"a.jpg", "b,c.jpg"}));
}

TEST(BenchSettings, ABudgetForServersDoesNotMatterElsewhere) {
  EXPECT_EQ(Bench({"http://h"}, {{"TRIREME_BUDGET", "cuda:0=4GiB"}}).url, "http://h");
}

TEST(BenchSettings, ExpectOneUrl) {
  EXPECT_THAT(Problem({}), HasSubstr("expected the URL of a server"));
  EXPECT_EQ(Problem({"http://a", "http://b"}), "URL: expected one URL, found 'http://b'");
}

TEST(BenchSettings, AnErrorNamesTheFlagWhatIsExpectedAndWhatCame) {
  const auto problem = [](const std::string& flag) { return Problem({"http://h", "--" + flag}); };
  EXPECT_EQ(problem("shape=3,4"), "--shape: expected an input and its shape, as in image=1,3,224,224, found '3,4'");
  EXPECT_EQ(problem("pid=0"), "--pid: expected a whole number from 1 to 2147483647, found '0'");
  EXPECT_EQ(problem("dialect=v3"), "--dialect: expected kserve|torchserve|sagemaker|tfserving, found 'v3'");
  EXPECT_EQ(problem("form=xml"), "--form: expected binary|json, found 'xml'");
  EXPECT_EQ(problem("rate=0"), "--rate: expected more than 0 and at most 1000000, found '0'");
  EXPECT_EQ(problem("report=r.pdf"),
            "--report: expected a file name that ends in .md, .csv, .json or .html, found 'r.pdf'");
  EXPECT_EQ(problem("window=0"), "--window: expected a duration from 1ms to 24h in whole ms, found '0'");
  EXPECT_EQ(problem("slo=p99=0"), "--slo: expected a time from 10us to 1h, found '0'");
  EXPECT_THAT(problem("slo=p99=100"), HasSubstr("--slo: expected a time with its unit"));
  EXPECT_EQ(problem("tolerance=0"), "--tolerance: expected a number of per cent from 0.5 to 50, found '0'");
  EXPECT_EQ(problem("tolerance=nan"), "--tolerance: expected a number of per cent from 0.5 to 50, found 'nan'");
  EXPECT_EQ(problem("conections=2"), "unknown flag '--conections'; did you mean '--connections'?");
}

TEST(BenchSettings, TheServersConfigFileIsNoneOfTheirBusiness) {
  EXPECT_EQ(Bench({"http://h"}, {{"TRIREME_CONFIG", "no-such-file.yaml"}}).connections, 1);
}

TEST(BenchCompare, ReadsItsFileAndShowsWhatFlagsSay) {
  const TempDir folder;
  const std::string file = folder.Write("c.yaml", "servers: [{url: a}]\nloads: [closed: {}]\nrounds: 9\n");
  const auto compare = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"compare", file});
    const auto command = Parse(arguments);
    EXPECT_TRUE(command.ok()) << command.status();
    return std::get<bench::CompareOptions>(*command);
  };
  EXPECT_EQ(compare({}).rounds, 9);
  EXPECT_FALSE(compare({}).json);
  const bench::CompareOptions options = compare({"--rounds", "3", "--json", "--report", "r.md", "--report", "r.csv"});
  EXPECT_EQ(options.rounds, 3);
  EXPECT_TRUE(options.json);
  EXPECT_EQ(options.reports.size(), 2U);
  EXPECT_EQ(options.targets[0].ask.url, "a");
}

TEST(BenchCompare, SaysWhatIsWrongWithItsArguments) {
  EXPECT_THAT(Problem({"compare"}), HasSubstr("expected FILE"));
  EXPECT_EQ(Problem({"compare", "a", "b"}), "FILE: expected one FILE, found 'b'");
  EXPECT_THAT(Problem({"compare", "/nowhere.yaml"}), HasSubstr("found no such file"));
  EXPECT_THAT(Problem({"compare", "a", "--rounds", "0"}), HasSubstr("--rounds: expected a whole number from 1 to"));
  EXPECT_THAT(Problem({"compare", "a", "--model", "b"}), HasSubstr("unknown flag '--model'"));
  const auto help = Parse({"compare", "--help"});
  ASSERT_TRUE(help.ok());
  EXPECT_THAT(std::get<ShowHelp>(*help).text, HasSubstr("price_per_hour"));
}

TEST(BenchSettings, TheHelpNamesEveryFlag) {
  const auto command = Parse({"--help"});
  ASSERT_TRUE(command.ok()) << command.status();
  for (const Case& c : Cases()) {
    if (c.name == "url") continue;
    EXPECT_THAT(std::get<ShowHelp>(*command).text, HasSubstr("--" + c.name));
  }
}

}  // namespace
}  // namespace trireme

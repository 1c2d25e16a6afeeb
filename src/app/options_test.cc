// SPDX-License-Identifier: Apache-2.0
#include "app/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "app/bench_settings.h"
#include "app/serve_settings.h"
#include "base/testing/temp_dir.h"

namespace trireme {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Variables = std::map<std::string, std::string>;

Result<Command> Parse(const std::vector<std::string>& arguments, const Variables& variables = {}) {
  return ParseCommand(arguments, [&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  });
}

ServeOptions Serve(std::vector<std::string> arguments, const Variables& variables = {}) {
  arguments.insert(arguments.begin(), "serve");
  const auto command = Parse(arguments, variables);
  EXPECT_TRUE(command.ok()) << command.status();
  const auto* options = command.ok() ? std::get_if<ServeOptions>(&*command) : nullptr;
  EXPECT_NE(options, nullptr);
  return options == nullptr ? ServeOptions() : *options;
}

std::string Problem(std::vector<std::string> arguments, const Variables& variables = {}) {
  return Parse(arguments, variables).status().message();
}

// A setting, a text for it that is not its default, and whether the options have taken it.
struct Case {
  std::string name;
  std::string text;
  std::function<bool(const ServeOptions&)> taken;
};

const std::vector<Case>& Cases() {
  using O = const ServeOptions&;
  static const std::vector<Case> cases = {
      {"host", "127.0.0.2", [](O o) { return o.host == "127.0.0.2"; }},
      {"http-port", "0", [](O o) { return o.http_port == 0; }},
      {"metrics-port", "65535", [](O o) { return o.metrics_port == 65535; }},
      {"allow-exposure", "on", [](O o) { return o.allow_exposure; }},
      {"loops", "4", [](O o) { return o.loops == 4; }},
      {"max-connections", "7", [](O o) { return o.limits.max_connections == 7; }},
      {"max-body", "1MiB", [](O o) { return o.limits.max_body_bytes == 1 << 20; }},
      {"max-body-in-flight", "3MiB", [](O o) { return o.limits.max_body_bytes_in_flight == 3 << 20; }},
      {"head-timeout", "1s", [](O o) { return o.limits.head_timeout == milliseconds(1000); }},
      {"idle-timeout", "2s", [](O o) { return o.limits.idle_timeout == milliseconds(2000); }},
      {"stall-timeout", "3s", [](O o) { return o.limits.stall_timeout == milliseconds(3000); }},
      {"instances", "2", [](O o) { return o.model.instances == 2; }},
      {"threads", "3", [](O o) { return o.model.threads == 3; }},
      {"max-batch", "16", [](O o) { return o.model.max_rows == 16; }},
      {"max-delay", "500us", [](O o) { return o.model.max_delay == microseconds(500); }},
      {"max-waiting-requests", "9", [](O o) { return o.model.max_waiting_requests == 9; }},
      {"max-waiting-bytes", "4KiB", [](O o) { return o.model.max_waiting_bytes == 4096; }},
      {"run-inline", "off", [](O o) { return !o.model.run_inline; }},
      {"load-threads", "1", [](O o) { return o.load_threads == 1; }},
      {"exit-on-error", "false", [](O o) { return !o.exit_on_error; }},
      {"drain-delay", "5s", [](O o) { return o.drain_delay == milliseconds(5000); }},
      {"drain-timeout", "0", [](O o) { return o.drain_timeout == milliseconds(0); }},
      {"log-level", "debug", [](O o) { return o.log_level == LogLevel::kDebug; }},
      {"log-form", "json", [](O o) { return o.log_form == LogForm::kJson; }},
      {"access-log", "-", [](O o) { return o.access_log.target == AccessLog::Target::kStderr; }},
  };
  return cases;
}

TEST(ServeOptions, EverySettingHasACaseInThisTest) {
  std::set<std::string> tested = {"paths"};
  for (const Case& c : Cases()) tested.insert(c.name);
  ServeOptions options;
  std::set<std::string> known;
  for (const Setting& setting : ServeSettings(options)) known.insert(setting.name);
  EXPECT_EQ(tested, known);
}

TEST(ServeOptions, NothingButAPathHasToBeGiven) {
  const ServeOptions options = Serve({"model.onnx"});
  EXPECT_THAT(options.paths, ElementsAre("model.onnx"));
  EXPECT_EQ(options.host, "127.0.0.1");
  EXPECT_EQ(options.http_port, 8000);
  EXPECT_EQ(options.metrics_port, 8002);
  for (const Case& c : Cases()) EXPECT_FALSE(c.taken(options)) << c.name;
}

TEST(ServeOptions, TakesEverySettingFromTheCommandLine) {
  for (const Case& c : Cases()) {
    EXPECT_TRUE(c.taken(Serve({"--" + c.name + "=" + c.text, "m"}))) << c.name;
    if (c.name == "allow-exposure") continue;
    EXPECT_TRUE(c.taken(Serve({"m", "--" + c.name, c.text}))) << c.name;
  }
}

TEST(ServeOptions, TakesEverySettingFromTheEnvironment) {
  for (const Case& c : Cases()) EXPECT_TRUE(c.taken(Serve({"m"}, {{VariableName(c.name), c.text}}))) << c.name;
}

TEST(ServeOptions, TakesEverySettingFromTheFile) {
  const TempDir dir;
  for (const Case& c : Cases()) {
    const auto file = dir.Write("server.yaml", c.name + ": \"" + c.text + "\"\n");
    EXPECT_TRUE(c.taken(Serve({"m", "--config", file}))) << c.name;
  }
}

TEST(ServeOptions, TakesPathsFromEachSourceAndMixesNone) {
  const TempDir dir;
  const std::string file = dir.Write("server.yaml", "paths: [from-file, too]\n");
  EXPECT_THAT(Serve({"--config", file}).paths, ElementsAre("from-file", "too"));
  EXPECT_THAT(Serve({"--config", file}, {{"TRIREME_PATHS", "variable"}}).paths, ElementsAre("variable"));
  EXPECT_THAT(Serve({"a", "b", "--config", file}, {{"TRIREME_PATHS", "variable"}}).paths, ElementsAre("a", "b"));
}

TEST(ServeOptions, TheCommandLineComesBeforeTheEnvironmentBeforeTheFile) {
  const TempDir dir;
  const std::string file = dir.Write("server.yaml", "http-port: 1\nmetrics-port: 1001\nloops: 11\n");
  const Variables variables = {{"TRIREME_HTTP_PORT", "2"}, {"TRIREME_METRICS_PORT", "1002"}};
  const ServeOptions options = Serve({"m", "--http-port", "3", "--config", file}, variables);
  EXPECT_EQ(options.http_port, 3);
  EXPECT_EQ(options.metrics_port, 1002);
  EXPECT_EQ(options.loops, 11);
}

TEST(ServeOptions, TheFileMayBeNamedByTheEnvironment) {
  const TempDir dir;
  const std::string one = dir.Write("one.yaml", "loops: 11\n");
  const std::string two = dir.Write("two.yaml", "loops: 12\n");
  EXPECT_EQ(Serve({"m"}, {{"TRIREME_CONFIG", one}}).loops, 11);
  EXPECT_EQ(Serve({"m", "--config", two}, {{"TRIREME_CONFIG", one}}).loops, 12);
}

TEST(ServeOptions, AValueThatIsOverruledIsNotRead) {
  EXPECT_EQ(Serve({"m", "--loops", "3"}, {{"TRIREME_LOOPS", "many"}}).loops, 3);
}

TEST(ServeOptions, AnEmptyVariableIsAsGoodAsNone) {
  EXPECT_EQ(Serve({"m"}, {{"TRIREME_HTTP_PORT", ""}}).http_port, 8000);
}

TEST(ServeOptions, PassesOverVariablesThatItDoesNotKnow) {
  EXPECT_EQ(Serve({"m"}, {{"TRIREME_PORT", "tcp://10.0.0.1:8000"}, {"TRIREME_SERVICE_HOST", "10.0.0.1"}}).http_port,
            8000);
}

TEST(ServeOptions, AnErrorNamesTheFlagTheVariableOrTheLine) {
  const TempDir dir;
  const std::string file = dir.Write("server.yaml", "\nloops: many\n");
  const std::string rest = ": expected a whole number from 1 to 256, found 'many'";
  EXPECT_EQ(Problem({"serve", "m", "--loops", "many"}), "--loops" + rest);
  EXPECT_EQ(Problem({"serve", "m"}, {{"TRIREME_LOOPS", "many"}}), "TRIREME_LOOPS" + rest);
  EXPECT_EQ(Problem({"serve", "m", "--config", file}), file + ":2: loops" + rest);
}

TEST(ServeOptions, EveryKindOfValueSaysWhatItExpectedAndFound) {
  const auto problem = [](const std::string& flag) { return Problem({"serve", "m", "--" + flag}); };
  EXPECT_EQ(problem("http-port=65536"), "--http-port: expected a whole number from 0 to 65535, found '65536'");
  EXPECT_EQ(problem("http-port=-1"), "--http-port: expected a whole number from 0 to 65535, found '-1'");
  EXPECT_EQ(problem("http-port=80a"), "--http-port: expected a whole number from 0 to 65535, found '80a'");
  EXPECT_EQ(problem("max-body=10XB"),
            "--max-body: expected a size such as 1048576, 512KiB, 64MiB or 2GiB, found '10XB'");
  EXPECT_EQ(problem("max-body=0"), "--max-body: expected at least 1, found '0'");
  EXPECT_EQ(problem("max-delay=2"), "--max-delay: expected a duration such as 500us, 2ms, 30s, 5m or 1h, found '2'");
  EXPECT_EQ(problem("max-delay=2m"), "--max-delay: expected a duration from 0 to 1m in whole us, found '2m'");
  EXPECT_EQ(problem("head-timeout=0"), "--head-timeout: expected a duration from 1ms to 24h in whole ms, found '0'");
  EXPECT_EQ(problem("drain-timeout=1500us"),
            "--drain-timeout: expected a duration from 0 to 24h in whole ms, found '1500us'");
  EXPECT_EQ(problem("log-level=loud"), "--log-level: expected debug|info|warning|error, found 'loud'");
  EXPECT_EQ(problem("log-form=xml"), "--log-form: expected auto|text|json, found 'xml'");
  EXPECT_EQ(problem("run-inline=maybe"), "--run-inline: expected on|off|true|false, found 'maybe'");
  EXPECT_EQ(problem("allow-exposure=maybe"), "--allow-exposure: expected on|off|true|false, found 'maybe'");
}

TEST(ServeOptions, ABareSwitchIsOnAndTakesNoPath) {
  const ServeOptions options = Serve({"--allow-exposure", "m"});
  EXPECT_TRUE(options.allow_exposure);
  EXPECT_THAT(options.paths, ElementsAre("m"));
}

TEST(ServeOptions, AnAccessLogGoesNowhereToTheLogOrToAFile) {
  EXPECT_EQ(Serve({"m", "--access-log", "off"}).access_log.target, AccessLog::Target::kOff);
  EXPECT_EQ(Serve({"m", "--access-log", "-"}).access_log.target, AccessLog::Target::kStderr);
  const AccessLog log = Serve({"m", "--access-log", "access.log"}).access_log;
  EXPECT_EQ(log.target, AccessLog::Target::kFile);
  EXPECT_EQ(log.file, "access.log");
}

TEST(ServeOptions, AnUnknownFlagIsNamedWithTheNearest) {
  EXPECT_EQ(Problem({"serve", "m", "--http-prt", "1"}), "unknown flag '--http-prt'; did you mean '--http-port'?");
  EXPECT_EQ(Problem({"serve", "m", "--http-prt=1"}), "unknown flag '--http-prt'; did you mean '--http-port'?");
  EXPECT_EQ(Problem({"serve", "m", "--temperature"}), "unknown flag '--temperature'");
  EXPECT_EQ(Problem({"serve", "m", "-x"}), "unknown flag '-x'");
}

TEST(ServeOptions, AFlagWithoutItsValueOrGivenTwiceIsRefused) {
  EXPECT_THAT(Problem({"serve", "m", "--http-port"}), HasSubstr("--http-port: 1 required PORT missing"));
  EXPECT_EQ(Problem({"serve", "m", "--loops", "1", "--loops", "2"}), "--loops: expected once, found 2 times");
}

TEST(ServeOptions, TwoDashesEndTheFlags) {
  EXPECT_THAT(Serve({"--loops", "1", "--", "--odd", "-name"}).paths, ElementsAre("--odd", "-name"));
}

TEST(ServeOptions, WordsOfTheCommandLineMayBePathsToo) {
  EXPECT_THAT(Serve({"serve", "version", "bench"}).paths, ElementsAre("serve", "version", "bench"));
}

TEST(ServeOptions, SomethingToServeIsExpected) {
  EXPECT_EQ(Problem({"serve"}), "nothing to serve: expected a PATH, as in 'trireme serve model.onnx'");
  EXPECT_EQ(Problem({"serve", ""}), "PATH: expected a file or folder, found ''");
}

TEST(ServeOptions, OnlyLoopbackAddressesNeedNoPermission) {
  for (const char* host : {"127.0.0.1", "127.255.0.3", "::1", "::ffff:127.0.0.1", "localhost"}) {
    EXPECT_EQ(Serve({"m", "--host", host}).host, host);
  }
  for (const char* host :
       {"0.0.0.0", "::", "10.0.0.1", "::ffff:10.0.0.1", "fe80::1", "example.org", "127.1", "localhost."}) {
    EXPECT_EQ(Problem({"serve", "m", "--host", host}),
              "host '" + std::string(host) +
                  "' can be reached from other machines, and no key is asked for: expected a loopback address such as "
                  "127.0.0.1, or --allow-exposure");
    EXPECT_EQ(Serve({"m", "--host", host, "--allow-exposure"}).host, host);
  }
}

TEST(ServeOptions, TwoListenersNeedTwoPortsUnlessTheSystemChooses) {
  EXPECT_EQ(Problem({"serve", "m", "--metrics-port", "8000"}),
            "http-port and metrics-port: expected two ports, found 8000 for both");
  EXPECT_EQ(Serve({"m", "--http-port", "0", "--metrics-port", "0"}).metrics_port, 0);
}

TEST(ServeOptions, TheHelpNamesEveryFlagAndItsDefault) {
  for (const char* flag : {"--help", "-h"}) {
    const auto command = Parse({"serve", flag});
    ASSERT_TRUE(command.ok()) << command.status();
    const auto* help = std::get_if<ShowHelp>(&*command);
    ASSERT_NE(help, nullptr);
    for (const Case& c : Cases()) EXPECT_THAT(help->text, HasSubstr("--" + c.name));
    EXPECT_THAT(help->text, HasSubstr("[8000]"));
    EXPECT_THAT(help->text, HasSubstr("[64MiB]"));
    EXPECT_THAT(help->text, HasSubstr("trireme serve model.onnx"));
  }
}

bench::BenchOptions Bench(std::vector<std::string> arguments, const Variables& variables = {}) {
  arguments.insert(arguments.begin(), "bench");
  const auto command = Parse(arguments, variables);
  EXPECT_TRUE(command.ok()) << command.status();
  const auto* options = command.ok() ? std::get_if<bench::BenchOptions>(&*command) : nullptr;
  EXPECT_NE(options, nullptr);
  return options == nullptr ? bench::BenchOptions() : *options;
}

struct BenchCase {
  std::string name;
  std::string text;
  std::function<bool(const bench::BenchOptions&)> taken;
};

const std::vector<BenchCase>& BenchCases() {
  using O = const bench::BenchOptions&;
  static const std::vector<BenchCase> cases = {
      {"model", "resnet", [](O o) { return o.model == "resnet"; }},
      {"model-version", "3", [](O o) { return o.version == "3"; }},
      {"connections", "16", [](O o) { return o.connections == 16; }},
      {"form", "json", [](O o) { return o.form == bench::Form::kJson; }},
      {"rows", "8", [](O o) { return o.rows == 8; }},
      {"shape", "x=1,2", [](O o) { return o.shapes.size() == 1 && o.shapes[0].input == "x"; }},
      {"seed", "18446744073709551615", [](O o) { return o.seed == UINT64_MAX; }},
      {"input", "request.json", [](O o) { return o.input_file == "request.json"; }},
      {"warm-up", "0", [](O o) { return o.warm_up == milliseconds(0); }},
      {"windows", "9", [](O o) { return o.windows == 9; }},
      {"window", "500ms", [](O o) { return o.window == milliseconds(500); }},
      {"timeout", "1m", [](O o) { return o.timeout == std::chrono::minutes(1); }},
      {"pid", "42", [](O o) { return o.server_pid == 42; }},
      {"json", "on", [](O o) { return o.json; }},
  };
  return cases;
}

TEST(BenchOptions, EverySettingHasACaseInThisTest) {
  std::set<std::string> tested = {"url"};
  for (const BenchCase& c : BenchCases()) tested.insert(c.name);
  bench::BenchOptions options;
  std::set<std::string> known;
  for (const Setting& setting : BenchSettings(options)) known.insert(setting.name);
  EXPECT_EQ(tested, known);
}

TEST(BenchOptions, TakesEverySettingFromTheCommandLineAndTheEnvironment) {
  EXPECT_EQ(Bench({"http://h"}).url, "http://h");
  EXPECT_EQ(Bench({}, {{"TRIREME_URL", "http://h"}}).url, "http://h");
  for (const BenchCase& c : BenchCases()) {
    EXPECT_FALSE(c.taken(Bench({"http://h"}))) << c.name;
    EXPECT_TRUE(c.taken(Bench({"--" + c.name + "=" + c.text, "http://h"}))) << c.name;
    EXPECT_TRUE(c.taken(Bench({"http://h"}, {{VariableName(c.name), c.text}}))) << c.name;
  }
}

TEST(BenchOptions, ShapesMayRepeat) {
  EXPECT_EQ(Bench({"http://h", "--shape", "a=1", "--shape", "b="}).shapes.size(), 2u);
}

TEST(BenchOptions, ExpectsOneUrl) {
  EXPECT_THAT(Problem({"bench"}), HasSubstr("expected the URL of a server"));
  EXPECT_EQ(Problem({"bench", "http://a", "http://b"}), "URL: expected one URL, found 'http://b'");
}

TEST(BenchOptions, AnErrorNamesTheFlagWhatIsExpectedAndWhatCame) {
  const auto problem = [](const std::string& flag) { return Problem({"bench", "http://h", "--" + flag}); };
  EXPECT_EQ(problem("shape=3,4"), "--shape: expected an input and its shape, as in image=1,3,224,224, found '3,4'");
  EXPECT_EQ(problem("pid=0"), "--pid: expected a whole number from 1 to 2147483647, found '0'");
  EXPECT_EQ(problem("form=xml"), "--form: expected binary|json, found 'xml'");
  EXPECT_EQ(problem("window=0"), "--window: expected a duration from 1ms to 24h in whole ms, found '0'");
  EXPECT_EQ(problem("conections=2"), "unknown flag '--conections'; did you mean '--connections'?");
}

TEST(BenchOptions, TheServersConfigFileIsNoneOfItsBusiness) {
  EXPECT_EQ(Bench({"http://h"}, {{"TRIREME_CONFIG", "no-such-file.yaml"}}).connections, 1);
}

TEST(BenchOptions, TheHelpNamesEveryFlag) {
  const auto command = Parse({"bench", "--help"});
  ASSERT_TRUE(command.ok()) << command.status();
  for (const BenchCase& c : BenchCases()) EXPECT_THAT(std::get<ShowHelp>(*command).text, HasSubstr("--" + c.name));
}

TEST(ParseCommand, KnowsItsCommands) {
  EXPECT_TRUE(std::holds_alternative<ShowVersion>(*Parse({"version"})));
  EXPECT_TRUE(std::holds_alternative<ShowVersion>(*Parse({"--version"})));
  for (const char* help : {"help", "--help", "-h"}) {
    EXPECT_TRUE(std::holds_alternative<ShowHelp>(*Parse({help}))) << help;
  }
}

TEST(ParseCommand, RefusesNoCommandOrAnUnknownOne) {
  EXPECT_THAT(Problem({}), HasSubstr("expected a command"));
  EXPECT_THAT(Problem({"srve"}), HasSubstr("unknown command 'srve'"));
  EXPECT_THAT(Problem({"version", "now"}), HasSubstr("takes no arguments, found 'now'"));
}

}  // namespace
}  // namespace trireme

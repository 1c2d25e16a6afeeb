// SPDX-License-Identifier: Apache-2.0
#include "app/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "app/check_settings.h"
#include "app/protection_settings.h"
#include "app/serve_settings.h"
#include "app/tracing_settings.h"
#include "app/triton_settings.h"
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

// Nothing: it was not said.
std::optional<uint64_t> BudgetOf(const ServeOptions& options, const std::string& device) {
  const auto budget = options.memory.budgets.find(device);
  return budget == options.memory.budgets.end() ? std::nullopt : std::optional(budget->second);
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
      {"model-repository", "a", [](O o) { return o.paths.front() == "a" || o.paths.back() == "a"; }},
      {"model-control-mode", "none", [](O o) { return o.control == ModelControl::Mode::kNone; }},
      {"repository-poll-secs", "0.5", [](O o) { return o.poll_interval == milliseconds(500); }},
      {"model-config-name", "gpu", [](O o) { return o.config_name == "gpu"; }},
      {"require-manifest", "on", [](O o) { return o.require_manifest; }},
      {"http-address", "127.0.0.2", [](O o) { return o.host == "127.0.0.2"; }},
      {"id", "triton", [](O o) { return o.server_name == "triton"; }},
      {"allow-http", "off", [](O o) { return !o.allow_http; }},
      {"grpc-address", "127.0.0.4", [](O o) { return o.grpc_host == "127.0.0.4"; }},
      {"grpc-port", "0", [](O o) { return o.grpc_port == 0; }},
      {"allow-grpc", "0", [](O o) { return !o.allow_grpc; }},
      {"metrics-address", "127.0.0.3", [](O o) { return o.metrics_host == "127.0.0.3"; }},
      {"allow-metrics", "False", [](O o) { return !o.allow_metrics; }},
      {"http-port", "0", [](O o) { return o.http_port == 0; }},
      {"metrics-port", "65535", [](O o) { return o.metrics_port == 65535; }},
      {"dialects", "kserve,sagemaker", [](O o) { return o.sagemaker.allow && o.allow_http; }},
      {"dialects", "torchserve", [](O o) { return o.torchserve.listeners.allow && !o.allow_http && !o.allow_grpc; }},
      {"torchserve-address", "127.0.0.6", [](O o) { return o.torchserve.host == "127.0.0.6"; }},
      {"torchserve-port", "0", [](O o) { return o.torchserve.listeners.port == 0; }},
      {"torchserve-management-address", "127.0.0.6", [](O o) { return o.torchserve.management_host == "127.0.0.6"; }},
      {"torchserve-management-port", "1", [](O o) { return o.torchserve.listeners.management_port == 1; }},
      {"torchserve-metrics-address", "127.0.0.6", [](O o) { return o.torchserve.metrics_host == "127.0.0.6"; }},
      {"torchserve-metrics-port", "2", [](O o) { return o.torchserve.listeners.metrics_port == 2; }},
      {"torchserve-allow-metrics", "off", [](O o) { return !o.torchserve.listeners.allow_metrics; }},
      {"torchserve-grpc-address", "127.0.0.6", [](O o) { return o.torchserve.grpc_host == "127.0.0.6"; }},
      {"torchserve-grpc-port", "3", [](O o) { return o.torchserve.listeners.grpc_port == 3; }},
      {"torchserve-grpc-management-address", "127.0.0.6",
       [](O o) { return o.torchserve.grpc_management_host == "127.0.0.6"; }},
      {"torchserve-grpc-management-port", "4", [](O o) { return o.torchserve.listeners.grpc_management_port == 4; }},
      {"torchserve-models", "a=b.mar,c.onnx",
       [](O o) { return o.torchserve.listeners.dialect.load_models.size() == 2; }},
      {"torchserve-workflow-store", "/w", [](O o) { return o.torchserve.listeners.dialect.workflow_store == "/w"; }},
      {"torchserve-allowed-urls", "https://x/.*",
       [](O o) { return o.torchserve.listeners.dialect.allowed_urls.has_value(); }},
      {"torchserve-default-workers", "3",
       [](O o) { return o.torchserve.listeners.dialect.default_workers_per_model == 3; }},
      {"torchserve-metrics-mode", "log",
       [](O o) { return o.torchserve.listeners.dialect.metrics_mode == torchserve::MetricsMode::kLog; }},
      {"torchserve-job-queue-size", "7", [](O o) { return o.torchserve.listeners.dialect.job_queue_size == 7; }},
      {"torchserve-download-networks", "10.0.0.0/8,fd00::/8",
       [](O o) { return o.torchserve.listeners.downloads.networks.size() == 2; }},
      {"torchserve-download-size", "1KiB", [](O o) { return o.torchserve.listeners.downloads.max_bytes == 1024; }},
      {"torchserve-download-timeout", "5s",
       [](O o) { return o.torchserve.listeners.downloads.timeout == milliseconds(5000); }},
      {"torchserve-key-file", "k.json", [](O o) { return o.torchserve.tokens.file == "k.json"; }},
      {"torchserve-token-expiration", "5m",
       [](O o) { return o.torchserve.tokens.expiration == std::chrono::minutes(5); }},
      {"disable-token-auth", "on", [](O o) { return o.torchserve.disable_token_auth; }},
      {"torchserve-snapshot", "s.cfg", [](O o) { return o.torchserve.listeners.dialect.snapshot == "s.cfg"; }},
      {"tfserving-address", "127.0.0.7", [](O o) { return o.tfserving.host == "127.0.0.7"; }},
      {"tfserving-port", "5", [](O o) { return o.tfserving.listeners.port == 5; }},
      {"tfserving-allow-rest", "off", [](O o) { return !o.tfserving.listeners.allow_rest; }},
      {"tfserving-grpc-address", "127.0.0.7", [](O o) { return o.tfserving.grpc_host == "127.0.0.7"; }},
      {"tfserving-grpc-port", "6", [](O o) { return o.tfserving.listeners.grpc_port == 6; }},
      {"tfserving-allow-grpc", "off", [](O o) { return !o.tfserving.listeners.allow_grpc; }},
      {"tfserving-model-name", "m", [](O o) { return o.tfserving.model_name == "m"; }},
      {"tfserving-allow-reload", "on", [](O o) { return o.tfserving.allow_reload; }},
      {"tfserving-saved-model-tags", "a,b", [](O o) { return o.tfserving.saved_model_tags == "a,b"; }},
      {"tfserving-warmup", "off", [](O o) { return !o.tfserving.listeners.dialect.run_warmup_files; }},
      {"tfserving-tensor-content", "on", [](O o) { return o.tfserving.tensor_content; }},
      {"allow-sagemaker", "true", [](O o) { return o.sagemaker.allow; }},
      {"sagemaker-address", "127.0.0.5", [](O o) { return o.sagemaker.host == "127.0.0.5"; }},
      {"sagemaker-port", "0", [](O o) { return o.sagemaker.port == 0; }},
      {"sagemaker-safe-port-range", "9000-9999", [](O o) { return o.sagemaker.safe_ports->low == 9000; }},
      {"sagemaker-models", "/m", [](O o) { return o.sagemaker.dialect.models == "/m"; }},
      {"sagemaker-default-model", "m", [](O o) { return o.sagemaker.dialect.default_model == "m"; }},
      {"sagemaker-inference-type", "generate",
       [](O o) { return o.sagemaker.dialect.inference_type == sagemaker::InferenceType::kGenerate; }},
      {"sagemaker-ping-mode", "live", [](O o) { return o.sagemaker.ping_mode == sagemaker::PingMode::kLive; }},
      {"sagemaker-default-accept", "text/csv", [](O o) { return o.sagemaker.dialect.default_accept == "text/csv"; }},
      {"sagemaker-max-concurrent-transforms", "8",
       [](O o) { return o.sagemaker.dialect.max_concurrent_transforms == 8; }},
      {"sagemaker-batch-strategy", "SINGLE_RECORD",
       [](O o) { return o.sagemaker.dialect.batch_strategy == "SINGLE_RECORD"; }},
      {"sagemaker-max-payload-mb", "100", [](O o) { return o.sagemaker.dialect.max_payload_megabytes == 100; }},
      {"allow-exposure", "on", [](O o) { return o.allow_exposure; }},
      {"http2-max-streams", "9", [](O o) { return o.http2.max_concurrent_streams == 9; }},
      {"grpc-keepalive-time", "30000", [](O o) { return o.http2.keepalive_time == milliseconds(30'000); }},
      {"grpc-keepalive-timeout", "5s", [](O o) { return o.http2.keepalive_timeout == milliseconds(5000); }},
      {"grpc-max-connection-age", "60000", [](O o) { return o.http2.max_connection_age == milliseconds(60'000); }},
      {"grpc-max-connection-age-grace", "1m",
       [](O o) { return o.http2.max_connection_age_grace == milliseconds(60'000); }},
      {"grpc-infer-response-compression-level", "low", [](O o) { return o.grpc_compression; }},
      {"keys", "keys.txt", [](O o) { return o.keys == "keys.txt"; }},
      {"tenant-header", "X-Tenant", [](O o) { return o.tenant_header == "x-tenant"; }},
      {"quota", "*=5/s", [](O o) { return o.quotas.contains("*") && o.quotas.at("*").requests_per_second == 5; }},
      {"unix-socket", "/run/t.sock", [](O o) { return o.unix_socket == "/run/t.sock"; }},
      {"unix-socket-mode", "0660", [](O o) { return o.unix_socket_mode == 0660; }},
      {"admin-socket", "/run/a.sock", [](O o) { return o.admin_socket == "/run/a.sock"; }},
      {"allow-client-shm", "true", [](O o) { return o.allow_client_shm; }},
      {"otlp-endpoint", "http://h:1", [](O o) { return o.tracing.endpoint == "http://h:1"; }},
      {"trace-rate", "5", [](O o) { return o.tracing.rate == 5; }},
      {"trace-config", "mode=opentelemetry", [](O o) { return o.tracing.opentelemetry; }},
      {"http-thread-count", "4", [](O o) { return o.loops == 4; }},
      {"max-connections", "7", [](O o) { return o.limits.max_connections == 7; }},
      {"http-max-input-size", "1048576", [](O o) { return o.limits.max_body_bytes == 1 << 20; }},
      {"max-picture-memory", "3MiB", [](O o) { return o.limits.max_picture_bytes == 3 << 20; }},
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
      {"model-load-thread-count", "1", [](O o) { return o.load_threads == 1; }},
      {"devices", "cpu , cuda:1", [](O o) { return NamesOf(o.devices) == "cpu, cuda:1"; }},
      {"devices", "cpu,cuda:1", [](O o) { return NamesOf(o.devices) == "cpu, cuda:1"; }},
      {"budget", "cuda:0=3GiB", [](O o) { return BudgetOf(o, "cuda:0") == uint64_t{3} << 30; }},
      {"budget", "64MiB", [](O o) { return BudgetOf(o, "cpu") == uint64_t{64} << 20; }},
      {"budget", "none", [](O o) { return BudgetOf(o, "cpu") == 0U; }},
      {"load-on-demand", "off", [](O o) { return o.memory.load_on_demand == false; }},
      {"lazy", "on", [](O o) { return o.memory.lazy; }},
      {"pin", "m", [](O o) { return o.memory.pinned == std::vector<std::string>{"m"}; }},
      {"model-idle-timeout", "30m", [](O o) { return o.memory.idle_timeout == std::chrono::minutes(30); }},
      {"slo", "p99=100ms", [](O o) { return o.model.goal && o.model.goal->latency == std::chrono::milliseconds(100); }},
      {"slo", "m:p50=1s", [](O o) { return o.goals.count("m") == 1 && o.goals.at("m") && !o.model.goal; }},
      {"slo", "a=b:c:none", [](O o) { return o.goals.count("a=b:c") == 1 && !o.goals.at("a=b:c"); }},
      {"cache", "64MiB", [](O o) { return o.model.cache_bytes == size_t{64} << 20; }},
      {"record", "a.jsonl", [](O o) { return o.record.file == "a.jsonl"; }},
      {"load-timeout", "90s", [](O o) { return o.memory.load_timeout == milliseconds(90'000); }},
      {"exit-on-error", "false", [](O o) { return !o.exit_on_error; }},
      {"drain-delay", "5s", [](O o) { return o.drain_delay == milliseconds(5000); }},
      {"exit-timeout-secs", "0", [](O o) { return o.drain_timeout == milliseconds(0); }},
      {"log-level", "debug", [](O o) { return o.log.level == LogLevel::kDebug; }},
      {"log-format", "json", [](O o) { return o.log.form == LogForm::kJson; }},
      {"log-info", "0", [](O o) { return o.log.info == false; }},
      {"log-warning", "no", [](O o) { return o.log.warning == false; }},
      {"log-error", "yes", [](O o) { return o.log.error == true; }},
      {"log-verbose", "2", [](O o) { return o.log.verbose == 2; }},
      {"log-file", "server.log", [](O o) { return o.log.file == "server.log"; }},
      {"server-timing", "off", [](O o) { return !o.server_timing; }},
      {"access-log", "-", [](O o) { return o.access_log.target == AccessLog::Target::kStderr; }},
  };
  return cases;
}

std::vector<Setting> OwnSettings() {
  static ServeOptions options;
  std::vector<Setting> settings = ServeSettings(options);
  std::erase_if(settings, [](const Setting& setting) { return setting.group.empty(); });
  return settings;
}

// Under all of its names.
std::vector<std::string> NamesOf(const Case& c) {
  for (const Setting& setting : OwnSettings()) {
    if (setting.name != c.name) continue;
    std::vector<std::string> names = setting.aliases;
    names.push_back(setting.name);
    return names;
  }
  return {};
}

TEST(ServeOptions, EverySettingHasACaseInThisTest) {
  // These have tests of their own.
  std::set<std::string> tested = {"paths",
                                  "load-model",
                                  "tls-cert",
                                  "tls-key",
                                  "tls-client-ca",
                                  "tls-client-name",
                                  "required-models",
                                  "enable-model-api",
                                  "torchserve-token-auth",
                                  "tfserving-config",
                                  "tfserving-config-poll",
                                  "tfserving-model-base-path",
                                  "tfserving-monitoring",
                                  "record-sample",
                                  "record-max",
                                  "record-model",
                                  "record-answers",
                                  "record-tenant"};
  for (const Case& c : Cases()) tested.insert(c.name);
  std::set<std::string> known;
  for (const Setting& setting : OwnSettings()) known.insert(setting.name);
  EXPECT_EQ(tested, known);
}

TEST(ServeOptions, TakesRequiredModelsInAList) {
  EXPECT_THAT(Serve({"m", "--required-models", "a,b", "--required-models=c"}).required_models,
              ElementsAre("a", "b", "c"));
  for (const char* wrong : {",", "a,", "a,,b"}) {
    EXPECT_THAT(Problem({"serve", "m", std::string("--required-models=") + wrong}),
                HasSubstr("expected names of models"));
  }
}

TEST(ServeOptions, TakesWhatIsRecordedOfAFile) {
  const RecordFlags flags = Serve({"m", "--record=f", "--record-sample=5", "--record-max", "2MiB", "--record-model",
                                   "a", "--record-model=b", "--record-answers", "--record-tenant"})
                                .record;
  EXPECT_EQ(flags.sample, 5U);
  EXPECT_EQ(flags.max_bytes, uint64_t{2} << 20);
  EXPECT_THAT(flags.models, ElementsAre("a", "b"));
  EXPECT_TRUE(flags.answers);
  EXPECT_TRUE(flags.tenants);
  for (const char* flag :
       {"--record-sample=5", "--record-max=2MiB", "--record-model=a", "--record-answers", "--record-tenant"}) {
    EXPECT_THAT(Problem({"serve", "m", flag}), HasSubstr("expected --record FILE beside it")) << flag;
  }
  EXPECT_THAT(Problem({"serve", "m", "--record=f", "--record-sample=0"}), HasSubstr("--record-sample: expected"));
}

TEST(ServeOptions, TakesTritonsBoundsOnItsCache) {
  EXPECT_EQ(Serve({"m"}).cache_max_bytes, std::nullopt);
  EXPECT_EQ(Serve({"m", "--cache-config=local,size=1048576"}).cache_max_bytes, uint64_t{1} << 20);
  EXPECT_EQ(Serve({"m", "--cache-config", "local,size=2MiB"}).cache_max_bytes, uint64_t{2} << 20);
  EXPECT_EQ(Serve({"m"}, {{"TRIREME_RESPONSE_CACHE_BYTE_SIZE", "0"}}).cache_max_bytes, uint64_t{0});
  EXPECT_THAT(Problem({"serve", "m", "--cache-config=redis,host=h"}), HasSubstr("expected local,size=BYTES, found"));
  for (const char* wrong : {"local", "local,", "local,sise=5", "local,size=", "local,size=-5"}) {
    EXPECT_THAT(Problem({"serve", "m", std::string("--cache-config=") + wrong}), HasSubstr("--cache-config: expected "))
        << wrong;
  }
}

TEST(ReplayOptions, TakesAFileAServerAndWhatIsCompared) {
  const auto command = Parse({"replay", "f", "http://h:1", "--speed=max", "--compare=grpc://h:2", "--compare-version=3",
                              "--model-version", "2", "--tolerance=0.5", "--model=a", "--model", "b"},
                             {{"TRIREME_API_KEY", "key"}});
  ASSERT_TRUE(command.ok()) << command.status();
  const auto& options = std::get<bench::ReplayOptions>(*command);
  EXPECT_EQ(options.file, "f");
  EXPECT_EQ(options.load.url, "http://h:1");
  EXPECT_EQ(options.speed, 0);
  EXPECT_EQ(options.Other().url, "grpc://h:2");
  EXPECT_EQ(options.Other().version, "3");
  EXPECT_EQ(options.load.version, "2");
  EXPECT_EQ(options.tolerance, 0.5);
  EXPECT_THAT(options.models, ElementsAre("a", "b"));
  EXPECT_EQ(options.load.api_key, "key");
  const auto recorded = Parse({"replay", "f", "http://h:1", "--compare=recorded", "--speed", "0.5"});
  EXPECT_TRUE(std::get<bench::ReplayOptions>(*recorded).compares_recorded);
  EXPECT_EQ(std::get<bench::ReplayOptions>(*recorded).speed, 0.5);
}

TEST(ReplayOptions, RefusesWhatMakesNoSense) {
  EXPECT_THAT(Problem({"replay", "f"}), HasSubstr("expected a file of recorded requests and the URL of a server"));
  EXPECT_THAT(Problem({"replay", "f", "http://h:1", "x"}), HasSubstr("expected a file and a URL, found 'x'"));
  EXPECT_THAT(Problem({"replay", "f", "ftp://h:1"}), HasSubstr("ftp://h:1"));
  EXPECT_THAT(Problem({"replay", "f", "http://h:1", "--compare=ftp://h"}), HasSubstr("compare: "));
  EXPECT_THAT(Problem({"replay", "f", "http://h:1", "--tolerance=-1"}), HasSubstr("--tolerance: expected a number"));
  EXPECT_THAT(Problem({"replay", "f", "http://h:1", "--speed=nan"}), HasSubstr("--speed: expected a number"));
  EXPECT_THAT(Problem({"replay", "f", "http://h:1", "--report=a.html"}),
              HasSubstr("expected a file name that ends in"));
}

TEST(ServeOptions, NeedsNoAdminSocket) {
  EXPECT_EQ(Serve({"m"}).admin_socket, std::filesystem::path());
  EXPECT_EQ(Serve({"m", "--admin-socket", "off"}).admin_socket, std::nullopt);
}

TEST(ServeOptions, NoNameIsUsedTwice) {
  ServeOptions options;
  std::set<std::string> names;
  for (const Setting& setting : ServeSettings(options)) {
    EXPECT_TRUE(names.insert(setting.name).second) << setting.name;
    for (const std::string& alias : setting.aliases) EXPECT_TRUE(names.insert(alias).second) << alias;
  }
}

TEST(ServeOptions, NothingButAPathHasToBeGiven) {
  const ServeOptions options = Serve({"model.onnx"});
  EXPECT_THAT(options.paths, ElementsAre("model.onnx"));
  EXPECT_EQ(options.host, "127.0.0.1");
  EXPECT_EQ(options.http_port, 8000);
  EXPECT_EQ(options.metrics_port, 8002);
  for (const Case& c : Cases()) EXPECT_FALSE(c.taken(options)) << c.name;
}

TEST(ServeOptions, TakesEverySettingFromTheCommandLineUnderAllItsNames) {
  for (const Case& c : Cases()) {
    for (const std::string& name : NamesOf(c)) {
      EXPECT_TRUE(c.taken(Serve({"--" + name + "=" + c.text, "m"}))) << name;
      if (name == "allow-exposure") continue;
      EXPECT_TRUE(c.taken(Serve({"m", "--" + name, c.text}))) << name;
    }
  }
}

TEST(ServeOptions, TakesEverySettingFromTheEnvironmentUnderAllItsNames) {
  for (const Case& c : Cases()) {
    for (const std::string& name : NamesOf(c)) {
      EXPECT_TRUE(c.taken(Serve({"m"}, {{VariableName(name), c.text}}))) << name;
    }
  }
}

TEST(ServeOptions, TakesEverySettingFromTheFileUnderAllItsNames) {
  const TempDir dir;
  for (const Case& c : Cases()) {
    for (const std::string& name : NamesOf(c)) {
      const auto file = dir.Write("server.yaml", name + ": \"" + c.text + "\"\n");
      EXPECT_TRUE(c.taken(Serve({"m", "--config", file}))) << name;
    }
  }
}

TEST(ServeOptions, TwoNamesOfOneSettingAreTwoTimes) {
  const TempDir dir;
  EXPECT_EQ(Problem({"serve", "m", "--loops", "1", "--http-thread-count", "1"}),
            "--http-thread-count: expected once, found 2 times");
  const std::string file = dir.Write("server.yaml", "loops: 1\nhttp_thread_count: 1\n");
  EXPECT_EQ(Problem({"serve", "m", "--config", file}),
            file + ":2: http-thread-count is set before, at " + file + ":1: loops");
  EXPECT_EQ(Serve({"m"}, {{"TRIREME_LOOPS", "3"}, {"TRIREME_HTTP_THREAD_COUNT", "4"}}).loops, 4);
}

TEST(ServeOptions, RepositoriesAreServedBesidePaths) {
  EXPECT_THAT(Serve({"--model-repository", "a", "b", "--model-store=c", "--model-repository=d"}).paths,
              ElementsAre("b", "a", "d", "c"));
  EXPECT_THAT(Serve({}, {{"TRIREME_MODEL_REPOSITORY", "a"}}).paths, ElementsAre("a"));
}

TEST(ServeOptions, ModelsAreNamedOnlyWhereTheyAreLoadedByName) {
  const TempDir dir;
  EXPECT_THAT(Serve({"m", "--model-control-mode=explicit", "--load-model", "a", "--load-model=b"}).load_models,
              ElementsAre("a", "b"));
  const std::string file = dir.Write("server.yaml", "model-control-mode: explicit\nload-model: [a, b]\n");
  EXPECT_THAT(Serve({"m", "--config", file}).load_models, ElementsAre("a", "b"));
  EXPECT_EQ(Problem({"serve", "m", "--load-model", "a"}),
            "load-model: expected --model-control-mode explicit beside it");
}

TEST(ServeOptions, LazyIsForThoseWhoLoadOnDemand) {
  EXPECT_TRUE(Serve({"m", "--lazy"}).memory.lazy);
  EXPECT_TRUE(Serve({"m", "--lazy", "--model-control-mode=explicit", "--load-on-demand=on"}).memory.lazy);
  EXPECT_THAT(Problem({"serve", "m", "--lazy", "--load-on-demand=off"}), HasSubstr("lazy: expected --load-on-demand"));
  EXPECT_THAT(Problem({"serve", "m", "--lazy", "--model-control-mode=explicit"}), HasSubstr("lazy: expected"));
}

TEST(ServeOptions, PollIsAnotherWordForWatch) {
  EXPECT_EQ(Serve({"m"}, {{"TRIREME_MODEL_CONTROL_MODE", "none"}}).control, ModelControl::Mode::kNone);
  EXPECT_EQ(Serve({"m", "--model-control-mode=poll"}, {{"TRIREME_MODEL_CONTROL_MODE", "none"}}).control,
            ModelControl::Mode::kWatch);
}

TEST(ServeOptions, TritonsOwnCommandLineWorks) {
  const ServeOptions options =
      Serve({"--model-repository=/models", "--http-port=0", "--metrics-port", "0", "--grpc-port=8001",
             "--strict-model-config=false", "--log-verbose=1", "--backend-config=onnxruntime,default-max-batch-size=4",
             "--backend-config=python,shm-default-byte-size=1048576", "--exit-on-error=false", "--exit-timeout-secs=10",
             "--http-max-input-size=1024", "--allow-grpc=True"});
  EXPECT_THAT(options.paths, ElementsAre("/models"));
  EXPECT_EQ(options.drain_timeout, milliseconds(10'000));
  EXPECT_EQ(options.grpc_port, 8001);
  EXPECT_THAT(options.without_effect, ::testing::UnorderedElementsAre("--strict-model-config", "--backend-config"));
}

TEST(ServeOptions, EveryForeignSettingIsKnownEverywhereAndWhatWouldProtectIsRefused) {
  const TempDir dir;
  std::vector<std::string> unused;
  for (const Setting& setting : TritonSettings(unused)) {
    const std::string& name = setting.name;
    const std::string file = dir.Write("server.yaml", name + ": \"true\"\n");
    const auto flag = Parse({"serve", "m", "--" + name + "=true"});
    const auto variable = Parse({"serve", "m"}, {{VariableName(name), "true"}});
    const auto key = Parse({"serve", "m", "--config", file});
    if (flag.ok()) {
      for (const auto* command : {&flag, &variable, &key}) {
        ASSERT_TRUE(command->ok()) << command->status();
        EXPECT_THAT(std::get<ServeOptions>(**command).without_effect, ElementsAre("--" + name));
      }
      continue;
    }
    EXPECT_THAT(flag.status().message(), HasSubstr("--" + name + ": this server does not have it: "));
    EXPECT_THAT(variable.status().message(), HasSubstr(VariableName(name) + ": this server does not have it: "));
    EXPECT_THAT(key.status().message(), HasSubstr(name + ": this server does not have it: "));
    EXPECT_THAT(Serve({"m", "--" + name + "=false"}).without_effect, ::testing::IsEmpty());
  }
  for (const char* flag : {"--http-restricted-api=inference:key=secret", "--grpc-restricted-protocol=health:key=secret",
                           "--http-header-forward-pattern=.*", "--grpc-header-forward-pattern=.*"}) {
    EXPECT_THAT(Problem({"serve", "m", flag}), HasSubstr("this server does not have it")) << flag;
  }
}

TEST(ServeOptions, EachKindOfMessageMayBeSwitchedWhateverTheLevel) {
  const auto settings = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "m");
    return Serve(arguments).log.settings();
  };
  using S = Logger::Settings;
  EXPECT_EQ(settings({}), S());
  EXPECT_EQ(settings({"--log-level=error"}), (S{.info = false, .warning = false, .error = true, .verbose_level = 0}));
  EXPECT_EQ(settings({"--log-level=debug"}), (S{.info = true, .warning = true, .error = true, .verbose_level = 1}));
  EXPECT_EQ(settings({"--log-level=error", "--log-info=1"}),
            (S{.info = true, .warning = false, .error = true, .verbose_level = 0}));
  EXPECT_EQ(settings({"--log-error=false", "--log-verbose=3"}),
            (S{.info = true, .warning = true, .error = false, .verbose_level = 3}));
  EXPECT_EQ(settings({"--log-verbose=true"}).verbose_level, 1);
}

TEST(ServeOptions, TritonsLogFormatsAreText) {
  for (const char* form : {"default", "ISO8601", "text"}) {
    EXPECT_EQ(Serve({"m", "--log-format", form}).log.form, LogForm::kText);
  }
}

TEST(ServeOptions, AListenerMayBeClosedButNotAll) {
  EXPECT_EQ(Problem({"serve", "m", "--allow-http=false", "--allow-grpc=false", "--allow-metrics=0"}),
            "allow-http, allow-grpc and allow-metrics: expected one of them on, found all off");
  EXPECT_FALSE(Serve({"m", "--allow-http=no", "--allow-metrics=no"}).allow_http);
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
  EXPECT_EQ(problem("log-form=xml"), "--log-form: expected auto|text|json|default|ISO8601, found 'xml'");
  EXPECT_EQ(problem("run-inline=maybe"), "--run-inline: expected on|off (or true|false, yes|no, 1|0), found 'maybe'");
  EXPECT_EQ(problem("allow-exposure=maybe"),
            "--allow-exposure: expected on|off (or true|false, yes|no, 1|0), found 'maybe'");
  EXPECT_EQ(
      problem("exit-timeout-secs=1.2.3"),
      "--exit-timeout-secs: expected seconds such as 30 or 0.5, or a duration such as 500ms or 5m, found '1.2.3'");
  EXPECT_EQ(problem("log-verbose=loud"), "--log-verbose: expected a whole number from 0 to 1000, found 'loud'");
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
  EXPECT_THAT(Problem({"serve", "m", "--http-port"}), HasSubstr("--http-port: expected PORT behind it, found nothing"));
  EXPECT_EQ(Problem({"serve", "m", "--loops", "1", "--loops", "2"}), "--loops: expected once, found 2 times");
}

TEST(ServeOptions, AFlagIsNoOtherFlagsValue) {
  EXPECT_EQ(Problem({"serve", "m", "--strict-readiness", "--http-restricted-api=inference:k=v"}),
            "--strict-readiness: expected VALUE behind it, found '--http-restricted-api=inference:k=v'");
  EXPECT_THAT(Problem({"serve", "m", "--disable-auto-complete-config", "--http-restricted-api=inference:k=v"}),
              HasSubstr("this server does not have it"));
  EXPECT_THAT(Serve({"--disable-auto-complete-config", "a"}).paths, ElementsAre("a"));
}

TEST(ServeOptions, WhatKubernetesSaysOfAServiceIsNoSetting) {
  const auto command = ParseCommand(std::vector<std::string>{"serve", "m"}, [](const std::string& name) {
    return name == "TRIREME_METRICS_PORT" ? std::optional<std::string>("tcp://10.96.12.4:8002") : std::nullopt;
  });
  ASSERT_TRUE(command.ok()) << command.status();
  EXPECT_EQ(std::get<ServeOptions>(*command).metrics_port, 8002);
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
                  "' can be reached from other machines, and nobody is asked for a key: expected a loopback address "
                  "such as 127.0.0.1, --keys FILE, --tls-client-ca FILE or --allow-exposure");
    EXPECT_EQ(Serve({"m", "--host", host, "--allow-exposure"}).host, host);
    EXPECT_EQ(Serve({"m", "--host", host, "--keys", "k"}).host, host);
    for (const char* flag : {"--metrics-address", "--grpc-address"}) {
      EXPECT_THAT(Problem({"serve", "m", flag, host}), HasSubstr("can be reached from other machines")) << flag;
    }
    EXPECT_THAT(Problem({"serve", "m", "--allow-http=off", "--host", host}), HasSubstr("can be reached"));
  }
}

TEST(ServeOptions, ACertificateThatClientsMustShowIsAsGoodAsAKey) {
  std::vector<std::string> arguments = {"m", "--host", "0.0.0.0", "--tls-cert", "c", "--tls-key", "k"};
  std::vector<std::string> with_serve = arguments;
  with_serve.insert(with_serve.begin(), "serve");
  EXPECT_THAT(Problem(with_serve), HasSubstr("can be reached"));
  arguments.insert(arguments.end(), {"--tls-client-ca", "a", "--tls-client-name", "x", "--tls-client-name", "y"});
  const std::optional<net::TlsOptions> tls = TlsOf(Serve(arguments));
  ASSERT_TRUE(tls.has_value());
  EXPECT_EQ(tls->certificate, "c");
  EXPECT_EQ(tls->key, "k");
  EXPECT_EQ(tls->client_ca, "a");
  EXPECT_THAT(tls->client_names, ElementsAre("x", "y"));
}

TEST(ServeOptions, ACertificateOfGrpcsClientsDoesNotProtectTheOtherPorts) {
  const std::vector<std::string> grpc = {"m",
                                         "--grpc-address=0.0.0.0",
                                         "--grpc-use-ssl-mutual=true",
                                         "--grpc-server-cert=c",
                                         "--grpc-server-key=k",
                                         "--grpc-root-cert=a"};
  EXPECT_EQ(GrpcTlsOf(Serve(grpc))->client_ca, "a");
  std::vector<std::string> http = grpc;
  http.insert(http.begin(), "serve");
  http.emplace_back("--http-address=0.0.0.0");
  EXPECT_THAT(Problem(http), HasSubstr("can be reached"));
}

TEST(ServeOptions, AUnixSocketForOthersNeedsAKeyToo) {
  EXPECT_EQ(Serve({"m", "--unix-socket", "/s"}).unix_socket_mode, 0600U);
  EXPECT_EQ(Problem({"serve", "m", "--unix-socket", "/s", "--unix-socket-mode", "0660"}),
            "unix-socket '/s' is open to other users, and nobody is asked for a key: expected --unix-socket-mode 0600, "
            "--keys FILE, --tls-client-ca FILE or --allow-exposure");
  EXPECT_EQ(Serve({"m", "--unix-socket", "/s", "--unix-socket-mode", "0660", "--keys", "k"}).unix_socket_mode, 0660U);
  for (const char* mode : {"0", "0800", "01000", "rw", "-1"}) {
    EXPECT_THAT(Problem({"serve", "m", std::string("--unix-socket-mode=") + mode}),
                HasSubstr("expected an octal number from 0100 to 0777"))
        << mode;
  }
}

TEST(ServeOptions, FilesOfCertificatesNeedEachOther) {
  const auto problem = [](std::vector<std::string> flags) {
    flags.insert(flags.begin(), {"serve", "m"});
    return Problem(std::move(flags));
  };
  EXPECT_EQ(problem({"--tls-cert=c"}), "tls-cert and tls-key: expected both or none, found one");
  EXPECT_EQ(problem({"--tls-key=k"}), "tls-cert and tls-key: expected both or none, found one");
  EXPECT_EQ(problem({"--tls-client-ca=a"}), "tls-client-ca: expected --tls-cert and --tls-key beside it");
  EXPECT_EQ(problem({"--tls-cert=c", "--tls-key=k", "--tls-client-name=x"}),
            "tls-client-name: expected --tls-client-ca beside it");
  EXPECT_EQ(problem({"--grpc-use-ssl=true"}),
            "grpc-use-ssl: expected --grpc-server-cert and --grpc-server-key beside it");
  EXPECT_EQ(problem({"--grpc-use-ssl-mutual=true", "--grpc-server-cert=c", "--grpc-server-key=k"}),
            "grpc-use-ssl-mutual: expected --grpc-root-cert beside it");
}

TEST(ServeOptions, TritonsCertificatesAreOfGrpcAloneAndOnlyWhereTheyAreSwitchedOn) {
  const ServeOptions off = Serve({"m", "--grpc-server-cert=c", "--grpc-server-key=k", "--grpc-use-ssl=false"});
  EXPECT_FALSE(GrpcTlsOf(off).has_value());
  EXPECT_THAT(ProtectionWarnings(off), ElementsAre("grpc-server-cert is not used without --grpc-use-ssl=true"));
  const ServeOptions on =
      Serve({"m", "--grpc-server-cert=c", "--grpc-server-key=k", "--grpc-use-ssl=1", "--grpc-root-cert=a"});
  ASSERT_TRUE(GrpcTlsOf(on).has_value());
  EXPECT_EQ(GrpcTlsOf(on)->client_ca, "");  // as Triton has it: clients are not asked
  EXPECT_FALSE(TlsOf(on).has_value());
  EXPECT_THAT(ProtectionWarnings(on), ::testing::IsEmpty());
}

TEST(ServeOptions, WarnsOfWhatIsOpenAndOfKeysInTheClear) {
  EXPECT_THAT(ProtectionWarnings(Serve({"m", "--keys", "k"})), ::testing::IsEmpty());
  EXPECT_THAT(ProtectionWarnings(Serve({"m", "--http-address=0.0.0.0", "--allow-exposure"})),
              ElementsAre(HasSubstr("nobody is asked for a key (--keys)")));
  EXPECT_THAT(
      ProtectionWarnings(Serve({"m", "--metrics-address=0.0.0.0", "--keys=k"})),
      ElementsAre("host '0.0.0.0' can be reached from other machines, and keys travel in the clear (--tls-cert)"));
  EXPECT_THAT(ProtectionWarnings(Serve({"m", "--http-address=0.0.0.0", "--keys=k", "--tls-cert=c", "--tls-key=k"})),
              ::testing::IsEmpty());
}

TEST(ServeOptions, TracesGoOverHttp) {
  for (const char* url : {"grpc://127.0.0.1:4317", "ftp://x"}) {
    EXPECT_THAT(Problem({"serve", "m", "--otlp-endpoint", url}), HasSubstr("http://... or https://...")) << url;
  }
}

TEST(ServeOptions, TracesGoWhereOneOfTheFlagsSays) {
  const auto options = [](std::vector<std::string> flags) {
    flags.insert(flags.begin(), "m");
    const auto tracer = TracerOptionsOf(Serve(std::move(flags)).tracing);
    EXPECT_TRUE(tracer.ok()) << tracer.status();
    return *tracer;
  };
  EXPECT_FALSE(options({}).endpoint.has_value());
  const Tracer::Options own = options({"--otlp-endpoint", "collector:4318", "--trace-rate=10"});
  EXPECT_EQ(own.endpoint->host, "collector");
  EXPECT_TRUE(own.settings.timestamps);
  EXPECT_EQ(own.settings.rate, 10U);
  const Tracer::Options tritons =
      options({"--trace-config=mode=opentelemetry", "--trace-config=opentelemetry,url=localhost:4319/v1/traces",
               "--trace-config", "opentelemetry,resource=service.name=shop", "--trace-config", "level=TIMESTAMPS",
               "--trace-config=rate=7", "--trace-config=count=-1"});
  EXPECT_EQ(tritons.endpoint->port, 4319);
  EXPECT_EQ(tritons.endpoint->path, "/v1/traces");
  EXPECT_EQ(tritons.service_name, "shop");
  EXPECT_TRUE(tritons.settings.timestamps);
  EXPECT_EQ(tritons.settings.rate, 7U);
  EXPECT_EQ(tritons.settings.count, -1);
  const Tracer::Options usual = options({"--trace-config=mode=opentelemetry"});
  EXPECT_EQ(usual.endpoint->port, 4318);
  EXPECT_FALSE(usual.settings.timestamps);  // as Triton has it: the level is OFF at first
  EXPECT_FALSE(options({"--otlp-endpoint=http://c", "--trace-config=level=OFF"}).settings.timestamps);
}

TEST(ServeOptions, SaysWhichPartOfATraceConfigIsWrongOrOfNoUse) {
  const auto problem = [](const std::string& config) { return Problem({"serve", "m", "--trace-config", config}); };
  EXPECT_EQ(problem("level=TENSORS"), "--trace-config: expected OFF or TIMESTAMPS, found 'TENSORS'");
  EXPECT_EQ(problem("rate=0"), "--trace-config: expected a whole number from 1 to 4294967295, found '0'");
  EXPECT_EQ(problem("mode=jaeger"), "--trace-config: expected opentelemetry or triton, found 'jaeger'");
  EXPECT_THAT(problem("opentelemetry"), HasSubstr("expected SETTING=VALUE"));
  EXPECT_THAT(problem("odd=1"), HasSubstr("before the '=', found 'odd'"));
  EXPECT_THAT(problem("opentelemetry,url=ftp://x"), HasSubstr("--trace-config: "));
  EXPECT_THAT(Serve({"m", "--trace-config=triton,file=/tmp/t", "--trace-config=mode=triton"}).without_effect,
              ElementsAre("--trace-config"));
}

TEST(ServeOptions, OnePortMayBeAllListeners) {
  const ServeOptions options = Serve({"m", "--metrics-port", "8000", "--grpc-port", "8000"});
  EXPECT_EQ(options.metrics_port, 8000);
  EXPECT_EQ(options.grpc_port, 8000);
}

TEST(ServeOptions, TheHelpNamesEveryFlagAndItsDefault) {
  for (const char* flag : {"--help", "-h"}) {
    const auto command = Parse({"serve", flag});
    ASSERT_TRUE(command.ok()) << command.status();
    const auto* help = std::get_if<ShowHelp>(&*command);
    ASSERT_NE(help, nullptr);
    for (const Case& c : Cases()) EXPECT_THAT(help->text, HasSubstr("--" + c.name));
    EXPECT_THAT(help->text, HasSubstr("(also --loops) [2]"));
    EXPECT_THAT(help->text, ::testing::Not(HasSubstr("--strict-readiness")));
    EXPECT_THAT(help->text, HasSubstr("[8000]"));
    EXPECT_THAT(help->text, HasSubstr("[64MiB]"));
    EXPECT_THAT(help->text, HasSubstr("trireme serve model.onnx"));
  }
}

CheckOptions Check(std::vector<std::string> arguments, const Variables& variables = {}) {
  arguments.insert(arguments.begin(), "check");
  const auto command = Parse(arguments, variables);
  EXPECT_TRUE(command.ok()) << command.status();
  const auto* options = command.ok() ? std::get_if<CheckOptions>(&*command) : nullptr;
  EXPECT_NE(options, nullptr);
  return options == nullptr ? CheckOptions() : *options;
}

TEST(CheckOptionsTest, TakesEverySetting) {
  EXPECT_THAT(Check({"a", "b", "--model-repository", "c"}).paths, ElementsAre("a", "b", "c"));
  EXPECT_THAT(Check({}, {{"TRIREME_MODEL_STORE", "a"}}).paths, ElementsAre("a"));
  EXPECT_TRUE(Check({"a", "--strict"}).strict);
  EXPECT_TRUE(Check({"a", "--json"}).json);
  EXPECT_EQ(Check({"a", "--model-config-name=gpu"}).config_name, "gpu");
  EXPECT_EQ(Check({"a", "--client", "curl"}).client, CheckOptions::Client::kCurl);
  EXPECT_EQ(Check({"a", "--client=python", "--url=http://h:1"}).url, "http://h:1");
}

TEST(CheckOptionsTest, RefusesWhatMakesNoSense) {
  EXPECT_EQ(Problem({"check"}), "nothing to check: expected a PATH, as in 'trireme check models/'");
  EXPECT_EQ(Problem({"check", "a", "--json", "--client=curl"}), "json and client: expected one of them, found both");
  EXPECT_EQ(Problem({"check", "a", "--client=java"}), "--client: expected none|curl|python, found 'java'");
  EXPECT_EQ(Problem({"check", "a", "--jsn"}), "unknown flag '--jsn'; did you mean '--json'?");
}

TEST(CheckOptionsTest, TheHelpNamesEveryFlag) {
  const auto command = Parse({"check", "--help"});
  ASSERT_TRUE(command.ok()) << command.status();
  CheckOptions options;
  for (const Setting& setting : CheckSettings(options)) {
    if (setting.form == Setting::Form::kArguments) continue;
    EXPECT_THAT(std::get<ShowHelp>(*command).text, HasSubstr("--" + setting.name));
  }
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

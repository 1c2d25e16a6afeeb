// SPDX-License-Identifier: Apache-2.0
#include "app/options.h"

#include <array>
#include <utility>

#include "app/bench_settings.h"
#include "app/check_settings.h"
#include "app/compare_file.h"
#include "app/convert_settings.h"
#include "app/flags.h"
#include "app/keys_settings.h"
#include "app/model_server_command.h"
#include "app/models_settings.h"
#include "app/predict_settings.h"
#include "app/replay_settings.h"
#include "app/sagemaker_platform.h"
#include "app/serve_settings.h"
#include "app/setting_kinds.h"
#include "app/settings.h"
#include "app/tfserving_settings.h"
#include "app/torchserve_settings.h"
#include "app/tune_file.h"
#include "app/tune_settings.h"

namespace trireme {
namespace {

constexpr const char* kHelp = R"(Trireme serves machine learning models to the clients of several inference servers.

Usage: trireme COMMAND [OPTIONS]

Commands:
  serve PATH...   Serve models over the network
  check PATH...   Say what would be served and how, and what is wrong
  bench URL       Measure a server under load; bench compare FILE: several side by side
  tune MODEL      Find the best settings for a model on this machine
  predict MODEL IN -o OUT
                  Score a file: tables, arrays, folders of pictures
  replay FILE URL Send a server what was recorded, and compare its outputs
  convert IN OUT  Write a TensorFlow SavedModel as an ONNX file, or an ONNX file in lower precision
  models ACTION   List, load, unload, pin and label the models of a running server
  keys ACTION     Make and take away the keys of those who may use a server
  version         Say which version this is

Examples:
  trireme serve model.onnx             one model, on port 8000 of this machine
  trireme serve models/                every model in a folder or Triton repository
  trireme check models/                what becomes of each, without a server
  trireme bench http://127.0.0.1:8000  how fast it answers
  trireme tune model.onnx --slo p99=100ms
                                       batch, callers and threads that answer most within the goal
  trireme predict model.onnx rows.csv -o scores.csv
                                       every row of a file, without a server
  trireme models                       what a server that you run has in memory
  trireme keys add keys.txt web --role infer --model resnet50
                                       a key for a client; serve takes --keys keys.txt
  trireme serve --help                 every option of a command
)";

}  // namespace

Logger::Settings LogOptions::settings() const {
  return {.info = info.value_or(level <= LogLevel::kInfo),
          .warning = warning.value_or(level <= LogLevel::kWarning),
          .error = error.value_or(true),
          .verbose_level = verbose.value_or(level <= LogLevel::kDebug ? 1 : 0)};
}

namespace {

const CommandText& ServeText() {
  static const CommandText text = {
      .name = "trireme serve",
      .purpose = "Serves models until it is told to stop (SIGINT or SIGTERM). Nothing has to be set.",
      .examples = R"(Every flag is also a variable (--http-port: TRIREME_HTTP_PORT) and a key of the YAML file
(http-port: 8000). The command line comes before the environment, and that before the file.
A SIZE is a number of bytes or has a unit: KiB, MiB, GiB, TiB. A TIME has one: us, ms, s, m, h.
Triton's flags, variables and keys work here too. Those that have no use are named in a warning at the start; those that
would promise something that is not there are refused.

Examples:
  trireme serve model.onnx
  trireme serve models/ --http-port 0 --max-batch 8 --max-delay 2ms
  trireme serve models/ --http-address 0.0.0.0 --keys keys.txt --tls-cert cert.pem --tls-key key.pem
  trireme serve models/ --model-control-mode explicit --load-model resnet50
  TRIREME_LOG_FORMAT=json trireme serve --config server.yaml
)"};
  return text;
}

const CommandText& CheckText() {
  static const CommandText text = {
      .name = "trireme check",
      .purpose =
          "Looks at models as a server would, without loading them, and says what would be served, how, and what "
          "is wrong with the rest.",
      .examples =
          R"(Every flag is also a variable (--model-repository: TRIREME_MODEL_REPOSITORY); the command line comes first.
Exit code: 0 if everything can be served, 1 if something cannot, 2 for wrong usage.

Examples:
  trireme check models/
  trireme check models/ --json | jq '.models[] | select(.servable | not)'
  trireme check model.onnx --client python > client.py
)"};
  return text;
}

const CommandText& BenchText() {
  static const CommandText text = {
      .name = "trireme bench",
      .purpose =
          "Loads a server that speaks KServe V2 and says how fast it answers; or fills one of its own with copies of a "
          "model, and says how many it holds (--max-models).",
      .examples = R"(Every flag is also a variable (--connections: TRIREME_CONNECTIONS); the command line comes first.
A TIME has a unit: us, ms, s, m, h.

Examples:
  trireme bench http://127.0.0.1:8000
  trireme bench http://127.0.0.1:8000 --model resnet50 --connections 16 --shape image=1,3,224,224
  trireme bench grpc://127.0.0.1:8001 --connections 4 --calls 16 --report report.html
  trireme bench http://127.0.0.1:8000 --rate 200 --arrivals poisson --connections 64
  trireme bench http://127.0.0.1:8000 --stages 10@30s:5/s,50@1m:2/s --stop-on-failure
  trireme bench http://127.0.0.1:8000 --windows 10 --window 5s --json
  trireme bench http://127.0.0.1:8000 --rate 200 --connections 64 --slo p99=100ms
  trireme bench http://127.0.0.1:8000 --goodput --slo p99=100ms
  trireme bench --max-models resnet50.onnx,resnet50_int8.onnx --budget 4GiB --report report.html
  trireme bench compare compare.yaml  (see 'trireme bench compare --help')
Exit code: 0 if every request was answered with success and the goal kept, 1 if not, 2 for wrong usage.
)"};
  return text;
}

const CommandText& CompareText() {
  static const CommandText text = {
      .name = "trireme bench compare",
      .purpose =
          "Measures servers side by side, and models in this process, as a YAML file says: round by round one behind "
          "the "
          "other, with ratios and how sure they are.",
      .examples = R"(A file says who is measured and under which loads; docs/benchmarking.md has all of its keys:

  servers:
    - {name: ours, url: "grpc://127.0.0.1:8001", price_per_hour: 1.20}
    - {name: theirs, url: "http://127.0.0.1:8501", dialect: tfserving}
    - {name: no server, url: "local:resnet50.onnx", callers: 2, threads: 1}
  model: resnet50
  loads:
    - closed: {connections: 8}
    - open: {rate: 50, slo: p99=200ms}
    - goodput: {slo: p99=200ms}
  rounds: 5

Examples:
  trireme bench compare compare.yaml
  trireme bench compare compare.yaml --report compare.html --report compare.csv
Exit code: 0 if all were measured in every round and answered every request with success, 1 if not, 2 for wrong usage.
)"};
  return text;
}

const CommandText& TuneText() {
  static const CommandText text = {
      .name = "trireme tune",
      .purpose =
          "Finds the settings with which a model on this machine answers the most requests within a goal: each "
          "candidate is a server of its own, loaded as clients would. Ends in a report and a file for 'trireme serve "
          "--config'. The same command goes on where one was interrupted.",
      .examples =
          R"(Every flag is also a variable (--slo: TRIREME_SLO) and a key of the .yaml file that names several models.
SETTINGS are batch, callers, threads, delay, device and precision, as in batch=1..32,callers=1,2,device=cpu,cuda:0; a
range doubles, or goes in steps: 1..4+1. A TIME has a unit: us, ms, s, m, h.

Examples:
  trireme tune model.onnx --slo p99=100ms
  trireme tune model.onnx --slo p99=100ms --precision fp32,int8 --samples request.json --budget-time 30m
  trireme tune model.onnx --grid batch=1..32,callers=1..4,threads=1,2 --window 2s
  trireme tune model.onnx --slo p95=50ms --price-per-hour 0.35 --frames-per-second 30
  trireme tune models.yaml --out report/
Exit code: 0 if settings were found that keep every goal, 1 if not, 2 for wrong usage.
)"};
  return text;
}

const CommandText& PredictText() {
  static const CommandText text = {
      .name = "trireme predict",
      .purpose =
          "Scores every row of a file with a model, in this process, and writes what it gives into a file that appears "
          "when it is whole. The same command goes on where one was interrupted or killed.",
      .examples =
          R"(INPUT is a table (.csv, .jsonl, .parquet, compressed or not), several as a pattern in quotes, an array (.npy), or a
folder of pictures; OUT a .csv, .jsonl, .parquet or .npy file. Every flag is also a variable (--batch: TRIREME_BATCH).

Examples:
  trireme predict model.onnx rows.csv -o scores.csv
  trireme predict model.onnx 'day-*.parquet' -o scores.parquet --keep id
  trireme predict model.onnx --query "select * from 'rows.parquet' where age > 30" -o scores.csv
  trireme predict model.onnx rows.csv -o scores.csv --columns age,income --on-error skip
  trireme predict models/mobilenet photos/ -o classes.jsonl
Exit code: 0 if all is scored, 1 if something failed, 2 for wrong usage, 130 if it was interrupted.
)"};
  return text;
}

const CommandText& ConvertText() {
  static const CommandText text = {
      .name = "trireme convert",
      .purpose =
          "Writes what a TensorFlow SavedModel is served as into an ONNX file: one signature of it, with its "
          "variables. With --precision an ONNX model, or that, in lower precision.",
      .examples = R"(Exit code: 0 if the file has been written, 1 if the model cannot be converted, 2 for wrong usage.

Examples:
  trireme convert models/resnet/1 resnet.onnx
  trireme convert models/resnet resnet.onnx --signature serving_default
  trireme convert bert.onnx --precision int8 -o bert_int8.onnx
)"};
  return text;
}

constexpr const char* kKeysHelp =
    R"(Makes, lists and takes away the keys of those who may use a server, in the file that 'trireme serve --keys' names.
The file has the SHA-256 of each key; a running server takes a change within a second.

Usage: trireme keys ACTION FILE ...

Actions:
  add FILE NAME     Make a key, add it to the file, and print it: once, for whoever is to have it
  list FILE         Who has which
  remove FILE NAME  Take one away
  check FILE        Say what is wrong with the file

Examples:
  trireme keys add keys.txt web --role infer --model resnet50 --model 'ocr*'
  trireme keys add keys.txt prometheus --role metrics
  trireme keys add keys.txt ops --role admin --model '*' --expires 2027-01-01
  trireme keys add --help
)";

// Everything but `name`, which ends with the action.
CommandText KeysText(KeysOptions::Action action, const std::string& name) {
  CommandText text = {.name = "trireme keys " + name, .purpose = "", .examples = ""};
  switch (action) {
    case KeysOptions::Action::kAdd:
      text.purpose =
          "Makes a random key of 256 bits, adds its SHA-256 to the file (which is made if there is none), and "
          "prints the key.";
      text.examples = R"(Examples:
  trireme keys add keys.txt web --role infer --model resnet50 --model 'ocr*' --tenant shop
  trireme keys add keys.txt ops --role admin --model '*' --expires 2027-01-01 > ops.key
  trireme keys add keys.txt mesh --role infer --model '*' --certificate web.example.org
)";
      break;
    case KeysOptions::Action::kList:
      text.purpose = "Says who has a key in the file, and for what.";
      break;
    case KeysOptions::Action::kRemove:
      text.purpose = "Takes a key out of the file. A running server refuses it within a second.";
      break;
    case KeysOptions::Action::kCheck:
      text.purpose = "Says what is wrong with the file. Exit code: 0 if a server would take it, else 1.";
      break;
  }
  return text;
}

const CommandText& ReplayText() {
  static const CommandText text = {
      .name = "trireme replay",
      .purpose =
          "Sends a server the requests that 'trireme serve --record FILE' wrote down, as they came or faster, says how "
          "fast it answers, and compares its outputs with those of another server or version, or with the recorded "
          "ones.",
      .examples = R"(Every flag is also a variable (--connections: TRIREME_CONNECTIONS); the command line comes first.

Examples:
  trireme replay traffic.jsonl http://127.0.0.1:8000
  trireme replay traffic.jsonl http://127.0.0.1:8000 --speed 2
  trireme replay traffic.jsonl grpc://127.0.0.1:8001 --compare recorded --speed max
  trireme replay traffic.jsonl http://127.0.0.1:8000 --compare http://127.0.0.1:9000 --report report.md
  trireme replay traffic.jsonl http://127.0.0.1:8000 --model resnet50 --model-version 1 --compare-version 2
Exit code: 0 if every line was replayed and answered with success, and nothing that was compared differs; 1 if not;
2 for wrong usage.
)"};
  return text;
}

Setting ConfigSetting(std::string& file) {
  Setting setting = Text("config", "FILE", "Read settings from a YAML file", file);
  setting.group = "Options";
  return setting;
}

// The file that is named on the command line or else in the environment; nothing if there is none.
Result<SettingTexts> ReadConfigFile(const Setting& config, const std::string& file,
                                    std::span<const SettingTexts* const> sources, std::span<const Setting> settings) {
  RETURN_IF_ERROR(ApplySettings({&config, 1}, sources));
  if (file.empty()) return SettingTexts();
  return ReadSettingsFile(file, settings);
}

Result<SettingTexts> ReadAdditionalFlags(const SagemakerPlatform& platform, std::span<const Setting> settings) {
  auto flags = ReadFlags(ServeText(), settings, platform.flags);
  if (!flags.ok()) return std::move(flags).status().Within("SAGEMAKER_TRITON_ADDITIONAL_ARGS");
  if (auto* texts = std::get_if<SettingTexts>(&*flags)) return std::move(*texts);
  return InvalidArgument("SAGEMAKER_TRITON_ADDITIONAL_ARGS: expected flags of a server, found --help");
}

Setting TorchserveConfigSetting(std::string& file) {
  Setting setting = Text("ts-config", "FILE", "Read settings from TorchServe's config.properties", file);
  setting.group = "TorchServe";
  return setting;
}

// The same of TorchServe's config.properties.
Result<SettingTexts> ReadTorchserveConfig(const Setting& config, const std::string& file,
                                          std::span<const SettingTexts* const> sources, const Environment& environment,
                                          TorchserveFlags& flags) {
  RETURN_IF_ERROR(ApplySettings({&config, 1}, sources));
  if (file.empty()) return SettingTexts();
  return ReadTorchserveProperties(file, environment, flags);
}

Setting TfservingBatchingSetting(std::string& file) {
  Setting setting = Text("tfserving-batching", "FILE", "Batch as TF Serving's BatchingParameters say", file);
  setting.group = "TF Serving";
  return setting;
}

// The same of TF Serving's batching parameters.
Result<SettingTexts> ReadBatching(const Setting& config, const std::string& file,
                                  std::span<const SettingTexts* const> sources, TfservingFlags& flags) {
  RETURN_IF_ERROR(ApplySettings({&config, 1}, sources));
  return ReadTfservingBatching(file, flags);
}

Result<Command> ParseServe(std::span<const std::string> arguments, const Environment& environment) {
  ServeOptions options;
  std::string config_file;
  std::vector<Setting> settings = ServeSettings(options);
  settings.insert(settings.begin() + 1, ConfigSetting(config_file));
  std::string torchserve_file;
  settings.push_back(TorchserveConfigSetting(torchserve_file));
  std::string batching_file;
  settings.push_back(TfservingBatchingSetting(batching_file));
  ASSIGN_OR_RETURN(auto flags, ReadFlags(ServeText(), settings, arguments));
  if (auto* help = std::get_if<HelpWanted>(&flags)) return Command(ShowHelp{std::move(help->text)});

  const SettingTexts variables = ReadEnvironment(settings, environment);
  const std::array outer = {&std::as_const(std::get<SettingTexts>(flags)), &variables};
  const Setting config = settings[1];
  settings.erase(settings.begin() + 1);
  const Setting batching_config = settings.back();
  settings.pop_back();
  const Setting torchserve_config = settings.back();
  settings.pop_back();
  ASSIGN_OR_RETURN(const SettingTexts file, ReadConfigFile(config, config_file, outer, settings));
  ASSIGN_OR_RETURN(const SettingTexts properties,
                   ReadTorchserveConfig(torchserve_config, torchserve_file, outer, environment, options.torchserve));
  ASSIGN_OR_RETURN(const SettingTexts batching, ReadBatching(batching_config, batching_file, outer, options.tfserving));
  std::vector<const SettingTexts*> sources = {outer[0], outer[1], &file, &properties, &batching};
  SettingTexts defaults;
  if (std::get<SettingTexts>(flags).contains("tfserving-as-command")) {
    defaults = ModelServerDefaults(sources);
    sources.push_back(&defaults);
  }
  std::optional<SagemakerPlatform> platform;
  SettingTexts additional;
  if (LeavesPathsOpen(sources)) {
    ASSIGN_OR_RETURN(platform, ReadSagemakerPlatform(environment));
  }
  if (platform) {
    std::get<SettingTexts>(flags).erase("paths");
    ASSIGN_OR_RETURN(additional, ReadAdditionalFlags(*platform, settings));
    sources.insert(sources.end(), {&additional, &platform->settings});
    options.sagemaker.on_platform = true;
    options.without_effect = platform->without_effect;
  }
  RETURN_IF_ERROR(ApplySettings(settings, sources));
  SettleTorchserve(options);
  RETURN_IF_ERROR(SettleTfserving(options));
  RETURN_IF_ERROR(CheckServeOptions(options));
  return Command(std::move(options));
}

Result<Command> ParseCheck(std::span<const std::string> arguments, const Environment& environment) {
  CheckOptions options;
  const std::vector<Setting> settings = CheckSettings(options);
  ASSIGN_OR_RETURN(auto flags, ReadFlags(CheckText(), settings, arguments));
  if (auto* help = std::get_if<HelpWanted>(&flags)) return Command(ShowHelp{std::move(help->text)});

  const SettingTexts variables = ReadEnvironment(settings, environment);
  RETURN_IF_ERROR(ApplySettings(settings, std::array{&std::as_const(std::get<SettingTexts>(flags)), &variables}));
  RETURN_IF_ERROR(CheckCheckOptions(options));
  return Command(std::move(options));
}

// The file says what is compared; flags say what is shown of it.
Result<Command> ParseBenchCompare(std::span<const std::string> arguments) {
  std::string file;
  std::optional<int> rounds;
  bench::CompareOptions options;
  const std::vector<Setting> settings = CompareSettings(file, rounds, options);
  ASSIGN_OR_RETURN(auto flags, ReadFlags(CompareText(), settings, arguments));
  if (auto* help = std::get_if<HelpWanted>(&flags)) return Command(ShowHelp{std::move(help->text)});
  RETURN_IF_ERROR(ApplySettings(settings, std::array{&std::as_const(std::get<SettingTexts>(flags))}));
  if (file.empty()) return InvalidArgument("expected FILE, as in 'trireme bench compare compare.yaml'");
  ASSIGN_OR_RETURN(bench::CompareOptions read, ReadCompareFile(file));
  read.json = options.json;
  read.reports = std::move(options.reports);
  if (rounds) read.rounds = *rounds;
  return Command(std::move(read));
}

Result<Command> ParseBench(std::span<const std::string> arguments, const Environment& environment) {
  if (!arguments.empty() && arguments.front() == "compare") return ParseBenchCompare(arguments.subspan(1));
  bench::BenchOptions options;
  const std::vector<Setting> settings = BenchSettings(options);
  ASSIGN_OR_RETURN(auto flags, ReadFlags(BenchText(), settings, arguments));
  if (auto* help = std::get_if<HelpWanted>(&flags)) return Command(ShowHelp{std::move(help->text)});

  const SettingTexts variables = ReadEnvironment(settings, environment);
  RETURN_IF_ERROR(ApplySettings(settings, std::array{&std::as_const(std::get<SettingTexts>(flags)), &variables}));
  // No flag says it: whoever lists the processes of a machine sees their arguments.
  options.api_key = environment("TRIREME_API_KEY").value_or("");
  RETURN_IF_ERROR(bench::Check(options));
  return Command(std::move(options));
}

Result<Command> ParseReplay(std::span<const std::string> arguments, const Environment& environment) {
  bench::ReplayOptions options;
  const std::vector<Setting> settings = ReplaySettings(options);
  ASSIGN_OR_RETURN(auto flags, ReadFlags(ReplayText(), settings, arguments));
  if (auto* help = std::get_if<HelpWanted>(&flags)) return Command(ShowHelp{std::move(help->text)});

  const SettingTexts variables = ReadEnvironment(settings, environment);
  RETURN_IF_ERROR(ApplySettings(settings, std::array{&std::as_const(std::get<SettingTexts>(flags)), &variables}));
  options.load.api_key = environment("TRIREME_API_KEY").value_or("");  // as with bench
  RETURN_IF_ERROR(bench::Check(options));
  return Command(std::move(options));
}

// The models, each with what stands in front: flags, variables, its own settings in a file, and those of all in it.
Result<std::vector<tune::TuneModel>> ReadTuneModels(const std::vector<TuneFileModel>& models,
                                                    std::span<const SettingTexts* const> outer,
                                                    const SettingTexts& common) {
  std::vector<tune::TuneModel> settled;
  for (const TuneFileModel& model : models) {
    std::vector<const SettingTexts*> sources(outer.begin(), outer.end());
    sources.insert(sources.end(), {&model.settings, &common});
    TuneModelDraft draft;
    RETURN_IF_ERROR(ApplySettings(TuneModelSettings(draft), sources));
    ASSIGN_OR_RETURN(tune::TuneModel made, Settle(std::move(draft), model.path));
    settled.push_back(std::move(made));
  }
  return settled;
}

Result<TuneFile> TunedModels(const std::vector<std::string>& paths, std::span<const Setting> settings,
                             std::span<const Setting> model_settings) {
  if (paths.size() == 1 && IsTuneFile(paths[0])) return ReadTuneFile(paths[0], settings, model_settings);
  TuneFile models;
  for (const std::string& path : paths) {
    if (IsTuneFile(path)) return InvalidArgument("'" + path + "': expected this file alone, or models");
    models.models.push_back({.path = path, .settings = {}});
  }
  return models;
}

Result<Command> ParseTune(std::span<const std::string> arguments, const Environment& environment) {
  tune::TuneOptions options;
  std::vector<std::string> paths;
  TuneModelDraft unused;
  const std::vector<Setting> general = TuneSettings(options, paths);
  const std::vector<Setting> of_models = TuneModelSettings(unused);
  std::vector<Setting> all = general;
  all.insert(all.end(), of_models.begin(), of_models.end());
  ASSIGN_OR_RETURN(auto flags, ReadFlags(TuneText(), all, arguments));
  if (auto* help = std::get_if<HelpWanted>(&flags)) return Command(ShowHelp{std::move(help->text)});

  const SettingTexts variables = ReadEnvironment(all, environment);
  const std::array outer = {&std::as_const(std::get<SettingTexts>(flags)), &variables};
  RETURN_IF_ERROR(ApplySettings({general.data(), 1}, outer));  // the models, which may name a file
  ASSIGN_OR_RETURN(const TuneFile file, TunedModels(paths, general, of_models));
  RETURN_IF_ERROR(ApplySettings(std::span(general).subspan(1), std::array{outer[0], outer[1], &file.settings}));
  ASSIGN_OR_RETURN(options.models, ReadTuneModels(file.models, outer, file.settings));
  if (options.out.empty() && !paths.empty()) options.out = paths.size() == 1 ? UsualTuneFolder(paths[0]) : "tune";
  RETURN_IF_ERROR(tune::Check(options));
  return Command(std::move(options));
}

Result<Command> ParsePredict(std::span<const std::string> arguments, const Environment& environment) {
  predict::PredictOptions options;
  const std::vector<Setting> settings = PredictSettings(options);
  ASSIGN_OR_RETURN(auto flags, ReadFlags(PredictText(), settings, arguments));
  if (auto* help = std::get_if<HelpWanted>(&flags)) return Command(ShowHelp{std::move(help->text)});

  const SettingTexts variables = ReadEnvironment(settings, environment);
  RETURN_IF_ERROR(ApplySettings(settings, std::array{&std::as_const(std::get<SettingTexts>(flags)), &variables}));
  RETURN_IF_ERROR(predict::Check(options));
  return Command(std::move(options));
}

Result<Command> ParseConvert(std::span<const std::string> arguments) {
  ConvertOptions options;
  const std::vector<Setting> settings = ConvertSettings(options);
  ASSIGN_OR_RETURN(auto flags, ReadFlags(ConvertText(), settings, arguments));
  if (auto* help = std::get_if<HelpWanted>(&flags)) return Command(ShowHelp{std::move(help->text)});
  RETURN_IF_ERROR(ApplySettings(settings, std::array{&std::as_const(std::get<SettingTexts>(flags))}));
  RETURN_IF_ERROR(CheckConvertOptions(options));
  return Command(std::move(options));
}

Result<Command> ParseKeys(std::span<const std::string> arguments) {
  if (arguments.empty()) return InvalidArgument("expected an action (add, list, remove, check) behind 'trireme keys'");
  const std::string& action = arguments.front();
  if (action == "help" || action == "--help" || action == "-h") return Command(ShowHelp{kKeysHelp});
  KeysOptions options;
  RETURN_IF_ERROR(Choice<KeysOptions::Action>("", "", options.action,
                                              {{"add", KeysOptions::Action::kAdd},
                                               {"list", KeysOptions::Action::kList},
                                               {"remove", KeysOptions::Action::kRemove},
                                               {"check", KeysOptions::Action::kCheck}})
                      .set(action)
                      .Within("trireme keys"));
  const std::vector<Setting> settings = KeysSettings(options);
  ASSIGN_OR_RETURN(auto flags, ReadFlags(KeysText(options.action, action), settings, arguments.subspan(1)));
  if (auto* help = std::get_if<HelpWanted>(&flags)) return Command(ShowHelp{std::move(help->text)});
  RETURN_IF_ERROR(ApplySettings(settings, std::array{&std::as_const(std::get<SettingTexts>(flags))}));
  RETURN_IF_ERROR(CheckKeysOptions(options));
  return Command(std::move(options));
}

Result<Command> ParseModels(std::span<const std::string> arguments, const Environment& environment) {
  const bool wants_help =
      !arguments.empty() && (arguments.front() == "help" || arguments.front() == "--help" || arguments.front() == "-h");
  if (wants_help) return Command(ShowHelp{ModelsHelp()});
  ModelsOptions options;
  ASSIGN_OR_RETURN(options.action, TakeModelsAction(arguments));
  const std::vector<Setting> settings = ModelsSettings(options);
  ASSIGN_OR_RETURN(auto flags, ReadFlags(ModelsText(options.action), settings, arguments));
  if (auto* help = std::get_if<HelpWanted>(&flags)) return Command(ShowHelp{std::move(help->text)});

  const SettingTexts variables = ReadEnvironment(settings, environment);
  RETURN_IF_ERROR(ApplySettings(settings, std::array{&std::as_const(std::get<SettingTexts>(flags)), &variables}));
  RETURN_IF_ERROR(CheckModelsOptions(options));
  return Command(std::move(options));
}

Result<Command> ParseVersion(std::span<const std::string> arguments) {
  if (arguments.empty()) return Command(ShowVersion{});
  return InvalidArgument("'trireme version' takes no arguments, found '" + arguments.front() + "'");
}

}  // namespace

Result<Command> ParseCommand(std::span<const std::string> arguments, const Environment& environment) {
  if (arguments.empty())
    return InvalidArgument(
        "expected a command (serve, check, bench, tune, predict, replay, convert, models, keys, version), found "
        "nothing");
  const std::string& command = arguments.front();
  if (command == "serve") return ParseServe(arguments.subspan(1), environment);
  if (command == "check") return ParseCheck(arguments.subspan(1), environment);
  if (command == "bench") return ParseBench(arguments.subspan(1), environment);
  if (command == "replay") return ParseReplay(arguments.subspan(1), environment);
  if (command == "tune") return ParseTune(arguments.subspan(1), environment);
  if (command == "predict") return ParsePredict(arguments.subspan(1), environment);
  if (command == "convert") return ParseConvert(arguments.subspan(1));
  if (command == "models") return ParseModels(arguments.subspan(1), environment);
  if (command == "keys") return ParseKeys(arguments.subspan(1));
  if (command == "version" || command == "--version") return ParseVersion(arguments.subspan(1));
  if (command == "help" || command == "--help" || command == "-h") return Command(ShowHelp{kHelp});
  return InvalidArgument("unknown command '" + command +
                         "': expected serve, check, bench, tune, predict, replay, convert, models, keys or version");
}

}  // namespace trireme

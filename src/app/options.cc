// SPDX-License-Identifier: Apache-2.0
#include "app/options.h"

#include <array>
#include <utility>

#include "app/bench_settings.h"
#include "app/check_settings.h"
#include "app/flags.h"
#include "app/serve_settings.h"
#include "app/setting_kinds.h"
#include "app/settings.h"

namespace trireme {
namespace {

constexpr const char* kHelp = R"(Trireme serves machine learning models to the clients of several inference servers.

Usage: trireme COMMAND [OPTIONS]

Commands:
  serve PATH...   Serve models over the network
  check PATH...   Say what would be served and how, and what is wrong
  bench URL       Measure a server under load
  version         Say which version this is

Examples:
  trireme serve model.onnx             one model, on port 8000 of this machine
  trireme serve models/                every model in a folder or Triton repository
  trireme check models/                what becomes of each, without a server
  trireme bench http://127.0.0.1:8000  how fast it answers
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
  trireme serve models/ --http-address 0.0.0.0 --allow-exposure
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
      .purpose = "Loads a server that speaks KServe V2 and says how fast it answers.",
      .examples = R"(Every flag is also a variable (--connections: TRIREME_CONNECTIONS); the command line comes first.
A TIME has a unit: us, ms, s, m, h.

Examples:
  trireme bench http://127.0.0.1:8000
  trireme bench http://127.0.0.1:8000 --model resnet50 --connections 16 --shape image=1,3,224,224
  trireme bench http://127.0.0.1:8000 --windows 10 --window 5s --json
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

Result<Command> ParseServe(std::span<const std::string> arguments, const Environment& environment) {
  ServeOptions options;
  std::string config_file;
  std::vector<Setting> settings = ServeSettings(options);
  settings.insert(settings.begin() + 1, ConfigSetting(config_file));
  ASSIGN_OR_RETURN(auto flags, ReadFlags(ServeText(), settings, arguments));
  if (auto* help = std::get_if<HelpWanted>(&flags)) return Command(ShowHelp{std::move(help->text)});

  const SettingTexts variables = ReadEnvironment(settings, environment);
  const std::array outer = {&std::as_const(std::get<SettingTexts>(flags)), &variables};
  const Setting config = settings[1];
  settings.erase(settings.begin() + 1);
  ASSIGN_OR_RETURN(const SettingTexts file, ReadConfigFile(config, config_file, outer, settings));
  RETURN_IF_ERROR(ApplySettings(settings, std::array{outer[0], outer[1], &file}));
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

Result<Command> ParseBench(std::span<const std::string> arguments, const Environment& environment) {
  bench::BenchOptions options;
  const std::vector<Setting> settings = BenchSettings(options);
  ASSIGN_OR_RETURN(auto flags, ReadFlags(BenchText(), settings, arguments));
  if (auto* help = std::get_if<HelpWanted>(&flags)) return Command(ShowHelp{std::move(help->text)});

  const SettingTexts variables = ReadEnvironment(settings, environment);
  RETURN_IF_ERROR(ApplySettings(settings, std::array{&std::as_const(std::get<SettingTexts>(flags)), &variables}));
  RETURN_IF_ERROR(bench::Check(options));
  return Command(std::move(options));
}

Result<Command> ParseVersion(std::span<const std::string> arguments) {
  if (arguments.empty()) return Command(ShowVersion{});
  return InvalidArgument("'trireme version' takes no arguments, found '" + arguments.front() + "'");
}

}  // namespace

Result<Command> ParseCommand(std::span<const std::string> arguments, const Environment& environment) {
  if (arguments.empty()) return InvalidArgument("expected a command (serve, check, bench, version), found nothing");
  const std::string& command = arguments.front();
  if (command == "serve") return ParseServe(arguments.subspan(1), environment);
  if (command == "check") return ParseCheck(arguments.subspan(1), environment);
  if (command == "bench") return ParseBench(arguments.subspan(1), environment);
  if (command == "version" || command == "--version") return ParseVersion(arguments.subspan(1));
  if (command == "help" || command == "--help" || command == "-h") return Command(ShowHelp{kHelp});
  return InvalidArgument("unknown command '" + command + "': expected serve, check, bench or version");
}

}  // namespace trireme

// SPDX-License-Identifier: Apache-2.0
#include <jemalloc/jemalloc.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "app/check_command.h"
#include "app/convert_command.h"
#include "app/keys_command.h"
#include "app/local_models.h"
#include "app/memory_shortage.h"
#include "app/model_server_command.h"
#include "app/models_command.h"
#include "app/options.h"
#include "app/predict_command.h"
#include "app/serve_command.h"
#include "app/tune_command.h"
#include "base/version.h"
#include "bench/bench.h"
#include "bench/compare.h"
#include "bench/replay.h"

// How jemalloc works here (http://jemalloc.net/jemalloc.3.html, "TUNING"); it reads this before main, and MALLOC_CONF
// in the environment after it. Where it is linked it is everybody's malloc, that of the runtimes too.
//
//   background_thread    what nobody has used for ten seconds (dirty_decay_ms) goes back to the system though the
//                        server idles: a model that was unloaded leaves nothing behind
//   oversize_threshold   a block from here on goes back at once. Below it, what a runtime takes for one run stays for
//                        the next, instead of being mapped and cleared anew each time
const char* malloc_conf = "background_thread:true,dirty_decay_ms:10000,oversize_threshold:67108864";

namespace trireme {
namespace {

std::optional<std::string> FromEnvironment(const std::string& name) {
  const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): there is one thread yet
  if (value == nullptr) return std::nullopt;
  return value;
}

// Runtimes that report to their makers are told not to. Before there are threads, since the environment is shared.
void KeepRuntimesSilent() {
  setenv("ORT_DISABLE_TELEMETRY", "1", /*overwrite=*/1);  // NOLINT(concurrency-mt-unsafe)
}

int Run(const ServeOptions& options) {
  return RunServe(options);
}

int Run(const CheckOptions& options) {
  return RunCheck(options, std::cout, std::cerr);
}

int Run(const bench::BenchOptions& options) {
  return bench::RunBench(options, std::cout, std::cerr);
}

int Run(const bench::ReplayOptions& options) {
  return bench::RunReplay(options, std::cout, std::cerr);
}

int Run(const bench::CompareOptions& options) {
  LocalModels models;
  return bench::RunCompare(
      options, [&models](const bench::LocalModelOptions& wanted) { return models.Open(wanted); }, std::cout, std::cerr);
}

int Run(const tune::TuneOptions& options) {
  return RunTuneCommand(options, std::cout, std::cerr);
}

int Run(const predict::PredictOptions& options) {
  return RunPredictCommand(options, std::cout, std::cerr);
}

int Run(const ConvertOptions& options) {
  return RunConvert(options, std::cout, std::cerr);
}

int Run(const KeysOptions& options) {
  return RunKeys(options, std::chrono::system_clock::now(), std::cout, std::cerr);
}

int Run(const ModelsOptions& options) {
  return RunModels(options, std::cout, std::cerr);
}

int Run(const ShowVersion& version) {
  if (version.as_model_server) {
    std::cout << "TensorFlow ModelServer: trireme " << kVersion << "\nTensorFlow Library: none\n";
    return kExitOk;
  }
  std::cout << "trireme " << kVersion << "\n";
  return kExitOk;
}

int Run(const ShowHelp& help) {
  std::cout << help.text;
  return kExitOk;
}

// What the user wants, however the program is called.
Result<Command> Understand(std::string_view program, const std::vector<std::string>& arguments) {
  if (!IsModelServer(program)) return ParseCommand(arguments, FromEnvironment);
  if (AsksForModelServerHelp(arguments)) return Command(ShowHelp{.text = ModelServerHelp()});
  ASSIGN_OR_RETURN(const std::vector<std::string> ours, TranslateModelServer(arguments));
  Result<Command> command = ParseCommand(ours, FromEnvironment);
  if (!command.ok()) return Status(command.status().code(), InModelServerWords(command.status().message()));
  if (auto* const version = std::get_if<ShowVersion>(&*command)) version->as_model_server = true;
  return command;
}

}  // namespace
}  // namespace trireme

int main(int argc, char** argv) {
  trireme::EndWithoutMemory();
  trireme::KeepRuntimesSilent();
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const trireme::Result<trireme::Command> command = trireme::Understand(argv[0], arguments);
  if (!command.ok()) {
    const bool as_model_server = trireme::IsModelServer(argv[0]);
    const std::string name(as_model_server ? trireme::kModelServerName : "trireme");
    std::cerr << name << ": " << command.status().message() << "\nSee '" << name << " --help'"
              << (as_model_server ? "" : " and 'trireme COMMAND --help'") << ".\n";
    return trireme::kExitUsage;
  }
  return std::visit([](const auto& wanted) { return trireme::Run(wanted); }, *command);
}

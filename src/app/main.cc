// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "app/check_command.h"
#include "app/keys_command.h"
#include "app/options.h"
#include "app/serve_command.h"
#include "base/version.h"
#include "bench/bench.h"

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

int Run(const KeysOptions& options) {
  return RunKeys(options, std::chrono::system_clock::now(), std::cout, std::cerr);
}

int Run(const ShowVersion&) {
  std::cout << "trireme " << kVersion << "\n";
  return kExitOk;
}

int Run(const ShowHelp& help) {
  std::cout << help.text;
  return kExitOk;
}

}  // namespace
}  // namespace trireme

int main(int argc, char** argv) {
  trireme::KeepRuntimesSilent();
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const trireme::Result<trireme::Command> command = trireme::ParseCommand(arguments, trireme::FromEnvironment);
  if (!command.ok()) {
    std::cerr << "trireme: " << command.status().message() << "\nSee 'trireme --help' and 'trireme COMMAND --help'.\n";
    return trireme::kExitUsage;
  }
  return std::visit([](const auto& wanted) { return trireme::Run(wanted); }, *command);
}

// SPDX-License-Identifier: Apache-2.0
#include "app/tune_command.h"

#include <unistd.h>

#include <filesystem>

#include "tune/tune.h"

namespace trireme {

int RunTuneCommand(tune::TuneOptions options, std::ostream& out, std::ostream& err) {
  options.program = std::filesystem::read_symlink("/proc/self/exe");
  options.on_terminal = isatty(STDERR_FILENO) != 0;
  return tune::RunTune(options, out, err);
}

}  // namespace trireme

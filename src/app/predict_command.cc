// SPDX-License-Identifier: Apache-2.0
#include "app/predict_command.h"

#include <unistd.h>

#include "app/plugin_folder.h"
#include "bench/interrupts.h"
#include "predict/predict.h"

namespace trireme {

int RunPredictCommand(predict::PredictOptions options, std::ostream& out, std::ostream& err) {
  const bench::Interrupts interrupts;
  options.stop_fd = interrupts.fd();
  options.on_terminal = isatty(STDERR_FILENO) != 0;
  options.plugin_folder = PluginFolder();
  return predict::RunPredict(options, out, err);
}

}  // namespace trireme

// SPDX-License-Identifier: Apache-2.0
#include "bench/report_file.h"

namespace trireme::bench {

Status CheckReports(const std::vector<ReportFile>& files) {
  for (const ReportFile& file : files) {
    if (!std::ofstream(file.path, std::ios::app)) {
      return InvalidArgument("--report: cannot write \"" + file.path + "\"");
    }
  }
  return {};
}

}  // namespace trireme::bench

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fstream>
#include <vector>

#include "base/status.h"
#include "bench/options.h"

namespace trireme::bench {

// Whether reports can be written there: before a load, so that a folder that is not there costs nobody minutes.
Status CheckReports(const std::vector<ReportFile>& files);

// Writes a report of any kind, in each file's form.
template <typename AnyReport>
Status WriteReports(const std::vector<ReportFile>& files, const AnyReport& report) {
  for (const ReportFile& file : files) {
    std::ofstream out(file.path, std::ios::binary | std::ios::trunc);
    out << Write(report, file.form) << std::flush;
    if (!out) return Unavailable("--report: cannot write \"" + file.path + "\"");
  }
  return {};
}

}  // namespace trireme::bench

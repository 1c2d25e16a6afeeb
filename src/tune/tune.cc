// SPDX-License-Identifier: Apache-2.0
#include "tune/tune.h"

#include <ctime>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "bench/interrupts.h"
#include "bench/report_text.h"
#include "tune/model_search.h"
#include "tune/report.h"
#include "tune/settings_file.h"

namespace trireme::tune {
namespace {

namespace fs = std::filesystem;

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;

int Fail(const Status& status, int code, std::ostream& err) {
  err << "trireme: " << bench::Visible(status.message()) << '\n';
  return code;
}

Status MakeFolder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (fs::is_directory(folder, error)) return {};
  return InvalidArgument("--out: '" + folder.string() + "' cannot be made: expected a folder, or room for one");
}

// Where each model's own files lie: in the folder itself, or in one of the model's where there are several.
std::vector<fs::path> FoldersOf(const TuneOptions& options) {
  if (options.models.size() == 1) return {options.out};
  std::vector<fs::path> folders;
  std::set<std::string> names;
  for (const TuneModel& model : options.models) {
    const std::string name = fs::absolute(model.path).lexically_normal().stem().string();
    std::string own = name.empty() ? "model" : name;
    for (int number = 2; !names.insert(own).second; ++number) own = name + "-" + std::to_string(number);
    folders.push_back(options.out / own);
  }
  return folders;
}

Status WriteReports(const TuneReport& report) {
  for (const auto& [name, form] :
       {std::pair("report.md", bench::ReportForm::kMarkdown), std::pair("report.csv", bench::ReportForm::kCsv),
        std::pair("report.json", bench::ReportForm::kJson), std::pair("report.html", bench::ReportForm::kHtml)}) {
    RETURN_IF_ERROR(WriteWhole(report.options.out / name, Write(report, form)));
  }
  return {};
}

// The models that are done have their report.
int EndInterrupted(const TuneReport& report, std::ostream& err) {
  const fs::path& folder = report.options.out;
  err << "trireme: interrupted; the same command goes on with what is in " << folder.string() << '\n';
  if (report.models.empty()) return kExitFailed;
  if (const Status status = WriteReports(report); !status.ok()) return Fail(status, kExitFailed, err);
  err << "trireme: " << report.models.size() << " of " << report.options.models.size()
      << " models are done: " << (folder / "report.html").string() << ", .md, .csv and .json\n";
  return kExitFailed;
}

}  // namespace

int RunTune(const TuneOptions& options, std::ostream& out, std::ostream& err) {
  if (const Status status = Check(options); !status.ok()) return Fail(status, kExitUsage, err);
  const std::vector<fs::path> folders = FoldersOf(options);
  for (const fs::path& folder : folders) {
    if (const Status status = MakeFolder(folder); !status.ok()) return Fail(status, kExitUsage, err);
  }
  const bench::Interrupts interrupts;
  TuneReport report{.options = options, .facts = bench::OwnFacts(time(nullptr)), .models = {}};
  report.facts.command = bench::Visible(report.facts.command);
  bool failed = false;
  for (size_t i = 0; i < options.models.size(); ++i) {
    auto model = SearchModel(options, options.models[i], folders[i], interrupts, err, report.facts);
    if (model.ok()) {
      report.models.push_back(*std::move(model));
      continue;
    }
    failed = true;
    if (model.status().code() == StatusCode::kCancelled) return EndInterrupted(report, err);
    Fail(model.status(), kExitFailed, err);  // the others go on
  }
  if (report.models.empty()) return kExitFailed;
  out << (options.json ? Json(report) : Table(report)) << std::flush;
  if (const Status status = WriteReports(report); !status.ok()) return Fail(status, kExitFailed, err);
  if (!options.json) out << "\nReports: " << (options.out / "report.html").string() << ", .md, .csv and .json\n";
  return failed || !report.KeepsAllGoals() ? kExitFailed : 0;
}

}  // namespace trireme::tune

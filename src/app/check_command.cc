// SPDX-License-Identifier: Apache-2.0
#include "app/check_command.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/check_json.h"
#include "app/check_text.h"
#include "app/check_words.h"
#include "app/devices.h"
#include "app/plugin_folder.h"
#include "app/tfserving_settings.h"
#include "backend/backend_set.h"
#include "base/cpu_count.h"
#include "base/memory_pool.h"
#include "server/example_request.h"
#include "server/recorded_request.h"
#include "server/tfserving_services.h"

namespace trireme {
namespace {

bool IsSet(const char* variable) {
  const char* value = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): nobody sets any
  return value != nullptr && *value != '\0';
}

// https://no-color.org
bool WantsColours() {
  return isatty(STDOUT_FILENO) != 0 && !IsSet("NO_COLOR");
}

// Whether a size that is left open stands for rows as well, of which examples send one.
bool NamesRowsTwice(const TensorSpec& spec) {
  const std::vector<std::string>& names = spec.dim_names;
  return !names.empty() && !names[0].empty() && std::find(names.begin() + 1, names.end(), names[0]) != names.end();
}

// Nothing is run here, so nobody knows yet which size a model takes where its signature leaves one open. An image of
// one pixel is too small for most that look at images, and some that look at lists want them in fours or eights.
int64_t LikelyFreeDim(const Signature& signature) {
  const auto any_input = [&](auto is) { return std::any_of(signature.inputs.begin(), signature.inputs.end(), is); };
  if (any_input(NamesRowsTwice)) return 1;
  constexpr size_t kImageRank = 4;
  return any_input([](const TensorSpec& spec) { return spec.shape.rank() >= kImageRank; }) ? 64 : 16;
}

// Of lists alone nobody knows yet whether their length counts rows; a list of several is taken either way.
bool MayBeLists(const CheckedModel& model) {
  return !model.file_says.max_batch_size && std::all_of(model.signature.inputs.begin(), model.signature.inputs.end(),
                                                        [](const TensorSpec& spec) { return spec.shape.rank() <= 1; });
}

std::vector<ExampleModel> Examples(const CheckReport& report) {
  std::map<std::string, int, std::less<>> versions;
  for (const CheckedModel& model : report.models) {
    if (model.servable) ++versions[model.id.name];
  }
  std::vector<ExampleModel> examples;
  for (const CheckedModel& model : report.models) {
    if (!model.servable) continue;
    ExampleModel& example = examples.emplace_back();
    example.name = model.id.name;
    if (versions[model.id.name] > 1) example.version = model.id.version;
    example.signature = model.signature;
    if (MayBeLists(model)) example.signature.batched = false;
    example.free_dim = LikelyFreeDim(model.signature);
  }
  return examples;
}

// The models of TF Serving's list, if one is among the paths.
Status ReadModelConfig(std::vector<std::filesystem::path>& paths, ScanOptions& scan) {
  ASSIGN_OR_RETURN(const std::optional<std::string> file, TakeModelConfigFile(paths));
  if (!file) return {};
  ASSIGN_OR_RETURN(std::vector<tfserving::ServedModel> models, ReadModelConfigFile(*file));
  scan.named = NamedModelsOf(std::move(models));
  return {};
}

}  // namespace

int CheckExitCode(const CheckOptions& options, const CheckReport& report) {
  const FindingCounts counts = CountFindings(report);
  const bool failed = !report.ok() || counts.errors > 0 || (options.strict && counts.warnings > 0);
  return failed ? kExitFailure : kExitOk;
}

std::string ClientCalls(const CheckOptions& options, const CheckReport& report) {
  const std::vector<ExampleModel> examples = Examples(report);
  if (options.client == CheckOptions::Client::kPython) return PythonExample(options.url, examples);
  std::string calls;
  for (const ExampleModel& example : examples) calls += CurlExample(options.url, example) + "\n";
  return calls;
}

int RunCheck(const CheckOptions& options, std::ostream& out, std::ostream& err) {
  const Logger log(STDERR_FILENO, Logger::Form::kText, LogLevel::kError);
  MemoryPool pool;
  BackendSet backends({.pool = pool, .log = log, .folder = PluginFolder()});
  ScanOptions scan{.config_name = options.config_name};
  scan.devices.clear();
  for (const FoundDevice& found : FindDevices().devices) scan.devices.push_back(found.device);
  std::vector<std::filesystem::path> paths = options.paths;
  if (const Status named = ReadModelConfig(paths, scan); !named.ok()) {
    err << "trireme: " << named.message() << "\n";
    return kExitFailure;
  }
  const Result<CheckReport> report =
      CheckRepository(paths, scan, backends, AvailableCpus(), ReadRequestBody, ReadServingLog);
  if (!report.ok()) {
    err << "trireme: " << report.status().message() << "\n";
    return kExitFailure;
  }
  if (options.client != CheckOptions::Client::kNone) {
    out << ClientCalls(options, *report);
    for (const CheckedModel& model : report->models) {
      if (!model.servable) err << "trireme: " << model.id.name << " cannot be served: 'trireme check' says why\n";
    }
  } else {
    out << (options.json ? CheckJson(*report) : CheckText(*report, WantsColours()));
  }
  out.flush();
  return CheckExitCode(options, *report);
}

}  // namespace trireme

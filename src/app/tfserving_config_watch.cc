// SPDX-License-Identifier: Apache-2.0
#include "app/tfserving_config_watch.h"

#include <utility>

#include "app/tfserving_settings.h"
#include "server/tfserving_services.h"

namespace trireme {

TfservingConfigWatch::TfservingConfigWatch(const TfservingFlags& flags, Server& server, const Logger& log)
    : file_(flags.config_file),
      server_(server),
      log_(log),
      served_(flags.models.value_or(std::vector<tfserving::ServedModel>())),
      refresher_(flags.config_poll, [this] { Look(); }) {}

void TfservingConfigWatch::Look() {
  Result<std::vector<tfserving::ServedModel>> models = ReadModelConfigFile(file_);
  const std::string problem = models.ok() ? std::string() : models.status().message();
  if (problem != std::exchange(last_problem_, problem) && !problem.empty()) {
    log_.Error("the list of models is wrong: what was served goes on", {{"reason", problem}});
  }
  if (!models.ok() || *models == served_) return;
  served_ = *models;
  for (const std::string& remark : RemarksOn(served_, file_)) log_.Warning(remark);
  server_.ServeNamed(NamedModelsOf(*std::move(models)), [&log = log_, file = file_](const Status& status) {
    if (status.ok()) return log.Info("the list of models has changed and is served", {{"file", file}});
    log.Error("the list of models has changed, and not all of it can be served",
              {{"file", file}, {"reason", status.message()}});
  });
}

std::unique_ptr<TfservingConfigWatch> WatchTfservingConfig(const TfservingFlags& flags, Server& server,
                                                           const Logger& log) {
  if (flags.config_file.empty() || flags.config_poll.count() == 0) return nullptr;
  return std::make_unique<TfservingConfigWatch>(flags, server, log);
}

}  // namespace trireme

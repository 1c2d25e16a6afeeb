// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/options.h"
#include "base/log.h"
#include "server/refresher.h"
#include "server/server.h"

namespace trireme {

// Looks at the list of models of TF Serving's again and again, and has what it says served when it has changed. While
// it is wrong, what was served before is; the log says once what is wrong with it.
class TfservingConfigWatch {
 public:
  // All must outlive it.
  TfservingConfigWatch(const TfservingFlags& flags, Server& server, const Logger& log);

 private:
  void Look();

  const std::string file_;
  Server& server_;
  const Logger& log_;
  std::vector<tfserving::ServedModel> served_;  // of the refresher's thread
  std::string last_problem_;                    // the same
  Refresher refresher_;
};

// Null: nobody wants it watched.
std::unique_ptr<TfservingConfigWatch> WatchTfservingConfig(const TfservingFlags& flags, Server& server,
                                                           const Logger& log);

}  // namespace trireme

// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/model_control.h"

#include <utility>

namespace trireme {

class ModelControl::Worker {
 public:
  explicit Worker(Lifecycle& lifecycle) : lifecycle_(lifecycle) {}
  Lifecycle& lifecycle() { return lifecycle_; }

 private:
  Lifecycle& lifecycle_;
};

ModelControl::ModelControl(Options options, Lifecycle& lifecycle, const Logger& /*log*/)
    : options_(std::move(options)), worker_(std::make_unique<Worker>(lifecycle)) {}

ModelControl::~ModelControl() = default;

Status ModelControl::Start() {
  ASSIGN_OR_RETURN(const RepositoryScan scan, ScanRepository(options_.paths, options_.scan));
  worker_->lifecycle().SetDesired(scan);
  return {};
}

void ModelControl::Load(const std::string& /*name*/, LoadOverride /*instead*/, Done done) {
  done(Unavailable("not built yet"));
}

void ModelControl::Unload(const std::string& /*name*/, Done done) {
  done(Unavailable("not built yet"));
}

void ModelControl::Stop() {}

}  // namespace trireme

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "lifecycle/lifecycle.h"
#include "repository/scan.h"

namespace trireme {

// Decides which models are wanted, and tells the lifecycle.
//
// Works on one thread of its own, which looks at the repositories; nothing here blocks its callers. Thread-safe.
class ModelControl {
 public:
  enum class Mode : uint8_t {
    kWatch,     // what lies in the repositories, as it comes, changes and goes
    kNone,      // what lay there at the start
    kExplicit,  // what was asked for by name
  };
  struct Options {
    std::vector<std::filesystem::path> paths;
    ScanOptions scan;
    Mode mode = Mode::kWatch;
    // How often a watched repository is looked at. A change is acted upon when two looks in a row have seen the same,
    // so that a model which is just being copied is not loaded half.
    std::chrono::milliseconds poll_interval{2000};
    std::vector<std::string> load_models;  // kExplicit: at the start; "*" is all
  };
  // On the control thread or a loader thread, exactly once; must not block.
  using Done = std::function<void(Status)>;

  // Both must outlive it.
  ModelControl(Options options, Lifecycle& lifecycle, const Logger& log);
  ~ModelControl();  // Stop()
  ModelControl(const ModelControl&) = delete;
  ModelControl& operator=(const ModelControl&) = delete;

  // Looks at the repositories for the first time, on the calling thread, and begins to load. Errors: nothing could be
  // looked at at all.
  Status Start();

  // Loads a model, or brings a loaded one up to date with its files; done when its versions are ready or have failed
  // (kInvalidArgument with the reasons: the fault is in the model). A version that serves goes on serving until its
  // successor is ready, and if that fails. kUnavailable in another mode than kExplicit, and after Stop().
  void Load(const std::string& name, LoadOverride instead, Done done);

  // Retires all versions of a model; done as soon as no new request finds it. OK too if it was not loaded. kNotFound:
  // no such model anywhere.
  void Unload(const std::string& name, Done done);

  Mode mode() const { return options_.mode; }

  // No further looks; what was asked for and has not begun is answered kUnavailable.
  void Stop();

 private:
  class Worker;
  const Options options_;
  std::unique_ptr<Worker> worker_;
};

}  // namespace trireme

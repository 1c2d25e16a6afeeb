// SPDX-License-Identifier: Apache-2.0
#include "backends/repeat/repeat_backend.h"

#include <thread>
#include <utility>

#include "backends/repeat/repeat_model.h"
#include "backends/repeat/repeat_signature.h"
#include "base/clock.h"

namespace trireme::repeat {

Probe RepeatBackend::Inspect(const std::filesystem::path& /*path*/) const {
  return {.confidence = 0, .what = "repeat"};
}

Result<Opened> RepeatBackend::Open(const ModelSource& source, const OpenOptions& /*options*/) {
  ASSIGN_OR_RETURN(const Places places, FindPlaces(source.declared));
  const Pause pause{.clock = Clock::System(), .sleep = [](Duration time) { std::this_thread::sleep_for(time); }};
  return Opened(std::make_unique<RepeatModel>(source.declared, places, pool_, pause));
}

Result<ModelFacts> RepeatBackend::Describe(const ModelSource& source, const OpenOptions& /*options*/) {
  RETURN_IF_ERROR(FindPlaces(source.declared).status());
  return ModelFacts{
      .signature = source.declared, .format = "no file: repeats its input, for tests", .notes = {}, .decoupled = true};
}

Result<std::unique_ptr<Backend>> CreateBackend(const PluginHost& host) {
  return std::unique_ptr<Backend>(std::make_unique<RepeatBackend>(host.pool));
}

}  // namespace trireme::repeat

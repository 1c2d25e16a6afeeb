// SPDX-License-Identifier: Apache-2.0
#include "app/recording_settings.h"

#include <string_view>

#include "app/setting_kinds.h"

namespace trireme {

std::vector<Setting> RecordingSettings(RecordFlags& flags) {
  return {
      Text("record", "FILE", "Append requests to a file, for 'trireme replay'", flags.file),
      Whole<uint64_t>("record-sample", "N", "Record every Nth request", flags.sample, 1, 1'000'000'000),
      Bytes("record-max", "Size of the file at which recording ends", flags.max_bytes, 1024),
      Repeated(Custom("record-model", "NAME", "Record requests of this model alone; may repeat", "",
                      [&flags](std::string_view text) -> Status {
                        if (text.empty()) return UnexpectedText("a model's name", text);
                        flags.models.emplace_back(text);
                        return {};
                      })),
      Switch("record-answers", "Record the answers too, so that a replay can compare", flags.answers),
      Switch("record-tenant", "Record whose request it was, by the tenant of his key", flags.tenants),
  };
}

Status CheckRecording(const RecordFlags& flags) {
  if (!flags.file.empty()) return {};
  const RecordFlags none;
  const char* said = flags.answers                       ? "record-answers"
                     : flags.tenants                     ? "record-tenant"
                     : !flags.models.empty()             ? "record-model"
                     : flags.sample != none.sample       ? "record-sample"
                     : flags.max_bytes != none.max_bytes ? "record-max"
                                                         : nullptr;
  if (said == nullptr) return {};
  return InvalidArgument(std::string(said) + ": expected --record FILE beside it, found none");
}

std::optional<Recorder::Options> RecorderOptionsOf(const RecordFlags& flags) {
  if (flags.file.empty()) return std::nullopt;
  Recorder::Options options;
  options.file = flags.file;
  options.every = flags.sample;
  options.max_bytes = flags.max_bytes;
  options.models = {flags.models.begin(), flags.models.end()};
  options.answers = flags.answers;
  options.tenants = flags.tenants;
  return options;
}

}  // namespace trireme

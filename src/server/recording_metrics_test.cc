// SPDX-License-Identifier: Apache-2.0
#include "server/recording_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "base/scratch_folder.h"

namespace trireme {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(RecordingMetrics, ShowARecordingIfThereIsOne) {
  metrics::Registry registry;
  const metrics::CallbackHandle nothing = ShowRecording(registry, nullptr);
  EXPECT_THAT(registry.Expose(), Not(HasSubstr("record")));
  const auto folder = ScratchFolder::Make().value();
  const Logger log(STDERR_FILENO, Logger::Form::kText, LogLevel::kError);
  Recorder::Options options;
  options.file = folder->path() / "file";
  const auto recorder = Recorder::Open(options, log).value();
  InferRequest request;
  request.changing_inputs = {0};
  recorder->Offer(request);
  const metrics::CallbackHandle handle = ShowRecording(registry, recorder.get());
  const std::string page = registry.Expose();
  EXPECT_THAT(page, HasSubstr("trireme_recorded_requests_total 0\n"));
  EXPECT_THAT(page, HasSubstr("trireme_unrecorded_requests_total{reason=\"not_readable\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("trireme_unrecorded_requests_total{reason=\"too_many_waiting\"} 0\n"));
}

}  // namespace
}  // namespace trireme

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <variant>

#include "lifecycle/lifecycle.h"
#include "lifecycle/testing/fake_models.h"
#include "net/loop_executor.h"
#include "protocols/torchserve/services.h"

namespace trireme::torchserve {

// What predictions use, with a fake model "m" of one instance behind it. The test is the loop.
class PredictionFixture : public testing::Test {
 protected:
  PredictionFixture() {
    loop_->BindToThisThread();
    ModelEntry entry = FakeEntry("m");
    entry.config.instances = 1;
    entry.config.run_inline = false;
    lifecycle_.SetDesired({.models = {std::move(entry)}, .problems = {}, .notes = {}});
    lifecycle_.WaitUntilSettled();
  }
  ~PredictionFixture() override {
    models_.script->Release();
    lifecycle_.Close();
    loop_->RunTasks();
  }

  // The model is one that somebody registered, as this says.
  void Register(BookedVersion booked) {
    auto reserved = book_.Reserve("m", "1.0");
    ASSERT_TRUE(std::holds_alternative<ModelBook::Reservation>(reserved));
    booked.version = "1.0";
    booked.min_workers = 1;
    std::get<ModelBook::Reservation>(reserved).Enter(std::move(booked));
  }

  template <typename Condition>
  void TurnUntil(Condition condition) {
    while (!condition()) {
      loop_->RunTasks();
      std::this_thread::yield();
    }
  }

  FakeModels models_;
  FakeScript& script_ = *models_.script;
  AnswerDeadlines deadlines_;
  const std::shared_ptr<net::LoopExecutor> loop_ = std::make_shared<net::LoopExecutor>();  // shared with answers
  Lifecycle lifecycle_{{}, models_.loader, models_.log};
  Engine engine_{lifecycle_};
  metrics::Registry registry_;
  Tracer tracer_{{}, registry_, models_.log};
  ModelBook book_;
  WorkflowBook workflows_;
  SnapshotFile snapshot_{Options()};
  AnswerCounts counts_;
  ThreadPool workers_{{.name = "codec"}};
  const Services services_{.engine = engine_,
                           .pool = models_.pool,
                           .codec_workers = workers_,
                           .tracer = tracer_,
                           .log = models_.log,
                           .options = {},
                           .book = book_,
                           .workflows = workflows_,
                           .snapshot = snapshot_,
                           .counts = counts_,
                           .deadlines = &deadlines_};
};

}  // namespace trireme::torchserve

// SPDX-License-Identifier: Apache-2.0
#include "engine/tenant_spending.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace trireme {
namespace {

class CountingSink final : public ReplySink {
 public:
  CountingSink(ProcessorShare share, int64_t rows, Reply reply)
      : share_(std::move(share)), rows_(rows), reply_(std::move(reply)) {}

  void Respond(InferResponse response) override { reply_.Send(std::move(response)); }

  // Counted before it is answered: whoever has the answer and asks again is asking later.
  void End(std::unique_ptr<ReplySink> /*self*/, Outcome outcome) override {
    share_.Spend(ProcessorSeconds(outcome.stages, rows_));
    if (outcome.response) return reply_.Finish(*std::move(outcome.response));
    reply_.Finish(std::move(outcome.status), outcome.stages);
  }

 private:
  ProcessorShare share_;
  const int64_t rows_;
  Reply reply_;
};

}  // namespace

double ProcessorSeconds(const Stages& stages, int64_t rows) {
  if (stages.run_end <= stages.run_begin) return 0;
  const double run = std::chrono::duration<double>(stages.run_end - stages.run_begin).count();
  const auto all = static_cast<double>(std::max(stages.batch_rows, std::max<int64_t>(rows, 1)));
  return run * std::max(stages.threads, 1) * static_cast<double>(std::max<int64_t>(rows, 1)) / all;
}

Reply CountSpending(ProcessorShare share, int64_t rows, Reply reply) {
  return Reply(std::make_unique<CountingSink>(std::move(share), rows, std::move(reply)));
}

}  // namespace trireme

// SPDX-License-Identifier: Apache-2.0
#include "model/reply.h"

#include <utility>

#include "base/check.h"

namespace trireme {

Reply& Reply::operator=(Reply&& other) noexcept {
  Reply dropped(std::move(*this));  // finishes what this one still owed, after the move
  sink_ = std::move(other.sink_);
  return *this;
}

Reply::~Reply() {
  if (sink_) Finish(Internal("the request was dropped without an answer"));
}

void Reply::Send(InferResponse response) {
  CHECK(sink_ != nullptr);
  sink_->Respond(std::move(response), /*last=*/false);
}

void Reply::Finish(InferResponse response) {
  CHECK(sink_ != nullptr);
  const std::unique_ptr<ReplySink> sink = std::move(sink_);
  sink->Respond(std::move(response), /*last=*/true);
}

void Reply::Finish(Status status, const Stages& stages) {
  CHECK(sink_ != nullptr);
  const std::unique_ptr<ReplySink> sink = std::move(sink_);
  sink->End(std::move(status), stages);
}

}  // namespace trireme

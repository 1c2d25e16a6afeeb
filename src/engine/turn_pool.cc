// SPDX-License-Identifier: Apache-2.0
#include "engine/turn_pool.h"

#include <new>
#include <utility>

namespace trireme {

TurnPool::TurnPool(const Options& options)
    : line_(options.line),
      threads_(
          {.name = options.name, .threads = options.threads, .max_waiting = static_cast<size_t>(options.threads)}) {
  for (int i = 0; i < options.threads; ++i) threads_.Submit([this] { Work(); });
}

TurnPool::~TurnPool() {
  const MutexLock lock(mutex_);
  closing_ = true;
  changed_.NotifyAll();
}

std::unique_ptr<TurnTask> TurnPool::Submit(std::unique_ptr<TurnTask> task) {
  const MutexLock lock(mutex_);
  std::unique_ptr<TurnTask> refused = line_.Push(std::move(task));
  WakeAnother();
  return refused;
}

void TurnPool::SubmitFirst(std::unique_ptr<TurnTask> task) {
  const MutexLock lock(mutex_);
  line_.PushFirst(std::move(task));
  WakeAnother();
}

bool TurnPool::full() const {
  const MutexLock lock(mutex_);
  return line_.full();
}

size_t TurnPool::bytes() const {
  const MutexLock lock(mutex_);
  return line_.bytes();
}

void TurnPool::WaitUntilEmpty() {
  const MutexLock lock(mutex_);
  while (line_.tasks() > 0) emptied_.Wait(mutex_);
}

void TurnPool::Work() {
  std::optional<TurnLine::Turn> turn;
  while (turn || (turn = Wait())) turn = Follow(*turn);
}

// Nothing: it is closing, and what is left others are doing, who take what comes of it.
std::optional<TurnLine::Turn> TurnPool::Wait() {
  const MutexLock lock(mutex_);
  while (true) {
    if (const auto turn = line_.Take(Clock::System().Now())) {
      WakeAnother();
      return turn;
    }
    if (closing_) return std::nullopt;
    ++idle_;
    changed_.Wait(mutex_);
    --idle_;
  }
}

std::optional<TurnLine::Turn> TurnPool::Follow(const TurnLine::Turn& turn) {
  switch (turn.step()) {
    case TurnLine::Step::kPrepare:
      return Prepare(turn);
    case TurnLine::Step::kDo:
      return Do(turn);
    case TurnLine::Step::kRefuse:
      turn.task().Refuse(StatusCode::kOverloaded);
      break;
    case TurnLine::Step::kEnd:
      break;
  }
  End(turn);
  return std::nullopt;
}

std::optional<TurnLine::Turn> TurnPool::Prepare(const TurnLine::Turn& turn) {
  TurnPlan plan;
  try {
    plan = turn.task().Prepare();
  } catch (const std::bad_alloc&) {
    turn.task().Refuse(StatusCode::kOutOfMemory);
  }
  const MutexLock lock(mutex_);
  const auto next = line_.Prepared(turn, plan, Clock::System().Now());
  WakeAnother();
  return next;
}

std::optional<TurnLine::Turn> TurnPool::Do(const TurnLine::Turn& turn) {
  try {
    turn.task().Do(turn.number());
  } catch (const std::bad_alloc&) {
    turn.task().Refuse(StatusCode::kOutOfMemory);
  }
  const MutexLock lock(mutex_);
  const auto next = line_.Done(turn, Clock::System().Now());
  WakeAnother();
  return next;
}

void TurnPool::End(const TurnLine::Turn& turn) {
  try {
    turn.task().End();
  } catch (const std::bad_alloc&) {
    // What it owed it answered on its way; the others in line are as good as before.
  }
  std::unique_ptr<TurnTask> gone;
  {
    const MutexLock lock(mutex_);
    gone = line_.Ended(turn);
    WakeAnother();
    if (line_.tasks() == 0) emptied_.NotifyAll();
  }
}

void TurnPool::WakeAnother() {
  if (idle_ > 0 && line_.HasTurn()) changed_.NotifyOne();
}

}  // namespace trireme

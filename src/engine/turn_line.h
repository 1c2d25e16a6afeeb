// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>

#include "engine/turn_task.h"

namespace trireme {

// Whose turn it is. Each task gets one and goes to the end of the line, so that a long one keeps nobody waiting for
// longer than its turn takes; but nobody has to be idle for that: as long as there are turns to take, a free worker
// gets one, of the same task as others if need be.
//
// A task starts when the memory that it will hold is free, in order of arrival: a small one does not overtake a large
// one for ever. A further turn of it at the same time is taken only where there is memory for that too. What one holds
// includes one turn, so whatever has started can be finished. Where memory is taken elsewhere and no task here will
// free any, a task is refused: nobody knows how long it would wait.
//
// What nobody wants any more is taken first, to be ended. So that is noticed whenever anybody takes or finishes a turn.
//
// Not thread-safe. Takes memory for a task that is pushed, and none after that.
class TurnLine {
 public:
  struct Options {
    size_t max_tasks = 1024;             // in line or being done
    size_t max_bytes = size_t{2} << 30;  // that all tasks hold together; one that wants more has to be alone
    // Those of them that are taken by what is no task (any more); empty: none. From any thread, without exceptions.
    std::function<size_t()> bytes_elsewhere = {};
    uint64_t max_effort = UINT64_MAX / 2;  // of all tasks together; one that wants more has to be alone
  };
  enum class Step : uint8_t { kPrepare, kDo, kRefuse, kEnd };

 private:
  struct Entry;
  using Place = std::list<Entry>::iterator;

 public:
  // What a worker does next. kRefuse: there is too much effort in line, or no memory; the task is refused and ended.
  class Turn {
   public:
    Step step() const { return step_; }
    size_t number() const { return number_; }  // of kDo
    TurnTask& task() const { return *place_->task; }

   private:
    friend class TurnLine;
    Turn(Step step, Place place, size_t number = 0) : step_(step), number_(number), place_(place) {}
    Step step_;
    size_t number_;
    Place place_;
  };

  explicit TurnLine(const Options& options) : options_(options) {}

  // The task comes back if the line is full; it stays where it is if there is no memory for it (std::bad_alloc).
  std::unique_ptr<TurnTask> Push(std::unique_ptr<TurnTask>&& task);

  // What ends something that has been begun: it is never refused, whether the line is full or not (which counts it),
  // and has every second turn, as long as there are such.
  void PushFirst(std::unique_ptr<TurnTask>&& task);

  // For a worker who is free. Nothing: there is nothing to do, or it has to wait for what others are doing.
  std::optional<Turn> Take(TimePoint now);

  // What was taken is done; what the same worker does next, if anything of this task.
  std::optional<Turn> Prepared(const Turn& turn, const TurnPlan& plan, TimePoint now);
  std::optional<Turn> Done(const Turn& turn, TimePoint now);
  std::unique_ptr<TurnTask> Ended(const Turn& turn);

  // Whether Take() may have something for another worker.
  bool HasTurn() const;

  size_t tasks() const { return tasks_; }
  bool full() const { return tasks_ >= options_.max_tasks; }
  size_t bytes() const { return bytes_; }
  uint64_t effort() const { return effort_; }

 private:
  struct Entry {
    std::unique_ptr<TurnTask> task;
    bool is_first = false;
    std::list<Entry>* list = nullptr;  // in which it is
    TurnPlan plan = {};
    bool is_prepared = false;
    bool is_started = false;  // holds its memory
    bool is_counted = false;  // its effort is
    bool is_over = false;     // gets no more turns
    size_t next = 0;          // turn
    size_t running = 0;       // workers who do something of it
  };

  std::optional<Turn> TakeUnwanted(std::list<Entry>& list, TimePoint now);
  std::optional<Turn> TakeFrom(std::list<Entry>& list);
  Turn Begin(Place place);
  static Turn Ending(Place place);
  Turn Refusing(Place place);
  bool HasRoom(const Entry& entry) const;
  bool HasRoom(size_t bytes) const;
  bool MayTake(const Entry& entry) const;
  void Stop(Place place);
  static void Move(Place place, std::list<Entry>& to);

  const Options options_;
  std::list<Entry> first_;       // with turns to take, or not yet looked at
  std::list<Entry> line_;        // the same
  std::list<Entry> for_memory_;  // looked at, and waiting for room
  std::list<Entry> out_;         // without a turn to take: all that there is is being done
  bool after_first_ = false;     // whether the last turn was of first_
  size_t tasks_ = 0;
  size_t bytes_ = 0;
  uint64_t effort_ = 0;
};

}  // namespace trireme

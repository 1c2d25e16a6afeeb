// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/status.h"
#include "lifecycle/load_wish.h"
#include "repository/scan.h"

namespace trireme {

// Something that was asked for by a model's name.
struct Errand {
  enum class Kind : uint8_t { kLoad, kUnload, kLoadFrom, kServeNamed };
  Kind kind = Kind::kLoad;
  std::string name;
  LoadOverride instead;
  std::filesystem::path from = {};     // kLoadFrom: where it lies
  LoadWish wish = {};                  // kLoadFrom
  std::vector<NamedModel> named = {};  // kServeNamed, which has no name
  std::function<void(Status)> done;
};

// What a client sent with it: held while it waits.
size_t BytesOf(const Errand& errand);

// The errands that wait, in order for each name: of one name at most one is under way, and those of other names pass
// it. Thread-safe.
class ErrandQueue {
 public:
  // Bounds on what waits: its number, and the bytes that clients sent with it, of which the first may have any number.
  explicit ErrandQueue(size_t most, size_t most_bytes = size_t{256} << 20);
  ~ErrandQueue();
  ErrandQueue(const ErrandQueue&) = delete;
  ErrandQueue& operator=(const ErrandQueue&) = delete;

  // Refused (kOverloaded, kUnavailable) ones are answered before this returns.
  void Add(Errand errand);

  // Waits for one that may begin; it is under way until Finished(). Nothing: `until` has passed, the queue is closed,
  // `descriptor` can be read (-1: none), or somebody asks for a look. For one thread.
  std::optional<Errand> Take(TimePoint until, int descriptor = -1);
  void Finished(const std::string& name);

  // Somebody wants the repositories looked at; whether anybody has since this was last asked.
  void AskForLook();
  bool TakeAskedForLook();

  // Answers what has not begun with kUnavailable, now and later.
  void Close();
  bool closed() const;

 private:
  std::optional<Errand> TakeReady();
  std::deque<Errand>::iterator FindReady() REQUIRES(mutex_);
  void Ring() const;
  bool is_asked_for_look() const;
  bool WaitForBell(TimePoint until, int descriptor) const;

  const size_t most_;
  const size_t most_bytes_;
  const int bell_;  // an eventfd: rung when Take() had better look
  mutable Mutex mutex_;
  std::deque<Errand> waiting_ GUARDED_BY(mutex_);
  size_t waiting_bytes_ GUARDED_BY(mutex_) = 0;
  std::set<std::string> under_way_ GUARDED_BY(mutex_);
  bool asked_for_look_ GUARDED_BY(mutex_) = false;
  bool closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace trireme

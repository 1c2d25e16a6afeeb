// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>

#include "base/mutex.h"
#include "net/http_handler.h"

namespace trireme::kserve {

// A stream that its client may keep open for as long as it likes.
class OpenStream {
 public:
  virtual ~OpenStream() = default;
  virtual net::Executor& executor() = 0;
  // On the loop's thread: the server stops, so the stream had better end as soon as nothing of it is under way.
  virtual void OnStop() = 0;
};

// The streams that are open, so that they can be told when the server stops. Thread-safe.
class OpenStreams {
 public:
  // Until it is destroyed. Shared by its connection and its requests.
  void Add(const std::shared_ptr<OpenStream>& stream) EXCLUDES(mutex_);
  // Of one that is being destroyed.
  void Remove(const OpenStream* stream) EXCLUDES(mutex_);

  void Stop() EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  std::map<const OpenStream*, std::weak_ptr<OpenStream>> streams_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
};

}  // namespace trireme::kserve

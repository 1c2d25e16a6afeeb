// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/open_streams.h"

#include <utility>
#include <vector>

#include "base/task.h"

namespace trireme::kserve {
namespace {

// Carries the news to a stream's loop.
class StopNews final : public Task {
 public:
  explicit StopNews(std::shared_ptr<OpenStream> stream) : stream_(std::move(stream)) {}
  static void Send(std::shared_ptr<OpenStream> stream) {
    net::Executor& loop = stream->executor();
    loop.Post(std::make_unique<StopNews>(std::move(stream)).release());
  }
  void Run() override {
    const std::unique_ptr<StopNews> self(this);
    stream_->OnStop();
  }

 private:
  const std::shared_ptr<OpenStream> stream_;  // see OpenStreams::Add
};

}  // namespace

void OpenStreams::Add(const std::shared_ptr<OpenStream>& stream) {
  bool stopping = false;
  {
    const MutexLock lock(mutex_);
    streams_.emplace(stream.get(), stream);
    stopping = stopping_;
  }
  if (stopping) StopNews::Send(stream);
}

void OpenStreams::Remove(const OpenStream* stream) {
  const MutexLock lock(mutex_);
  streams_.erase(stream);
}

void OpenStreams::Stop() {
  std::vector<std::shared_ptr<OpenStream>> open;
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    for (const auto& [_, stream] : streams_) {
      if (std::shared_ptr<OpenStream> here = stream.lock()) open.push_back(std::move(here));
    }
  }
  for (std::shared_ptr<OpenStream>& stream : open) StopNews::Send(std::move(stream));
}

}  // namespace trireme::kserve

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>

#include "backend/backend.h"
#include "base/mutex.h"
#include "base/status.h"
#include "model/file_signatures.h"
#include "repository/version_files.h"

namespace trireme {

// The weights of an open model that any number of versions may share. Thread-safe.
class SharedWeights {
 public:
  explicit SharedWeights(uint64_t bytes) : bytes_(bytes) {}

  uint64_t bytes() const { return bytes_; }

  // Of a version's own, however little its weights are: its line, the stacks of its instances, its metrics.
  static constexpr uint64_t kOwnBytes = uint64_t{256} << 10;

  // Their bytes by all who hold them, and what each of these has of its own besides: the sum is what they take.
  uint64_t BytesOfEach() const;
  // Of one who holds them alone.
  uint64_t BytesOfOne() const { return kOwnBytes + bytes_; }

  class Holder;

 private:
  const uint64_t bytes_;
  std::atomic<uint32_t> holders_ = 0;  // a lone count: it orders nothing
};

// The same for two that very likely have the same contents and are opened in the same way: told by sizes and samples.
// 0: it cannot be told.
uint64_t LikenessOf(const VersionFiles& files, const std::string& way);

struct OpenedModel {
  std::shared_ptr<OpenModel> model;  // shared with others of the same contents
  std::shared_ptr<SharedWeights> weights;
  std::string device;  // where it is open
  std::string backend;
  std::string platform;
  std::string digest;                                     // of its files, "sha256:<hex>"; empty: nobody had to know it
  std::shared_ptr<const FileSignatures> signatures = {};  // as its file names them; shared with all that are opened
};

// A model of one version on what several share. It counts as a holder for as long as it lives, or one of those with
// other threads that came of it: all of them as one.
std::unique_ptr<OpenModel> MakeSharingModel(const OpenedModel& opened);

// Opens each model once, under however many names and versions the same files lie in the repositories, for as long as
// one of them serves.
//
// Files are the same if they have the same contents (repository/content_digest.h), under the same names, and are opened
// in the same way. Which of those that serve may be the same is found out by sizes and samples, so that a model which
// is like no other costs nothing. One that keeps state is opened for each. Thread-safe; one that opens makes those wait
// that may be the same.
class SharedModels {
 public:
  SharedModels() = default;
  SharedModels(const SharedModels&) = delete;
  SharedModels& operator=(const SharedModels&) = delete;

  // `way`: all that decides, besides the files, what comes of opening them.
  Result<OpenedModel> Open(const VersionFiles& files, const std::string& way,
                           const std::function<Result<OpenedModel>()>& open);

 private:
  struct Known {
    VersionFiles files;
    std::string way;
    std::string sample;
    bool opening = true;
    std::string digest;                      // empty: not known yet
    std::weak_ptr<OpenModel> model;          // the last of these goes when nobody shares it any more
    std::shared_ptr<SharedWeights> weights;  // shared with those who share the model
    std::string device;
    std::string backend;
    std::string platform;
    std::shared_ptr<const FileSignatures> signatures;  // shared likewise
  };
  using Place = std::list<std::shared_ptr<Known>>::iterator;

  // One that may be the same and is open; waits for those that are just being opened.
  std::shared_ptr<Known> FindLike(const Known& like) REQUIRES(mutex_);
  std::string DigestOf(const std::shared_ptr<Known>& known);
  void ForgetGone() REQUIRES(mutex_);

  Mutex mutex_;
  CondVar opened_;
  std::list<std::shared_ptr<Known>> known_ GUARDED_BY(mutex_);  // shared with threads that compare
};

}  // namespace trireme

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/mutex.h"
#include "scheduler/shape_book.h"

namespace trireme {

// The one ShapeBook of each model, by its name: it outlives the model's versions, so that the next one can be warmed up
// with what the last one was asked. Of models that are not in memory the last few are kept.
//
// Thread-safe.
class ShapeShelf {
 public:
  static constexpr size_t kMostModels = 1024;

  // Shared with the model's lines.
  std::shared_ptr<ShapeBook> Take(const std::string& model);

  size_t size() const;

 private:
  struct Place {
    std::shared_ptr<ShapeBook> book;  // shared with the model's lines
    uint64_t taken = 0;               // the shelf's count when it was taken last
  };

  void MakeRoom() REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::map<std::string, Place> places_ GUARDED_BY(mutex_);
  uint64_t takes_ GUARDED_BY(mutex_) = 0;
};

}  // namespace trireme

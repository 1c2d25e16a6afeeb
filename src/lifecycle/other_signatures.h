// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "base/status.h"
#include "lifecycle/device_bytes.h"
#include "model/file_signatures.h"

namespace trireme {

struct ServedModel;

// The signatures of a model that is in memory, besides the one that it is. Each is a model of its own on the same
// files, with a line of its own: opened when it is first asked for, and closed with the model.
//
// A signature that cannot be served for what its files say stays refused; what fails for another reason is tried again
// by who asks next. Thread-safe.
class OtherSignatures {
 public:
  using Open = std::function<Result<std::shared_ptr<ServedModel>>(const std::string& signature)>;
  using Done = std::function<void(Status)>;

  // `open` is called on a loader thread, once at a time for each signature. `file` is shared with the model.
  OtherSignatures(std::shared_ptr<const FileSignatures> file, Open open);
  ~OtherSignatures();  // Close()
  OtherSignatures(const OtherSignatures&) = delete;
  OtherSignatures& operator=(const OtherSignatures&) = delete;

  // Whether the file has a signature of that name which the model is not.
  bool Knows(std::string_view signature) const;

  // Null: it is not open. Shared with the requests that are just being pushed.
  std::shared_ptr<ServedModel> Find(std::string_view signature) const;

  // Calls back once: when it is open, or why it cannot be; kCancelled: the model is being closed, and another may have
  // taken its place. Now, or when OpenNow() or GiveUp() ends. True: nobody is at it, and the caller is to have one of
  // these done.
  [[nodiscard]] bool WhenOpen(const std::string& signature, Done done);
  // On a loader thread. What came of it.
  Status OpenNow(const std::string& signature);
  void GiveUp(const std::string& signature, const Status& why);

  // Answers what waits in their lines and destroys them. On a loader thread.
  void Close();

  // What they hold.
  DeviceBytes memory() const;

 private:
  struct Place {
    std::shared_ptr<ServedModel> model;  // shared with requests
    bool opening = false;
    Status failure;  // for good
    std::vector<Done> waiting;
  };

  std::vector<Done> End(const std::string& signature, std::shared_ptr<ServedModel> model, const Status& status)
      REQUIRES(mutex_);

  const std::shared_ptr<const FileSignatures> file_;
  const Open open_;
  mutable Mutex mutex_;
  std::map<std::string, Place, std::less<>> places_ GUARDED_BY(mutex_);
  bool closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace trireme

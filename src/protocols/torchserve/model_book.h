// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/mutex.h"
#include "model/version_choice.h"
#include "protocols/torchserve/failure.h"

namespace trireme::torchserve {

// A version of a model, as TorchServe's clients have registered or scaled it. Its workers are callers that run it at
// the same time, on one copy of its weights.
struct BookedVersion {
  std::string version;      // "1.0": any text
  std::string engine_name;  // what the engine calls it
  std::string url;
  std::filesystem::path path;  // where it lies
  std::string runtime = "python";
  int64_t min_workers = 0;  // 0: no request is taken
  int64_t max_workers = 0;
  int64_t callers = 1;     // that the engine has for it
  int64_t batch_size = 0;  // 0: nobody said
  std::chrono::milliseconds max_batch_delay{0};
  std::chrono::seconds response_timeout{120};
  std::chrono::seconds startup_timeout{120};
  bool loaded_at_startup = false;
  std::chrono::system_clock::time_point since = {};
};

// Which model somebody means, in the engine's words.
struct Target {
  std::string engine_name;
  VersionChoice version;
  std::chrono::seconds response_timeout{0};  // 0: none
};

// The versions that TorchServe's clients registered, and what the engine calls them. TorchServe's versions are any
// text, and come and go one by one; the engine loads a model by one name at a time. So the first version of a model has
// the model's own name there, and further ones are called "MODEL:VERSION". What came another way, from a repository, is
// not booked, and has versions that are numbers: "3.0" here, or "3". Thread-safe.
class ModelBook {
 public:
  // The version that is meant, the default one where `version` is empty. Of what is not booked only the form is looked
  // at: whether there is such a model is the engine's to say. Quick enough for every request.
  std::variant<Target, Failure> Find(std::string_view model, std::string_view version) const;

  // Reserves a version that is about to be loaded, and says what the engine is to call it; kConflictStatus: it is
  // there, or on its way. Then one of the two: it has failed, or it is there. The first of a model becomes its default.
  std::variant<std::string, Failure> Reserve(const std::string& model, const std::string& version);
  void Release(const std::string& model, const std::string& version);
  void Enter(const std::string& model, BookedVersion booked);

  // Says something else of a version; nothing happens if it has gone.
  void Change(const std::string& model, const BookedVersion& booked);
  void Remove(const std::string& model, const std::string& version);

  // Also of a model that is not booked.
  void SetDefault(const std::string& model, const std::string& version);

  // Of a booked model, in the order of their texts; and the one meant, the default one where `version` is empty.
  std::vector<BookedVersion> VersionsOf(std::string_view model) const;
  std::optional<BookedVersion> VersionOf(std::string_view model, std::string_view version) const;
  std::string DefaultOf(std::string_view model) const;  // empty: nobody chose one, and it is not booked
  std::vector<std::string> Models() const;

  // Whether the engine's name is that of a further version, which is nobody's model.
  bool IsFurtherVersion(std::string_view engine_name) const;

  // Whether a version of it is being loaded that nobody knows yet.
  bool IsOnItsWay(std::string_view model) const;

  // How many are to be there from the start, and are not there yet and have not failed.
  void Expect(size_t count);
  void ExpectNoMore();  // one of them
  size_t expected() const;

 private:
  struct Entry {
    std::map<std::string, BookedVersion, std::less<>> versions;
    std::map<std::string, std::string, std::less<>> reserved;  // to the engine's name
    std::string default_version;
  };
  bool IsNameTaken(const Entry& entry, const std::string& engine_name) const REQUIRES(mutex_);
  const BookedVersion* FindVersion(std::string_view model, std::string_view version) const REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::map<std::string, Entry, std::less<>> entries_ GUARDED_BY(mutex_);
  size_t expected_ GUARDED_BY(mutex_) = 0;
};

// The number that a text means as a version of a repository's model: of "3" and "3.0". Nothing: none.
std::optional<int64_t> NumberOfVersion(std::string_view text);
// "3.0"
std::string TextOfVersion(int64_t number);

}  // namespace trireme::torchserve

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "codec/json_cursor.h"

namespace trireme {

// Whether a manifest may name a file of its archive like that.
bool IsFileOfArchive(std::string_view name);

// "ENTRY: expected EXPECTED, found FOUND"
Status WrongEntry(std::string_view entry, std::string_view expected, const std::string& found);

// Reads what the manifests of TorchServe's archives are made of: objects with texts and with names of files. An entry
// is named with the objects around it ("model.handler"), shortened where it is long. Any bytes may come.
class ArchiveManifest {
 public:
  // `text` must outlive it. kInvalidArgument: it has more than `most_bytes`.
  static Result<ArchiveManifest> Begin(std::string_view text, size_t most_bytes);

  // Calls read(entry) for each member of the next value, an object, which reads the member's value or passes over it.
  // No entry may be there twice. `place` is what stands in front of the entries' names: "", "model.".
  Status ReadObject(const std::string& place, const std::function<Status(const std::string& entry)>& read);

  // The next value is null, and is passed over.
  bool PassNull();

  // For `read` to return. These leave `to` as it is where the value is null; what is no text fails in ReadObject(), who
  // knows its place.
  Status ReadText(std::string& to);  // a number counts as the text that spells it: versions are written as 1.0 too
  Status ReadFileName(std::string_view entry, std::string& to);  // "" is none
  Status ReadJson(std::string& to);                              // any value, as it stands
  Status Pass();

  // That nothing follows.
  Status Finish();

 private:
  explicit ArchiveManifest(std::string_view text);

  Status AtPlace(const std::string& place) const;

  std::string_view text_;
  JsonCursor json_;
};

}  // namespace trireme

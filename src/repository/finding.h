// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "base/status.h"

namespace trireme {

// A field of a config file: what it is called and where it stands there.
struct FieldPlace {
  std::string field;  // "input[0].dims", as the file spells it
  int line = 0;       // from 1; 0: none in particular
  int column = 0;
};

// Something about a model's files that a person should know: where it stands, what was expected there, what was found,
// and what to do. All texts are for people; those that say nothing are empty.
struct Finding {
  enum class Severity : uint8_t {
    kNote,     // worth knowing; nothing to do
    kWarning,  // it is served, but perhaps not as was meant
    kError,    // it cannot be served like this
  };
  Severity severity = Severity::kNote;
  std::filesystem::path file;
  int line = 0;  // from 1; 0: none in particular
  int column = 0;
  std::string field;     // "input[0].dims", as the file spells it
  std::string expected;  // "[3,224,224], as the model has it"
  std::string found;     // "[3,244,244]"
  std::string fix;       // "write dims: [3,224,224], or leave it out"

  // In one line: "config.pbtxt:7:3: input[0].dims: expected [3,224,224], as the model has it, found [3,244,244]; write
  // dims: [3,224,224], or leave it out". The file's whole path.
  std::string ToString() const;
};

// The first that is an error; null if none is.
const Finding* FirstError(std::span<const Finding> findings);

// OK, or kInvalidArgument with the text of the first error and the number of further ones.
Status StatusOf(std::span<const Finding> findings);

}  // namespace trireme

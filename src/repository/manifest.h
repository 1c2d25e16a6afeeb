// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "codec/sha256.h"

namespace trireme {

// The list of a version's files, SHA256SUMS, as GNU's `sha256sum` writes it in text or binary mode:
//
//   9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08  model.onnx
//   60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752 *weights/a.bin
//
// A backslash in front of a line says that its name has escapes (\\, \n, \r). Empty lines and those that begin with #
// say nothing. Names are relative to the version's folder and stay below it.
struct ListedFile {
  std::string name;  // "model.onnx", "weights/a.bin"; without "./"
  Digest digest{};
  int line = 0;  // from 1
};

inline constexpr size_t kMaxManifestBytes = size_t{4} << 20;
inline constexpr size_t kMaxListedFiles = 10'000;
inline constexpr size_t kMaxListedNameBytes = 1024;

// The files that are listed; at least one, and none twice. kInvalidArgument names the line, what was expected and what
// was found. Any bytes may come.
Result<std::vector<ListedFile>> ParseManifest(std::string_view text);

}  // namespace trireme

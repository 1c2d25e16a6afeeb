// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "base/status.h"

namespace trireme::torch_backend {

// Bytes that can be read anywhere: a file.
struct ByteRange {
  uint64_t size = 0;
  std::function<Status(uint64_t offset, std::span<char> to)> read;
};

// What the list of contents of a TorchScript file says. The file is a zip archive:
//
//   NAME/version, NAME/constants.pkl, NAME/data.pkl, NAME/code/..., NAME/data/0, NAME/data/1, ...
//
// (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, and torch/csrc/jit/docs/serialization.md in PyTorch's
// sources).
struct Archive {
  uint64_t tensor_bytes = 0;  // of all tensors in it
};

// Reads it, and the checksums of all but tensors. kInvalidArgument: it is no TorchScript file; of files that people
// take for one (a state_dict, a pickled module, an exported program) the message says what to do. Nothing is unpickled.
// What would unpack to far more than the file has is refused as well.
Result<Archive> ReadArchive(const ByteRange& file);

// Whether the bytes are a TorchScript file, as far as the list of contents tells.
inline bool IsTorchScript(const ByteRange& file) {
  return ReadArchive(file).ok();
}

}  // namespace trireme::torch_backend

// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "backends/torch/archive.h"

// Whatever a file is: it is read within its bounds.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trireme;
  const torch_backend::ByteRange file{.size = size, .read = [&](uint64_t offset, std::span<char> to) -> Status {
                                        CHECK(offset <= size && to.size() <= size - offset);
                                        std::memcpy(to.data(), data + offset, to.size());
                                        return {};
                                      }};
  (void)torch_backend::ReadArchive(file);
  return 0;
}

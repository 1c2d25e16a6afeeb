// SPDX-License-Identifier: Apache-2.0
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "repository/record_file.h"

// Whatever a file of records is, it comes to an end, and gives no more than it has.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trireme;
  const int descriptor = memfd_create("records", MFD_CLOEXEC);
  CHECK(descriptor >= 0);
  CHECK(write(descriptor, data, size) == static_cast<ssize_t>(size));
  Result<RecordFile> file = RecordFile::Open("/proc/self/fd/" + std::to_string(descriptor));
  CHECK(file.ok());
  size_t bytes = 0;
  while (true) {
    const Result<std::optional<std::string>> record = file->Next(1 << 20);
    if (!record.ok() || !*record) break;
    bytes += (*record)->size() + 16;
    CHECK(bytes <= size);
  }
  close(descriptor);
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
// Any bytes as a line of a recording. What is read is written so that it is read as the same.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "recording/recorded_call.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trireme;
  static MemoryPool pool;
  const std::string line(reinterpret_cast<const char*>(data), size);
  (void)IsRecordingHead(line);
  const Result<RecordedCall> call = DecodeCall(line, pool);
  if (!call.ok()) return 0;
  const Result<std::string> written = EncodeCall(*call);
  if (!written.ok()) return 0;  // a tensor in shared memory
  const Result<RecordedCall> again = DecodeCall(*written, pool);
  CHECK(again.ok());
  CHECK(EncodeCall(*again).value() == *written);
  return 0;
}

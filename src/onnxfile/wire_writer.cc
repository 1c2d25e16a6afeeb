// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/wire_writer.h"

namespace trireme::onnxfile {

void WireWriter::AppendVarint(uint64_t value) {
  while (value >= 0x80) {
    out_.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out_.push_back(static_cast<char>(value));
}

void WireWriter::PatchLength(size_t length_at) {
  size_t length = out_.size() - length_at - kLengthBytes;
  for (size_t i = 0; i < kLengthBytes; ++i) {
    const uint8_t more = i + 1 < kLengthBytes ? 0x80 : 0;
    out_[length_at + i] = static_cast<char>((length & 0x7f) | more);
    length >>= 7;
  }
}

}  // namespace trireme::onnxfile

// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/proto_message.h"

#include <utility>

namespace trireme::kserve {
namespace {

// Below it, copying costs less than one more piece to be sent.
constexpr size_t kLeastInsert = 4 << 10;

bool IsInsert(const Buffer& bytes) {
  return bytes.size() >= kLeastInsert;
}

}  // namespace

size_t RawContents::text_bytes() const {
  ProtoSizer sizer;
  size_t copied = 0;
  for (const Buffer& bytes : buffers_) {
    sizer.BytesHead(number_, bytes.size());
    if (!IsInsert(bytes)) copied += bytes.size();
  }
  return sizer.bytes() + copied;
}

void RawContents::AppendTo(EncodedProto& message) && {
  ProtoWriter writer(message.text);
  for (Buffer& bytes : buffers_) {
    writer.BytesHead(number_, bytes.size());
    if (IsInsert(bytes)) {
      message.inserts.push_back({.at = message.text.size(), .bytes = std::move(bytes)});
    } else if (!bytes.empty()) {
      message.text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
  }
}

}  // namespace trireme::kserve

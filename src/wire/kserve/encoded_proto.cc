// SPDX-License-Identifier: Apache-2.0
#include <numeric>

#include "wire/kserve/infer_proto.h"

namespace trireme::kserve {

size_t EncodedProto::total_bytes() const {
  return std::accumulate(inserts.begin(), inserts.end(), text.size(),
                         [](size_t bytes, const Insert& insert) { return bytes + insert.bytes.size(); });
}

std::string EncodedProto::Joined() const {
  std::string joined;
  joined.reserve(total_bytes());
  size_t at = 0;
  for (const Insert& insert : inserts) {
    joined.append(text, at, insert.at - at);
    joined.append(reinterpret_cast<const char*>(insert.bytes.data()), insert.bytes.size());
    at = insert.at;
  }
  return joined.append(text, at);
}

}  // namespace trireme::kserve

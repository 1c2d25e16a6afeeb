// SPDX-License-Identifier: Apache-2.0
#include "client/grpc_deframer.h"

#include <algorithm>

namespace trireme::client {

GrpcDeframer::Event GrpcDeframer::Next(std::string_view& input) {
  while (prefix_bytes_ < kPrefixBytes) {
    if (input.empty()) return Event::kNeedMore;
    prefix_[prefix_bytes_++] = static_cast<uint8_t>(input[0]);
    input.remove_prefix(1);
    if (prefix_bytes_ < kPrefixBytes) continue;
    if (prefix_[0] != 0) return Event::kCompressed;
    message_bytes_ = uint64_t{prefix_[1]} << 24 | uint64_t{prefix_[2]} << 16 | uint64_t{prefix_[3]} << 8 | prefix_[4];
    if (message_bytes_ > max_message_bytes_) return Event::kTooLarge;
    missing_bytes_ = message_bytes_;
    message_.clear();
  }
  const size_t take = static_cast<size_t>(std::min<uint64_t>(missing_bytes_, input.size()));
  message_.append(input.substr(0, std::min(take, most_kept_ - std::min(most_kept_, message_.size()))));
  input.remove_prefix(take);
  missing_bytes_ -= take;
  if (missing_bytes_ > 0) return Event::kNeedMore;
  prefix_bytes_ = 0;
  return Event::kMessage;
}

void GrpcDeframer::Reset() {
  prefix_bytes_ = 0;
  message_bytes_ = 0;
  missing_bytes_ = 0;
  message_.clear();
}

}  // namespace trireme::client

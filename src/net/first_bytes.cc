// SPDX-License-Identifier: Apache-2.0
#include "net/first_bytes.h"

namespace trireme::net {

Protocol ProtocolOf(std::string_view bytes) {
  if (bytes.starts_with(kHttp2Preface)) return Protocol::kHttp2;
  return kHttp2Preface.starts_with(bytes) ? Protocol::kUndecided : Protocol::kHttp1;
}

}  // namespace trireme::net

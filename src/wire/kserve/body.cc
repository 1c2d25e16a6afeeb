// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/body.h"

#include <charconv>
#include <numeric>
#include <utility>

#include "wire/kserve/place.h"

namespace trireme::kserve {

Result<size_t> ParseHeaderLength(std::string_view text, size_t body_bytes) {
  size_t value = 0;
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  const std::errc error = std::from_chars(text.data(), text.data() + text.size(), value).ec;
  if (!digits || error != std::errc() || value > body_bytes) {
    return InvalidArgument(std::string(kHeaderLengthName) + ": expected a number from 0 to the " +
                           std::to_string(body_bytes) + " bytes of the body, found " + Quoted(text));
  }
  return value;
}

size_t EncodedBody::total_bytes() const {
  return std::accumulate(tensors.begin(), tensors.end(), json.size(),
                         [](size_t bytes, const Buffer& tensor) { return bytes + tensor.size(); });
}

}  // namespace trireme::kserve

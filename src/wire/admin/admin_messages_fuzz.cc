// SPDX-License-Identifier: Apache-2.0
// Reads any bytes as each message of the admin socket. What is accepted is read again as it was.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "wire/admin/command.h"
#include "wire/admin/listing.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using trireme::admin::DecodeModelCommand;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const bool wants_label : {false, true}) {
    const auto command = DecodeModelCommand(text, wants_label);
    if (command.ok()) {
      CHECK(*DecodeModelCommand(trireme::admin::EncodeModelCommand(*command), wants_label) == *command);
    } else {
      CHECK(!command.status().message().empty());
    }
  }
  const auto listing = trireme::admin::DecodeListing(text);
  if (listing.ok()) CHECK(trireme::admin::DecodeListing(trireme::admin::EncodeListing(*listing)).ok());
  return 0;
}

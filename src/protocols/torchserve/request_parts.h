// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "net/http_message.h"

namespace trireme::torchserve {

// One named entry of what a handler of TorchServe's is given: a field of a form, an input of a gRPC message, or, under
// the name "body", a body that is no form.
struct RequestPart {
  std::string name;
  std::string_view content_type;  // as it stands; empty: none was given
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> storage;  // owns them; shared by tensors that view them
};

// Takes the body of a request apart, by its Content-Type: a form of either kind, or one part. A body of
// x-www-form-urlencoded that looks like JSON or a picture is that: curl -d says so of whatever it sends.
// kInvalidArgument: a form that is none; kTooLarge: one with too many fields. In time of the body's length.
Result<std::vector<RequestPart>> PartsOf(const net::HttpRequest& http);

// Whether that body is a form, by its Content-Type and its first bytes.
bool IsForm(const net::HttpRequest& http);

}  // namespace trireme::torchserve

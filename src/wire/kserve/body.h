// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "tensor/buffer.h"

namespace trireme::kserve {

// How V2 infer messages travel over HTTP ("Binary Tensor Data" extension): a JSON document, and behind it the bytes of
// every tensor that is sent in binary form, in the document's order. The header says where the JSON ends; without it
// the whole body is JSON.
inline constexpr std::string_view kHeaderLengthName = "Inference-Header-Content-Length";

// Reads that header's value: digits only, from 0 to the bytes of the body; everything else is kInvalidArgument. 0:
// there is no JSON, which a request may say (wire/kserve/raw_request.h).
Result<size_t> ParseHeaderLength(std::string_view text, size_t body_bytes);

// A message as it came.
struct ReceivedBody {
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> keep_alive;  // owns the bytes; shared by the tensors that view them
  std::optional<size_t> json_bytes;        // from ParseHeaderLength: at most bytes.size()

  std::string_view json() const {
    return {reinterpret_cast<const char*>(bytes.data()), json_bytes.value_or(bytes.size())};
  }
};

// A message to be sent: the JSON, then the tensors, without a copy.
struct EncodedBody {
  std::string json;
  std::vector<Buffer> tensors;  // none of them empty

  // The value for the header, or nothing: then it must not be sent.
  std::optional<size_t> header_length() const {
    return tensors.empty() ? std::nullopt : std::optional<size_t>(json.size());
  }
  std::string_view content_type() const { return tensors.empty() ? "application/json" : "application/octet-stream"; }
  size_t total_bytes() const;
};

}  // namespace trireme::kserve

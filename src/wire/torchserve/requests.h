// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "codec/form_fields.h"

namespace trireme::torchserve {

// The parameters of a request as its query has them: of a name that comes several times the first counts.
using Parameters = std::span<const FormField>;

// What they say, read as tolerantly as TorchServe does: what is no integer of 32 bits counts as not given, what is not
// "true", in any case, is false, and unknown names say nothing.
std::optional<std::string> TextOf(Parameters parameters, std::string_view name);
std::optional<int64_t> IntegerOf(Parameters parameters, std::string_view name);
bool BoolOf(Parameters parameters, std::string_view name, bool otherwise);

// POST /models. What is not given is empty: the archive's own settings come next, and then TorchServe's defaults.
struct RegisterRequest {
  std::optional<std::string> url = {};
  std::string model_name = {};
  std::string handler = {};
  std::optional<std::string> runtime = {};
  std::optional<int64_t> batch_size = {};
  std::optional<int64_t> max_batch_delay = {};  // milliseconds
  std::optional<int64_t> initial_workers = {};
  std::optional<int64_t> response_timeout = {};  // seconds
  std::optional<int64_t> startup_timeout = {};   // seconds
  bool synchronous = true;
  bool s3_sse_kms = false;
  bool operator==(const RegisterRequest&) const = default;
};
RegisterRequest ReadRegisterRequest(Parameters parameters);
// The same as a JSON object with these names. kInvalidArgument: no JSON object, or a value of another type; numbers may
// be written as texts, and null is nothing.
Result<RegisterRequest> ParseRegisterRequest(std::string_view text);

// PUT /models/M[/V]. Anything may come in the numbers: what they must be is decided when it is known of which model.
struct ScaleRequest {
  int64_t min_worker = 1;
  int64_t max_worker = 1;  // as min_worker if it is not given
  std::optional<int64_t> number_gpu = {};
  int64_t timeout = -1;  // seconds
  bool synchronous = false;
  bool operator==(const ScaleRequest&) const = default;
};
ScaleRequest ReadScaleRequest(Parameters parameters);

// GET /models
struct ListRequest {
  int64_t limit = 100;
  int64_t next_page_token = 0;
};
ListRequest ReadListRequest(Parameters parameters);

}  // namespace trireme::torchserve

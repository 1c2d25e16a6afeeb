// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/status.h"
#include "codec/json_cursor.h"
#include "model/parameters.h"
#include "tensor/data_type.h"
#include "tensor/shape.h"
#include "wire/kserve/place.h"

namespace trireme::kserve {

// Members of a message that have one value. Reading one a second time is an error.
Status ReadField(JsonCursor& json, const Place& place, std::optional<std::string>& to);
Status ReadField(JsonCursor& json, const Place& place, std::optional<bool>& to);
Status ReadField(JsonCursor& json, const Place& place, std::optional<uint64_t>& to);
Status ReadField(JsonCursor& json, const Place& place, std::optional<DataType>& to);
// With no dimension below `least_dim`.
Status ReadField(JsonCursor& json, const Place& place, std::optional<Shape>& to, int64_t least_dim);

// What is said of a name longer than kMaxNameBytes.
Status NameTooLong(const Place& place, std::string_view name);

// A parameter that is handed on as it is: a string, a number or a bool. At most kMaxParameters, none of them twice.
Status ReadParameter(JsonCursor& json, const Place& place, std::string key, Parameters& to);

// A parameter that nobody wants: what ReadParameter takes, and forgets it.
Status IgnoreParameter(JsonCursor& json, const Place& place);

}  // namespace trireme::kserve

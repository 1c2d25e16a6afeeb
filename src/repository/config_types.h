// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "repository/config_place.h"
#include "repository/config_reader.h"
#include "tensor/data_type.h"
#include "tensor/shape.h"

namespace trireme {

// A data_type; nothing if none was said, or if it is none: then there is a finding.
std::optional<DataType> ReadDataType(inference::DataType type, const ConfigPlace& place, FindingList& findings);

// The field `field` of what is at `place`, each dimension 1 or more, or free where that may be. Nothing if it is none:
// then there is a finding.
std::optional<Shape> ReadDims(const google::protobuf::RepeatedField<int64_t>& dims, const ConfigPlace& place,
                              const char* field, bool may_be_free, FindingList& findings);

}  // namespace trireme

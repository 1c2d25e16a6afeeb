// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "codec/proto_wire.h"
#include "tensor/data_type.h"

namespace trireme::tfserving {

// The repeated field of a TensorProto that has the elements of a type.
struct TensorList {
  int number = 0;
  std::string_view name;
  ProtoField::Type element = ProtoField::Type::kVarint;  // one element on the wire
};

const TensorList& TensorListOf(DataType type);

// Whether its integers are signed on the wire, whatever the elements are.
bool IsSignedList(const TensorList& list);

// Whether a field of a TensorProto is such a list, of whatever type.
bool IsTensorList(int number);

}  // namespace trireme::tfserving

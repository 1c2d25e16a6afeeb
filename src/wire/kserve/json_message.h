// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace trireme::kserve {

// A protobuf message as Triton's clients read it: fields by their original names and in their order, scalars, lists and
// maps even when they are empty, messages and members of a oneof where they are set, enumerators by name, and 64-bit
// integers as numbers (protobuf's own JSON has them as strings). Text that is not UTF-8 is written with U+FFFD.
std::string EncodeMessage(const google::protobuf::Message& message);

}  // namespace trireme::kserve

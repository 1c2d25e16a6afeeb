// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace google::protobuf {
class Descriptor;
}  // namespace google::protobuf

namespace trireme {

// A value of a JSON text that is of another kind than its field.
struct WrongKind {
  std::string field;  // "input[0]"
  std::string problem;
};

// Whether objects stand where a message of this type has messages, and lists where it repeats a field: protobuf's own
// reader takes [[]] and [null] for lists of messages. What is no field, and null for a whole field, is left to it.
// Any text may come; nesting is bounded.
std::optional<WrongKind> FindWrongKind(std::string_view json, const google::protobuf::Descriptor& type);

}  // namespace trireme

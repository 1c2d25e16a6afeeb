// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/status.h"
#include "codec/json_cursor.h"

namespace trireme::kserve {

// A client's text for a message: in quotes, and cut short if it is long.
std::string Quoted(std::string_view text);

// Where in a message something stands: "inputs[1].shape[0]". Places lie on the stack, each within its outer one, and
// cost nothing until an error wants the text. A field's name is viewed.
class Place {
 public:
  Place(std::string_view field, const Place* outer) : field_(field), outer_(outer) {}
  Place(size_t index, const Place* outer) : index_(index), outer_(outer) {}

  std::string text() const;

  // What is wrong here: "inputs[1].name: expected a string, found nothing".
  Status Wrong(std::string_view expected, std::string_view found) const;
  Status GivenTwice() const;
  // The cursor's failure, with the place in front of it.
  Status Wrong(const JsonCursor& json) const;

 private:
  std::string_view field_;  // empty: an element of an array
  size_t index_ = 0;
  const Place* outer_;  // nullptr: the message itself
};

}  // namespace trireme::kserve

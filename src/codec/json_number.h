// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace trireme {

// The end of the number (RFC 8259, section 6) that the text begins with; nullptr if it begins with none.
const char* JsonNumberEnd(const char* begin, const char* end);

// A number read from the beginning of a text, and where it ends.
template <typename T>
struct ReadNumber {
  T value{};
  const char* end = nullptr;  // nullptr: no number of this type begins here
};

// For the integer types a value out of range, or with a fraction or an exponent, is none. For float and double the
// value is rounded correctly; one beyond the largest is none, one below the smallest becomes 0.
template <typename T>
ReadNumber<T> ReadJsonNumber(const char* begin, const char* end);

}  // namespace trireme

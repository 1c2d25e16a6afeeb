// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

namespace trireme {

// Numbers as JSON, appended to a text. (Strings: AppendJsonString in base/log.h.)
//
// Floating numbers are the shortest text that reads back as the same float or double. What is no number becomes NaN,
// Infinity or -Infinity, which JSON does not have but the clients of V2 read: where a reader is strict, the caller must
// look first.
template <typename T>
void AppendJsonNumber(std::string& out, T value);

// Numbers with commas between them and no brackets. Written in pieces, so the text grows in big steps.
template <typename T>
void AppendJsonNumbers(std::string& out, std::span<const T> values);

}  // namespace trireme

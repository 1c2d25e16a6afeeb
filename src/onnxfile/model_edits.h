// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/status.h"
#include "onnxfile/byte_source.h"
#include "onnxfile/wire_writer.h"

namespace trireme::onnxfile {

// Changes to a serialized model, by the places of its messages (graph_index.h), which are made all at once: whatever
// is not named stays as it is, byte for byte, but for the lengths of messages around a change. Not thread-safe.
class ModelEdits {
 public:
  // Puts the fields that `fill` writes in place of the field whose value this message is: none, to remove it. They are
  // fields of the message around it. What was written there before is written over.
  template <typename Fill>
  void Replace(ByteSpan message, Fill&& fill) {
    WireWriter out;
    std::forward<Fill>(fill)(out);
    replaced_[KeyOf(message)] = std::move(out).Take();
  }
  void Remove(ByteSpan message) { replaced_[KeyOf(message)].clear(); }

  // Adds fields at the end of a message, behind those added before.
  template <typename Fill>
  void Append(ByteSpan message, Fill&& fill) {
    WireWriter out;
    std::forward<Fill>(fill)(out);
    appended_[KeyOf(message)] += std::move(out).Take();
  }

  // The model with the changes. kTooLarge: it would be 2 GiB or more, which no reader of protobuf takes.
  Result<std::string> Apply(std::string_view model) const;

 private:
  // Messages lie in one another or apart: what begins first and ends last is first.
  using Key = std::pair<uint64_t, uint64_t>;
  using Edits = std::map<Key, std::string>;
  class Writer;

  static Key KeyOf(ByteSpan message) { return {message.begin, ~message.end}; }
  static bool HasIn(const Edits& edits, ByteSpan span);

  Edits replaced_, appended_;
};

}  // namespace trireme::onnxfile

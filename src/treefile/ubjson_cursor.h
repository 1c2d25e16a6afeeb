// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "codec/json_cursor.h"

namespace trireme::treefile {

// Walks once over a UBJSON document (https://ubjson.org), as a JsonCursor does over JSON and with the same calls: what
// can be read from the one can be read from the other. Numbers of any width are read as what is asked for, if they fit.
//
// Reads what XGBoost writes: all but numbers of high precision and objects that announce how many members they have.
// Allocates nothing. Nesting is bounded, nothing recurses, and what an array says of its length is checked against the
// bytes that are left. Reads no byte outside the document, which must outlive the cursor.
class UbjsonCursor {
 public:
  static constexpr size_t kMostDepth = 64;
  using Kind = JsonCursor::Kind;

  explicit UbjsonCursor(std::string_view bytes) : bytes_(bytes) {}

  bool ok() const { return status_.ok(); }
  const Status& status() const { return status_; }  // OK or kInvalidArgument
  size_t offset() const { return at_; }
  UbjsonCursor At(size_t value_offset) const;

  Kind Peek();
  [[nodiscard]] bool EnterObject();
  [[nodiscard]] std::optional<std::string_view> NextKey();
  [[nodiscard]] bool EnterArray();
  [[nodiscard]] bool NextElement();

  // Strings are good as long as the document.
  std::optional<std::string_view> ReadString();
  std::optional<bool> ReadBool();
  std::optional<int64_t> ReadInt64();

  template <typename T>
  std::optional<T> ReadAs(NonFinite non_finite = NonFinite::kRefuse);
  template <typename T>
  size_t ReadNumbers(std::span<T> out, NonFinite non_finite = NonFinite::kRefuse);

  bool Skip(NonFinite non_finite = NonFinite::kRefuse);
  bool Finish();
  void Refuse(size_t value_offset, std::string_view expected);

 private:
  // An object or array that is open.
  struct Level {
    bool is_object = false;
    bool is_counted = false;  // an array that says how many elements it has
    char type = 0;            // of all elements, which then have no markers; 0: each has one
    uint64_t left = 0;        // elements, of a counted one
  };

  char PeekMarker();
  std::string_view Take(uint64_t bytes);
  std::optional<int64_t> TakeInteger(char marker);
  std::optional<double> TakeNumber(char marker);
  std::optional<uint64_t> TakeLength();
  std::optional<std::string_view> TakeText();
  char TakeMarker();
  bool Enter(Level level);
  bool ReadArrayHead(Level& level);
  bool SkipScalar();
  void Leave() { --depth_; }

  std::string_view bytes_;
  size_t at_ = 0;
  std::array<Level, kMostDepth + 1> levels_{};
  size_t depth_ = 0;
  Status status_;
};

}  // namespace trireme::treefile

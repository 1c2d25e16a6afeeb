// SPDX-License-Identifier: Apache-2.0
#include "tables/duckdb/check_nesting.h"

#include <zlib.h>

#include <cstdint>
#include <string>
#include <vector>

namespace trireme::duck {
namespace {

constexpr int64_t kLinesLookedAt = 65536;
constexpr int64_t kMostLevels = 1000;

// Goes through a text byte by byte; brackets within strings do not count.
class Levels {
 public:
  int64_t line() const { return line_; }
  bool too_many() const { return levels_ > kMostLevels; }

  void See(char c) {
    if (c == '\n') {
      *this = Levels(line_ + 1);
    } else if (in_string_) {
      if (!escaped_ && c == '"') in_string_ = false;
      escaped_ = !escaped_ && c == '\\';
    } else if (c == '"') {
      in_string_ = true;
    } else if (c == '[' || c == '{') {
      ++levels_;
    } else if (c == ']' || c == '}') {
      --levels_;
    }
  }

  Levels() = default;

 private:
  explicit Levels(int64_t line) : line_(line) {}

  int64_t line_ = 1;
  int64_t levels_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
};

}  // namespace

Status CheckNesting(const std::filesystem::path& path) {
  constexpr unsigned kPiece = 1 << 18;
  const gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return InvalidArgument(path.string() + " cannot be read");
  std::vector<char> piece(kPiece);
  Levels levels;
  int read = 0;
  do {
    read = gzread(file, piece.data(), kPiece);
    for (int i = 0; i < read && !levels.too_many(); ++i) levels.See(piece[static_cast<size_t>(i)]);
  } while (read > 0 && !levels.too_many() && levels.line() <= kLinesLookedAt);
  gzclose_r(file);
  if (!levels.too_many()) return {};
  return InvalidArgument(path.string() + " line " + std::to_string(levels.line()) + ": expected JSON of at most " +
                         std::to_string(kMostLevels) + " levels, found more");
}

}  // namespace trireme::duck

// SPDX-License-Identifier: Apache-2.0
#include "tables/duckdb/check_gzip.h"

#include <zlib.h>

#include <string>
#include <vector>

namespace trireme::duck {

Status CheckGzip(const std::filesystem::path& path, const std::atomic<bool>& cancelled) {
  constexpr unsigned kPiece = 1 << 18;
  const gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return InvalidArgument(path.string() + " cannot be read");
  gzbuffer(file, kPiece);
  std::vector<char> piece(kPiece);
  int read = 0;
  do {
    read = gzread(file, piece.data(), kPiece);
  } while (read > 0 && !cancelled.load(std::memory_order_relaxed));
  int code = Z_OK;
  const std::string problem = gzerror(file, &code);
  // One that ends too early is told when it is closed.
  const int closed = gzclose_r(file);
  if (read > 0) return Cancelled("reading was given up");
  if (closed == Z_BUF_ERROR || code == Z_BUF_ERROR) {
    return InvalidArgument(path.string() + ": expected a whole gzip file, found one that is cut off");
  }
  if (read < 0 || closed != Z_OK) {
    return InvalidArgument(path.string() + ": expected a gzip file, found damage (" + problem + ")");
  }
  return {};
}

}  // namespace trireme::duck

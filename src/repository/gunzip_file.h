// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/status.h"
#include "repository/open_file.h"

struct z_stream_s;  // zlib's own

namespace trireme {

// What a gzip file holds, from the beginning to the end; its checksums are checked. A file may have several members,
// one behind the other. Used by one thread at a time.
class GunzipFile {
 public:
  explicit GunzipFile(const OpenFile& file);  // which must outlive it
  ~GunzipFile();
  GunzipFile(const GunzipFile&) = delete;
  GunzipFile& operator=(const GunzipFile&) = delete;

  // The next bytes; none at the end. kInvalidArgument: cut off, broken, a wrong checksum, or something behind the end.
  Result<size_t> Read(std::span<char> to);

  uint64_t bytes() const { return bytes_; }  // that came out so far

 private:
  struct EndStream {
    void operator()(z_stream_s* stream) const;
  };

  Status Refill();

  const OpenFile& file_;
  uint64_t at_ = 0;  // in the file
  std::vector<char> block_;
  std::unique_ptr<z_stream_s, EndStream> stream_;
  bool in_member_ = true;
  uint64_t bytes_ = 0;
};

}  // namespace trireme

// SPDX-License-Identifier: Apache-2.0
#include "repository/gunzip_file.h"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>
#include <string>

#include "base/check.h"

namespace trireme {
namespace {

constexpr int kGzipWindowBits = 15 + 16;
constexpr size_t kBlockBytes = size_t{64} << 10;

Status Broken(const std::string& found) {
  return InvalidArgument("expected a whole gzip stream, found " + found);
}

}  // namespace

void GunzipFile::EndStream::operator()(z_stream_s* stream) const {
  inflateEnd(stream);
  delete stream;  // NOLINT: made by make_unique
}

GunzipFile::GunzipFile(const OpenFile& file) : file_(file), block_(kBlockBytes) {
  auto stream = std::make_unique<z_stream>();
  const int code = inflateInit2(stream.get(), kGzipWindowBits);
  if (code == Z_MEM_ERROR) throw std::bad_alloc();
  CHECK(code == Z_OK);
  stream_.reset(stream.release());
}

GunzipFile::~GunzipFile() = default;

Status GunzipFile::Refill() {
  ASSIGN_OR_RETURN(const size_t had, file_.ReadAt(at_, block_));
  at_ += had;
  stream_->next_in = reinterpret_cast<Bytef*>(block_.data());
  stream_->avail_in = static_cast<uInt>(had);
  return {};
}

Result<size_t> GunzipFile::Read(std::span<char> to) {
  stream_->next_out = reinterpret_cast<Bytef*>(to.data());
  const size_t room = std::min<size_t>(to.size(), std::numeric_limits<uInt>::max());
  stream_->avail_out = static_cast<uInt>(room);
  while (stream_->avail_out == room) {
    if (stream_->avail_in == 0) RETURN_IF_ERROR(Refill());
    if (stream_->avail_in == 0) {
      if (in_member_) return Broken("its beginning: " + std::to_string(at_) + " bytes without the end");
      break;
    }
    in_member_ = true;
    const int code = inflate(stream_.get(), Z_NO_FLUSH);
    if (code == Z_STREAM_END) {
      in_member_ = false;
      CHECK(inflateReset(stream_.get()) == Z_OK);
    } else if (code == Z_MEM_ERROR) {
      throw std::bad_alloc();
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      return Broken(stream_->msg == nullptr ? "something else" : std::string("an ") + stream_->msg);
    }
  }
  const size_t had = room - stream_->avail_out;
  bytes_ += had;
  return had;
}

}  // namespace trireme

// SPDX-License-Identifier: Apache-2.0
#include "net/tls_transport.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace trireme::net {
namespace {

constexpr size_t kRecordBytes = SSL3_RT_MAX_PLAIN_LENGTH;
constexpr size_t kRecordOverhead = 64;  // more than any cipher adds

// Records that are encrypted before the socket is given them.
constexpr size_t kRecordsAtATime = 4;

// Records that are decrypted before others have their turn, if there are as many; the least that one of them costs is
// what so many bytes of a large one do.
constexpr size_t kRecordsAtOnce = 256;
constexpr size_t kRecordEffort = 1024;

// In a connection's life. Each costs some 15 us; clients make them after gigabytes, if at all.
constexpr uint32_t kMostKeyUpdates = 1000;

// An idle connection holds no more.
constexpr size_t kKeptBytes = 1024;

}  // namespace

// Pieces as records: full ones, as long as there is enough.
class TlsTransport::Records {
 public:
  explicit Records(std::span<const iovec> pieces) : pieces_(pieces) { Skip(0); }

  bool empty() const { return pieces_.empty(); }

  void Skip(size_t bytes) {
    while (!pieces_.empty() && bytes >= Left()) {
      bytes -= Left();
      pieces_ = pieces_.subspan(1);
      used_ = 0;
    }
    if (!pieces_.empty()) used_ += bytes;
  }

  // Good until the next call.
  std::span<const char> Next() {
    if (Left() >= kRecordBytes) return Take(kRecordBytes);
    thread_local std::array<char, kRecordBytes> gathered;
    size_t bytes = 0;
    while (!empty() && bytes < kRecordBytes) {
      const std::span<const char> piece = Take(std::min(Left(), kRecordBytes - bytes));
      std::memcpy(gathered.data() + bytes, piece.data(), piece.size());
      bytes += piece.size();
    }
    return {gathered.data(), bytes};
  }

 private:
  size_t Left() const { return pieces_.front().iov_len - used_; }

  std::span<const char> Take(size_t bytes) {
    const std::span<const char> taken{static_cast<const char*>(pieces_.front().iov_base) + used_, bytes};
    Skip(bytes);
    return taken;
  }

  std::span<const iovec> pieces_;
  size_t used_ = 0;  // of the first
};

// What OpenSSL calls to reach the socket: reading reads it, writing fills the buffer and never has to wait.
struct TlsSocketCalls {
  static TlsTransport& Of(BIO* bio) { return *static_cast<TlsTransport*>(BIO_get_data(bio)); }

  static int Read(BIO* bio, char* to, int bytes) {
    BIO_clear_retry_flags(bio);
    if (Of(bio).key_updates_ > kMostKeyUpdates) return -1;
    const int got = Of(bio).Receive({to, static_cast<size_t>(bytes)});
    if (got < 0 && Of(bio).socket_empty_) BIO_set_retry_read(bio);
    return got;
  }

  static int Write(BIO* bio, const char* from, int bytes) {
    BIO_clear_retry_flags(bio);
    Of(bio).outgoing_.append(from, static_cast<size_t>(bytes));
    return bytes;
  }

  static long Control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_EOF) return Of(bio).ended_ ? 1 : 0;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  }

  // At each step of the handshake, to which OpenSSL returns for a KeyUpdate.
  static void Note(const SSL* session, int where, int) {
    if (where == SSL_CB_ACCEPT_LOOP && SSL_get_state(session) == TLS_ST_SR_KEY_UPDATE) {
      ++Of(SSL_get_rbio(session)).key_updates_;
    }
  }

  static int Create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
  }

  static const BIO_METHOD* Method() {
    static const BIO_METHOD* const kMethod = [] {
      BIO_METHOD* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "trireme socket");
      CHECK(method != nullptr && BIO_meth_set_read(method, &Read) == 1 && BIO_meth_set_write(method, &Write) == 1 &&
            BIO_meth_set_ctrl(method, &Control) == 1 && BIO_meth_set_create(method, &Create) == 1);
      return method;
    }();
    return kMethod;
  }
};

TlsTransport::TlsTransport(FileDescriptor socket, SslSession session)
    : socket_(std::move(socket)), session_(std::move(session)) {
  BIO* const bio = BIO_new(TlsSocketCalls::Method());
  CHECK(bio != nullptr);
  BIO_set_data(bio, this);
  SSL_set_bio(session_.get(), bio, bio);
  SSL_set_info_callback(session_.get(), &TlsSocketCalls::Note);
}

// As recv(2) answers; a socket that is known to be empty is not asked again.
int TlsTransport::Receive(std::span<char> room) {
  if (socket_empty_) return -1;
  while (true) {
    const ssize_t got = recv(fd(), room.data(), room.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    ended_ |= got == 0;
    // A short read has emptied the socket: the next bytes are announced anew.
    socket_empty_ = got < 0 ? errno == EAGAIN : got > 0 && static_cast<size_t>(got) < room.size();
    return static_cast<int>(got);
  }
}

Transport::Io TlsTransport::Flush() {
  while (sent_ < outgoing_.size()) {
    const ssize_t sent = send(fd(), outgoing_.data() + sent_, outgoing_.size() - sent_, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return errno == EAGAIN ? Io::kBlocked : Io::kBroken;
    sent_ += static_cast<size_t>(sent);
  }
  outgoing_.clear();
  sent_ = 0;
  return Io::kDone;
}

Transport::Io TlsTransport::ShakeHands() {
  socket_empty_ = false;
  ERR_clear_error();
  const int done = SSL_do_handshake(session_.get());
  const int error = SSL_get_error(session_.get(), done);
  const Io flushed = Flush();
  if (done == 1) return flushed;
  return error == SSL_ERROR_WANT_READ && flushed != Io::kBroken ? Io::kBlocked : Io::kBroken;
}

Transport::Moved TlsTransport::Read(std::span<char> room) {
  socket_empty_ = false;
  ERR_clear_error();
  size_t bytes = 0;
  size_t records = 0;
  int error = SSL_ERROR_NONE;
  while (bytes < room.size() && error == SSL_ERROR_NONE && records < kRecordsAtOnce) {
    size_t got = 0;
    const int done = SSL_read_ex(session_.get(), room.data() + bytes, room.size() - bytes, &got);
    error = done == 1 ? SSL_ERROR_NONE : SSL_get_error(session_.get(), done);
    bytes += got;
    ++records;
  }
  // An end, or an error, is found again by the next call.
  if (bytes > 0) {
    return {
        .io = Io::kDone, .bytes = bytes, .drained = error == SSL_ERROR_WANT_READ, .effort = records * kRecordEffort};
  }
  if (error == SSL_ERROR_WANT_READ) return {.io = Io::kBlocked};
  if (error == SSL_ERROR_ZERO_RETURN) return {.io = Io::kEnd};
  broken_ = true;
  Flush();  // the alert that says why
  ERR_clear_error();
  return {.io = Io::kBroken};
}

Transport::Moved TlsTransport::Write(std::span<const iovec> pieces) {
  Records records(pieces);
  records.Skip(ahead_);
  size_t written = 0;
  Io flushed = Flush();
  while (!broken_ && flushed == Io::kDone) {
    written += std::exchange(ahead_, 0);
    if (records.empty()) break;
    broken_ = !Encrypt(records);
    flushed = Flush();
  }
  if (flushed == Io::kBroken || broken_) return {.io = Io::kBroken};
  if (flushed == Io::kDone && outgoing_.capacity() > kKeptBytes) outgoing_ = {};
  return {.io = written > 0 ? Io::kDone : Io::kBlocked, .bytes = written};
}

bool TlsTransport::Encrypt(Records& records) {
  ERR_clear_error();
  for (size_t i = 0; i < kRecordsAtATime && !records.empty(); ++i) {
    const std::span<const char> record = records.Next();
    if (i == 0 && record.size() == kRecordBytes) outgoing_.reserve(kRecordsAtATime * (kRecordBytes + kRecordOverhead));
    size_t taken = 0;
    if (SSL_write_ex(session_.get(), record.data(), record.size(), &taken) != 1 || taken != record.size()) return false;
    ahead_ += taken;
  }
  return true;
}

void TlsTransport::EndWriting() {
  if (std::exchange(said_goodbye_, true)) return;
  if (!broken_ && ahead_ == 0) {
    ERR_clear_error();
    SSL_shutdown(session_.get());
    Flush();  // one that does not fit is not waited for
    ERR_clear_error();
  }
  shutdown(fd(), SHUT_WR);
}

}  // namespace trireme::net

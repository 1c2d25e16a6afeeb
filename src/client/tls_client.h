// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/status.h"

namespace trireme::client {

enum class TlsProtocol : uint8_t { kHttp1, kHttp2 };

// Whom a client believes.
struct TlsTrust {
  std::string ca_file;          // PEM; empty: the authorities of this machine
  bool verifies = true;         // false: any certificate will do, as only tests should have it
  std::string certificate;      // PEM, where the server asks clients for one; empty: none
  std::string certificate_key;  // PEM
};

// TLS on one connected socket that does not block. Single-threaded.
class TlsStream {
 public:
  enum class Step : uint8_t { kDone, kWantsRead, kWantsWrite, kEnd, kFailed };

  virtual ~TlsStream() = default;
  virtual Step Shake() = 0;
  virtual Step Read(std::span<char> room, size_t& bytes) = 0;
  // See ServerSocket::Write().
  virtual Step Write(std::span<const iovec> pieces, size_t& bytes) = 0;
  virtual const std::string& error() const = 0;
};

// The client's side of TLS 1.2 or later towards one host, whose name or address the certificate must carry.
//
// Thread-safe.
class TlsClient {
 public:
  // Errors name the file and what is wrong with it.
  static Result<std::shared_ptr<const TlsClient>> Make(const TlsTrust& trust, const std::string& host);
  virtual ~TlsClient() = default;

  // Must end before the socket is closed.
  virtual std::unique_ptr<TlsStream> Begin(int fd, TlsProtocol protocol) const = 0;
};

}  // namespace trireme::client

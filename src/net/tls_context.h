// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/status.h"
#include "net/tls.h"
#include "net/tls_handles.h"

namespace trireme::net {

// What the files of a TlsOptions hold.
struct TlsFiles {
  std::string certificate;
  std::string key;
  std::string client_ca;  // empty: clients are not asked for a certificate

  bool operator==(const TlsFiles&) const = default;
};

// Errors name the file and the reason; a file of more than 1 MiB is none of ours.
Result<TlsFiles> ReadTlsFiles(const TlsOptions& options);

// The rules of a server's handshakes, and what it shows in them. Immutable: connections that began with it share it.
struct TlsContext {
  SslContext ssl;
  std::vector<std::string> client_names;
  std::chrono::system_clock::time_point expires;  // the first of the certificates that are shown
};

// TLS 1.2 with forward secrecy and authenticated ciphers, or TLS 1.3; no renegotiation, no compression. ALPN: h2, then
// http/1.1; a client that offers only others is refused, one that offers nothing is not.
//
// Errors as TlsCertificates::Load says.
Result<TlsContext> MakeTlsContext(const TlsOptions& options, const TlsFiles& files);

}  // namespace trireme::net

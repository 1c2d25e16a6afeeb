// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/status.h"
#include "net/file_descriptor.h"
#include "net/transport.h"

namespace trireme::net {

// What a listener needs to speak TLS, 1.2 or later.
struct TlsOptions {
  std::filesystem::path certificate;  // PEM: the server's, then those that lead to its root
  std::filesystem::path key;          // PEM, without a pass phrase
  // PEM: who signs clients' certificates. Empty: clients are not asked for one; else they must show one.
  std::filesystem::path client_ca;
  // With client_ca: one of a certificate's names must match one of these, letter by letter or with a first label "*"
  // ("*.example.org" matches a.example.org, not a.b.example.org). Empty: any certificate of the authority will do.
  std::vector<std::string> client_names;
};

// The certificates of a server: read at the start, and again when the files change, without a restart. A connection
// keeps those with which it began; files that cannot be used change nothing but the log.
//
// Thread-safe.
class TlsCertificates {
 public:
  // Errors name the file, and what is wrong with it: unreadable, no certificate, a key that is not the certificate's,
  // an open pass phrase.
  static Result<std::unique_ptr<TlsCertificates>> Load(TlsOptions options, const Logger& log);
  ~TlsCertificates();
  TlsCertificates(const TlsCertificates&) = delete;
  TlsCertificates& operator=(const TlsCertificates&) = delete;

  // Looks whether the files have changed, and takes what is new if all of it is good. Called now and then by one thread
  // (control).
  void Refresh();

  // When the certificate in use expires: of those that the server shows, the first.
  std::chrono::system_clock::time_point expires() const;

  // How often new files were taken, or refused.
  struct Counts {
    uint64_t reloads = 0;
    uint64_t failures = 0;
  };
  Counts counts() const;

  // The server's end of a connection, before its handshake.
  class Handshake;
  std::unique_ptr<Handshake> Accept(FileDescriptor socket) const;

 private:
  class Core;
  explicit TlsCertificates(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

// A handshake under way. On its loop's thread only.
class TlsCertificates::Handshake {
 public:
  virtual ~Handshake() = default;
  virtual int fd() const = 0;

  // As far as the socket allows. kDone: Take() the connection. kBlocked: call again at the next event. kBroken: it
  // failed, and error() says why, for the log; what TLS has to tell the client has been sent.
  virtual Transport::Io Go() = 0;
  virtual std::unique_ptr<Transport> Take() = 0;
  virtual const std::string& error() const = 0;
};

}  // namespace trireme::net

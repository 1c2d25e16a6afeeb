// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/testing/hand_turned_loop.h"
#include "net/testing/test_certificates.h"
#include "net/tls_handles.h"

namespace trireme::net {

struct TlsTestClientOptions {
  std::vector<std::string> protocols;  // that ALPN offers; none: no ALPN
  IssuedCertificate certificate;       // that it shows when asked; none if empty
  bool only_tls_1_1 = false;
  bool only_tls_1_2 = false;
};

// A TestClient that speaks TLS, by OpenSSL. It takes any certificate for good.
class TlsTestClient {
 public:
  explicit TlsTestClient(TestClient client, TlsTestClientOptions options = {});

  // As far as it goes; whether it is through. `first` is sent together with the end of it.
  bool ShakeHands(std::string_view first = {});
  // Of a handshake or a connection that broke, in OpenSSL's words.
  const std::string& error() const { return error_; }

  void Send(std::string_view bytes);
  std::string Receive();
  std::string Ask(std::string_view bytes);

  // What Send() would send, for the test to send in its own pieces by raw().
  std::string Encrypted(std::string_view bytes);
  std::string KeyUpdates(int count);  // as bytes, which ask for as many in return
  void SayGoodbye();                  // close_notify, and no end of the socket

  std::string protocol() const;             // chosen by ALPN
  std::string servers_certificate() const;  // PEM
  bool heard_goodbye() const { return heard_goodbye_; }
  bool closed_by_server() const { return raw_.closed_by_server(); }
  const std::vector<size_t>& records() const { return records_; }  // sizes of those that came after the handshake
  TestClient& raw() { return raw_; }

 private:
  void Pump();
  void CountRecords(std::string_view bytes);
  std::string TakeOutgoing();
  void NoteError(int result);

  TestClient raw_;
  SslContext context_;
  SslSession session_;
  std::string error_;
  std::string uncounted_;  // of a record that has not come whole
  std::vector<size_t> records_;
  bool heard_goodbye_ = false;
};

}  // namespace trireme::net

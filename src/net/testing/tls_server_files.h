// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/log.h"
#include "base/testing/temp_dir.h"
#include "net/testing/test_certificates.h"
#include "net/tls.h"

namespace trireme::net {

// A server's certificates as files, made by an authority of its own, and another authority for its clients.
class TlsServerFiles {
 public:
  TlsServerFiles() {
    Write(authority_.Issue({.alternative_names = {"DNS:localhost"}}));
    folder_.Write("client_ca.pem", clients_.certificate());
  }

  void Write(const IssuedCertificate& issued) const {
    folder_.Write("certificate.pem", issued.certificate);
    folder_.Write("key.pem", issued.key);
  }

  TlsOptions options() const { return {.certificate = folder_ / "certificate.pem", .key = folder_ / "key.pem"}; }

  // Asks clients for certificates, with one of these names if there are any.
  TlsOptions mutual(std::vector<std::string> names = {}) const {
    TlsOptions asked = options();
    asked.client_ca = folder_ / "client_ca.pem";
    asked.client_names = std::move(names);
    return asked;
  }

  std::unique_ptr<TlsCertificates> Load(const TlsOptions& wanted) const {
    Result<std::unique_ptr<TlsCertificates>> loaded = TlsCertificates::Load(wanted, log_);
    CHECK(loaded.ok());
    return *std::move(loaded);
  }

  const TestAuthority& authority() const { return authority_; }
  const TestAuthority& clients() const { return clients_; }
  const TempDir& folder() const { return folder_; }
  const Logger& log() const { return log_; }

 private:
  TestAuthority authority_;
  TestAuthority clients_{"Authority of Clients"};
  TempDir folder_;
  Logger log_{2, Logger::Form::kText, LogLevel::kError};
};

}  // namespace trireme::net

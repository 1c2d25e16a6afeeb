// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "net/tls_handles.h"

namespace trireme::net {

struct CertificateWish {
  std::string common_name = "localhost";
  std::vector<std::string> alternative_names;  // "DNS:a.example.org", "URI:spiffe://a/b", "email:a@example.org"
  std::chrono::hours valid_for{24};            // from now; below zero: it has expired
};

// PEM.
struct IssuedCertificate {
  std::string certificate;
  std::string key;
};

// An authority that signs certificates of a test's own.
class TestAuthority {
 public:
  explicit TestAuthority(const std::string& name = "Test Authority");

  std::string certificate() const;  // PEM
  IssuedCertificate Issue(const CertificateWish& wish) const;

 private:
  PrivateKey key_;
  Certificate certificate_;
};

// `key` (PEM) behind a pass phrase.
std::string WithPassPhrase(const std::string& key);

}  // namespace trireme::net

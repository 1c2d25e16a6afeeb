// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

// OpenSSL's types, without its headers.
struct evp_pkey_st;
struct ssl_ctx_st;
struct ssl_st;
struct x509_st;

namespace trireme::net {

// What OpenSSL allocates, freed by its owner.
struct OpensslFree {
  void operator()(evp_pkey_st* key) const;
  void operator()(ssl_ctx_st* context) const;
  void operator()(ssl_st* session) const;
  void operator()(x509_st* certificate) const;
};
using PrivateKey = std::unique_ptr<evp_pkey_st, OpensslFree>;
using SslContext = std::unique_ptr<ssl_ctx_st, OpensslFree>;
using SslSession = std::unique_ptr<ssl_st, OpensslFree>;
using Certificate = std::unique_ptr<x509_st, OpensslFree>;

// What went wrong in this thread's last call of OpenSSL, in its words ("no shared cipher"); clears the record of it.
// Empty if OpenSSL has nothing to say.
std::string TakeOpensslError();

}  // namespace trireme::net

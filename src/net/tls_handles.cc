// SPDX-License-Identifier: Apache-2.0
#include "net/tls_handles.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace trireme::net {

void OpensslFree::operator()(evp_pkey_st* key) const {
  EVP_PKEY_free(key);
}
void OpensslFree::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}
void OpensslFree::operator()(ssl_st* session) const {
  SSL_free(session);
}
void OpensslFree::operator()(x509_st* certificate) const {
  X509_free(certificate);
}

std::string TakeOpensslError() {
  const unsigned long error = ERR_peek_error();  // the first: what came after it is a consequence
  const char* const reason = error == 0 ? nullptr : ERR_reason_error_string(error);
  std::string text;
  if (reason != nullptr) {
    text = reason;
  } else if (error != 0) {
    text = "error " + std::to_string(error);
  }
  ERR_clear_error();
  return text;
}

}  // namespace trireme::net

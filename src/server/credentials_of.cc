// SPDX-License-Identifier: Apache-2.0
#include "server/credentials_of.h"

#include <string_view>

#include "net/transport.h"

namespace trireme {

Credentials CredentialsOf(const net::HttpRequest& request) {
  const auto value = [&](std::string_view name) {
    const std::string_view* found = request.Find(name);
    return found == nullptr ? std::string_view() : *found;
  };
  Credentials credentials{.authorization = value("authorization"), .api_key = value("x-api-key"), .peer = request.peer};
  if (request.tls != nullptr) credentials.certificate_names = request.tls->names;
  return credentials;
}

}  // namespace trireme

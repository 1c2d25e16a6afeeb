// SPDX-License-Identifier: Apache-2.0
#include "client/tls_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "client/http_client.h"
#include "client/testing/scripted_server.h"

namespace trireme::client {
namespace {

using testing::HasSubstr;

TEST(TlsClientTest, NamesTheFileThatItCannotUse) {
  const std::string file = testing::TempDir() + "/no_certificate.pem";
  std::ofstream(file) << "not a certificate\n";
  for (const std::string& name : {file, std::string("/no/such/file")}) {
    EXPECT_THAT(TlsClient::Make({.ca_file = name}, "h").status().message(), HasSubstr(name));
    EXPECT_THAT(TlsClient::Make({.certificate = name, .certificate_key = name}, "h").status().message(),
                HasSubstr(name));
  }
}

TEST(TlsClientTest, AServerInTheClearIsNoTlsServer) {
  const ScriptedServer server([](const std::string&) { return ScriptedServer::Answer(""); });
  const Url url = *ParseUrl("https://127.0.0.1:" + std::to_string(server.port()));
  // Half a request, as far as the server can tell: it waits, and so does the handshake.
  const auto answer = Call({.url = url, .timeout = std::chrono::milliseconds(20)});
  EXPECT_FALSE(answer.ok());
}

}  // namespace
}  // namespace trireme::client

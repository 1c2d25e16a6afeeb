// SPDX-License-Identifier: Apache-2.0
#include "net/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "net/testing/hand_turned_loop.h"
#include "net/testing/scripted_handler.h"
#include "net/testing/tls_server_files.h"
#include "net/testing/tls_test_client.h"

namespace trireme::net {
namespace {

using std::chrono::hours;
using std::chrono::system_clock;
using testing::HasSubstr;

class TlsCertificatesTest : public testing::Test {
 protected:
  std::string ErrorOf(const TlsOptions& options) const {
    const Result<std::unique_ptr<TlsCertificates>> loaded = TlsCertificates::Load(options, files_.log());
    return loaded.ok() ? "none" : loaded.status().message();
  }
  std::string ErrorOf() const { return ErrorOf(files_.options()); }

  std::string InQuotes(const std::string& file) const { return "'" + (files_.folder() / file).string() + "'"; }

  const TlsServerFiles files_;
};

TEST_F(TlsCertificatesTest, NamesAFileThatIsNotThere) {
  std::filesystem::remove(files_.folder() / "key.pem");
  EXPECT_EQ(ErrorOf(), "key " + InQuotes("key.pem") + ": cannot be read: No such file or directory");
}

TEST_F(TlsCertificatesTest, NamesAFolderInTheFilesPlace) {
  TlsOptions options = files_.options();
  options.certificate = files_.folder().path();
  EXPECT_THAT(ErrorOf(options), HasSubstr("cannot be read: Is a directory"));
}

TEST_F(TlsCertificatesTest, SaysThatAFileHoldsNoCertificate) {
  files_.folder().Write("certificate.pem", "nothing of the kind");
  EXPECT_EQ(ErrorOf(), "certificate " + InQuotes("certificate.pem") + ": expected a certificate in PEM, found none");
}

TEST_F(TlsCertificatesTest, SaysThatACertificateIsDamaged) {
  files_.folder().Write("certificate.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  EXPECT_THAT(ErrorOf(), HasSubstr("a certificate in it cannot be read: "));
}

TEST_F(TlsCertificatesTest, SaysThatAFileHoldsNoKey) {
  files_.folder().Write("key.pem", "");
  EXPECT_THAT(ErrorOf(), HasSubstr(InQuotes("key.pem") + ": expected a private key in PEM, found none"));
}

TEST_F(TlsCertificatesTest, SaysThatAKeyIsAnotherCertificates) {
  files_.folder().Write("key.pem", files_.authority().Issue({}).key);
  EXPECT_THAT(ErrorOf(), HasSubstr("key " + InQuotes("key.pem") + ": expected that of the certificate " +
                                   InQuotes("certificate.pem") + ", got another one"));
}

TEST_F(TlsCertificatesTest, AsksNobodyForAPassPhrase) {
  const IssuedCertificate issued = files_.authority().Issue({});
  files_.Write({.certificate = issued.certificate, .key = WithPassPhrase(issued.key)});
  EXPECT_THAT(ErrorOf(), HasSubstr("expected one without a pass phrase"));
}

TEST_F(TlsCertificatesTest, WantsAnAuthorityForClientsNames) {
  TlsOptions options = files_.options();
  options.client_names = {"a"};
  EXPECT_EQ(ErrorOf(options), "client_names: expected a client_ca to go with them, got none");
}

TEST_F(TlsCertificatesTest, RefusesAnAuthorityThatIsNone) {
  files_.folder().Write("client_ca.pem", "x");
  EXPECT_THAT(ErrorOf(files_.mutual()), HasSubstr("client_ca " + InQuotes("client_ca.pem")));
}

TEST_F(TlsCertificatesTest, TakesAnExpiredCertificateWithAWarning) {
  files_.Write(files_.authority().Issue({.valid_for = hours(-1)}));
  EXPECT_LT(files_.Load(files_.options())->expires(), system_clock::now());
}

TEST_F(TlsCertificatesTest, ExpiresWithTheFirstOfItsChain) {
  IssuedCertificate issued = files_.authority().Issue({.valid_for = hours(48)});
  issued.certificate += files_.authority().Issue({.valid_for = hours(10)}).certificate;
  files_.Write(issued);
  const auto left = files_.Load(files_.options())->expires() - system_clock::now();
  EXPECT_GT(left, hours(9));
  EXPECT_LT(left, hours(11));
}

// Connections that see which certificate they are shown.
class RefreshTest : public TlsCertificatesTest {
 protected:
  std::unique_ptr<TlsTestClient> Connect() {
    auto client = std::make_unique<TlsTestClient>(loop_.Connect());
    EXPECT_TRUE(client->ShakeHands()) << client->error();
    return client;
  }

  ScriptedHandler handler_;
  const std::unique_ptr<TlsCertificates> certificates_ = files_.Load(files_.options());
  HandTurnedLoop loop_{Reception{.http = &handler_, .tls = certificates_.get()}};
};

constexpr char kGet[] = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

TEST_F(RefreshTest, ShowsNewCertificatesToNewConnections) {
  const auto old = Connect();
  const IssuedCertificate issued = files_.authority().Issue({.common_name = "next", .valid_for = hours(100)});
  files_.Write(issued);
  certificates_->Refresh();
  EXPECT_EQ(Connect()->servers_certificate(), issued.certificate);
  EXPECT_THAT(old->Ask(kGet), HasSubstr("200 OK")) << "a connection keeps what it began with";
  EXPECT_EQ(certificates_->counts().reloads, 1u);
  EXPECT_GT(certificates_->expires(), system_clock::now() + hours(99));
}

TEST_F(RefreshTest, DoesNothingWhileTheFilesAreTheSame) {
  const auto now = std::filesystem::file_time_type::clock::now();
  std::filesystem::last_write_time(files_.folder() / "key.pem", now + hours(1));
  certificates_->Refresh();
  EXPECT_EQ(certificates_->counts().failures, 0u);
  EXPECT_EQ(certificates_->counts().reloads, 0u);
}

TEST_F(RefreshTest, KeepsWhatItHasWhenTheNewIsNoGood) {
  const std::string before = Connect()->servers_certificate();
  const IssuedCertificate issued = files_.authority().Issue({.common_name = "next"});
  files_.folder().Write("certificate.pem", issued.certificate);
  for (int i = 0; i < 3; ++i) certificates_->Refresh();
  EXPECT_EQ(certificates_->counts().failures, 1u) << "told once";
  EXPECT_EQ(Connect()->servers_certificate(), before);
  files_.folder().Write("key.pem", issued.key);
  certificates_->Refresh();
  EXPECT_EQ(certificates_->counts().reloads, 1u) << "the other half has come";
  EXPECT_EQ(Connect()->servers_certificate(), issued.certificate);
}

TEST_F(RefreshTest, TellsOnceThatFilesAreGone) {
  std::filesystem::rename(files_.folder() / "key.pem", files_.folder() / "away");
  for (int i = 0; i < 3; ++i) certificates_->Refresh();
  EXPECT_EQ(certificates_->counts().failures, 1u);
  std::filesystem::rename(files_.folder() / "away", files_.folder() / "key.pem");
  certificates_->Refresh();
  EXPECT_EQ(certificates_->counts().reloads, 0u) << "they are the same";
}

}  // namespace
}  // namespace trireme::net

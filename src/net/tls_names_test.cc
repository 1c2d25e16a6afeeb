// SPDX-License-Identifier: Apache-2.0
#include "net/tls_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/pem.h>

#include <string>
#include <vector>

#include "net/testing/test_certificates.h"

namespace trireme::net {
namespace {

using testing::ElementsAre;

bool Matches(const std::string& name, const std::string& pattern) {
  return MatchesAnyName(std::vector{name}, std::vector{pattern});
}

struct Case {
  const char* name;
  const char* pattern;
  bool matches;
};

TEST(TlsNamesTest, MatchesLetterByLetterOrByAFirstLabel) {
  const std::vector<Case> cases = {
      {"a.example.org", "a.example.org", true},
      {"a.example.org", "b.example.org", false},
      {"A.example.org", "a.example.org", false},
      {"a.example.org", "*.example.org", true},
      {"a-1_b.example.org", "*.example.org", true},
      {"a.b.example.org", "*.example.org", false},
      {"example.org", "*.example.org", false},
      {".example.org", "*.example.org", false},
      {"*.example.org", "*.example.org", true},
      {"a.example.org.evil.net", "*.example.org", false},
      {"a.xexample.org", "*.example.org", false},
      {"spiffe://x.example.org", "*.example.org", false},
      {"joe@x.example.org", "*.example.org", false},
      {"spiffe://trust/client", "spiffe://trust/client", true},
      {"spiffe://trust/client2", "spiffe://trust/client", false},
      {"joe@example.org", "joe@example.org", true},
      {"anything", "*", false},
      {"anything", "", false},
      {"a.example.org", "a.*.org", false},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(Matches(each.name, each.pattern), each.matches) << each.name << " against " << each.pattern;
  }
}

TEST(TlsNamesTest, OneOfTheNamesAndOneOfThePatternsAreEnough) {
  const std::vector<std::string> patterns = {"a", "*.example.org"};
  EXPECT_TRUE(MatchesAnyName(std::vector<std::string>{"x", "b.example.org"}, patterns));
  EXPECT_FALSE(MatchesAnyName(std::vector<std::string>{"x", "y"}, patterns));
  EXPECT_FALSE(MatchesAnyName({}, patterns));
  EXPECT_FALSE(MatchesAnyName(std::vector<std::string>{"x"}, {}));
}

std::vector<std::string> NamesOfOne(const CertificateWish& wish) {
  const std::string pem = TestAuthority().Issue(wish).certificate;
  BIO* const bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  const Certificate certificate(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr));
  BIO_free(bio);
  return NamesOf(*certificate);
}

TEST(TlsNamesTest, TakesAlternativeNamesOfThreeKinds) {
  EXPECT_THAT(NamesOfOne({.common_name = "cn",
                          .alternative_names = {"DNS:a.example.org", "URI:spiffe://a/b", "email:joe@example.org"}}),
              ElementsAre("a.example.org", "spiffe://a/b", "joe@example.org"));
}

TEST(TlsNamesTest, TakesTheCommonNameWhereThereIsNoOther) {
  EXPECT_THAT(NamesOfOne({.common_name = "cn"}), ElementsAre("cn"));
}

TEST(TlsNamesTest, LeavesOutANameThatReadsDifferentlyElsewhere) {
  const std::string forged("DNS:good.org\0.evil.net", 22);
  EXPECT_THAT(NamesOfOne({.alternative_names = {forged, "DNS:b.example.org"}}), ElementsAre("b.example.org"));
  EXPECT_THAT(NamesOfOne({.common_name = "cn", .alternative_names = {forged}}), ElementsAre());
}

}  // namespace
}  // namespace trireme::net

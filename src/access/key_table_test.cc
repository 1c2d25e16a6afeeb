// SPDX-License-Identifier: Apache-2.0
#include "access/key_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

constexpr std::chrono::sys_days kToday = std::chrono::sys_days(std::chrono::year(2026) / 6 / 15);

std::string LineOf(const std::string& name, const std::string& key, const std::string& rest = "") {
  return name + " infer " + name + "-* sha256:" + ToHex(Sha256(key)) + rest + "\n";
}

KeyTable Table(const std::string& text) {
  const auto lines = ParseKeyFile(text, "keys");
  EXPECT_TRUE(lines.ok()) << lines.status();
  return lines.ok() ? KeyTable(*lines) : KeyTable();
}

std::string Problem(const std::string& text) {
  return ParseKeyFile(text, "keys").status().message();
}

TEST(KeyFile, PassesOverCommentsAndBlankLines) {
  const auto lines =
      ParseKeyFile("# NAME ROLES MODELS PROOF\n\n  \t\r\n" + LineOf("web", "k", "  # of the shop"), "keys");
  ASSERT_TRUE(lines.ok()) << lines.status();
  ASSERT_EQ(lines->size(), 1U);
  EXPECT_EQ(lines->front().name, "web");
  EXPECT_TRUE(ParseKeyFile("", "keys")->empty());
}

TEST(KeyFile, NamesFileAndLineOfWhatIsWrong) {
  EXPECT_EQ(Problem("#\n" + LineOf("web", "k") + "ops root *"),
            "keys:3: roles: expected infer, admin or metrics, with commas between several, found 'root'");
}

TEST(KeyFile, RefusesTheSameNameDigestOrCertificateTwice) {
  EXPECT_EQ(Problem(LineOf("web", "k") + LineOf("web", "l")), "keys:2: name: 'web' is in a line above too");
  EXPECT_EQ(Problem(LineOf("web", "k") + LineOf("ops", "k")), "keys:2: proof: the same digest is in a line above too");
  EXPECT_EQ(Problem("a infer * certificate:x\nb infer * certificate:x\n"),
            "keys:2: proof: the same certificate name is in a line above too");
}

TEST(KeyFile, IsBounded) {
  EXPECT_EQ(ParseKeyFile(std::string(kMaxKeyFileBytes + 1, '\n'), "keys").status().code(), StatusCode::kTooLarge);
  std::string text;
  for (size_t i = 0; i <= kMaxKeys; ++i) {
    text += "k" + std::to_string(i) + " infer * certificate:" + std::to_string(i) + "\n";
  }
  EXPECT_THAT(Problem(text), HasSubstr("keys:10001: expected at most 10000 keys"));
}

TEST(KeyTable, FindsTheHolderOfAKeyInEitherHeader) {
  const KeyTable table = Table(LineOf("web", "secret", " tenant=shop") + LineOf("ops", "other"));
  for (const Credentials& credentials :
       {Credentials{.authorization = "Bearer secret"}, Credentials{.authorization = "bEARER   secret"},
        Credentials{.authorization = {}, .api_key = "secret"},
        Credentials{.authorization = "Basic eDp5", .api_key = "secret"}}) {
    const auto identity = table.Find(credentials, kToday);
    ASSERT_TRUE(identity.ok()) << identity.status();
    EXPECT_EQ(identity->principal, "web");
    EXPECT_EQ(identity->tenant, "shop");
    EXPECT_TRUE(identity->Allows(Operation::kInfer, "web-1"));
    EXPECT_FALSE(identity->Allows(Operation::kInfer, "ops-1"));
  }
}

TEST(KeyTable, RefusesWhatNobodyHoldsAndDoesNotRepeatIt) {
  const KeyTable table = Table(LineOf("web", "secret"));
  for (const std::string& shown : {std::string("Secret"), std::string("secre"), std::string("secret "),
                                   std::string(2000, 'x'), ToHex(Sha256("secret"))}) {
    const auto identity = table.Find({.api_key = shown}, kToday);
    ASSERT_FALSE(identity.ok());
    EXPECT_EQ(identity.status().code(), StatusCode::kUnauthenticated);
    EXPECT_THAT(identity.status().message(), Not(HasSubstr(shown)));
  }
}

TEST(KeyTable, SaysHowAKeyIsShownWhereThereIsNone) {
  const KeyTable table = Table(LineOf("web", "secret"));
  for (const char* authorization : {"", "Bearer", "Bearer ", "Basic c2VjcmV0", "secret"}) {
    const auto identity = table.Find({.authorization = authorization}, kToday);
    ASSERT_FALSE(identity.ok());
    EXPECT_EQ(identity.status().message(),
              "expected an API key (Authorization: Bearer KEY, or X-Api-Key: KEY), found none");
  }
}

TEST(KeyTable, AKeyOpensNothingFromTheDayOnThatItExpires) {
  const KeyTable table = Table(LineOf("web", "secret", " expires=2026-06-15"));
  EXPECT_TRUE(table.Find({.api_key = "secret"}, kToday - 1s).ok());
  const auto expired = table.Find({.api_key = "secret"}, kToday);
  EXPECT_EQ(expired.status().code(), StatusCode::kUnauthenticated);
  EXPECT_EQ(expired.status().message(), "the key of 'web' expired on 2026-06-15");
}

TEST(KeyTable, FindsTheHolderOfACertificateByAnyOfItsNames) {
  const KeyTable table = Table("mesh infer * certificate:web.example.org\n" + LineOf("ops", "secret"));
  const std::vector<std::string> names = {"other.example.org", "web.example.org"};
  EXPECT_EQ(table.Find({.certificate_names = names}, kToday)->principal, "mesh");
  const std::vector<std::string> others = {"other.example.org", "WEB.example.org", ""};
  EXPECT_EQ(table.Find({.certificate_names = others}, kToday).status().code(), StatusCode::kUnauthenticated);
}

TEST(KeyTable, AKeyThatIsShownDecidesBeforeTheCertificate) {
  const KeyTable table = Table("mesh infer * certificate:web.example.org\n" + LineOf("ops", "secret"));
  const std::vector<std::string> names = {"web.example.org"};
  EXPECT_EQ(table.Find({.api_key = "secret", .certificate_names = names}, kToday)->principal, "ops");
  EXPECT_FALSE(table.Find({.api_key = "wrong", .certificate_names = names}, kToday).ok());
}

}  // namespace
}  // namespace trireme

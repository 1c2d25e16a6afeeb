// SPDX-License-Identifier: Apache-2.0
#include "access/key_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string kProof = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

std::string Problem(const std::string& text) {
  return ParseKeyLine(text).status().message();
}

TEST(KeyLine, HasFourFieldsAndTwoThatMayFollow) {
  const auto line =
      ParseKeyLine("  web\tinfer,metrics resnet50,ocr*  " + kProof + " tenant=shop expires=2027-01-31 \r");
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->name, "web");
  EXPECT_EQ(line->roles, (KeyRoles{.infer = true, .admin = false, .metrics = true}));
  EXPECT_THAT(line->models, ElementsAre("resnet50", "ocr*"));
  EXPECT_EQ(std::get<Digest>(line->proof), Sha256("abc"));
  EXPECT_EQ(line->tenant, "shop");
  EXPECT_EQ(FormatKeyDate(*line->expires), "2027-01-31");
}

TEST(KeyLine, MayNameACertificateAndNoModels) {
  const auto line = ParseKeyLine("prometheus metrics - certificate:spiffe://example.org/prometheus");
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_THAT(line->models, IsEmpty());
  EXPECT_EQ(std::get<CertificateName>(line->proof).name, "spiffe://example.org/prometheus");
  EXPECT_FALSE(line->expires.has_value());
}

TEST(KeyLine, IsReadAsItIsWritten) {
  for (const std::string& text :
       {"a infer * " + kProof, "b@c.d_e-f infer,admin,metrics x*,y " + kProof + " tenant=t expires=0007-02-28",
        std::string("c metrics - certificate:*.example.org expires=2028-02-29")}) {
    const auto line = ParseKeyLine(text);
    ASSERT_TRUE(line.ok()) << line.status();
    EXPECT_EQ(FormatKeyLine(*line), text);
  }
}

TEST(KeyLine, SaysWhichFieldIsWrongAndWhatWasExpected) {
  EXPECT_EQ(Problem("we/b infer * " + kProof),
            "name: expected 1 to 64 letters, digits, '.', '_', '-' or '@', found 'we/b'");
  EXPECT_EQ(Problem("web"), "roles: expected infer, admin or metrics, with commas between several, found nothing");
  EXPECT_EQ(Problem("web root"), "roles: expected infer, admin or metrics, with commas between several, found 'root'");
  EXPECT_THAT(Problem("web infer,"), HasSubstr("found nothing"));
  EXPECT_EQ(Problem("web infer a,*b"),
            "models: expected names such as resnet50 or ocr*, with commas between them, * for all, - for none, found "
            "'*b'");
  EXPECT_EQ(Problem("web infer - " + kProof), "models: expected at least one for the roles infer and admin, found '-'");
  EXPECT_EQ(Problem("web infer *"), "proof: expected sha256:DIGEST or certificate:NAME, found nothing");
  EXPECT_EQ(Problem("web infer * " + kProof + " expires=2027-02-29"),
            "expires: expected a date such as 2027-01-31, found '2027-02-29'");
  EXPECT_THAT(Problem("web infer * " + kProof + " tenant="), HasSubstr("tenant: expected 1 to 64 letters"));
  EXPECT_THAT(Problem("web infer * " + kProof + " tenant=a tenant=b"), HasSubstr("each once"));
  EXPECT_THAT(Problem("web infer * certificate:"), HasSubstr("found nothing"));
}

// Somebody may put the key itself where its digest belongs, and errors go to logs.
TEST(KeyLine, NeverRepeatsWhatMayBeAKey) {
  for (const char* text : {"web infer * hunter2", "web infer * sha256:hunter2", "web infer * hunter2 hunter2"}) {
    EXPECT_THAT(Problem(text), Not(HasSubstr("hunter2"))) << text;
    EXPECT_THAT(Problem(text), HasSubstr("proof")) << text;
  }
  EXPECT_THAT(Problem("web infer * " + kProof + " hunter2"), Not(HasSubstr("hunter2")));
  const std::string key = "trireme_" + std::string(64, 'a');
  for (const std::string& text : {key, "web " + key, "web infer " + key + "/", "web infer a * expires=" + key}) {
    EXPECT_THAT(Problem(text), Not(HasSubstr("aaaa"))) << text;
  }
  EXPECT_THAT(Problem(key + " infer *"), HasSubstr("found what looks like a key"));
}

TEST(KeyLine, IsBounded) {
  EXPECT_EQ(ParseKeyLine(std::string(kMaxKeyLineBytes + 1, 'x')).status().code(), StatusCode::kTooLarge);
  std::string models = "a";
  for (int i = 0; i < 256; ++i) models += ",a";
  EXPECT_THAT(Problem("web infer " + models + " " + kProof), HasSubstr("expected at most 256, found more"));
}

}  // namespace
}  // namespace trireme

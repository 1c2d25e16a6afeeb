// SPDX-License-Identifier: Apache-2.0
#include "access/token_authoriser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "base/testing/temp_dir.h"

namespace trireme {
namespace {

using std::chrono::minutes;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

std::string ContentsOf(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// Somebody else who knows callers.
class Others final : public Authoriser {
 public:
  Result<Identity> Authenticate(const Credentials& credentials) override {
    if (credentials.api_key == "theirs") return Identity{.principal = "they", .tenant = {}};
    return Status(StatusCode::kUnauthenticated, "not known to the others");
  }
  bool asks_for_keys() const override { return true; }
};

class TokenTest : public testing::Test {
 protected:
  TokenTest() : keys_(Make()) {}

  std::unique_ptr<TokenKeys> Make() {
    auto keys = std::make_unique<TokenKeys>(TokenKeys::Options{.file = file_, .expiration = minutes(60)},
                                            [this] { return now_; });
    EXPECT_TRUE(keys->Publish().ok());
    return keys;
  }
  // Of "management", "inference" or "API", as the file has it.
  std::string KeyOf(const std::string& name) const {
    const std::string text = ContentsOf(file_);
    const size_t begin = text.find("\"key\": \"", text.find("\"" + name + "\"")) + 8;
    return text.substr(begin, text.find('"', begin) - begin);
  }
  Result<Identity> Ask(TokenAuthoriser& authoriser, const std::string& key) {
    const std::string bearer = "Bearer " + key;
    return authoriser.Authenticate({.authorization = bearer, .api_key = {}, .peer = {}});
  }
  Result<Identity> Ask(const std::string& key) { return Ask(authoriser_, key); }

  const TempDir dir_;
  const std::filesystem::path file_ = dir_ / "key_file.json";
  std::chrono::system_clock::time_point now_ = std::chrono::sys_days(std::chrono::January / 31 / 2026);
  std::unique_ptr<TokenKeys> keys_;
  TokenAuthoriser authoriser_{*keys_, {}, nullptr};
};

TEST_F(TokenTest, KeysAreRandomAndLieInAFileOfTheirOwners) {
  struct stat state {};
  ASSERT_EQ(stat(file_.c_str(), &state), 0);
  EXPECT_EQ(state.st_mode & 0777, 0600U);
  EXPECT_THAT(
      ContentsOf(file_),
      MatchesRegex("\\{\n  \"management\": \\{\n    \"key\": \"trireme_[0-9a-f]+\",\n"
                   "    \"expiration time\": \"2026-01-31T01:00:00.000Z\"\n  \\},\n  \"inference\": \\{\n"
                   "    \"key\": \"trireme_[0-9a-f]+\",\n    \"expiration time\": \"2026-01-31T01:00:00.000Z\"\n"
                   "  \\},\n  \"API\": \\{\n    \"key\": \"trireme_[0-9a-f]+\"\n  \\}\n\\}\n"));
  EXPECT_NE(KeyOf("management"), KeyOf("inference"));
  EXPECT_NE(KeyOf("API"), KeyOf("inference"));
}

TEST_F(TokenTest, EachKeyOpensWhatIsItsOwn) {
  const Result<Identity> inference = Ask(KeyOf("inference"));
  ASSERT_TRUE(inference.ok()) << inference.status();
  EXPECT_TRUE(inference->Allows(Operation::kInfer, "any"));
  EXPECT_TRUE(inference->Allows(Operation::kMetadata, "any"));
  EXPECT_FALSE(inference->Allows(Operation::kModelControl, "any"));
  EXPECT_FALSE(inference->Allows(Operation::kKeyControl, ""));
  const Result<Identity> management = Ask(KeyOf("management"));
  ASSERT_TRUE(management.ok());
  EXPECT_TRUE(management->Allows(Operation::kModelControl, "any"));
  EXPECT_TRUE(management->Allows(Operation::kMetadata, "any"));
  EXPECT_FALSE(management->Allows(Operation::kInfer, "any"));
  EXPECT_FALSE(management->Allows(Operation::kKeyControl, ""));
  const Result<Identity> api = Ask(KeyOf("API"));
  ASSERT_TRUE(api.ok());
  EXPECT_TRUE(api->Allows(Operation::kKeyControl, ""));
  EXPECT_FALSE(api->Allows(Operation::kMetadata, "any"));
  EXPECT_FALSE(api->Allows(Operation::kInfer, "any"));
}

TEST_F(TokenTest, AKeyOfNobodysIsRefusedInTorchServesWords) {
  for (const std::string key : {"", "wrong", "trireme_", "0"}) {
    EXPECT_EQ(Ask(key).status().code(), StatusCode::kUnauthenticated) << key;
    EXPECT_EQ(Ask(key).status().message(),
              "Token Authorization failed. Token either incorrect, expired, or not provided correctly");
  }
  EXPECT_FALSE(Ask(std::string(1 << 20, 'a')).ok());
}

// Who shows one of another surface is known, and may nothing.
TEST_F(TokenTest, AListenerOfOneSurfaceOpensToItsKeysAlone) {
  Others others;
  TokenAuthoriser inference(*keys_, {.management = false}, &others);
  EXPECT_TRUE(Ask(inference, KeyOf("inference"))->Allows(Operation::kInfer, "any"));
  TokenAuthoriser management(*keys_, {.inference = false}, &others);
  EXPECT_TRUE(Ask(management, KeyOf("management"))->Allows(Operation::kModelControl, "any"));
  EXPECT_TRUE(Ask(management, KeyOf("API"))->Allows(Operation::kKeyControl, ""));
  for (const Result<Identity>& other :
       {Ask(inference, KeyOf("management")), Ask(inference, KeyOf("API")), Ask(management, KeyOf("inference"))}) {
    ASSERT_TRUE(other.ok()) << other.status();
    for (const Operation operation : {Operation::kMetadata, Operation::kInfer, Operation::kMetrics,
                                      Operation::kModelControl, Operation::kServerControl, Operation::kKeyControl}) {
      EXPECT_FALSE(other->Allows(operation, "any")) << static_cast<int>(operation);
    }
    EXPECT_TRUE(other->Allows(Operation::kProbe, ""));
  }
}

TEST_F(TokenTest, KeysExpireButTheOneThatMakesThemAnew) {
  now_ += minutes(60) - std::chrono::milliseconds(1);
  EXPECT_TRUE(Ask(KeyOf("inference")).ok());
  now_ += std::chrono::milliseconds(1);
  EXPECT_FALSE(Ask(KeyOf("inference")).ok());
  EXPECT_FALSE(Ask(KeyOf("management")).ok());
  EXPECT_TRUE(Ask(KeyOf("API")).ok());
}

TEST_F(TokenTest, ANewKeyTakesThePlaceOfTheOldOne) {
  const std::string old = KeyOf("inference");
  const std::string management = KeyOf("management");
  now_ += minutes(90);
  ASSERT_TRUE(keys_->Renew(TokenKind::kInference).ok());
  EXPECT_NE(KeyOf("inference"), old);
  EXPECT_FALSE(Ask(old).ok());
  EXPECT_TRUE(Ask(KeyOf("inference")).ok());
  EXPECT_EQ(KeyOf("management"), management);
  EXPECT_THAT(ContentsOf(file_), HasSubstr("\"expiration time\": \"2026-01-31T02:30:00.000Z\""));
}

TEST_F(TokenTest, WhatCannotBeWrittenChangesNothing) {
  const std::string old = KeyOf("inference");
  std::filesystem::remove_all(dir_.path());
  EXPECT_EQ(keys_->Renew(TokenKind::kInference).code(), StatusCode::kUnavailable);
  EXPECT_TRUE(Ask(old).ok());
  EXPECT_EQ(TokenKeys({.file = dir_ / "none/key_file.json"}).Publish().code(), StatusCode::kUnavailable);
}

TEST_F(TokenTest, TheFileGoesWithItsKeysUnlessItIsAnothersByThen) {
  keys_.reset();
  EXPECT_FALSE(std::filesystem::exists(file_));
  keys_ = Make();
  const std::unique_ptr<TokenKeys> another = Make();
  keys_.reset();
  EXPECT_TRUE(std::filesystem::exists(file_));
}

TEST_F(TokenTest, WhoseServerDoesNotStartTakesNobodysFile) {
  const std::string text = ContentsOf(file_);
  { const TokenKeys another({.file = file_}); }
  EXPECT_EQ(ContentsOf(file_), text);
}

TEST_F(TokenTest, WhatLayThereIsReplacedAndNoLinkIsFollowed) {
  keys_.reset();
  dir_.Write("elsewhere", "another's");
  std::filesystem::create_symlink(dir_ / "elsewhere", file_);
  keys_ = Make();
  EXPECT_EQ(ContentsOf(dir_ / "elsewhere"), "another's");
  EXPECT_FALSE(std::filesystem::is_symlink(file_));
  struct stat state {};
  ASSERT_EQ(stat(file_.c_str(), &state), 0);
  EXPECT_EQ(state.st_mode & 0777, 0600U);
}

TEST_F(TokenTest, OtherKeysAreAskedForElsewhere) {
  Others others;
  TokenAuthoriser authoriser(*keys_, {}, &others);
  EXPECT_EQ(authoriser.Authenticate({.authorization = {}, .api_key = "theirs", .peer = {}})->principal, "they");
  EXPECT_EQ(Ask(authoriser, "wrong").status().message(), "not known to the others");
  EXPECT_EQ(Ask(authoriser, KeyOf("inference"))->principal, "torchserve-inference");
}

}  // namespace
}  // namespace trireme

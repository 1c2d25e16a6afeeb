// SPDX-License-Identifier: Apache-2.0
#include "access/authoriser.h"

#include <gtest/gtest.h>

namespace trireme {
namespace {

constexpr Operation kEveryOperation[] = {Operation::kProbe,        Operation::kMetadata, Operation::kInfer,
                                         Operation::kSharedMemory, Operation::kMetrics,  Operation::kModelControl,
                                         Operation::kServerControl};

class OnlyInferOfA final : public Grant {
 public:
  bool Allows(Operation operation, std::string_view model) const override {
    return operation == Operation::kInfer && (model.empty() || model == "a");
  }
  bool CoversEveryModel() const override { return false; }
};

TEST(AllowAll, LetsEverybodyDoEverything) {
  AllowAll authoriser;
  EXPECT_FALSE(authoriser.asks_for_keys());
  const Result<Identity> identity = authoriser.Authenticate({.authorization = "Bearer root", .peer = "127.0.0.1"});
  ASSERT_TRUE(identity.ok());
  EXPECT_EQ(identity->principal, "");
  EXPECT_EQ(identity->tenant, "");
  for (const Operation operation : kEveryOperation) {
    EXPECT_TRUE(Authorise(*identity, operation, "").ok()) << Name(operation);
    EXPECT_TRUE(Authorise(*identity, operation, "resnet").ok()) << Name(operation);
  }
}

TEST(Authorise, SaysWhoMayNotDoWhat) {
  const Identity identity{.principal = "ann", .tenant = {}, .grant = std::make_shared<OnlyInferOfA>()};
  EXPECT_TRUE(Authorise(identity, Operation::kInfer, "a").ok());
  const Status status = Authorise(identity, Operation::kInfer, "b");
  EXPECT_EQ(status.code(), StatusCode::kPermissionDenied);
  EXPECT_EQ(status.message(), "'ann' may not do this: it needs a key with the role infer or admin, for model 'b'");
}

}  // namespace
}  // namespace trireme

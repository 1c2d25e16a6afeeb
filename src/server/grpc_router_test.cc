// SPDX-License-Identifier: Apache-2.0
#include "server/grpc_router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme {
namespace {

using ::testing::ElementsAre;

class GrpcRouterTest : public testing::Test {
 protected:
  GrpcRouterTest() { router_.Add(methods_); }

  const std::vector<GrpcMethod> methods_ = {{.path = "/b.Two/Run", .operation = Operation::kInfer},
                                            {.path = "/a.One/Check", .operation = Operation::kProbe},
                                            {.path = "/b.Two/Stop", .operation = Operation::kInfer}};
  GrpcRouter router_;
};

TEST_F(GrpcRouterTest, FindsAMethodByItsWholePath) {
  EXPECT_EQ(router_.Find("/b.Two/Run"), methods_.data());
  for (const char* path : {"", "/", "b.Two/Run", "/b.Two/run", "/b.Two/Run/", "/b.Two", "/a.One/Run"}) {
    EXPECT_EQ(router_.Find(path), nullptr) << path;
  }
}

TEST_F(GrpcRouterTest, ListsItsServices) {
  EXPECT_THAT(router_.services(), ElementsAre("a.One", "b.Two"));
}

TEST_F(GrpcRouterTest, SaysWhatThereIsInstead) {
  EXPECT_EQ(router_.NoSuchMethod("/b.Two/Walk").message(),
            "gRPC service 'b.Two' has no method 'Walk': expected one of Run, Stop");
  EXPECT_EQ(router_.NoSuchMethod("/c.Three/Run").message(), "no gRPC service 'c.Three': there are a.One, b.Two");
  EXPECT_EQ(router_.NoSuchMethod("odd").message(), "no gRPC service 'odd': there are a.One, b.Two");
  EXPECT_EQ(router_.NoSuchMethod("/c/d").code(), StatusCode::kUnsupported);
  EXPECT_LT(router_.NoSuchMethod("/" + std::string(100'000, 'x') + "/y").message().size(), 1000U);
}

}  // namespace
}  // namespace trireme

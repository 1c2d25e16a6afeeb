// SPDX-License-Identifier: Apache-2.0
#include "server/router.h"

#include <gtest/gtest.h>

namespace trireme {
namespace {

Dialect MakeDialect() {
  Dialect dialect{.name = "test", .routes = {}, .error = nullptr};
  const auto add = [&](const char* method, const char* pattern) {
    dialect.routes.push_back(
        {.method = method, .pattern = pattern, .operation = Operation::kMetadata, .handle = nullptr});
  };
  add("GET", "/v2");
  add("GET", "/v2/models/{model}");
  add("GET", "/v2/models/{model}/versions/{version}");
  add("POST", "/v2/models/{model}/infer");
  return dialect;
}

class RouterTest : public testing::Test {
 protected:
  RouterTest() { router_.Add(dialect_); }

  std::string PatternOf(std::string_view method, std::string_view path) {
    const RouteMatch match = router_.Find(method, path);
    return match.route == nullptr ? "none" : match.route->pattern;
  }

  const Dialect dialect_ = MakeDialect();
  Router router_;
};

TEST_F(RouterTest, FindsRoutesByTheirSegments) {
  EXPECT_EQ(PatternOf("GET", "/v2"), "/v2");
  EXPECT_EQ(PatternOf("GET", "/v2/models/resnet.50"), "/v2/models/{model}");
  EXPECT_EQ(PatternOf("POST", "/v2/models/m/infer"), "/v2/models/{model}/infer");
}

TEST_F(RouterTest, GivesModelAndVersion) {
  const RouteMatch match = router_.Find("GET", "/v2/models/m/versions/12");
  EXPECT_EQ(match.arguments.model, "m");
  EXPECT_EQ(match.arguments.version, "12");
}

TEST_F(RouterTest, MatchesExactly) {
  for (const char* path :
       {"/", "", "/v2/", "/v3", "/v2/models", "/v2/models/", "/v2/models/m/", "/V2", "/v2/models/m/versions/-1",
        "/v2/models/m/versions/1x", "/v2/models/m/versions/", "/a/b/c/d/e/f/g/h/i/j/k/l/m/n"}) {
    EXPECT_EQ(PatternOf("GET", path), "none") << path;
  }
}

TEST_F(RouterTest, NamesTheMethodsThatAPathHas) {
  EXPECT_EQ(router_.Find("DELETE", "/v2/models/m/infer").allowed_methods, "POST");
  EXPECT_EQ(router_.Find("GET", "/nowhere").allowed_methods, "");
}

// As TorchServe has them.
class LooseRouterTest : public testing::Test {
 protected:
  LooseRouterTest() {
    dialect_.takes_trailing_slash = true;
    const auto add = [&](const char* method, const char* pattern) {
      dialect_.routes.push_back(
          {.method = method, .pattern = pattern, .operation = Operation::kMetadata, .handle = nullptr});
    };
    add("OPTIONS", "/predictions/{model}");
    add("*", "/predictions/{model}");
    add("*", "/predictions/{model}/{any_version}");
    add("*", "/predictions/{model}/{any_version}/{rest}");
    add("POST", "/v1/models/{model}:predict");
    add("POST", "/v1/models/{model}/versions/{any_version}:predict");
    add("GET", "/v1/models/{model}");
    router_.Add(dialect_);
  }

  RouteMatch Find(std::string_view method, std::string_view path) { return router_.Find(method, path); }
  std::string PatternOf(std::string_view method, std::string_view path) {
    const RouteMatch match = Find(method, path);
    return match.route == nullptr ? "none" : match.route->pattern;
  }

  Dialect dialect_{.name = "loose", .routes = {}, .error = nullptr};
  Router router_;
};

TEST_F(LooseRouterTest, TakesAnyMethodWhereTheRouteDoesAndPrefersTheFirst) {
  EXPECT_EQ(Find("OPTIONS", "/predictions/m").route->method, "OPTIONS");
  for (const char* method : {"GET", "POST", "PUT", "PATCH"})
    EXPECT_EQ(Find(method, "/predictions/m").route->method, "*");
}

TEST_F(LooseRouterTest, TakesAnyTextForAVersion) {
  EXPECT_EQ(Find("POST", "/predictions/m/1.0").arguments.version, "1.0");
  EXPECT_EQ(Find("POST", "/predictions/m/-").arguments.version, "-");
}

TEST_F(LooseRouterTest, TakesWhatFollows) {
  EXPECT_EQ(PatternOf("GET", "/predictions/m/1.0/a/b"), "/predictions/{model}/{any_version}/{rest}");
  EXPECT_EQ(Find("GET", "/predictions/m/1.0/a/b").arguments.version, "1.0");
}

TEST_F(LooseRouterTest, TakesASlashAtTheEnd) {
  EXPECT_EQ(PatternOf("GET", "/predictions/m/"), "/predictions/{model}");
  EXPECT_EQ(PatternOf("GET", "/predictions/m/2/"), "/predictions/{model}/{any_version}");
  EXPECT_EQ(PatternOf("GET", "/predictions/"), "none");
  EXPECT_EQ(PatternOf("GET", "/"), "none");
}

TEST_F(LooseRouterTest, FindsWhatStandsBehindAModel) {
  EXPECT_EQ(Find("POST", "/v1/models/m:predict").arguments.model, "m");
  EXPECT_EQ(Find("POST", "/v1/models/a:b:predict").arguments.model, "a:b");
  EXPECT_EQ(PatternOf("POST", "/v1/models/:predict"), "none");
  EXPECT_EQ(Find("GET", "/v1/models/m:predict").arguments.model, "m:predict");
  EXPECT_EQ(Find("POST", "/v1/models/m/versions/3:predict").arguments.model, "m");
  EXPECT_EQ(Find("POST", "/v1/models/m/versions/3:predict").arguments.version, "3");
  EXPECT_EQ(PatternOf("POST", "/v1/models/m/versions/:predict"), "none");
  EXPECT_EQ(PatternOf("POST", "/v1/models/m/versions/3"), "none");
  EXPECT_EQ(PatternOf("POST", "/v1/models/m"), "none");
}

TEST_F(RouterTest, AnswersHeadWhereThereIsGet) {
  EXPECT_EQ(PatternOf("HEAD", "/v2"), "/v2");
  EXPECT_EQ(PatternOf("HEAD", "/v2/models/m/infer"), "none");
}

}  // namespace
}  // namespace trireme

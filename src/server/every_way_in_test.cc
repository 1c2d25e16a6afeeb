// SPDX-License-Identifier: Apache-2.0
// Walks the tables of all protocols, so that a route or a method that is added later cannot be forgotten: none may be
// used without a key, with one that nobody holds, with one of another role, or with one of another model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "access/key_table.h"
#include "codec/proto_wire.h"
#include "net/testing/recorded_answer.h"
#include "net/testing/recorded_grpc_answer.h"
#include "server/front_handler.h"
#include "server/grpc_front_handler.h"
#include "server/testing/all_protocols.h"

namespace trireme {
namespace {

// A key is its holder's name.
std::string KeyOf(const std::string& name, const std::string& rest) {
  return name + " " + rest + " sha256:" + ToHex(Sha256(name)) + "\n";
}

class Keys final : public Authoriser {
 public:
  Result<Identity> Authenticate(const Credentials& credentials) override {
    return KeyTable(*ParseKeyFile(text_, "keys")).Find(credentials, {});
  }
  bool asks_for_keys() const override { return true; }
  void TakeAllAway() { text_.clear(); }

 private:
  std::string text_ = KeyOf("infer", "infer *") + KeyOf("metrics", "metrics -") + KeyOf("admin", "admin *") +
                      KeyOf("infer-mine", "infer mine") + KeyOf("admin-mine", "admin mine");
};

// One that may not do this.
std::string OtherRole(Operation operation) {
  const bool is_for_admins = operation == Operation::kModelControl || operation == Operation::kServerControl;
  return operation == Operation::kMetrics || is_for_admins ? "infer" : "metrics";
}

// Those that may do this with the model "mine", and not with "theirs".
std::vector<std::string> OtherModels(Operation operation) {
  const bool is_for_admins = operation == Operation::kModelControl || operation == Operation::kServerControl;
  if (is_for_admins) return {"admin-mine"};
  return {"infer-mine", "admin-mine"};
}

std::string Filled(std::string pattern, const std::string& model) {
  const auto fill = [&](std::string_view placeholder, std::string_view text) {
    for (size_t at = 0; (at = pattern.find(placeholder)) != std::string::npos;) {
      pattern.replace(at, placeholder.size(), text);
    }
  };
  fill("{model}", model);
  fill("{version}", "3");
  fill("{any_version}", "3");
  fill("{rest}", "r");
  fill("{region}", "r");
  return pattern;
}

bool NamesAModel(const Route& route) {
  return route.pattern.find("{model}") != std::string::npos;
}

class EveryWayInTest : public testing::Test {
 protected:
  EveryWayInTest() {
    for (const Dialect* dialect : all_.protocols().dialects()) router_.Add(*dialect);
    for (const auto* methods : all_.protocols().methods()) grpc_router_.Add(*methods);
  }

  template <typename Try>
  void ForEveryRoute(Try attempt) {
    for (const Dialect* dialect : all_.protocols().dialects()) {
      ASSERT_FALSE(dialect->routes.empty());
      for (const Route& route : dialect->routes) {
        SCOPED_TRACE(route.method + " " + route.pattern);
        attempt(route);
      }
    }
  }
  template <typename Try>
  void ForEveryMethod(Try attempt) {
    for (const auto* methods : all_.protocols().methods()) {
      ASSERT_FALSE(methods->empty());
      for (const GrpcMethod& method : *methods) {
        SCOPED_TRACE(method.path);
        attempt(method);
      }
    }
  }

  static net::HttpRequest Request(std::string_view method, std::string_view path, std::string_view key) {
    net::HttpRequest request;
    request.method = method;
    request.target = request.path = path;
    if (!key.empty()) request.headers.push_back({.name = "X-Api-Key", .value = key});
    return request;
  }
  static net::GrpcHead Head(const GrpcMethod& method, std::string_view key) {
    return {.http = Request("POST", method.path, key)};
  }
  static net::GrpcMessage Naming(std::string& bytes, const GrpcMethod& method, std::string_view model) {
    if (method.model_field != 0) ProtoWriter(bytes).Bytes(method.model_field, model);
    for (const int outer : {method.model_within[1], method.model_within[0]}) {
      if (outer == 0) continue;
      std::string whole;
      ProtoWriter(whole).Bytes(outer, bytes);
      bytes = std::move(whole);
    }
    return {.bytes = std::as_bytes(std::span(bytes)), .storage = nullptr, .received = {}};
  }

  static std::string_view MethodOf(const Route& route) {
    return route.method == "*" ? std::string_view("POST") : std::string_view(route.method);
  }

  // How the head is answered; nothing if the body is wanted.
  std::optional<int> AtTheHead(const Route& route, const std::string& model, std::string_view key) {
    const std::string path = Filled(route.pattern, model);
    const net::BodyPlan plan = handler_.OnHead(Request(MethodOf(route), path, key));
    if (plan.refusal && plan.refusal->status == 401) {
      EXPECT_THAT(plan.refusal->headers, testing::Contains(testing::Pair("WWW-Authenticate", "Bearer")));
    }
    return plan.refusal ? std::optional(plan.refusal->status) : std::nullopt;
  }
  std::optional<net::GrpcCode> AtTheHead(const GrpcMethod& method, std::string_view key) {
    const net::GrpcPlan plan = grpc_handler_.OnHead(Head(method, key));
    return plan.refusal ? std::optional(plan.refusal->code) : std::nullopt;
  }

  // How the rest is answered, where that is a refusal: nothing that is tried here may get further.
  int AtTheBody(const Route& route, const std::string& model, std::string_view key) {
    const std::string path = Filled(route.pattern, model);
    const auto answer = std::make_shared<net::RecordedAnswer>();  // shared with the reply
    handler_.OnRequest(Request(MethodOf(route), path, key), net::HttpReply(answer));
    return answer->ends == 1 ? answer->response.status : 0;
  }
  net::GrpcCode AtTheMessage(const GrpcMethod& method, const std::string& model, std::string_view key) {
    const auto answer = std::make_shared<net::RecordedGrpcAnswer>();  // shared with the reply
    std::string bytes;
    if (method.stream != nullptr) {
      const auto receiver = grpc_handler_.OnStream(Head(method, key), net::GrpcReply(answer));
      if (!answer->status) receiver->OnMessage(Naming(bytes, method, model));
      return answer->status ? answer->status->code : net::GrpcCode::kOk;
    }
    grpc_handler_.OnCall(Head(method, key), Naming(bytes, method, model), net::GrpcReply(answer));
    return answer->status ? answer->status->code : net::GrpcCode::kOk;
  }

  AllProtocols all_;
  Router router_;
  GrpcRouter grpc_router_;
  Keys keys_;
  FrontHandler handler_{router_, keys_, 1000, nullptr};
  GrpcFrontHandler grpc_handler_{grpc_router_, keys_, 1000, nullptr};
};

TEST_F(EveryWayInTest, ARouteThatIsNoProbeNeedsAKey) {
  ForEveryRoute([&](const Route& route) {
    if (route.operation == Operation::kProbe) return;
    for (const char* key : {"", "wrong"}) {
      EXPECT_EQ(AtTheHead(route, "mine", key), 401) << key;
      EXPECT_EQ(AtTheBody(route, "mine", key), 401) << key;
    }
  });
}

TEST_F(EveryWayInTest, ARouteNeedsAKeyOfItsRole) {
  ForEveryRoute([&](const Route& route) {
    if (route.operation == Operation::kProbe) return;
    EXPECT_EQ(AtTheHead(route, "mine", OtherRole(route.operation)), 403);
    EXPECT_EQ(AtTheBody(route, "mine", OtherRole(route.operation)), 403);
  });
}

TEST_F(EveryWayInTest, ARouteThatNamesAModelNeedsAKeyOfThatModel) {
  ForEveryRoute([&](const Route& route) {
    if (!NamesAModel(route)) return;
    for (const std::string& key : OtherModels(route.operation)) {
      EXPECT_EQ(AtTheHead(route, "theirs", key), 403) << key;
      EXPECT_EQ(AtTheBody(route, "theirs", key), 403) << key;
    }
  });
}

// Else the tests above would prove nothing.
TEST_F(EveryWayInTest, ARouteIsOpenToTheRightKey) {
  ForEveryRoute([&](const Route& route) {
    const auto is_open = [&](std::string_view key) {
      const std::optional<int> status = AtTheHead(route, "mine", key);
      return status != 401 && status != 403;
    };
    EXPECT_TRUE(is_open("admin"));
    if (NamesAModel(route)) {
      EXPECT_TRUE(is_open(OtherModels(route.operation).front()));
    }
  });
}

TEST_F(EveryWayInTest, NoRouteThatNamesAModelIsAProbe) {
  ForEveryRoute([&](const Route& route) { EXPECT_FALSE(NamesAModel(route) && route.operation == Operation::kProbe); });
}

TEST_F(EveryWayInTest, AProbeNeedsNoKey) {
  ForEveryRoute([&](const Route& route) {
    if (route.operation != Operation::kProbe) return;
    for (const char* key : {"", "wrong"}) EXPECT_NE(AtTheHead(route, "mine", key), 401);
  });
  ForEveryMethod([&](const GrpcMethod& method) {
    if (method.operation != Operation::kProbe) return;
    EXPECT_EQ(method.model_field, 0);
    for (const char* key : {"", "wrong"}) EXPECT_EQ(AtTheHead(method, key), std::nullopt);
  });
}

TEST_F(EveryWayInTest, AMethodThatIsNoProbeNeedsAKey) {
  ForEveryMethod([&](const GrpcMethod& method) {
    if (method.operation == Operation::kProbe) return;
    for (const char* key : {"", "wrong"}) {
      EXPECT_EQ(AtTheHead(method, key), net::GrpcCode::kUnauthenticated) << key;
      EXPECT_EQ(AtTheMessage(method, "mine", key), net::GrpcCode::kUnauthenticated) << key;
    }
  });
}

TEST_F(EveryWayInTest, AMethodNeedsAKeyOfItsRole) {
  ForEveryMethod([&](const GrpcMethod& method) {
    if (method.operation == Operation::kProbe) return;
    EXPECT_EQ(AtTheHead(method, OtherRole(method.operation)), net::GrpcCode::kPermissionDenied);
    EXPECT_EQ(AtTheMessage(method, "mine", OtherRole(method.operation)), net::GrpcCode::kPermissionDenied);
    EXPECT_EQ(AtTheHead(method, "admin"), std::nullopt);
  });
}

TEST_F(EveryWayInTest, AMessageThatNamesAModelNeedsAKeyOfThatModel) {
  ForEveryMethod([&](const GrpcMethod& method) {
    if (method.model_field == 0) return;
    for (const std::string& key : OtherModels(method.operation)) {
      EXPECT_EQ(AtTheMessage(method, "theirs", key), net::GrpcCode::kPermissionDenied) << key;
    }
  });
}

TEST_F(EveryWayInTest, AKeyThatIsTakenAwayOpensNoMessage) {
  ForEveryMethod([&](const GrpcMethod& method) { EXPECT_EQ(AtTheHead(method, "admin"), std::nullopt); });
  keys_.TakeAllAway();
  ForEveryMethod([&](const GrpcMethod& method) {
    if (method.operation == Operation::kProbe) return;
    EXPECT_EQ(AtTheMessage(method, "mine", "admin"), net::GrpcCode::kUnauthenticated);
  });
}

}  // namespace
}  // namespace trireme

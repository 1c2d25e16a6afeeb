// SPDX-License-Identifier: Apache-2.0
// Walks the tables of all protocols, so that a route or a method that is added later cannot be forgotten: none may be
// used without a key, with one that nobody holds, with one of another role, or with one of another model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "access/key_file.h"
#include "access/key_table.h"
#include "access/token_authoriser.h"
#include "base/testing/temp_dir.h"
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
  const bool is_for_admins = operation == Operation::kModelControl || operation == Operation::kServerControl ||
                             operation == Operation::kKeyControl;
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

// All tables, behind one authoriser. Each protocol has a front of its own: of paths that two have in common, every
// listener has one's alone.
class WaysIn {
 protected:
  explicit WaysIn(Authoriser& authoriser) : grpc_handler_(grpc_router_, authoriser, 1000, nullptr) {
    for (const Dialect* dialect : all_.protocols().dialects()) {
      fronts_.push_back(std::make_unique<Front>(*dialect, authoriser));
    }
    for (const auto* methods : all_.protocols().methods()) grpc_router_.Add(*methods);
  }

  template <typename Try>
  void ForEveryRoute(Try attempt) {
    for (const std::unique_ptr<Front>& front : fronts_) {
      front_ = front.get();
      ASSERT_FALSE(front->dialect.routes.empty());
      for (const Route& route : front->dialect.routes) {
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

  struct Front {
    Front(const Dialect& its_dialect, Authoriser& authoriser)
        : dialect(its_dialect), handler(router, authoriser, 1000, nullptr) {
      router.Add(dialect);
    }

    const Dialect& dialect;
    Router router;
    FrontHandler handler;
  };

  // How the head is answered; nothing if the body is wanted.
  std::optional<int> AtTheHead(const Route& route, const std::string& model, std::string_view key) {
    const std::string path = Filled(route.pattern, model);
    const net::BodyPlan plan = front_->handler.OnHead(Request(MethodOf(route), path, key));
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
    front_->handler.OnRequest(Request(MethodOf(route), path, key), net::HttpReply(answer));
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
  std::vector<std::unique_ptr<Front>> fronts_;
  Front* front_ = nullptr;  // whose routes are tried
  GrpcRouter grpc_router_;
  GrpcFrontHandler grpc_handler_;
};

class WithKeys {
 protected:
  Keys keys_;
};
class EveryWayInTest : public testing::Test, protected WithKeys, protected WaysIn {
 protected:
  EveryWayInTest() : WaysIn(keys_) {}
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

// TorchServe's keys: of three, each opens what is its own, whatever the protocol.
class WithTokens {
 protected:
  WithTokens() { EXPECT_TRUE(tokens_.Publish().ok()); }

  // Of "management", "inference" or "API".
  std::string KeyOf(const std::string& name) const {
    const std::string text = ReadKeyFile(file_)->text;
    const size_t begin = text.find("trireme_", text.find("\"" + name + "\""));
    return text.substr(begin, text.find('"', begin) - begin);
  }

  const TempDir dir_;
  const std::filesystem::path file_ = dir_ / "key_file.json";
  std::chrono::system_clock::time_point now_;
  TokenKeys tokens_{{.file = file_}, [this] { return now_; }};
  TokenAuthoriser authoriser_{tokens_, {}, nullptr};
};

class EveryWayInWithTokensTest : public testing::Test, protected WithTokens, protected WaysIn {
 protected:
  EveryWayInWithTokensTest() : WaysIn(authoriser_) {}

  static bool Opens(const std::string& name, Operation operation) {
    switch (operation) {
      case Operation::kProbe:
        return true;
      case Operation::kMetadata:
        return name != "API";
      case Operation::kInfer:
      case Operation::kSharedMemory:
        return name == "inference";
      case Operation::kMetrics:
      case Operation::kModelControl:
      case Operation::kServerControl:
        return name == "management";
      case Operation::kKeyControl:
        return name == "API";
    }
    return false;
  }

  void ExpectUnknown(const std::string& key) {
    ForEveryRoute([&](const Route& route) {
      if (route.operation == Operation::kProbe) return;
      EXPECT_EQ(AtTheHead(route, "m", key), 401);
      EXPECT_EQ(AtTheBody(route, "m", key), 401);
    });
    ForEveryMethod([&](const GrpcMethod& method) {
      if (method.operation == Operation::kProbe) return;
      EXPECT_EQ(AtTheHead(method, key), net::GrpcCode::kUnauthenticated);
      EXPECT_EQ(AtTheMessage(method, "m", key), net::GrpcCode::kUnauthenticated);
    });
  }
};

TEST_F(EveryWayInWithTokensTest, NothingButProbesIsOpenWithoutOne) {
  ExpectUnknown("");
  ExpectUnknown("wrong");
}

TEST_F(EveryWayInWithTokensTest, EachOpensWhatIsItsOwn) {
  for (const std::string name : {"management", "inference", "API"}) {
    SCOPED_TRACE(name);
    const std::string key = KeyOf(name);
    ForEveryRoute([&](const Route& route) {
      const std::optional<int> status = AtTheHead(route, "m", key);
      if (Opens(name, route.operation)) {
        EXPECT_TRUE(status != 401 && status != 403);
      } else {
        EXPECT_EQ(status, 403);
        EXPECT_EQ(AtTheBody(route, "m", key), 403);
      }
    });
    ForEveryMethod([&](const GrpcMethod& method) {
      if (Opens(name, method.operation)) {
        EXPECT_EQ(AtTheHead(method, key), std::nullopt);
      } else {
        EXPECT_EQ(AtTheHead(method, key), net::GrpcCode::kPermissionDenied);
        EXPECT_EQ(AtTheMessage(method, "m", key), net::GrpcCode::kPermissionDenied);
      }
    });
  }
}

TEST_F(EveryWayInWithTokensTest, NothingIsOpenToOneThatHasExpired) {
  now_ += std::chrono::hours(2);
  ExpectUnknown(KeyOf("management"));
  ExpectUnknown(KeyOf("inference"));
}

}  // namespace
}  // namespace trireme

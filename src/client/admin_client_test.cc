// SPDX-License-Identifier: Apache-2.0
#include "client/admin_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/testing/scripted_server.h"

namespace trireme::client {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kListing = R"({"models":[{"name":"a","version":1,"state":"ready"}],"memory":[]})";

TEST(AdminClientTest, AsksForTheModels) {
  std::string seen;
  ScriptedServer server([&](const std::string& request) {
    seen = request;
    return ScriptedServer::Answer(kListing);
  });
  const Result<admin::Listing> listing = AdminClient(*ParseUrl(server.url())).Models();
  ASSERT_TRUE(listing.ok()) << listing.status();
  EXPECT_EQ(listing->models.at(0).state, "ready");
  EXPECT_THAT(seen, StartsWith("GET /admin/models HTTP/1.1\r\n"));
}

TEST(AdminClientTest, NamesTheModelInTheBody) {
  std::string seen;
  ScriptedServer server([&](const std::string& request) {
    seen = request;
    return ScriptedServer::Answer(kListing);
  });
  const AdminClient client(*ParseUrl(server.url()));
  ASSERT_TRUE(client.Unload("a/../b").ok());
  EXPECT_THAT(seen, AllOf(StartsWith("POST /admin/unload HTTP/1.1\r\n"), EndsWith(R"({"model":"a/../b"})")));
  ASSERT_TRUE(client.SetLabel({.model = "a", .label = "stable", .version = 2}).ok());
  EXPECT_THAT(seen, AllOf(StartsWith("POST /admin/label"), EndsWith(R"("label":"stable","version":2})")));
}

TEST(AdminClientTest, RepeatsWhatTheServerSaysAboutARefusal) {
  ScriptedServer server(
      [](const std::string&) { return ScriptedServer::Answer(R"({"error":"no such model 'x'"})", "404 Not Found"); });
  const Status status = AdminClient(*ParseUrl(server.url())).Load("x").status();
  EXPECT_EQ(status.code(), StatusCode::kNotFound);
  EXPECT_EQ(status.message(), "no such model 'x'");
}

TEST(AdminClientTest, NamesTheSocketAtWhichNobodyListens) {
  const Status status = AdminClient({.socket = "/nowhere/trireme.sock"}).Models().status();
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_THAT(status.message(), StartsWith("unix:/nowhere/trireme.sock: "));
}

TEST(AdminClientTest, SaysThatAnAnswerIsNoList) {
  ScriptedServer server([](const std::string&) { return ScriptedServer::Answer("hello"); });
  EXPECT_THAT(AdminClient(*ParseUrl(server.url())).Models().status().message(), HasSubstr("list of models: "));
}

}  // namespace
}  // namespace trireme::client

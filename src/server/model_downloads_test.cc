// SPDX-License-Identifier: Apache-2.0
#include "server/model_downloads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <future>
#include <iterator>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/testing/temp_dir.h"
#include "client/testing/scripted_server.h"

namespace trireme {
namespace {

using client::ScriptedServer;
using testing::HasSubstr;
using testing::IsEmpty;

std::string ContentsOf(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

class ModelDownloadsTest : public testing::Test {
 protected:
  using Fetched = Result<std::filesystem::path>;

  void Serve(ScriptedServer::Script script) { server_.emplace(std::move(script)); }
  std::string Url(const std::string& name) { return server_->url() + "/" + name; }

  std::future<Fetched> Start(const std::string& url, bool takes_existing = false) {
    const auto fetched = std::make_shared<std::promise<Fetched>>();  // shared with the thread
    downloads_.Start(url, takes_existing, [fetched](Fetched file, bool is_new) {
      EXPECT_TRUE(file.ok() || !is_new);
      fetched->set_value(std::move(file));
    });
    return fetched->get_future();
  }
  Fetched Get(const std::string& name, bool takes_existing = false) { return Start(Url(name), takes_existing).get(); }
  std::vector<std::string> Names() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(store_.path())) {
      names.push_back(entry.path().filename());
    }
    return names;
  }

  const TempDir store_;
  std::optional<ScriptedServer> server_;
  ModelDownloads downloads_{{.folder = store_.path(),
                             .rules = {.allows = [](std::string_view) { return true; },
                                       .networks = {*client::NetworkRange::Parse("127.0.0.1")},
                                       .timeout = std::chrono::seconds(20)},
                             .at_a_time = 1,
                             .max_waiting = 1}};
};

TEST_F(ModelDownloadsTest, PutsWhatIsThereIntoTheFolder) {
  Serve([](const std::string&) { return ScriptedServer::Answer("contents"); });
  const Fetched file = Get("a.mar?version=1");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(*file, store_ / "a.mar");
  EXPECT_EQ(ContentsOf(*file), "contents");
  EXPECT_EQ(Names().size(), 1U) << "and nothing beside it";
}

TEST_F(ModelDownloadsTest, AsksForNothingThatIsThereAlready) {
  Serve([](const std::string&) { return ScriptedServer::Answer("another"); });
  store_.Write("a.mar", "it was here");
  EXPECT_EQ(Get("a.mar").status().code(), StatusCode::kAlreadyExists);
  EXPECT_EQ(Get("a.mar").status().message(), "Model file already exists a.mar");
  const Fetched taken = Get("a.mar", /*takes_existing=*/true);
  ASSERT_TRUE(taken.ok());
  EXPECT_EQ(ContentsOf(*taken), "it was here");
  EXPECT_EQ(server_->connections_accepted(), 0);
}

TEST_F(ModelDownloadsTest, ReplacesNothingThatCameMeanwhile) {
  Serve([&](const std::string&) {
    store_.Write("a.mar", "it came first");
    return ScriptedServer::Answer("another");
  });
  EXPECT_EQ(Get("a.mar").status().code(), StatusCode::kAlreadyExists);
  EXPECT_EQ(ContentsOf(store_ / "a.mar"), "it came first");
  EXPECT_EQ(Names().size(), 1U);
}

TEST_F(ModelDownloadsTest, LeavesNothingOfWhatFails) {
  Serve([](const std::string& request) {
    if (request.starts_with("GET /short")) {
      return std::string("HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nshort");
    }
    return ScriptedServer::Answer("", "404 Not Found");
  });
  EXPECT_EQ(Get("none.mar").status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(Get("none.mar").status().message(), HasSubstr("found 404"));
  EXPECT_EQ(Get("short.mar").status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(ModelDownloadsTest, AFolderThatCannotBeWrittenIsNoFaultOfTheirs) {
  Serve([](const std::string&) { return ScriptedServer::Answer("contents"); });
  std::filesystem::remove_all(store_.path());
  EXPECT_EQ(Get("a.mar").status().code(), StatusCode::kUnavailable);
}

TEST_F(ModelDownloadsTest, FetchesAFileOnceAndRefusesWhatIsTooMuch) {
  std::promise<void> has_asked;
  std::promise<void> may_answer;
  Serve([&](const std::string& request) {
    if (request.starts_with("GET /a.mar")) {
      has_asked.set_value();
      may_answer.get_future().wait();
    }
    return ScriptedServer::Answer("contents");
  });
  std::future<Fetched> first = Start(Url("a.mar"));
  has_asked.get_future().wait();
  EXPECT_EQ(Get("a.mar").status().code(), StatusCode::kAlreadyExists) << "it is under way";
  std::future<Fetched> waiting = Start(Url("b.mar"));
  EXPECT_EQ(Get("c.mar").status().code(), StatusCode::kOverloaded);
  may_answer.set_value();
  EXPECT_TRUE(first.get().ok());
  EXPECT_TRUE(waiting.get().ok());
}

TEST_F(ModelDownloadsTest, WhatIsWantedAtTheStartWaitsAsLongAsItTakes) {
  std::promise<void> has_asked;
  std::promise<void> may_answer;
  Serve([&](const std::string& request) {
    if (request.starts_with("GET /a.mar")) {
      has_asked.set_value();
      may_answer.get_future().wait();
    }
    return request.starts_with("GET /none.mar") ? ScriptedServer::Answer("", "404 Not Found")
                                                : ScriptedServer::Answer("contents");
  });
  std::future<Fetched> first = Start(Url("a.mar"));
  has_asked.get_future().wait();
  std::vector<std::future<Fetched>> others;
  for (const char* name : {"a.mar", "b.mar", "b.mar", "c.mar", "d.mar"}) {
    others.push_back(Start(Url(name), /*takes_existing=*/true));
  }
  std::future<Fetched> none = Start(Url("none.mar"), /*takes_existing=*/true);
  std::future<Fetched> nor_this = Start(Url("none.mar"), /*takes_existing=*/true);
  EXPECT_EQ(Get("e.mar").status().code(), StatusCode::kOverloaded) << "who asks later is refused as ever";
  may_answer.set_value();
  EXPECT_TRUE(first.get().ok());
  for (std::future<Fetched>& other : others) EXPECT_TRUE(other.get().ok());
  EXPECT_EQ(none.get().status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(nor_this.get().status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(server_->connections_accepted(), 5) << "each file once";
}

TEST_F(ModelDownloadsTest, ANameIsFreeAgainWhateverHappens) {
  std::atomic<int> asked = 0;
  bool was_short = false;  // of memory
  Serve([&](const std::string&) {
    if (asked++ == 0) return ScriptedServer::Answer("", "404 Not Found");
    return ScriptedServer::Answer("contents");
  });
  ModelDownloads downloads({.folder = store_.path(),
                            .rules = {.allows =
                                          [&](std::string_view) {
                                            if (asked == 1 && !std::exchange(was_short, true)) throw std::bad_alloc();
                                            return true;
                                          },
                                      .networks = {*client::NetworkRange::Parse("127.0.0.1")}}});
  const auto fetch = [&] {
    auto fetched = std::make_shared<std::promise<Fetched>>();  // dropped: a broken promise
    std::future<Fetched> file = fetched->get_future();
    downloads.Start(Url("a.mar"), false, [fetched](Fetched got, bool) { fetched->set_value(std::move(got)); });
    fetched.reset();
    return file;
  };
  EXPECT_EQ(fetch().get().status().code(), StatusCode::kInvalidArgument);
  EXPECT_THROW((void)fetch().get(), std::future_error) << "no memory";
  EXPECT_TRUE(fetch().get().ok());
}

TEST_F(ModelDownloadsTest, StopsAtOnce) {
  std::promise<void> has_asked;
  Serve([&](const std::string&) {
    has_asked.set_value();
    return "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nslow";
  });
  std::future<Fetched> under_way = Start(Url("a.mar"));
  has_asked.get_future().wait();
  std::future<Fetched> waiting = Start(Url("b.mar"));
  downloads_.Stop();
  EXPECT_EQ(under_way.get().status().code(), StatusCode::kUnavailable);
  EXPECT_EQ(waiting.get().status().code(), StatusCode::kUnavailable);
  EXPECT_EQ(Get("c.mar").status().message(), "the server is shutting down");
  EXPECT_THAT(Names(), IsEmpty());
}

TEST(FileNameOfUrl, IsTheLastPartOfItsPath) {
  EXPECT_EQ(*FileNameOfUrl("http://h/a.mar"), "a.mar");
  EXPECT_EQ(*FileNameOfUrl("https://h:8443/x/y/resnet-18_v1.2.tar.gz?signature=/z&more"), "resnet-18_v1.2.tar.gz");
  for (const char* url : {"http://h", "http://h/", "http://h/x/", "http://h/.hidden", "http://h/..",
                          "http://h/a%2fb.mar", "http://h/a;b.mar", "http://h?a.mar", "http://h/a b", "http://h/#a"}) {
    EXPECT_EQ(FileNameOfUrl(url).status().code(), StatusCode::kInvalidArgument) << url;
  }
  EXPECT_FALSE(FileNameOfUrl("http://h/" + std::string(201, 'a')).ok());
}

}  // namespace
}  // namespace trireme

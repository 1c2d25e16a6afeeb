// SPDX-License-Identifier: Apache-2.0
#include "client/fetch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <map>
#include <new>
#include <string>
#include <thread>

#include "base/check.h"
#include "client/testing/scripted_server.h"

namespace trireme::client {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kLoopback = "127.0.0.0/8";

std::string Redirect(const std::string& location, const std::string& body = "") {
  return ScriptedServer::Answer(body, "302 Found", "Location: " + location + "\r\n");
}

// What a name leads to, without asking anybody.
FetchRules::LookUp Leading(std::map<std::string, std::vector<std::string>> names) {
  return [names = std::move(names)](const std::string& host, uint16_t port) -> Result<std::vector<Endpoint>> {
    const auto found = names.find(host);
    std::vector<Endpoint> endpoints;
    for (const std::string& address : found == names.end() ? std::vector{host} : found->second) {
      ASSIGN_OR_RETURN(const std::vector<Endpoint> looked_up, LookUpHost(address, port));
      endpoints.push_back(looked_up.front());
    }
    return endpoints;
  };
}

class FetchTest : public testing::Test {
 protected:
  FetchTest() {
    rules_.allows = [this](std::string_view url) {
      asked_.emplace_back(url);
      return url.find("forbidden") == std::string_view::npos;
    };
    rules_.networks = {*NetworkRange::Parse(kLoopback)};
    rules_.timeout = milliseconds(20'000);
    rules_.look_up = Leading({{"models.example.org", {"127.0.0.1"}}});
  }

  void Serve(ScriptedServer::Script script) { server_ = std::make_unique<ScriptedServer>(std::move(script)); }
  std::string Url(const std::string& path) { return server_->url() + path; }

  Status Get(const std::string& url) {
    body_.clear();
    asked_.clear();
    return Fetch(
        url, rules_,
        [this](std::string_view piece) {
          body_ += piece;
          return Status();
        },
        stop_);
  }
  Status Get() { return Get(Url("/a.mar")); }

  FetchRules rules_;
  StopSignal stop_;
  std::unique_ptr<ScriptedServer> server_;
  std::string body_;
  std::vector<std::string> asked_;
};

TEST_F(FetchTest, GetsWhatIsThere) {
  std::string large;
  for (int i = 0; large.size() < (4 << 20); ++i) large += std::to_string(i);
  Serve([&](const std::string& request) {
    return ScriptedServer::Answer(request.starts_with("GET /a.mar?v=1 HTTP/1.1\r\n") ? large : "");
  });
  const Status status = Get(Url("/a.mar?v=1"));
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_TRUE(body_ == large);
  EXPECT_THAT(asked_, ElementsAre(Url("/a.mar?v=1")));
}

TEST_F(FetchTest, FollowsRedirectsThatAreAllowed) {
  Serve([&](const std::string& request) {
    const auto asks = [&](const std::string& path) { return request.starts_with("GET " + path + " "); };
    if (asks("/a/b")) return Redirect("c/d?x#part", "go on");
    if (asks("/a/c/d?x")) return Redirect("/e");
    if (asks("/e")) return Redirect("?y");
    if (asks("/e?y")) return Redirect("//127.0.0.1:" + std::to_string(server_->port()) + "/f");
    return asks("/f") ? ScriptedServer::Answer("here") : ScriptedServer::Answer("", "404 Not Found");
  });
  const Status status = Get(Url("/a/b"));
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(body_, "here");
  EXPECT_THAT(asked_, ElementsAre(Url("/a/b"), Url("/a/c/d?x"), Url("/e"), Url("/e?y"), Url("/f")));
}

TEST_F(FetchTest, FollowsNoRedirectElsewhere) {
  std::string location;
  Serve([&](const std::string&) { return Redirect(location); });
  for (const auto& [where, why] :
       std::map<std::string, std::string>{{"/forbidden", "a redirect to a URL that is not allowed"},
                                          {"file:///etc/passwd", "expected http:// or https://"},
                                          {"gopher://h/", "expected http:// or https://"},
                                          {"http://user@127.0.0.1/", "expected no user name or password"},
                                          {"http:///a", "expected a host"},
                                          {"/a", "expected at most 5 redirects, found more"}}) {
    location = where;
    const Status status = Get();
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << where;
    EXPECT_THAT(status.message(), HasSubstr(why)) << where;
    EXPECT_EQ(body_, "");
  }
}

TEST_F(FetchTest, FollowsNoRedirectToAnAddressThatIsNotPublic) {
  std::string location;
  Serve([&](const std::string& request) {
    return request.starts_with("GET /a.mar ") ? Redirect(location) : ScriptedServer::Answer("a secret");
  });
  const std::string port = std::to_string(server_->port());
  rules_.networks = {*NetworkRange::Parse("127.0.0.1")};
  for (const std::string host :
       {"127.0.0.2", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706434", "0x7f000002"}) {
    location = "http://" + host + ":" + port + "/secret";
    const Status status = Get();
    EXPECT_FALSE(status.ok()) << host;
    EXPECT_EQ(body_, "") << host;
  }
}

TEST_F(FetchTest, ConnectsToNoAddressThatIsNotPublicWhateverItIsCalled) {
  Serve([](const std::string&) { return ScriptedServer::Answer("a secret"); });
  rules_.networks.clear();
  rules_.look_up = Leading({{"models.example.org", {"127.0.0.1"}},
                            {"metadata.example.org", {"169.254.169.254", "fd00:ec2::254"}},
                            {"mapped.example.org", {"::ffff:127.0.0.1"}}});
  const std::string port = ":" + std::to_string(server_->port()) + "/a.mar";
  for (const char* host : {"models.example.org", "metadata.example.org", "mapped.example.org", "127.0.0.1"}) {
    const Status status = Get("http://" + std::string(host) + port);
    EXPECT_EQ(status.message(), "expected a host with a public address, found one without") << host;
  }
  EXPECT_EQ(server_->connections_accepted(), 0);
}

TEST_F(FetchTest, ConnectsToTheAddressesOfAHostThatItMay) {
  Serve([](const std::string&) { return ScriptedServer::Answer("here"); });
  std::atomic<int> looked_up = 0;
  rules_.look_up = [&, names = Leading({{"h", {"10.0.0.1", "127.0.0.1"}}})](const std::string& host, uint16_t port) {
    ++looked_up;
    return names(host, port);
  };
  const Status status = Get("http://h:" + std::to_string(server_->port()) + "/a.mar");
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(body_, "here");
  EXPECT_EQ(looked_up, 1) << "what was checked is what is connected to";
}

TEST_F(FetchTest, OneAddressThatDoesNotAnswerIsNotTheLast) {
  Serve([](const std::string&) { return ScriptedServer::Answer("here"); });
  rules_.look_up = Leading({{"h", {"127.0.0.3", "127.0.0.1"}}});  // where nobody listens
  const Status status = Get("http://h:" + std::to_string(server_->port()) + "/a.mar");
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(FetchTest, SaysWhatTheAnswerIs) {
  std::string answer;
  Serve([&](const std::string&) { return answer; });
  answer = ScriptedServer::Answer("no such file", "404 Not Found");
  EXPECT_EQ(Get().message(), "expected an answer with status 200, found 404");
  answer = ScriptedServer::Answer("", "302 Found");
  EXPECT_EQ(Get().message(), "expected an answer with status 200, found 302");
  answer = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nshort";
  EXPECT_EQ(Get().code(), StatusCode::kUnavailable) << "it is shorter than it said";
  answer = "this is no HTTP\r\n\r\n";
  EXPECT_EQ(Get().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(body_, "");
}

TEST_F(FetchTest, TakesNoMoreThanItIsTold) {
  rules_.max_bytes = 1000;
  Serve([](const std::string& request) {
    const std::string body(1001, 'x');
    if (request.starts_with("GET /said")) return ScriptedServer::Answer(body);
    return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3e9\r\n" + body + "\r\n0\r\n\r\n";
  });
  EXPECT_EQ(Get(Url("/said")).code(), StatusCode::kTooLarge);
  EXPECT_EQ(body_, "");
  EXPECT_EQ(Get(Url("/chunked")).code(), StatusCode::kTooLarge);
  EXPECT_LE(body_.size(), 1000U);
}

TEST_F(FetchTest, ALongTaleInPlaceOfAnAnswerEndsIt) {
  Serve([](const std::string&) { return Redirect("/b", std::string(1 << 20, 'x')); });
  EXPECT_THAT(Get().message(), HasSubstr("says too much"));
}

TEST_F(FetchTest, WaitsForNoneThatIsSlow) {
  // A head that promises more than comes, on a connection that stays open.
  Serve([](const std::string&) { return "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nslow"; });
  rules_.stall_timeout = milliseconds(10);
  EXPECT_EQ(Get().code(), StatusCode::kDeadlineExceeded);
  rules_.stall_timeout = milliseconds(20'000);
  rules_.timeout = milliseconds(10);
  EXPECT_EQ(Get().code(), StatusCode::kDeadlineExceeded);
}

// Listens, takes one connection, and sends a body byte by byte for as long as somebody takes it.
class DrippingServer {
 public:
  DrippingServer() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t bytes = sizeof address;
    CHECK(bind(fd_, reinterpret_cast<const sockaddr*>(&address), bytes) == 0 && listen(fd_, 1) == 0);
    CHECK(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &bytes) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Drip(); });
  }
  ~DrippingServer() {
    thread_.join();
    close(fd_);
  }
  DrippingServer(const DrippingServer&) = delete;
  DrippingServer& operator=(const DrippingServer&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/a.mar"; }

 private:
  void Drip() const {
    const int client = accept(fd_, nullptr, nullptr);
    std::string bytes = "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n";
    while (send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0) {
      bytes = "x";
      std::this_thread::yield();
    }
    close(client);
  }

  const int fd_;
  uint16_t port_ = 0;
  std::thread thread_;
};

TEST_F(FetchTest, WaitsForNoneThatDrips) {
  const DrippingServer server;
  rules_.timeout = std::chrono::hours(1);
  rules_.stall_timeout = milliseconds(300);  // and for so long it may be slow
  rules_.min_bytes_per_second = uint64_t{1} << 40;
  EXPECT_EQ(Get(server.url()).code(), StatusCode::kDeadlineExceeded);
  EXPECT_NE(body_, "") << "it has never stalled";
}

TEST_F(FetchTest, WaitsForNoNameThatIsSlow) {
  const auto asked = std::make_shared<std::promise<void>>();
  const std::shared_future<void> answer(asked->get_future());
  rules_.look_up = [answer](const std::string&, uint16_t) -> Result<std::vector<Endpoint>> {
    answer.wait();
    return Unavailable("no such host");
  };
  rules_.timeout = milliseconds(10);
  EXPECT_EQ(Get("http://slow.example.org/a.mar").code(), StatusCode::kDeadlineExceeded);
  asked->set_value();
}

TEST_F(FetchTest, ALookUpWithoutMemoryEndsAlone) {
  rules_.look_up = [](const std::string&, uint16_t) -> Result<std::vector<Endpoint>> { throw std::bad_alloc(); };
  EXPECT_EQ(Get("http://h/a.mar").code(), StatusCode::kOutOfMemory);
}

TEST_F(FetchTest, EndsWhenItIsStopped) {
  std::promise<void> has_asked;
  Serve([&](const std::string&) {
    has_asked.set_value();
    return "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nslow";
  });
  std::thread stopper([&] {
    has_asked.get_future().wait();
    stop_.Stop();
  });
  EXPECT_EQ(Get().code(), StatusCode::kCancelled);
  stopper.join();
  EXPECT_EQ(Get().code(), StatusCode::kCancelled) << "and nothing begins any more";
}

TEST_F(FetchTest, EndsWithWhatTheOneWhoTakesItSays) {
  Serve([](const std::string&) { return ScriptedServer::Answer("here"); });
  const Status status = Fetch(
      Url("/a.mar"), rules_, [](std::string_view) { return Unavailable("the disk is full"); }, stop_);
  EXPECT_EQ(status.message(), "the disk is full");
}

TEST_F(FetchTest, BelievesNoServerWithoutACertificate) {
  Serve([](const std::string&) { return ScriptedServer::Answer("here"); });
  rules_.timeout = milliseconds(200);  // half a request, as far as that server can tell
  EXPECT_FALSE(Get("https://127.0.0.1:" + std::to_string(server_->port()) + "/a.mar").ok());
  EXPECT_EQ(body_, "");
}

}  // namespace
}  // namespace trireme::client

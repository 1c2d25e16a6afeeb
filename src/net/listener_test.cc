// SPDX-License-Identifier: Apache-2.0
#include "net/listener.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "net/file_descriptor.h"
#include "net/testing/tls_server_files.h"
#include "net/tls_handles.h"

namespace trireme::net {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr char kGet[] = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr char kLastGet[] = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

TimePoint InAMinute() {
  return Clock::System().Now() + std::chrono::minutes(1);
}

// Answers at once, or keeps the replies until it is told. Thread-safe.
class TestHandler final : public HttpHandler {
 public:
  BodyPlan OnHead(const HttpRequest&) override { return {.refusal = std::nullopt, .max_bytes = 1000, .align_at = 0}; }

  void OnRequest(HttpRequest request, HttpReply reply) override {
    if (request.path == "/peer") return reply.Send({.body = std::string(request.peer)});
    if (request.path == "/greedy") throw std::bad_alloc();
    if (request.path != "/held") return reply.Send({.status = 200, .headers = {}, .body = "hello"});
    const MutexLock lock(mutex_);
    requests_.push_back(std::move(request));
    replies_.push_back(std::move(reply));
    arrived_.NotifyAll();
  }

  HttpReply WaitForReply(Cancellation& cancellation) {
    const MutexLock lock(mutex_);
    while (replies_.empty()) arrived_.Wait(mutex_);
    HttpReply reply = std::move(replies_.back());
    replies_.pop_back();
    cancellation = requests_.back().cancellation;
    return reply;
  }

 private:
  Mutex mutex_;
  CondVar arrived_;
  std::vector<HttpRequest> requests_ GUARDED_BY(mutex_);
  std::vector<HttpReply> replies_ GUARDED_BY(mutex_);
};

// A client that blocks.
class Client {
 public:
  explicit Client(const std::filesystem::path& unix_socket) : socket_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    unix_socket.native().copy(address.sun_path, sizeof(address.sun_path) - 1);
    connected_ = connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  explicit Client(uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }

  bool connected() const { return connected_; }

  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }

  std::string ReceiveSome() {
    std::array<char, 4096> buffer;
    const ssize_t got = recv(socket_.get(), buffer.data(), buffer.size(), 0);
    was_reset_ = got < 0;
    return {buffer.data(), got > 0 ? static_cast<size_t>(got) : 0};
  }

  std::string ReceiveAll() {
    std::string all;
    for (std::string some = ReceiveSome(); !some.empty(); some = ReceiveSome()) all += some;
    return all;
  }

  // Ends with a reset.
  void Reset() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    socket_.Close();
  }

  bool was_reset() const { return was_reset_; }
  int fd() const { return socket_.get(); }

 private:
  FileDescriptor socket_;
  bool connected_ = false;
  bool was_reset_ = false;
};

class NetworkTest : public testing::Test {
 protected:
  uint16_t Start(NetOptions options = {}) {
    network_ = std::make_unique<Network>(std::move(options), pool_, log_);
    const Result<uint16_t> port = network_->Listen({.host = "127.0.0.1", .port = 0}, handler_);
    EXPECT_TRUE(port.ok()) << port.status();
    return *port;
  }

  uint16_t StartTls(NetOptions options = {}) {
    network_ = std::make_unique<Network>(std::move(options), pool_, log_);
    const Reception reception{.http = &handler_, .tls = certificates_.get()};
    const Result<uint16_t> port = network_->Listen({.host = "127.0.0.1", .port = 0}, reception);
    EXPECT_TRUE(port.ok()) << port.status();
    return *port;
  }

  const TlsServerFiles files_;
  const std::unique_ptr<TlsCertificates> certificates_ = files_.Load(files_.options());
  MemoryPool pool_;
  Logger log_{2, Logger::Form::kText, LogLevel::kError};
  TestHandler handler_;
  std::unique_ptr<Network> network_;
};

TEST_F(NetworkTest, ServesOverTcp) {
  Client client(Start());
  ASSERT_TRUE(client.Send(kLastGet));
  EXPECT_THAT(client.ReceiveAll(), EndsWith("hello"));
}

TEST_F(NetworkTest, ServesManyConnectionsOnSeveralLoops) {
  const uint16_t port = Start({.loops = 3});
  constexpr int kClients = 8;
  constexpr int kRequests = 200;
  std::atomic<int> answered = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([port, &answered] {
      Client client(port);
      for (int j = 0; j < kRequests; ++j) {
        client.Send(kGet);
        std::string answer;
        while (answer.find("hello") == std::string::npos) answer += client.ReceiveSome();
        ++answered;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(answered, kClients * kRequests);
  EXPECT_EQ(network_->counters().requests, static_cast<uint64_t>(kClients * kRequests));
  EXPECT_EQ(network_->counters().connections_accepted, static_cast<uint64_t>(kClients));
}

TEST_F(NetworkTest, SaysWhereItCannotListenAndWhy) {
  const uint16_t port = Start();
  const Result<uint16_t> again = network_->Listen({.host = "127.0.0.1", .port = port}, handler_);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.status().message(),
            "cannot listen on 127.0.0.1:" + std::to_string(port) + ": Address already in use");
  const Result<uint16_t> nowhere = network_->Listen({.host = "no such host", .port = 0}, handler_);
  ASSERT_FALSE(nowhere.ok());
  EXPECT_THAT(nowhere.status().message(), StartsWith("cannot listen on no such host:0: "));
}

TEST_F(NetworkTest, ListensOnSeveralAddresses) {
  const uint16_t first = Start();
  const Result<uint16_t> second = network_->Listen({.host = "localhost", .port = 0}, handler_);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_NE(first, *second);
  Client client(first);
  ASSERT_TRUE(client.Send(kLastGet));
  EXPECT_THAT(client.ReceiveAll(), EndsWith("hello"));
}

TEST_F(NetworkTest, CancelsARequestWhoseClientResets) {
  Client client(Start());
  ASSERT_TRUE(client.Send("GET /held HTTP/1.1\r\nHost: h\r\n\r\n"));
  Cancellation cancellation;
  HttpReply reply = handler_.WaitForReply(cancellation);
  client.Reset();
  while (!cancellation.cancelled()) std::this_thread::yield();
  { const HttpReply dropped = std::move(reply); }  // goes nowhere
  EXPECT_TRUE(network_->Stop(InAMinute()));
}

TEST_F(NetworkTest, RefusesOneConnectionMoreThanItMayHave) {
  NetOptions options;
  options.limits.max_connections = 1;
  const uint16_t port = Start(options);
  Client first(port);
  ASSERT_TRUE(first.Send(kGet));
  EXPECT_THAT(first.ReceiveSome(), HasSubstr("200 OK"));
  Client second(port);
  ASSERT_TRUE(second.Send(kGet));
  const std::string refused = second.ReceiveAll();
  EXPECT_FALSE(second.was_reset());
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(refused, HasSubstr("max_connections"));
  EXPECT_EQ(network_->counters().connections_refused, 1u);
}

TEST_F(NetworkTest, AConnectionForWhichThereIsNoMemoryGoesAlone) {
  const uint16_t port = Start({.loops = 1});
  Client other(port);
  ASSERT_TRUE(other.Send(kGet));
  EXPECT_THAT(other.ReceiveSome(), HasSubstr("200 OK"));
  Client greedy(port);
  ASSERT_TRUE(greedy.Send("GET /greedy HTTP/1.1\r\nHost: h\r\n\r\n"));
  (void)greedy.ReceiveAll();
  ASSERT_TRUE(other.Send(kGet));
  EXPECT_THAT(other.ReceiveSome(), HasSubstr("200 OK"));
}

TEST_F(NetworkTest, AListenerMayHaveConnectionsThatNobodyElseTakes) {
  NetOptions options;
  options.limits.max_connections = 1;
  const uint16_t port = Start(options);
  const Result<uint16_t> own = network_->Listen({.host = "127.0.0.1"}, {.http = &handler_, .own_connections = 2});
  ASSERT_TRUE(own.ok()) << own.status();
  Client first(port);
  ASSERT_TRUE(first.Send(kGet));
  EXPECT_THAT(first.ReceiveSome(), HasSubstr("200 OK"));
  std::vector<std::unique_ptr<Client>> owners;
  for (int i = 0; i < 2; ++i) {
    owners.push_back(std::make_unique<Client>(*own));
    ASSERT_TRUE(owners.back()->Send(kGet));
    EXPECT_THAT(owners.back()->ReceiveSome(), HasSubstr("200 OK"));
  }
  EXPECT_THAT(Client(*own).ReceiveAll(), HasSubstr("at most 2 of this listener's own"));
  EXPECT_THAT(Client(port).ReceiveAll(), HasSubstr("at most 1 (max_connections)"));
  EXPECT_TRUE(network_->Stop(InAMinute()));
}

TEST_F(NetworkTest, LetsAClientSendMuchMoreThanItMayAndStillReadTheRefusal) {
  Client client(Start());
  ASSERT_TRUE(client.Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4000000000\r\n\r\n"));
  const std::string megabyte(1 << 20, 'x');
  for (int i = 0; i < 64; ++i) ASSERT_TRUE(client.Send(megabyte));
  EXPECT_THAT(client.ReceiveAll(), StartsWith("HTTP/1.1 413"));
  EXPECT_FALSE(client.was_reset());
  EXPECT_LE(pool_.idle_bytes(), size_t{1} << 20);
}

TEST_F(NetworkTest, StopAnswersWhatIsOwedAndClosesTheRest) {
  const uint16_t port = Start({.loops = 1});
  Client idle(port);
  ASSERT_TRUE(idle.Send(kGet));
  EXPECT_THAT(idle.ReceiveSome(), HasSubstr("200 OK"));
  Client owed(port);
  ASSERT_TRUE(owed.Send("GET /held HTTP/1.1\r\nHost: h\r\n\r\n"));
  Cancellation cancellation;
  HttpReply reply = handler_.WaitForReply(cancellation);
  std::thread stopper([this] { EXPECT_TRUE(network_->Stop(InAMinute())); });
  EXPECT_EQ(idle.ReceiveAll(), "");
  { const HttpReply dropped = std::move(reply); }
  const std::string answer = owed.ReceiveAll();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 500"));
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
  owed.Reset();
  stopper.join();
  EXPECT_FALSE(Client(port).connected());
  EXPECT_EQ(network_->counters().connections_open, 0);
}

TEST_F(NetworkTest, StopCutsOffWhatIsLeftWhenTimeIsUp) {
  Client client(Start());
  ASSERT_TRUE(client.Send("GET /held HTTP/1.1\r\nHost: h\r\n\r\n"));
  Cancellation cancellation;
  HttpReply reply = handler_.WaitForReply(cancellation);
  EXPECT_FALSE(network_->Stop(Clock::System().Now()));
  EXPECT_TRUE(cancellation.cancelled());
  EXPECT_EQ(client.ReceiveAll(), "");
  network_.reset();
  reply = {};  // after the end of its loop
}

TEST_F(NetworkTest, ServesOverAUnixSocketAndRemovesItWhenItStops) {
  Start();
  const std::filesystem::path path = files_.folder() / "socket";
  const Result<uint16_t> port = network_->Listen({.unix_socket = path}, handler_);
  ASSERT_TRUE(port.ok()) << port.status();
  EXPECT_EQ(*port, 0);
  Client client(path);
  ASSERT_TRUE(client.Send("GET /peer HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
  EXPECT_THAT(client.ReceiveAll(), EndsWith("\r\n\r\nunix"));
  const Result<uint16_t> again = network_->Listen({.unix_socket = path}, handler_);
  ASSERT_FALSE(again.ok());
  EXPECT_THAT(again.status().message(), EndsWith("another server listens there"));
  EXPECT_TRUE(network_->Stop(InAMinute()));
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(NetworkTest, TurnsOtherUsersAwayFromASocketThatIsItsOwnersOnly) {
  Start();
  const std::filesystem::path path = files_.folder() / "socket";
  ASSERT_TRUE(network_->Listen({.unix_socket = path, .unix_mode = 0666, .unix_owner_only = true}, handler_).ok());
  const std::string request = "GET /peer HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  Client owner(path);
  ASSERT_TRUE(owner.Send(request));
  EXPECT_THAT(owner.ReceiveAll(), EndsWith("\r\n\r\nunix"));
  if (geteuid() != 0) GTEST_SKIP() << "only root can be somebody else";
  std::filesystem::permissions(path.parent_path(), std::filesystem::perms(0755));
  // Of this thread alone, unlike setresuid(3).
  std::thread([&] {
    constexpr int kSomebodyElse = 65534;
    ASSERT_EQ(syscall(SYS_setresuid, -1, kSomebodyElse, -1), 0);
    Client stranger(path);
    EXPECT_TRUE(stranger.connected());
    stranger.Send(request);
    EXPECT_EQ(stranger.ReceiveAll(), "");
  }).join();
}

// A client that blocks, and speaks TLS.
class TlsClient {
 public:
  explicit TlsClient(uint16_t port)
      : socket_(port), context_(SSL_CTX_new(TLS_client_method())), session_(SSL_new(context_.get())) {
    SSL_set_fd(session_.get(), socket_.fd());
    connected_ = SSL_connect(session_.get()) == 1;
  }
  bool connected() const { return connected_; }

  std::string Ask(const std::string& request) {
    SSL_write(session_.get(), request.data(), static_cast<int>(request.size()));
    std::array<char, 4096> buffer;
    const int got = SSL_read(session_.get(), buffer.data(), static_cast<int>(buffer.size()));
    return {buffer.data(), got > 0 ? static_cast<size_t>(got) : 0};
  }

 private:
  Client socket_;
  SslContext context_;
  SslSession session_;
  bool connected_ = false;
};

TEST_F(NetworkTest, ServesOverTlsOnSeveralLoopsWhileCertificatesChange) {
  const uint16_t port = StartTls({.loops = 2});
  std::atomic<int> answered = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([port, &answered] {
      for (int j = 0; j < 10; ++j) {
        TlsClient client(port);
        if (client.connected() && client.Ask(kGet).ends_with("hello")) ++answered;
      }
    });
  }
  for (int i = 0; i < 5; ++i) {
    files_.Write(files_.authority().Issue({}));
    certificates_->Refresh();
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(answered, 40);
  EXPECT_EQ(network_->counters().tls_handshakes, 40u);
  EXPECT_EQ(network_->counters().tls_handshakes_failed, 0u);
}

TEST_F(NetworkTest, ClosesOneTlsConnectionMoreThanItMayHave) {
  NetOptions options;
  options.limits.max_connections = 1;
  const uint16_t port = StartTls(options);
  const Client half_open(port);
  while (network_->counters().connections_open == 0) std::this_thread::yield();
  EXPECT_EQ(Client(port).ReceiveAll(), "") << "a handshake that has not begun counts as well";
  EXPECT_EQ(network_->counters().connections_refused, 1u);
  EXPECT_EQ(network_->counters().tls_handshakes_failed, 0u);
}

TEST_F(NetworkTest, StopEndsConnectionsThatAreOpening) {
  const uint16_t port = StartTls();
  Client silent(port);
  Client begun(port);
  ASSERT_TRUE(begun.Send("\x16\x03\x01"));
  while (network_->counters().connections_open < 2) std::this_thread::yield();
  EXPECT_TRUE(network_->Stop(InAMinute()));
  EXPECT_EQ(silent.ReceiveAll(), "");
  EXPECT_EQ(begun.ReceiveAll(), "");
  EXPECT_EQ(network_->counters().connections_open, 0);
}

}  // namespace
}  // namespace trireme::net

// SPDX-License-Identifier: Apache-2.0
#include "net/opening_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <memory>
#include <string>

#include "net/testing/hand_turned_loop.h"
#include "net/testing/scripted_handler.h"
#include "net/testing/tls_server_files.h"
#include "net/testing/tls_test_client.h"

namespace trireme::net {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr char kGet[] = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr char kPost[] = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi";

class OpeningConnectionTest : public testing::Test {
 protected:
  HandTurnedLoop& Plain() { return Make(Reception{.http = &handler_}); }
  HandTurnedLoop& Tls() { return Tls(files_.options()); }
  HandTurnedLoop& Tls(const TlsOptions& options) {
    if (certificates_ == nullptr) certificates_ = files_.Load(options);
    return Make(Reception{.http = &handler_, .tls = certificates_.get()});
  }

  // Why a handshake fails on the client's end; "" if it does not. TLS 1.3 tells a client after its own end is through.
  std::string Fails(TlsTestClientOptions options) {
    TlsTestClient client(loop_->Connect(), std::move(options));
    if (client.ShakeHands()) client.Receive();
    return client.error();
  }

  const NetCounters& counters() const { return loop_->counters(); }

  ScriptedHandler handler_;
  const TlsServerFiles files_;
  std::unique_ptr<TlsCertificates> certificates_;
  std::unique_ptr<HandTurnedLoop> loop_;

 private:
  HandTurnedLoop& Make(const Reception& reception) {
    if (loop_ == nullptr) loop_ = std::make_unique<HandTurnedLoop>(reception);
    return *loop_;
  }
};

TEST_F(OpeningConnectionTest, SpeaksHttp1AsSoonAsItIsNoPreface) {
  TestClient client = Plain().Connect();
  EXPECT_THAT(client.Ask("PRX / HTTP/1.1\r\nHost: h\r\n\r\n"), StartsWith("HTTP/1.1 200"));
}

TEST_F(OpeningConnectionTest, WaitsWhileItMayBeAPreface) {
  TestClient client = Plain().Connect();
  EXPECT_EQ(client.Ask("P"), "");
  EXPECT_THAT(client.Ask(std::string(kPost).substr(1)), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(counters().bytes_in, sizeof(kPost) - 1);
}

TEST_F(OpeningConnectionTest, SpeaksHttp2AfterThePreface) {
  TestClient client = Plain().Connect();
  for (const char c : kHttp2Preface.substr(0, 23)) EXPECT_EQ(client.Ask(std::string(1, c)), "");
  EXPECT_THAT(client.Ask(std::string(kHttp2Preface.substr(23))), Not(StartsWith("HTTP/1.1")));
  EXPECT_EQ(counters().bad_requests, 0u);
}

TEST_F(OpeningConnectionTest, TakesHalfAPrefaceForABadRequest) {
  TestClient client = Plain().Connect();
  client.Send("PRI * HTTP/2.0\r\n");
  client.FinishSending();
  EXPECT_THAT(client.Receive(), StartsWith("HTTP/1.1 "));
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(OpeningConnectionTest, AnswersAClientThatSentAllAndFinishedAtOnce) {
  TestClient client = Plain().Connect();
  ASSERT_GT(send(client.fd(), kGet, sizeof(kGet) - 1, 0), 0);
  client.FinishSending();
  EXPECT_THAT(client.Receive(), StartsWith("HTTP/1.1 200"));
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(OpeningConnectionTest, EndsWithAClientThatSaysNothing) {
  TestClient gone = Plain().Connect();
  TestClient silent = Plain().Connect();
  EXPECT_EQ(counters().connections_open, 2);
  gone.HangUp();
  Plain().Turn();
  EXPECT_EQ(counters().connections_open, 1);
  Plain().Advance(seconds(74));
  EXPECT_EQ(counters().connections_open, 1);
  Plain().Advance(seconds(2));
  EXPECT_EQ(counters().connections_open, 0);
  EXPECT_EQ(Plain().network().open.inside(), 0);
}

TEST_F(OpeningConnectionTest, GivesAPrefaceNoLongerThanAHead) {
  TestClient client = Plain().Connect();
  Plain().Advance(seconds(30));
  client.Send("PRI");
  Plain().Advance(seconds(9));
  client.Send(" ");
  EXPECT_EQ(Plain().loop().connections(), 1u);
  Plain().Advance(seconds(2));
  EXPECT_EQ(Plain().loop().connections(), 0u);
}

TEST_F(OpeningConnectionTest, DrainingClosesWhatHasNotSaidWhatItSpeaks) {
  TestClient half = Plain().Connect();
  half.Send("PRI");
  TestClient silent = Plain().Connect();
  Plain().loop().Drain();
  Plain().Turn();
  EXPECT_EQ(Plain().loop().connections(), 0u);
}

TEST_F(OpeningConnectionTest, RefusesTlsInTheClear) {
  TestClient raw = Plain().Connect();
  TlsTestClient client(std::move(raw));
  EXPECT_FALSE(client.ShakeHands());
  EXPECT_EQ(client.error(), "wrong version number") << "what OpenSSL makes of an answer in the clear";
  EXPECT_EQ(counters().bad_requests, 1u);
}

TEST_F(OpeningConnectionTest, TellsAClientInTheClearThatThePortSpeaksTls) {
  TestClient client = Tls().Connect();
  const std::string answer = client.Ask(kGet);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(answer, HasSubstr("expected TLS on this port"));
  EXPECT_TRUE(client.closed_by_server());
  EXPECT_THAT(handler_.heads, IsEmpty());
}

TEST_F(OpeningConnectionTest, SpeaksWhatAlpnAgreesOn) {
  struct Case {
    std::vector<std::string> offered;
    std::string agreed;
  };
  for (const Case& each : {Case{{"h2", "http/1.1"}, "h2"}, Case{{"http/1.1", "h2"}, "h2"},
                           Case{{"http/1.0", "http/1.1"}, "http/1.1"}, Case{{}, ""}}) {
    TlsTestClient client(Tls().Connect(), {.protocols = each.offered});
    EXPECT_TRUE(client.ShakeHands()) << client.error();
    EXPECT_EQ(client.protocol(), each.agreed);
  }
  EXPECT_EQ(counters().tls_handshakes, 4u);
}

TEST_F(OpeningConnectionTest, RefusesAClientThatOffersOnlyOtherProtocols) {
  Tls();
  EXPECT_EQ(Fails({.protocols = {"spdy/3"}}), "tlsv1 alert no application protocol");
  EXPECT_EQ(counters().tls_handshakes_failed, 1u);
  EXPECT_EQ(counters().connections_open, 0);
}

TEST_F(OpeningConnectionTest, LooksAtTheFirstBytesWithoutAlpn) {
  TlsTestClient first(Tls().Connect());
  ASSERT_TRUE(first.ShakeHands());
  EXPECT_EQ(first.Ask("P"), "");
  EXPECT_THAT(first.Ask(std::string(kPost).substr(1)), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(first.Ask(kGet), StartsWith("HTTP/1.1 200"));
  TlsTestClient second(Tls().Connect());
  ASSERT_TRUE(second.ShakeHands());
  EXPECT_THAT(second.Ask(kHttp2Preface), Not(StartsWith("HTTP/1.1")));
  EXPECT_EQ(counters().bad_requests, 0u);
}

TEST_F(OpeningConnectionTest, ReadsARequestThatCameWithTheEndOfTheHandshake) {
  for (const std::vector<std::string>& protocols : {std::vector<std::string>{"http/1.1"}, {}}) {
    TlsTestClient client(Tls().Connect(), {.protocols = protocols});
    ASSERT_TRUE(client.ShakeHands(kGet));
    EXPECT_THAT(client.Receive(), StartsWith("HTTP/1.1 200"));
  }
}

TEST_F(OpeningConnectionTest, AgreesOnTls12AndNothingOlder) {
  TlsTestClient client(Tls().Connect(), {.protocols = {"http/1.1"}, .only_tls_1_2 = true});
  EXPECT_TRUE(client.ShakeHands()) << client.error();
  EXPECT_THAT(client.Ask(kGet), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(Fails({.only_tls_1_1 = true}), "tlsv1 alert protocol version");
}

TEST_F(OpeningConnectionTest, EndsAHandshakeThatTakesTooLong) {
  TestClient silent = Tls().Connect();
  TestClient slow = Tls().Connect();
  slow.Send("\x16\x03\x01");
  Tls().Advance(seconds(9));
  slow.Send("\x02");
  EXPECT_EQ(Tls().loop().connections(), 2u);
  Tls().Advance(seconds(2));
  EXPECT_EQ(Tls().loop().connections(), 0u);
  EXPECT_EQ(counters().tls_handshakes_failed, 1u) << "who said nothing has not failed";
  EXPECT_EQ(counters().connections_open, 0);
}

TEST_F(OpeningConnectionTest, CountsAHandshakeThatIsNonsenseOrBrokenOff) {
  TestClient nonsense = Tls().Connect();
  nonsense.Send("\x16 this is not a ClientHello at all, and never will be");
  TestClient gone = Tls().Connect();
  gone.Send("\x16\x03\x01");
  gone.HangUp();
  Tls().Turn();
  EXPECT_EQ(counters().tls_handshakes_failed, 2u);
  EXPECT_EQ(Tls().loop().connections(), 0u);
}

TEST_F(OpeningConnectionTest, NoticesAnEndThatCameWithHalfAHandshake) {
  TestClient gone = Tls().Connect();
  ASSERT_EQ(send(gone.fd(), "\x16\x03\x01", 3, 0), 3);
  gone.HangUp();
  Tls().Turn();
  EXPECT_EQ(counters().tls_handshakes_failed, 1u);
  EXPECT_EQ(Tls().loop().connections(), 0u);
}

TEST_F(OpeningConnectionTest, NoticesAnEndThatCameWithHalfAPreface) {
  TlsTestClient gone(Tls().Connect());
  ASSERT_TRUE(gone.ShakeHands());
  const std::string half = gone.Encrypted("PRI");
  ASSERT_EQ(send(gone.raw().fd(), half.data(), half.size(), 0), static_cast<ssize_t>(half.size()));
  gone.raw().HangUp();
  Tls().Turn();
  EXPECT_EQ(Tls().loop().connections(), 0u);
}

TEST_F(OpeningConnectionTest, DrainingEndsHandshakes) {
  TestClient silent = Tls().Connect();
  TestClient begun = Tls().Connect();
  begun.Send("\x16\x03\x01");
  TlsTestClient done(Tls().Connect());
  ASSERT_TRUE(done.ShakeHands());
  Tls().loop().Drain();
  Tls().Turn();
  EXPECT_EQ(Tls().loop().connections(), 0u);
  EXPECT_EQ(Tls().network().open.inside(), 0);
}

TEST_F(OpeningConnectionTest, ShowsTheHandlerWhoTheClientIs) {
  handler_.HoldAnswers();
  std::vector<std::string> names_in_head;
  handler_.plan = [&names_in_head](const HttpRequest& head) {
    names_in_head = head.tls->names;
    return BodyPlan{.max_bytes = 10};
  };
  const CertificateWish wish{.alternative_names = {"DNS:a.example.org", "URI:spiffe://a/b"}};
  TlsTestClient client(Tls(files_.mutual()).Connect(),
                       {.protocols = {"http/1.1"}, .certificate = files_.clients().Issue(wish)});
  ASSERT_TRUE(client.ShakeHands()) << client.error();
  client.Send(kGet);
  ASSERT_EQ(handler_.held_requests.size(), 1u);
  EXPECT_EQ(handler_.held_requests[0].tls->protocol, "http/1.1");
  EXPECT_THAT(handler_.held_requests[0].tls->names, ElementsAre("a.example.org", "spiffe://a/b"));
  EXPECT_THAT(names_in_head, ElementsAre("a.example.org", "spiffe://a/b"));
}

TEST_F(OpeningConnectionTest, ShowsTheHandlerThatThereIsNoTls) {
  handler_.HoldAnswers();
  TestClient client = Plain().Connect();
  client.Send(kGet);
  EXPECT_EQ(handler_.held_requests.at(0).tls, nullptr);
}

TEST_F(OpeningConnectionTest, WantsACertificateOfItsAuthority) {
  Tls(files_.mutual());
  EXPECT_EQ(Fails({}), "tlsv13 alert certificate required");
  EXPECT_EQ(Fails({.certificate = files_.authority().Issue({})}), "tlsv1 alert unknown ca");
  EXPECT_EQ(Fails({.certificate = files_.clients().Issue({.valid_for = std::chrono::hours(-1)})}),
            "sslv3 alert certificate expired");
  EXPECT_EQ(Fails({.certificate = files_.clients().Issue({})}), "");
  EXPECT_EQ(counters().tls_handshakes_failed, 3u);
  EXPECT_EQ(counters().tls_handshakes, 1u);
}

TEST_F(OpeningConnectionTest, WantsOneOfTheNames) {
  Tls(files_.mutual({"*.example.org", "spiffe://a/b"}));
  const auto with_name = [this](const std::string& name) {
    return Fails({.certificate = files_.clients().Issue({.alternative_names = {name}})});
  };
  EXPECT_EQ(with_name("DNS:a.example.org"), "");
  EXPECT_EQ(with_name("URI:spiffe://a/b"), "");
  EXPECT_EQ(with_name("DNS:a.example.net"), "sslv3 alert handshake failure");
  EXPECT_EQ(with_name("URI:spiffe://a/c"), "sslv3 alert handshake failure");
}

}  // namespace
}  // namespace trireme::net

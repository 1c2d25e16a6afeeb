// SPDX-License-Identifier: Apache-2.0
#include "net/request_reader.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace trireme::net {
namespace {

using Event = RequestReader::Event;
using std::chrono::seconds;

const TimePoint kStart{std::chrono::hours(1)};

class RequestReaderTest : public testing::Test {
 protected:
  // What has been read so far, as a connection would do it: `at_most` bytes a call.
  void Feed(std::string_view bytes, size_t at_most = SIZE_MAX) {
    while (!bytes.empty()) {
      Digest();
      const std::span<char> room = reader_.Room();
      const size_t count = std::min({bytes.size(), room.size(), at_most});
      std::memcpy(room.data(), bytes.data(), count);
      reader_.Filled(count, now_);
      bytes.remove_prefix(count);
      Digest();
    }
  }

  void Digest() {
    if (failed_) return;
    while (true) {
      const Event event = reader_.Next();
      if (event == Event::kNeedsMore) return;
      if (event == Event::kHead) reader_.AcceptBody(max_bytes_, align_at_, now_);
      if (event == Event::kRequest) {
        requests_.push_back(reader_.TakeRequest());
        if (answers_) reader_.Answered(now_);
      }
      failed_ = event == Event::kFailed;
      if (failed_ || (event == Event::kRequest && !answers_)) return;
    }
  }

  static std::string Body(const HttpRequest& request) {
    return {reinterpret_cast<const char*>(request.body.data()), request.body.size()};
  }

  static std::string Post(const std::string& path, const std::string& body) {
    return "POST " + path + " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
  }

  MemoryPool pool_;
  HttpLimits limits_;
  ByteBudget budget_{10 << 20};
  TimePoint now_ = kStart;
  uint64_t max_bytes_ = 5 << 20;
  size_t align_at_ = 0;
  bool answers_ = true;
  bool failed_ = false;
  std::vector<HttpRequest> requests_;
  RequestReader reader_{pool_, budget_, limits_, "192.0.2.1:5", kStart};
};

constexpr char kChunkedHead[] = "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";

TEST_F(RequestReaderTest, ReadsRequestsOfEveryFramingHoweverTheyAreCut) {
  const std::string large(100'000, 'l');
  const std::string stream = Post("/a", "") + Post("/b", "hello") + kChunkedHead + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n" +
                             Post("/d", large) + "GET /e HTTP/1.1\r\nHost: h\r\n\r\n";
  for (const size_t at_most : {size_t{1}, size_t{7}, size_t{1000}, SIZE_MAX}) {
    requests_.clear();
    Feed(stream, at_most);
    ASSERT_EQ(requests_.size(), 5u) << at_most;
    EXPECT_EQ(Body(requests_[0]), "");
    EXPECT_EQ(Body(requests_[1]), "hello");
    EXPECT_EQ(Body(requests_[2]), "abcde");
    EXPECT_EQ(Body(requests_[3]), large);
    EXPECT_EQ(requests_[4].path, "/e");
    EXPECT_EQ(requests_[4].peer, "192.0.2.1:5");
    EXPECT_TRUE(reader_.idle());
  }
}

TEST_F(RequestReaderTest, KeepsEveryRequestAliveByItsStorage) {
  std::string stream;
  for (int i = 0; i < 2000; ++i) stream += Post("/" + std::to_string(i), "body " + std::to_string(i));
  Feed(stream, 5000);
  ASSERT_EQ(requests_.size(), 2000u);
  for (int i = 0; i < 2000; ++i) {
    EXPECT_EQ(requests_[static_cast<size_t>(i)].path, "/" + std::to_string(i));
    EXPECT_EQ(Body(requests_[static_cast<size_t>(i)]), "body " + std::to_string(i));
    EXPECT_EQ(*requests_[static_cast<size_t>(i)].Find("host"), "h");
  }
}

TEST_F(RequestReaderTest, SharesOneBlockAmongPipelinedRequests) {
  Feed(Post("/a", "1") + Post("/b", "2"));
  EXPECT_EQ(requests_[0].storage, requests_[1].storage);
}

TEST_F(RequestReaderTest, AlignsTheByteThatThePlanNames) {
  for (const size_t body_bytes : {100u, 5000u, 50'000u}) {
    for (const size_t align_at : {1u, 13u, 64u, 99u}) {
      requests_.clear();
      align_at_ = align_at;
      const std::string body(body_bytes, 'b');
      Feed(Post("/a", body));
      Feed(std::string(kChunkedHead) + "5\r\nhello\r\n0\r\n\r\n");
      ASSERT_EQ(requests_.size(), 2u);
      EXPECT_EQ(Body(requests_[0]), body);
      for (const HttpRequest& request : requests_) {
        EXPECT_EQ((reinterpret_cast<uintptr_t>(request.body.data()) + align_at) % 64, 0u) << body_bytes;
      }
    }
  }
}

TEST_F(RequestReaderTest, RefusesAnAnnouncedBodyAboveThePlanWithoutReadingIt) {
  max_bytes_ = 4;
  Feed("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n");
  ASSERT_TRUE(failed_);
  EXPECT_EQ(reader_.error().status, 413);
  EXPECT_EQ(reader_.error().text, "body: expected at most 4 bytes, got Content-Length 5");
}

TEST_F(RequestReaderTest, HoldsThePlanToTheServersLimit) {
  max_bytes_ = UINT64_MAX;
  Feed("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4000000000\r\n\r\n");
  ASSERT_TRUE(failed_);
  EXPECT_EQ(reader_.error().status, 413);
}

TEST_F(RequestReaderTest, RefusesAChunkedBodyAboveThePlan) {
  max_bytes_ = 4;
  Feed(std::string(kChunkedHead) + "3\r\nabc\r\n2\r\n");
  ASSERT_TRUE(failed_);
  EXPECT_EQ(reader_.error().status, 413);
}

TEST_F(RequestReaderTest, RefusesWhatAllConnectionsTogetherMayNotHold) {
  ByteBudget::Share others(budget_);
  ASSERT_TRUE(others.Take((10 << 20) - 80'000));
  Feed("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n" + std::string(70'000, 'b'));
  ASSERT_FALSE(failed_) << "what was only announced does not count";
  Feed(std::string(20'000, 'b'));
  ASSERT_TRUE(failed_);
  EXPECT_EQ(reader_.error().status, 503);
  EXPECT_EQ(reader_.error().retry_after, seconds(1));
}

TEST_F(RequestReaderTest, CountsChunksAgainstTheCommonBudgetAsTheyCome) {
  ByteBudget::Share others(budget_);
  ASSERT_TRUE(others.Take((10 << 20) - 80'000));
  Feed(std::string(kChunkedHead) + "11170\r\n" + std::string(70'000, 'a') + "\r\n");
  ASSERT_FALSE(failed_);
  Feed("4e20\r\n" + std::string(20'000, 'a') + "\r\n");
  ASSERT_TRUE(failed_);
  EXPECT_EQ(reader_.error().status, 503);
}

TEST_F(RequestReaderTest, GivesItsShareBackWhenTheRequestIsAnswered) {
  answers_ = false;
  Feed(Post("/", std::string(100'000, 'b')));
  ByteBudget::Share others(budget_);
  EXPECT_FALSE(others.Take(10 << 20));
  reader_.Answered(now_);
  EXPECT_TRUE(others.Take(10 << 20));
}

TEST_F(RequestReaderTest, LetsSmallBodiesInWhenLargeOnesHoldEverything) {
  ByteBudget::Share others(budget_);
  ASSERT_TRUE(others.Take(10 << 20));
  Feed(Post("/", std::string(20'000, 'b')));
  EXPECT_FALSE(failed_);
  EXPECT_EQ(requests_.size(), 1u);
}

TEST_F(RequestReaderTest, HoldsNoBlockWhenIdle) {
  Feed(Post("/a", std::string(100'000, 'b')));
  requests_.clear();
  EXPECT_GE(pool_.idle_bytes(), 100'000u + InputBuffer::kBlockBytes);
}

TEST_F(RequestReaderTest, AwaitsContinueOnlyWhileTheBodyIsMissing) {
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
  Feed(head);
  EXPECT_TRUE(reader_.AwaitsContinue());
  Feed("ab");
  EXPECT_FALSE(reader_.AwaitsContinue());
}

TEST_F(RequestReaderTest, SkipsOnlyABodyThatIsHere) {
  const std::string request = Post("/", "12345");
  std::memcpy(reader_.Room().data(), request.data(), request.size());
  reader_.Filled(request.size() - 1, now_);
  ASSERT_EQ(reader_.Next(), Event::kHead);
  EXPECT_FALSE(reader_.SkipBody());
}

TEST_F(RequestReaderTest, GoesOnAfterABodyThatWasSkipped) {
  const std::string request = Post("/", "12345");
  std::memcpy(reader_.Room().data(), request.data(), request.size());
  reader_.Filled(request.size(), now_);
  ASSERT_EQ(reader_.Next(), Event::kHead);
  ASSERT_TRUE(reader_.SkipBody());
  reader_.Answered(now_);
  Feed(Post("/next", ""));
  EXPECT_EQ(requests_.at(0).path, "/next");
}

TEST_F(RequestReaderTest, GivesEachPhaseItsTime) {
  EXPECT_EQ(reader_.deadline(), kStart + limits_.idle_timeout);
  now_ = kStart + seconds(5);
  Feed("POST / HTTP/1.1\r\nHost: h\r\n");
  EXPECT_EQ(reader_.deadline(), now_ + limits_.head_timeout);
  EXPECT_NE(reader_.TooSlow().text.find("head_timeout"), std::string::npos);
  now_ += seconds(1);
  Feed("Content-Length: 100000\r\n");
  EXPECT_EQ(reader_.deadline(), kStart + seconds(5) + limits_.head_timeout) << "progress in a head buys no time";
  Feed("\r\n");
  EXPECT_EQ(reader_.deadline(), now_ + limits_.stall_timeout);
  EXPECT_NE(reader_.TooSlow().text.find("stall_timeout"), std::string::npos);
  EXPECT_EQ(reader_.TooSlow().status, 408);
}

TEST_F(RequestReaderTest, SaysWhatIsMissingAtTheEndOfInput) {
  Feed("POST / HT");
  EXPECT_FALSE(reader_.idle());
  EXPECT_EQ(reader_.EndOfInput().text, "request head: expected its end, got the connection's");
  Feed("TP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_EQ(reader_.EndOfInput().text, "body: expected 10 bytes (Content-Length), got 3 and the connection's end");
}

}  // namespace
}  // namespace trireme::net

// SPDX-License-Identifier: Apache-2.0
#include "protocols/grpc/health_watches.h"

#include <gtest/gtest.h>

#include <initializer_list>

#include "net/testing/recorded_grpc_answer.h"
#include "proto/health.pb.h"

namespace trireme {
namespace {

using grpc::health::v1::HealthCheckResponse;
using net::RecordedGrpcAnswer;

class HealthWatchesTest : public testing::Test {
 protected:
  struct Client {
    std::shared_ptr<RecordedGrpcAnswer> answer = std::make_shared<RecordedGrpcAnswer>();
    Cancellation cancellation = Cancellation::Make();

    // What it was told so far.
    std::vector<int> statuses() const {
      std::vector<int> all;
      for (const std::string& message : answer->messages) {
        HealthCheckResponse response;
        EXPECT_TRUE(response.ParseFromString(message));
        all.push_back(response.status());
      }
      return all;
    }
  };
  Client Add(bool known = true) {
    Client client;
    watches_.Add(known, client.cancellation, net::GrpcReply(client.answer));
    return client;
  }

  static constexpr int kServing = HealthCheckResponse::SERVING;
  static constexpr int kNotServing = HealthCheckResponse::NOT_SERVING;
  static constexpr int kUnknown = HealthCheckResponse::SERVICE_UNKNOWN;
  using Told = std::vector<int>;

  ServerHealth health_;
  HealthWatches watches_{[this] { return health_; }, {.max_watches = 3, .has_thread = false}};
};

TEST_F(HealthWatchesTest, TellWhatIsAndWhatChanges) {
  const Client client = Add();
  EXPECT_EQ(client.statuses(), Told({kNotServing}));
  watches_.Look();
  watches_.Look();
  EXPECT_EQ(client.statuses(), Told({kNotServing}));
  health_.ready = true;
  watches_.Look();
  EXPECT_EQ(client.statuses(), Told({kNotServing, kServing}));
  const Client late = Add();
  EXPECT_EQ(late.statuses(), Told({kServing}));
  health_.ready = false;
  watches_.Look();
  EXPECT_EQ(client.statuses(), Told({kNotServing, kServing, kNotServing}));
  EXPECT_EQ(late.statuses(), Told({kServing, kNotServing}));
  EXPECT_FALSE(client.answer->status);
}

TEST_F(HealthWatchesTest, AnUnknownServiceStaysUnknown) {
  const Client client = Add(/*known=*/false);
  health_.ready = true;
  watches_.Look();
  EXPECT_EQ(client.statuses(), Told({kUnknown}));
  EXPECT_FALSE(client.answer->status);
}

TEST_F(HealthWatchesTest, EndWhenTheServerTakesNothingMore) {
  health_.ready = true;
  const Client client = Add();
  health_ = {.ready = false, .stopping = true};
  watches_.Look();
  EXPECT_EQ(client.statuses(), Told({kServing, kNotServing}));
  ASSERT_TRUE(client.answer->status);
  EXPECT_EQ(client.answer->status->code, net::GrpcCode::kUnavailable);
  const Client late = Add();
  EXPECT_EQ(late.statuses(), Told({kNotServing}));
  EXPECT_TRUE(late.answer->status);
  watches_.Look();
  EXPECT_EQ(watches_.size(), 0U);
  EXPECT_EQ(client.answer->finishes, 1);
}

TEST_F(HealthWatchesTest, ForgetThoseWhoHaveGone) {
  const Client stays = Add();
  const Client goes = Add();
  goes.cancellation.Cancel();
  EXPECT_EQ(watches_.size(), 2U);
  watches_.Look();
  EXPECT_EQ(watches_.size(), 1U);
  EXPECT_FALSE(stays.answer->status);
}

TEST_F(HealthWatchesTest, AreRefusedWhenThereAreTooMany) {
  const std::vector<Client> clients = {Add(), Add(), Add()};
  const Client refused = Add();
  ASSERT_TRUE(refused.answer->status);
  EXPECT_EQ(refused.answer->status->code, net::GrpcCode::kResourceExhausted);
  EXPECT_EQ(refused.answer->status->message, "health watches: expected at most 3, got one more");
  EXPECT_TRUE(refused.answer->messages.empty());
  clients[0].cancellation.Cancel();
  const Client welcome = Add();
  EXPECT_FALSE(welcome.answer->status) << "in the place of one who has gone";
}

TEST(HealthWatches, EndWithTheirThread) {
  const auto answer = std::make_shared<RecordedGrpcAnswer>();
  {
    HealthWatches watches([] { return ServerHealth{.ready = true}; }, {});
    watches.Add(true, Cancellation::Make(), net::GrpcReply(answer));
  }
  EXPECT_EQ(answer->finishes, 1);
}

}  // namespace
}  // namespace trireme

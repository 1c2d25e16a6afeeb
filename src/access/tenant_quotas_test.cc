// SPDX-License-Identifier: Apache-2.0
#include "access/tenant_quotas.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/manual_clock.h"

namespace trireme {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::Pair;

class TenantQuotasTest : public testing::Test {
 protected:
  static TenantQuotas::Quotas Of(const std::vector<std::pair<std::string, std::string>>& texts) {
    TenantQuotas::Quotas quotas;
    for (const auto& [tenant, text] : texts) quotas[tenant] = *ParseQuota(text);
    return quotas;
  }

  // How many of these are taken at one moment.
  static int TakeSome(TenantQuotas& quotas, std::string_view tenant, int count) {
    int taken = 0;
    for (int i = 0; i < count; ++i) taken += quotas.Take(tenant).ok() ? 1 : 0;
    return taken;
  }

  ManualClock clock_;
};

TEST_F(TenantQuotasTest, BoundNobodyIfThereAreNone) {
  TenantQuotas quotas({}, clock_);
  EXPECT_FALSE(quotas.any());
  EXPECT_EQ(TakeSome(quotas, "shop", 1000), 1000);
  EXPECT_EQ(quotas.ProcessorsOf("shop"), nullptr);
  EXPECT_THAT(quotas.Refused(), ElementsAre());
}

TEST_F(TenantQuotasTest, BoundEachTenantForHimself) {
  TenantQuotas quotas(Of({{"shop", "5/s"}, {"lab", "2/s"}}), clock_);
  EXPECT_EQ(TakeSome(quotas, "shop", 50), 5);
  EXPECT_EQ(TakeSome(quotas, "lab", 50), 2);
  EXPECT_EQ(TakeSome(quotas, "stranger", 50), 50);
  EXPECT_EQ(TakeSome(quotas, "", 50), 50);
  clock_.Advance(milliseconds(500));
  EXPECT_EQ(TakeSome(quotas, "shop", 50), 2);
  EXPECT_THAT(quotas.Refused(), ElementsAre(Pair("lab", 48), Pair("shop", 45 + 48)));
}

TEST_F(TenantQuotasTest, RefuseWithTenantQuotaAndTheTimeToTryAgain) {
  TenantQuotas quotas(Of({{"shop", "4/s"}, {"*", "1/s"}, {"barred", "0/s"}}), clock_);
  EXPECT_EQ(TakeSome(quotas, "shop", 4), 4);
  const Status refused = quotas.Take("shop");
  EXPECT_EQ(refused.code(), StatusCode::kOverloaded);
  EXPECT_EQ(refused.message(), "tenant 'shop' is over the quota of 4/s; try again in 250 ms");
  EXPECT_EQ(refused.try_again_in(), milliseconds(250));
  EXPECT_EQ(quotas.Take("barred").message(), "tenant 'barred' is over the quota of 0/s");
  EXPECT_TRUE(quotas.Take("").ok());
  EXPECT_EQ(quotas.Take("").message(), "requests without a tenant are over the quota of 1/s; try again in 1000 ms");
}

TEST_F(TenantQuotasTest, LookTakesNothing) {
  TenantQuotas quotas(Of({{"shop", "1/s"}}), clock_);
  EXPECT_TRUE(quotas.Look("shop").ok());
  EXPECT_TRUE(quotas.Look("shop").ok());
  EXPECT_TRUE(quotas.Take("shop").ok());
  EXPECT_EQ(quotas.Look("shop").code(), StatusCode::kOverloaded);
  EXPECT_THAT(quotas.Refused(), ElementsAre(Pair("shop", 1)));
}

TEST_F(TenantQuotasTest, OfAnyTenantIsEachOnesOwn) {
  TenantQuotas quotas(Of({{"*", "3/s"}, {"shop", "5/s"}}), clock_);
  EXPECT_EQ(TakeSome(quotas, "a", 10), 3);
  EXPECT_EQ(TakeSome(quotas, "b", 10), 3);
  EXPECT_EQ(TakeSome(quotas, "", 10), 3);
  EXPECT_EQ(TakeSome(quotas, "shop", 10), 5);
  EXPECT_EQ(TakeSome(quotas, "*", 10), 3);  // is no name that means more than others
  EXPECT_THAT(quotas.Refused(), ElementsAre(Pair("shop", 5), Pair("other", 4 * 7)));
}

TEST_F(TenantQuotasTest, CountOneWhoIsCalledAsTheOthersAreWithThem) {
  TenantQuotas quotas(Of({{"*", "1/s"}, {"other", "2/s"}}), clock_);
  EXPECT_EQ(TakeSome(quotas, "other", 5), 2);
  EXPECT_EQ(TakeSome(quotas, "somebody", 5), 1);
  EXPECT_THAT(quotas.Refused(), ElementsAre(Pair("other", 3 + 4)));
}

TEST_F(TenantQuotasTest, RemembersSoManyOthersAtMost) {
  TenantQuotas quotas(Of({{"*", "2/s"}}), clock_);
  for (size_t i = 0; i < TenantQuotas::kMostOthers; ++i) EXPECT_TRUE(quotas.Take(std::to_string(i)).ok());
  EXPECT_EQ(TakeSome(quotas, "late", 10), 2);
  EXPECT_EQ(TakeSome(quotas, "later", 10), 0);  // has the same account
  EXPECT_EQ(quotas.Take("later").message().substr(0, 40), "tenants without a quota of their own are");
  // Those who have not asked for long are forgotten; what was counted is not.
  clock_.Advance(seconds(2));
  EXPECT_EQ(TakeSome(quotas, "0", 10), 2);
  EXPECT_EQ(TakeSome(quotas, "new", 10), 2);
  EXPECT_EQ(TakeSome(quotas, "0", 10), 0);
  EXPECT_THAT(quotas.Refused(), ElementsAre(Pair("other", 8 + 10 + 1 + 8 + 8 + 10)));
}

TEST_F(TenantQuotasTest, CountWhatRunsTake) {
  TenantQuotas quotas(Of({{"shop", "0.5cpu"}}), clock_);
  const std::shared_ptr<TenantAccount> account = quotas.ProcessorsOf("shop");
  ASSERT_NE(account, nullptr);
  EXPECT_EQ(quotas.ProcessorsOf("lab"), nullptr);
  int taken = 0;
  for (int ms = 0; ms < 100'000; ms += 10) {  // 100 a second of 20 ms would be two processors
    clock_.Advance(milliseconds(10));
    if (!quotas.Take("shop").ok()) continue;
    ++taken;
    ProcessorShare(account).Spend(0.020);
  }
  EXPECT_NEAR(taken * 0.020, 0.5 * 100, 1);
}

TEST_F(TenantQuotasTest, ReserveForRunsThatHaveNotEnded) {
  TenantQuotas quotas(Of({{"shop", "1cpu"}}), clock_);
  const std::shared_ptr<TenantAccount> account = quotas.ProcessorsOf("shop");
  ProcessorShare(account).Spend(0.25);  // what one takes is known now, and a quarter is spent
  std::vector<ProcessorShare> under_way;
  while (quotas.Take("shop").ok()) under_way.emplace_back(account);
  EXPECT_EQ(under_way.size(), 3U);
  EXPECT_EQ(quotas.Take("shop").message(), "tenant 'shop' is over the quota of 1cpu; try again in 250 ms");
  under_way.clear();  // without a run
  EXPECT_TRUE(quotas.Take("shop").ok());
}

TEST_F(TenantQuotasTest, RefuseWhoHasOneKindLeftAndNotTheOther) {
  TenantQuotas quotas(Of({{"shop", "1cpu,2/s"}}), clock_);
  ProcessorShare(quotas.ProcessorsOf("shop")).Spend(3);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(quotas.Take("shop").message(), "tenant 'shop' is over the quota of 1cpu; try again in 3000 ms");
  }
  clock_.Advance(seconds(3));
  EXPECT_EQ(TakeSome(quotas, "shop", 5), 2);  // none of them was lost
}

TEST_F(TenantQuotasTest, OfNoProcessorTimeIsNoRequest) {
  TenantQuotas quotas(Of({{"barred", "0cpu"}}), clock_);
  EXPECT_EQ(quotas.Take("barred").message(), "tenant 'barred' is over the quota of 0cpu");
}

}  // namespace
}  // namespace trireme

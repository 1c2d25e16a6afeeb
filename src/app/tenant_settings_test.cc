// SPDX-License-Identifier: Apache-2.0
#include "app/tenant_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class TenantSettingsTest : public testing::Test {
 protected:
  Status Set(std::string_view name, const std::string& text) {
    for (const Setting& setting : settings_) {
      if (setting.IsCalled(name)) return setting.set(text);
    }
    return Internal("no such setting");
  }

  std::string header_;
  TenantQuotas::Quotas quotas_;
  const std::vector<Setting> settings_ = TenantSettings(header_, quotas_);
};

TEST_F(TenantSettingsTest, TakesTheNameOfAHeaderInLowerCase) {
  EXPECT_TRUE(Set("tenant-header", "X-Tenant.Name_1").ok());
  EXPECT_EQ(header_, "x-tenant.name_1");
  for (const char* text :
       {"", "x tenant", "x:tenant", "x-tenant-bin", "Authorization", "X-Api-Key", "Cookie", ":path"}) {
    EXPECT_THAT(Set("tenant-header", text).message(), StartsWith("expected the name of a header, as x-tenant")) << text;
  }
  EXPECT_FALSE(Set("tenant-header", std::string(65, 'x')).ok());
}

TEST_F(TenantSettingsTest, TakesAQuotaForEachTenant) {
  EXPECT_TRUE(Set("quota", "shop=100/s,2cpu").ok());
  EXPECT_TRUE(Set("quotas", "*=0.5/s").ok());
  EXPECT_TRUE(Set("quota", "a=b=1cpu").ok());
  EXPECT_EQ(quotas_.size(), 3U);
  EXPECT_EQ(quotas_.at("shop"), (Quota{.requests_per_second = 100, .processors = 2}));
  EXPECT_EQ(quotas_.at("*"), (Quota{.requests_per_second = 0.5, .processors = {}}));
  EXPECT_EQ(quotas_.at("a=b"), (Quota{.requests_per_second = {}, .processors = 1}));
}

TEST_F(TenantSettingsTest, RefusesWhatIsNoQuota) {
  EXPECT_THAT(Set("quota", "shop").message(), HasSubstr("expected TENANT=QUOTA, as in shop=100/s, found 'shop'"));
  EXPECT_THAT(Set("quota", "=1/s").message(), HasSubstr("expected a tenant of 1 to 128 printable characters"));
  EXPECT_THAT(Set("quota", std::string(129, 'x') + "=1/s").message(), HasSubstr("expected a tenant of 1 to 128"));
  EXPECT_THAT(Set("quota", "caf\xc3\xa9=1/s").message(), HasSubstr("expected a tenant of 1 to 128"));
  EXPECT_THAT(Set("quota", "shop=fast").message(), HasSubstr("expected requests a second as in 100/s"));
  EXPECT_TRUE(Set("quota", "shop=1/s").ok());
  EXPECT_EQ(Set("quota", "shop=1cpu").message(), "expected one for each tenant, found another one for 'shop'");
}

TEST_F(TenantSettingsTest, OfNamedTenantsNeedWhatTellsThemApart) {
  EXPECT_TRUE(CheckTenants("", {}, false).ok());
  EXPECT_TRUE(CheckTenants("", {{"*", {}}}, false).ok());
  const TenantQuotas::Quotas named = {{"*", {}}, {"shop", {}}};
  EXPECT_TRUE(CheckTenants("x-tenant", named, false).ok());
  EXPECT_TRUE(CheckTenants("", named, true).ok());
  EXPECT_EQ(CheckTenants("", named, false).message(),
            "quota: expected --keys or --tenant-header beside it, or nobody is tenant 'shop'");
}

}  // namespace
}  // namespace trireme

// SPDX-License-Identifier: Apache-2.0
#include "server/tenant_of.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/testing/manual_clock.h"

namespace trireme {
namespace {

using testing::HasSubstr;

class TenantOfTest : public testing::Test {
 protected:
  // Who asks with these headers.
  Admission Find(std::vector<net::HttpHeader> headers, Admission admission = {}) {
    net::HttpRequest head;
    head.headers = std::move(headers);
    FindTenantAtHead(&rules_, operation_, head, admission);
    return admission;
  }
  std::string Problem(std::vector<net::HttpHeader> headers) {
    const Admission admission = Find(std::move(headers));
    EXPECT_EQ(admission.status.code(), StatusCode::kInvalidArgument);
    return admission.status.message();
  }

  ManualClock clock_;
  TenantQuotas quotas_{{{"shop", {.requests_per_second = 1, .processors = {}}}}, clock_};
  TenantRules rules_{.header = "x-tenant", .quotas = &quotas_};
  Operation operation_ = Operation::kInfer;
};

TEST_F(TenantOfTest, IsTheOneThatTheHeaderNames) {
  EXPECT_EQ(Find({{.name = "X-Tenant", .value = "shop"}}).identity.tenant, "shop");
  EXPECT_EQ(Find({{.name = "x-tenants", .value = "shop"}, {.name = "tenant", .value = "x"}}).identity.tenant, "");
  EXPECT_EQ(Find({}).identity.tenant, "");
}

TEST_F(TenantOfTest, IsThatOfTheKeyWhateverTheHeaderSays) {
  const Admission shown{.status = {}, .identity = {.principal = "ann", .tenant = "lab"}};
  EXPECT_EQ(Find({{.name = "x-tenant", .value = "shop"}}, shown).identity.tenant, "lab");
  const Admission without{.status = {}, .identity = {.principal = "ann", .tenant = {}}};
  EXPECT_EQ(Find({{.name = "x-tenant", .value = "shop"}}, without).identity.tenant, "shop");
}

TEST_F(TenantOfTest, RefusesWhatNamesNone) {
  EXPECT_THAT(Problem({{.name = "x-tenant", .value = ""}}),
              HasSubstr("header 'x-tenant': expected the name of a tenant, 1 to 128 printable characters of ASCII, "
                        "found 0 bytes"));
  const std::string longest(128, 'x');
  EXPECT_EQ(Find({{.name = "x-tenant", .value = longest}}).identity.tenant, longest);
  EXPECT_THAT(Problem({{.name = "x-tenant", .value = longest + "x"}}), HasSubstr("found 129 bytes"));
  EXPECT_THAT(Problem({{.name = "x-tenant", .value = std::string(1 << 20, 'x')}}), HasSubstr("found 1048576 bytes"));
  for (const char* value : {"caf\xc3\xa9", "a\tb", "a\x7f"}) {
    EXPECT_THAT(Problem({{.name = "x-tenant", .value = value}}), HasSubstr("found others among them"));
  }
  EXPECT_THAT(Problem({{.name = "x-tenant", .value = "shop"}, {.name = "X-TENANT", .value = "lab"}}),
              HasSubstr("found it more than once"));
}

TEST_F(TenantOfTest, RefusesAtTheHeadWhoIsOverHisQuota) {
  EXPECT_TRUE(Find({{.name = "x-tenant", .value = "shop"}}).status.ok());
  EXPECT_TRUE(Find({{.name = "x-tenant", .value = "shop"}}).status.ok()) << "a look takes nothing";
  EXPECT_TRUE(quotas_.Take("shop").ok());
  const Admission refused = Find({{.name = "x-tenant", .value = "shop"}});
  EXPECT_EQ(refused.status.code(), StatusCode::kOverloaded);
  EXPECT_EQ(refused.identity.tenant, "shop");
  operation_ = Operation::kMetadata;
  EXPECT_TRUE(Find({{.name = "x-tenant", .value = "shop"}}).status.ok());
  EXPECT_TRUE(Find({{.name = "x-tenant", .value = ""}}).status.ok());
}

TEST_F(TenantOfTest, LeavesWhatWasRefusedBefore) {
  const Admission refused = Find({{.name = "x-tenant", .value = ""}}, {.status = NotFound("no"), .identity = {}});
  EXPECT_EQ(refused.status.code(), StatusCode::kNotFound);
}

TEST_F(TenantOfTest, IsNobodyWithoutRules) {
  net::HttpRequest head;
  head.headers = {{.name = "x-tenant", .value = "shop"}};
  Admission admission;
  FindTenant(nullptr, Operation::kInfer, head, admission);
  rules_ = {};
  FindTenantAtHead(&rules_, Operation::kInfer, head, admission);
  EXPECT_TRUE(admission.status.ok());
  EXPECT_EQ(admission.identity.tenant, "");
}

}  // namespace
}  // namespace trireme

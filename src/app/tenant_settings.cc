// SPDX-License-Identifier: Apache-2.0
#include "app/tenant_settings.h"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

#include "app/setting_kinds.h"

namespace trireme {
namespace {

constexpr size_t kMostHeaderBytes = 64;
constexpr size_t kMostTenantBytes = 128;
constexpr size_t kMostQuotas = 10'000;  // each has its series among the metrics

bool IsHeaderLetter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("-_.").find(c) != std::string_view::npos;
}

// A name of HTTP's and of gRPC's, where "-bin" means another form of value. Not of what says who somebody is.
bool IsHeaderName(std::string_view lower_case) {
  if (lower_case.empty() || lower_case.size() > kMostHeaderBytes || lower_case.ends_with("-bin")) return false;
  if (lower_case == "authorization" || lower_case == "x-api-key" || lower_case == "cookie") return false;
  return std::ranges::all_of(lower_case, IsHeaderLetter);
}

bool IsTenant(std::string_view name) {
  return !name.empty() && name.size() <= kMostTenantBytes &&
         std::ranges::all_of(name, [](char c) { return c >= ' ' && c <= '~'; });
}

Setting HeaderSetting(std::string& header) {
  return Custom("tenant-header", "NAME", "Header, or gRPC metadata, that names the tenant who asks, where no key does",
                "none", [&header](std::string_view text) -> Status {
                  std::string name(text);
                  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
                  if (!IsHeaderName(name)) return UnexpectedText("the name of a header, as x-tenant", text);
                  header = std::move(name);
                  return {};
                });
}

Setting QuotaSetting(TenantQuotas::Quotas& quotas) {
  Setting setting = Repeated(Custom(
      "quota", "TENANT=QUOTA",
      "What a tenant may ask for: 100/s, 0.5cpu or both with a comma; *: each one without a quota; may repeat", "",
      [&quotas](std::string_view text) -> Status {
        const size_t equals = text.rfind('=');
        if (equals == std::string_view::npos) return UnexpectedText("TENANT=QUOTA, as in shop=100/s", text);
        const std::string_view tenant = text.substr(0, equals);
        if (!IsTenant(tenant)) {
          return UnexpectedText(
              "a tenant of 1 to " + std::to_string(kMostTenantBytes) + " printable characters of ASCII in front of '='",
              tenant.substr(0, kMostTenantBytes));
        }
        ASSIGN_OR_RETURN(const Quota quota, ParseQuota(text.substr(equals + 1)));
        if (quotas.size() >= kMostQuotas) {
          return InvalidArgument("expected at most " + std::to_string(kMostQuotas) + " quotas, found another one");
        }
        if (quotas.emplace(tenant, quota).second) return {};
        return InvalidArgument("expected one for each tenant, found another one for '" + std::string(tenant) + "'");
      }));
  setting.takes_map = true;
  setting.aliases = {"quotas"};
  return setting;
}

}  // namespace

std::vector<Setting> TenantSettings(std::string& header, TenantQuotas::Quotas& quotas) {
  return {HeaderSetting(header), QuotaSetting(quotas)};
}

Status CheckTenants(const std::string& header, const TenantQuotas::Quotas& quotas, bool has_keys) {
  if (!header.empty() || has_keys) return {};
  const auto named = std::ranges::find_if(quotas, [](const auto& quota) { return quota.first != kAnyTenant; });
  if (named == quotas.end()) return {};
  return InvalidArgument("quota: expected --keys or --tenant-header beside it, or nobody is tenant '" + named->first +
                         "'");
}

}  // namespace trireme

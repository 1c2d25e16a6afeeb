// SPDX-License-Identifier: Apache-2.0
#include "server/protection.h"

#include <chrono>
#include <string>
#include <utility>

namespace trireme {
namespace {

constexpr std::chrono::milliseconds kLookEvery{1000};

Result<std::unique_ptr<net::TlsCertificates>> LoadCertificates(const std::optional<net::TlsOptions>& options,
                                                               const Logger& log) {
  if (!options) return std::unique_ptr<net::TlsCertificates>();
  return net::TlsCertificates::Load(*options, log);
}

double Seconds(std::chrono::system_clock::time_point time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

}  // namespace

Result<std::unique_ptr<Protection>> Protection::Load(const ServerOptions& options, const Logger& log) {
  std::unique_ptr<Protection> protection(new Protection());  // NOLINT: make_unique cannot see the constructor
  if (options.keys.empty()) {
    protection->authoriser_ = std::make_unique<AllowAll>();
  } else {
    ASSIGN_OR_RETURN(std::unique_ptr<KeyAuthoriser> keys, KeyAuthoriser::Load(options.keys, log));
    protection->keys_ = keys.get();
    protection->authoriser_ = std::move(keys);
  }
  if (options.torchserve.allow && options.torchserve.tokens) protection->MakeTokens(*options.torchserve.tokens);
  ASSIGN_OR_RETURN(protection->tls_, LoadCertificates(options.tls, log));
  ASSIGN_OR_RETURN(protection->grpc_tls_, LoadCertificates(options.grpc_tls, log));
  if (protection->keys_ != nullptr || protection->tls_ != nullptr || protection->grpc_tls_ != nullptr) {
    protection->refresher_ =
        std::make_unique<Refresher>(kLookEvery, [protection = protection.get()] { protection->Refresh(); });
  }
  return protection;
}

void Protection::MakeTokens(const TokenKeys::Options& options) {
  tokens_ = std::make_unique<TokenKeys>(options);
  const auto knowing = [&](TokenAuthoriser::Known known) {
    return std::make_unique<TokenAuthoriser>(*tokens_, known, keys_);
  };
  token_authoriser_ = knowing({});
  inference_authoriser_ = knowing({.management = false});
  management_authoriser_ = knowing({.inference = false});
}

Authoriser& Protection::AuthoriserOf(const TorchserveSurfaces& surfaces) {
  if (!tokens_) return *authoriser_;
  if (!surfaces.management && !surfaces.metrics) return *inference_authoriser_;
  if (!surfaces.inference && !surfaces.metrics) return *management_authoriser_;
  if (!surfaces.inference && !surfaces.management && keys_ == nullptr) return *authoriser_;
  return *token_authoriser_;
}

const net::TlsCertificates* Protection::CertificatesOf(const ServerOptions& options, const ListenerPlan& plan) const {
  if (plan.tls == nullptr) return nullptr;
  return options.grpc_tls && plan.tls == &*options.grpc_tls ? grpc_tls_.get() : tls_.get();
}

void Protection::Refresh() {
  if (keys_ != nullptr) keys_->Refresh();
  if (tls_ != nullptr) tls_->Refresh();
  if (grpc_tls_ != nullptr) grpc_tls_->Refresh();
}

void Protection::Show(metrics::Registry& registry, const ServerOptions& options, std::span<const ListenerPlan> plans) {
  if (keys_ != nullptr) ShowKeys(registry);
  for (const ListenerPlan& plan : plans) {
    const net::TlsCertificates* certificates = CertificatesOf(options, plan);
    if (certificates != nullptr) ShowCertificates(registry, plan.name, *certificates);
  }
}

void Protection::ShowCertificates(metrics::Registry& registry, const std::string& listener,
                                  const net::TlsCertificates& certificates) {
  series_.push_back(registry.ReadGauge({"trireme_tls_certificate_expiry_timestamp_seconds",
                                        "When the certificate in use expires, in seconds since 1970."},
                                       {{"listener", listener}},
                                       [&certificates] { return Seconds(certificates.expires()); }));
  const metrics::FamilyName reloads = {"trireme_tls_certificate_reloads_total",
                                       "How often changed certificate files were taken (ok), or refused (failed)."};
  series_.push_back(registry.ReadCounter(reloads, {{"listener", listener}, {"result", "ok"}}, [&certificates] {
    return static_cast<double>(certificates.counts().reloads);
  }));
  series_.push_back(registry.ReadCounter(reloads, {{"listener", listener}, {"result", "failed"}}, [&certificates] {
    return static_cast<double>(certificates.counts().failures);
  }));
}

void Protection::ShowKeys(metrics::Registry& registry) {
  series_.push_back(registry.ReadGauge({"trireme_keys", "Keys in the file of keys."}, {},
                                       [keys = keys_] { return static_cast<double>(keys->keys()); }));
  const metrics::FamilyName reloads = {"trireme_keys_reloads_total",
                                       "How often a changed file of keys was taken (ok), or refused (failed)."};
  series_.push_back(registry.ReadCounter(reloads, {{"result", "ok"}},
                                         [keys = keys_] { return static_cast<double>(keys->counts().reloads); }));
  series_.push_back(registry.ReadCounter(reloads, {{"result", "failed"}},
                                         [keys = keys_] { return static_cast<double>(keys->counts().failures); }));
  series_.push_back(registry.ReadCounter({"trireme_keys_unknown_total", "Requests without a key that is known."}, {},
                                         [keys = keys_] { return static_cast<double>(keys->counts().unknown); }));
}

}  // namespace trireme

// SPDX-License-Identifier: Apache-2.0
#include "net/tls.h"

#include <atomic>
#include <utility>

#include "base/snapshot.h"
#include "net/tls_context.h"
#include "net/tls_handshake.h"

namespace trireme::net {

class TlsCertificates::Core {
 public:
  Core(TlsOptions options, TlsFiles files, TlsContext context, const Logger& log)
      : options_(std::move(options)), log_(log), tried_(std::move(files)), current_(std::move(context)) {
    WarnIfExpired();
  }

  void Refresh();
  std::shared_ptr<const TlsContext> current() const { return current_.Read(); }
  Counts counts() const {
    return {.reloads = reloads_.load(std::memory_order_relaxed), .failures = failures_.load(std::memory_order_relaxed)};
  }

 private:
  void Refuse(const Status& problem);
  void WarnIfExpired() const;

  const TlsOptions options_;
  const Logger& log_;
  // Of the thread that refreshes.
  TlsFiles tried_;       // whether they could be used or not
  std::string problem_;  // that stands, and was told

  Snapshot<TlsContext> current_;
  std::atomic<uint64_t> reloads_ = 0;  // lone counters
  std::atomic<uint64_t> failures_ = 0;
};

// What the files hold is compared, not when they were written: they are small, and a date can lie.
void TlsCertificates::Core::Refresh() {
  Result<TlsFiles> files = ReadTlsFiles(options_);
  if (!files.ok()) return Refuse(files.status());
  if (*files == tried_) {
    problem_.clear();
    return;
  }
  tried_ = *std::move(files);
  Result<TlsContext> context = MakeTlsContext(options_, tried_);
  if (!context.ok()) return Refuse(context.status());
  problem_.clear();
  current_.Publish(*std::move(context));
  reloads_.fetch_add(1, std::memory_order_relaxed);
  log_.Info("new TLS certificates", {{"file", options_.certificate.string()}});
  WarnIfExpired();
}

// Once for each problem, however often it is looked at.
void TlsCertificates::Core::Refuse(const Status& problem) {
  if (problem.message() == problem_) return;
  problem_ = problem.message();
  failures_.fetch_add(1, std::memory_order_relaxed);
  log_.Warning("new TLS certificates cannot be used; the ones in use stay", {{"reason", problem_}});
}

void TlsCertificates::Core::WarnIfExpired() const {
  if (current()->expires > std::chrono::system_clock::now()) return;
  log_.Warning("a TLS certificate has expired", {{"file", options_.certificate.string()}});
}

Result<std::unique_ptr<TlsCertificates>> TlsCertificates::Load(TlsOptions options, const Logger& log) {
  ASSIGN_OR_RETURN(TlsFiles files, ReadTlsFiles(options));
  ASSIGN_OR_RETURN(TlsContext context, MakeTlsContext(options, files));
  auto core = std::make_unique<Core>(std::move(options), std::move(files), std::move(context), log);
  return std::unique_ptr<TlsCertificates>(new TlsCertificates(std::move(core)));  // its constructor is its own
}

TlsCertificates::TlsCertificates(std::unique_ptr<Core> core) : core_(std::move(core)) {}

TlsCertificates::~TlsCertificates() = default;

void TlsCertificates::Refresh() {
  core_->Refresh();
}

std::chrono::system_clock::time_point TlsCertificates::expires() const {
  return core_->current()->expires;
}

TlsCertificates::Counts TlsCertificates::counts() const {
  return core_->counts();
}

std::unique_ptr<TlsCertificates::Handshake> TlsCertificates::Accept(FileDescriptor socket) const {
  return std::make_unique<TlsHandshake>(core_->current(), std::move(socket));
}

}  // namespace trireme::net

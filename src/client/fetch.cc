// SPDX-License-Identifier: Apache-2.0
#include "client/fetch.h"

#include <poll.h>
#include <strings.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/excerpt.h"
#include "base/mutex.h"
#include "client/url.h"
#include "net/body_pace.h"

namespace trireme::client {
namespace {

constexpr size_t kMostAddresses = 4;            // of a host that are tried
constexpr uint64_t kMostOtherBytes = 64 << 10;  // of an answer that is not what was asked for

bool BeginsWith(std::string_view text, std::string_view lower_case_prefix) {
  return text.size() >= lower_case_prefix.size() &&
         strncasecmp(text.data(), lower_case_prefix.data(), lower_case_prefix.size()) == 0;
}

Status Stopped() {
  return Cancelled("nobody waits for it any more");
}

// Returns when `fd` is ready, if it is not -1, or something else has happened.
Status WaitFor(int fd, short events, TimePoint until, const StopSignal& stop) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::System().Now());
  if (left.count() <= 0) return DeadlineExceeded("it takes too long");
  std::array<pollfd, 2> waiting = {
      {{.fd = stop.fd(), .events = POLLIN, .revents = 0}, {.fd = fd, .events = events, .revents = 0}}};
  // A signal ends the wait early: the caller looks in vain and comes back.
  poll(waiting.data(), waiting.size(), static_cast<int>(std::min<int64_t>(left.count(), 60'000)));
  return waiting[0].revents != 0 ? Stopped() : Status();
}

// A look-up cannot be interrupted: it has a thread of its own, which is left alone if nobody waits for it any more.
class LookUpJob {
 public:
  using Found = Result<std::vector<Endpoint>>;

  explicit LookUpJob(std::unique_ptr<StopSignal> finished) : finished_(std::move(finished)) {}

  static Found Run(const FetchRules& rules, const Url& url, TimePoint until, const StopSignal& stop) {
    std::unique_ptr<StopSignal> finished = StopSignal::Make();
    if (finished == nullptr) return Unavailable("the system gives no descriptor to look the host up");
    const auto job = std::make_shared<LookUpJob>(std::move(finished));  // shared with the thread
    try {
      std::thread([job, look_up = rules.look_up, host = url.host, port = url.port] {
        job->Finish(look_up, host, port);
      }).detach();
    } catch (const std::system_error&) {
      return Unavailable("the system gives no thread to look the host up");
    }
    while (!job->finished_->stopped()) RETURN_IF_ERROR(WaitFor(job->finished_->fd(), POLLIN, until, stop));
    const MutexLock lock(job->mutex_);
    return job->found_ ? *job->found_ : Found(OutOfMemory("the system gives no more memory to look the host up"));
  }

 private:
  // On the thread.
  void Finish(const FetchRules::LookUp& look_up, const std::string& host, uint16_t port) {
    try {
      Found found = look_up(host, port);
      const MutexLock lock(mutex_);
      found_ = std::move(found);
    } catch (const std::bad_alloc&) {
      // Nothing was found, then.
    }
    finished_->Stop();
  }

  const std::unique_ptr<StopSignal> finished_;
  Mutex mutex_;
  std::optional<Found> found_ GUARDED_BY(mutex_);  // nothing: memory was short
};

// Where the Location of an answer leads, as a text.
std::string Resolved(const std::string& base, std::string location) {
  location.resize(std::min(location.find('#'), location.size()));
  if (location.find(':') < location.find_first_of("/?")) return location;
  const size_t host = base.find("://") + 3;
  const size_t path = std::min(base.find_first_of("/?", host), base.size());
  if (location.starts_with("//")) return base.substr(0, host - 2) + location;
  if (location.starts_with('/')) return base.substr(0, path) + location;
  const size_t query = std::min(base.find('?', host), base.size());
  if (location.starts_with('?')) return base.substr(0, query) + location;
  const size_t slash = base.rfind('/', query);
  return slash < path ? base.substr(0, path) + "/" + location : base.substr(0, slash + 1) + location;
}

class Fetching {
 public:
  Fetching(const FetchRules& rules, const BodySink& sink, const StopSignal& stop)
      : rules_(rules), sink_(sink), stop_(stop), end_(Clock::System().Now() + rules.timeout) {}

  Status Run(std::string url) {
    for (int redirects = 0; redirects <= rules_.max_redirects; ++redirects) {
      ASSIGN_OR_RETURN(const std::optional<std::string> location, Ask(url));
      if (!location) return {};
      std::string next = Resolved(url, *location);
      if (BeginsWith(url, "https:") && BeginsWith(next, "http:")) {
        return InvalidArgument("expected an answer, found a redirect from https to http");
      }
      url = std::move(next);
    }
    return InvalidArgument("expected at most " + std::to_string(rules_.max_redirects) + " redirects, found more");
  }

 private:
  // Where to go on; nothing: it has come.
  Result<std::optional<std::string>> Ask(const std::string& text) {
    if (!BeginsWith(text, "http://") && !BeginsWith(text, "https://")) {
      return InvalidArgument("expected http:// or https://, found " + Excerpt(text));
    }
    if (!rules_.allows(text)) return InvalidArgument("found a redirect to a URL that is not allowed");
    ASSIGN_OR_RETURN(const Url url, ParseUrl(text));
    ASSIGN_OR_RETURN(const std::vector<Endpoint> endpoints, EndpointsOf(url));
    Status failed;
    for (const Endpoint& endpoint : endpoints) {
      Result<std::optional<std::string>> answer = AskAt(endpoint, url);
      const bool may_another_know = answer.status().code() == StatusCode::kUnavailable && !has_answered_;
      if (!may_another_know) return answer;
      failed = std::move(answer).status();
    }
    return failed;
  }

  // Those that may be connected to.
  Result<std::vector<Endpoint>> EndpointsOf(const Url& url) const {
    ASSIGN_OR_RETURN(std::vector<Endpoint> endpoints, LookUpJob::Run(rules_, url, end_, stop_));
    std::erase_if(endpoints, [&](const Endpoint& endpoint) { return !MayConnect(endpoint.address); });
    if (endpoints.empty()) return Unavailable("expected a host with a public address, found one without");
    if (endpoints.size() > kMostAddresses) endpoints.erase(endpoints.begin() + kMostAddresses, endpoints.end());
    if (!url.tls) return endpoints;
    ASSIGN_OR_RETURN(const std::shared_ptr<const TlsClient> tls, TlsClient::Make(rules_.trust, url.host));
    for (Endpoint& endpoint : endpoints) endpoint.tls = tls;
    return endpoints;
  }

  bool MayConnect(const sockaddr_storage& address) const {
    return IsPublic(address) ||
           std::ranges::any_of(rules_.networks, [&](const NetworkRange& range) { return range.Contains(address); });
  }

  Result<std::optional<std::string>> AskAt(const Endpoint& endpoint, const Url& url) {
    if (stop_.stopped()) return Stopped();
    HttpConnection connection({.max_body_bytes = rules_.max_bytes});
    RETURN_IF_ERROR(connection.Open(endpoint));
    const PreparedRequest request = Prepare("GET", url, {});
    has_answered_ = false;
    uint64_t passed_over = 0;
    const BodySink take = [&](std::string_view piece) -> Status {
      has_answered_ = true;
      if (Clock::System().Now() >= end_) return DeadlineExceeded("it takes too long");
      if (stop_.stopped()) return Stopped();
      if (connection.response().status() == 200) return sink_(piece);
      passed_over += piece.size();
      return passed_over <= kMostOtherBytes ? Status() : InvalidArgument("it says too much beside");
    };
    RETURN_IF_ERROR(Drive(connection, request, take));
    return Judge(connection.response());
  }

  Status Drive(HttpConnection& connection, const PreparedRequest& request, const BodySink& take) {
    std::array<char, 64 << 10> scratch;
    auto progress = connection.Start(request, take);
    const net::HttpLimits limits{.stall_timeout = rules_.stall_timeout,
                                 .min_body_bytes_per_second = rules_.min_bytes_per_second};
    net::BodyPace pace{.started = Clock::System().Now(), .last_progress = Clock::System().Now()};
    while (progress == HttpConnection::Progress::kWaiting) {
      const short events = static_cast<short>(POLLIN | (connection.WantsWrite() ? POLLOUT : 0));
      RETURN_IF_ERROR(WaitFor(connection.fd(), events, std::min(net::TooSlowAt(pace, limits), end_), stop_));
      progress = connection.Drive(scratch);
      if (connection.bytes_received() > pace.bytes) pace.last_progress = Clock::System().Now();
      pace.bytes = connection.bytes_received();
    }
    return progress == HttpConnection::Progress::kFailed ? connection.error() : Status();
  }

  static Result<std::optional<std::string>> Judge(const HttpResponseParser& response) {
    const int status = response.status();
    if (status == 200) return std::optional<std::string>();
    const bool is_redirect = status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
    const auto location = response.Find("location");
    if (is_redirect && location) return std::optional(std::string(*location));
    return InvalidArgument("expected an answer with status 200, found " + std::to_string(status));
  }

  const FetchRules& rules_;
  const BodySink& sink_;
  const StopSignal& stop_;
  const TimePoint end_;
  bool has_answered_ = false;  // the address that was asked last, with some of its body
};

}  // namespace

Status Fetch(const std::string& url, const FetchRules& rules, const BodySink& sink, const StopSignal& stop) {
  return Fetching(rules, sink, stop).Run(url);
}

}  // namespace trireme::client

// SPDX-License-Identifier: Apache-2.0
#include "server/access_log.h"

#include <unistd.h>

#include <chrono>
#include <memory>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/thread_pool.h"

namespace trireme {
namespace {

// What is known of a request before it is answered: copied, because the request is gone by then.
struct Entry {
  std::string method;
  std::string path;
  std::string peer;
  std::string request_id;
  std::string principal;
  TimePoint received;
};

constexpr size_t kMaxTextBytes = 512;  // of anything that a client chose

std::string Clipped(std::string_view text) {
  return std::string(text.substr(0, kMaxTextBytes));
}

Entry Describe(const net::HttpRequest& request, std::string_view principal) {
  const std::string_view* id = request.Find("x-request-id");
  return {.method = Clipped(request.method),
          .path = Clipped(request.path),
          .peer = std::string(request.peer),
          .request_id = id == nullptr ? std::string() : Clipped(*id),
          .principal = std::string(principal),
          .received = request.received};
}

std::string_view TrailerOf(const net::GrpcStatus& status, std::string_view name) {
  for (const auto& [key, value] : status.metadata) {
    if (key == name) return value;
  }
  return {};
}

std::string_view HeaderOf(const net::HttpResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

size_t BodyBytes(const net::HttpResponse& response) {
  size_t bytes = response.body.size();
  for (const net::BodyPart& part : response.parts) bytes += part.bytes.size();
  return bytes;
}

int64_t WallMilliseconds() {
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(wall).count();
}

double MillisecondsOf(const Entry& entry) {
  // A request that was refused at its head has no time of arrival yet.
  if (entry.received == TimePoint()) return 0;
  return static_cast<double>(Duration(Clock::System().Now() - entry.received).count()) * 1e-6;
}

std::string FormatLine(Logger::Form form, const Entry& entry, const net::HttpResponse& response) {
  const std::string_view own_id = HeaderOf(response, "X-Request-Id");
  return FormatLogLine(form, WallMilliseconds(), LogLevel::kInfo, "request",
                       {{"method", entry.method},
                        {"path", entry.path},
                        {"status", response.status},
                        {"bytes", BodyBytes(response)},
                        {"ms", MillisecondsOf(entry)},
                        {"request_id", own_id.empty() ? std::string_view(entry.request_id) : own_id},
                        {"stages", HeaderOf(response, "Server-Timing")},
                        {"principal", entry.principal},
                        {"peer", entry.peer}});
}

std::string FormatLine(Logger::Form form, const Entry& entry, const net::GrpcStatus& status, uint64_t bytes) {
  return FormatLogLine(form, WallMilliseconds(), LogLevel::kInfo, "request",
                       {{"method", entry.method},
                        {"path", entry.path},
                        {"grpc_status", Name(status.code)},
                        {"bytes", bytes},
                        {"ms", MillisecondsOf(entry)},
                        {"request_id", entry.request_id},
                        {"stages", TrailerOf(status, "server-timing")},
                        {"principal", entry.principal},
                        {"peer", entry.peer}});
}

}  // namespace

// Passes an answer on and writes its line.
class WatchedReply final : public net::ResponseWriter {
 public:
  WatchedReply(AccessLogWriter& log, Entry entry, net::HttpReply reply)
      : log_(log), entry_(std::move(entry)), reply_(std::move(reply)) {}

  void Send(net::HttpResponse response) override {
    log_.Enqueue(FormatLine(log_.form_, entry_, response));
    reply_.Send(std::move(response));
  }
  void Begin(net::HttpResponse head) override {
    log_.Enqueue(FormatLine(log_.form_, entry_, head));
    reply_.Begin(std::move(head));
  }
  void Write(std::string chunk) override { reply_.Write(std::move(chunk)); }
  void End() override { reply_.End(); }
  void Abort() override { reply_ = net::HttpReply(); }
  net::Executor& executor() override { return reply_.executor(); }

 private:
  AccessLogWriter& log_;
  const Entry entry_;
  net::HttpReply reply_;
};

// The same of a gRPC call, which writes it at its end.
class WatchedGrpcReply final : public net::GrpcWriter {
 public:
  WatchedGrpcReply(AccessLogWriter& log, Entry entry, net::GrpcReply reply)
      : log_(log), entry_(std::move(entry)), reply_(std::move(reply)) {}

  void Send(net::GrpcPayload message) override {
    bytes_ += message.bytes();
    reply_.Send(std::move(message));
  }
  void Finish(net::GrpcStatus status) override {
    log_.Enqueue(FormatLine(log_.form_, entry_, status, bytes_));
    reply_.Finish(std::move(status));
  }
  void Pause(bool paused) override { reply_.Pause(paused); }
  net::Executor& executor() override { return reply_.executor(); }

 private:
  AccessLogWriter& log_;
  const Entry entry_;
  net::GrpcReply reply_;
  uint64_t bytes_ = 0;
};

AccessLogWriter::AccessLogWriter(int fd, Logger::Form form) : fd_(fd), form_(form), writer_([this] { Work(); }) {}

AccessLogWriter::~AccessLogWriter() {
  {
    const MutexLock lock(mutex_);
    closing_ = true;
  }
  changed_.NotifyAll();
  writer_.join();
}

void AccessLogWriter::Write(const net::HttpRequest& request, std::string_view principal,
                            const net::HttpResponse& response) {
  Enqueue(FormatLine(form_, Describe(request, principal), response));
}

net::HttpReply AccessLogWriter::Watch(const net::HttpRequest& request, std::string_view principal,
                                      net::HttpReply reply) {
  return net::HttpReply(std::make_shared<WatchedReply>(*this, Describe(request, principal), std::move(reply)));
}

void AccessLogWriter::Write(const net::HttpRequest& head, std::string_view principal, const net::GrpcStatus& status) {
  Enqueue(FormatLine(form_, Describe(head, principal), status, 0));
}

net::GrpcReply AccessLogWriter::Watch(const net::HttpRequest& head, std::string_view principal, net::GrpcReply reply) {
  Entry entry = Describe(head, principal);
  // A call's head may come long before its message; a stream's end, which is what is timed, long after it.
  if (entry.received == TimePoint()) entry.received = Clock::System().Now();
  return net::GrpcReply(std::make_shared<WatchedGrpcReply>(*this, std::move(entry), std::move(reply)));
}

void AccessLogWriter::Enqueue(std::string line) {
  {
    const MutexLock lock(mutex_);
    if (waiting_.size() + line.size() > kMaxWaitingBytes) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    waiting_ += line;
  }
  changed_.NotifyOne();
}

void AccessLogWriter::Work() {
  NameThisThread("access-log");
  while (true) {
    std::string lines;
    {
      const MutexLock lock(mutex_);
      while (waiting_.empty() && !closing_) changed_.Wait(mutex_);
      if (waiting_.empty()) return;
      lines.swap(waiting_);
    }
    std::string_view rest = lines;
    while (!rest.empty()) {
      const ssize_t written = write(fd_, rest.data(), rest.size());
      if (written <= 0) break;  // a log that cannot be written has nobody to complain to
      rest.remove_prefix(static_cast<size_t>(written));
    }
  }
}

}  // namespace trireme

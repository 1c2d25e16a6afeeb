// SPDX-License-Identifier: Apache-2.0
#include "tracing/tracer.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/out_of_memory.h"
#include "base/snapshot.h"
#include "base/thread_pool.h"
#include "client/http_client.h"
#include "tracing/request_spans.h"
#include "tracing/sampling.h"
#include "tracing/span.h"

namespace trireme {
namespace {

constexpr std::chrono::seconds kExportEvery{1};
constexpr std::chrono::milliseconds kExportTimeout{2'000};
constexpr size_t kSpansPerExport = 512;
constexpr size_t kMostAnswerBytes = 64 << 10;  // of a collector, which has little to say

int64_t UnixOffset() {
  const auto wall = std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch());
  return (wall - Clock::System().Now().time_since_epoch()).count();
}

client::Url WithPath(client::Url endpoint) {
  if (endpoint.path == "/") endpoint.path = "/v1/traces";
  return endpoint;
}

// The settings in force: the server's, and those of models that have their own.
struct Samplers {
  std::shared_ptr<Sampler> server;  // shared by tables, and by who is asking one of them
  std::map<std::string, std::shared_ptr<Sampler>, std::less<>> models;

  Sampler& Of(std::string_view model) const {
    const auto found = models.find(model);
    return found == models.end() ? *server : *found->second;
  }
  bool AnyOn() const {
    const auto is_on = [](const Sampler& sampler) { return sampler.settings().timestamps; };
    return is_on(*server) || std::ranges::any_of(models, [&](const auto& model) { return is_on(*model.second); });
  }
};

}  // namespace

class Tracer::Core {
 public:
  Core(Options options, metrics::Registry& registry, const Logger& log)
      : options_(std::move(options)),
        log_(log),
        unix_offset_ns_(UnixOffset()),
        sent_(registry.GetCounter({"trireme_trace_spans_sent_total", "Spans that a collector has taken."})),
        dropped_(registry.GetCounter(
            {"trireme_trace_spans_dropped_total", "Spans for which there was no room, or that no collector took."})),
        samplers_(Samplers{.server = std::make_shared<Sampler>(options_.settings), .models = {}}),
        on_(options_.endpoint.has_value() && options_.settings.timestamps) {
    if (options_.endpoint) {
      endpoint_ = WithPath(*options_.endpoint);
      thread_ = std::thread([this] {
        NameThisThread("trace-export");
        Work();
      });
    }
  }

  ~Core() {
    if (!thread_.joinable()) return;
    {
      const MutexLock lock(mutex_);
      closing_ = true;
    }
    changed_.NotifyAll();
    thread_.join();
  }
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  bool on() const { return on_.load(std::memory_order_relaxed); }

  void Record(const RequestTrace& trace) EXCLUDES(mutex_) {
    const std::optional<TraceParent> parent = ParseTraceParent(trace.context.traceparent);
    if (!samplers_.Read()->Of(trace.model.name).Take(parent)) return;
    std::vector<Span> spans = SpansOf(
        trace, parent, [this] { return NextId(); }, unix_offset_ns_);
    const size_t count = spans.size();
    bool full = false;
    {
      const MutexLock lock(mutex_);
      if (waiting_.size() + count > options_.max_waiting_spans) {
        full = true;
      } else {
        std::ranges::move(spans, std::back_inserter(waiting_));
        if (waiting_.size() < kSpansPerExport) return;
      }
    }
    if (full) dropped_->Add(count);
    changed_.NotifyOne();
  }

  TraceSettings settings(std::string_view model) const { return samplers_.Read()->Of(model).settings(); }

  void Change(const std::string& model, std::optional<TraceSettings> settings) EXCLUDES(change_mutex_) {
    const MutexLock lock(change_mutex_);
    Samplers next = *samplers_.Read();
    if (model.empty()) {
      if (settings) next.server = std::make_shared<Sampler>(*settings);
    } else if (settings) {
      next.models[model] = std::make_shared<Sampler>(*settings);
    } else {
      next.models.erase(model);
    }
    on_.store(options_.endpoint.has_value() && next.AnyOn(), std::memory_order_relaxed);
    samplers_.Publish(std::move(next));
  }

 private:
  uint64_t NextId() {
    thread_local std::mt19937_64 random = [] {
      std::random_device seed;
      return std::mt19937_64((static_cast<uint64_t>(seed()) << 32) | seed());
    }();
    return random();
  }

  // What is due is sent, in the order in which it came; at the end, one last time.
  void Work() EXCLUDES(mutex_) {
    bool collector_is_well = true;
    while (true) {
      std::vector<Span> batch;
      bool last = false;
      {
        const MutexLock lock(mutex_);
        const TimePoint until = Clock::System().Now() + kExportEvery;
        while (!closing_ && waiting_.size() < kSpansPerExport && Clock::System().Now() < until) {
          changed_.WaitUntil(mutex_, until);
        }
        batch.swap(waiting_);
        last = closing_;
      }
      const bool sent = batch.empty() || Survives("sending spans to the trace collector", log_,
                                                  [&] { collector_is_well = Export(batch, collector_is_well); });
      if (!sent) dropped_->Add(batch.size());
      if (last) return;
    }
  }

  bool Export(const std::vector<Span>& batch, bool was_well) {
    const std::string body = EncodeSpans(batch, options_.service_name);
    const Result<client::HttpAnswer> answer = client::Call({.method = "POST",
                                                            .url = endpoint_,
                                                            .headers = {{"Content-Type", "application/x-protobuf"}},
                                                            .body_begin = body,
                                                            .timeout = kExportTimeout,
                                                            .limits = {.max_body_bytes = kMostAnswerBytes}});
    const bool taken = answer.ok() && answer->status >= 200 && answer->status < 300;
    (taken ? sent_ : dropped_)->Add(batch.size());
    if (taken == was_well) return taken;
    if (taken) {
      log_.Info("the trace collector takes spans again", {{"collector", endpoint_.Authority()}});
    } else {
      const std::string reason =
          answer.ok() ? "it answered " + std::to_string(answer->status) : answer.status().message();
      log_.Warning("the trace collector takes no spans: they are dropped until it does",
                   {{"collector", endpoint_.Authority()}, {"reason", reason}});
    }
    return taken;
  }

  const Options options_;
  const Logger& log_;
  const int64_t unix_offset_ns_;
  const std::shared_ptr<metrics::Counter> sent_;     // shared with the registry's expositions
  const std::shared_ptr<metrics::Counter> dropped_;  // likewise
  client::Url endpoint_;
  Snapshot<Samplers> samplers_;
  std::atomic<bool> on_;  // a lone flag
  Mutex change_mutex_;    // one change at a time

  Mutex mutex_;
  CondVar changed_;
  std::vector<Span> waiting_ GUARDED_BY(mutex_);
  bool closing_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

Tracer::Tracer(Options options, metrics::Registry& registry, const Logger& log)
    : core_(std::make_unique<Core>(std::move(options), registry, log)) {}
Tracer::~Tracer() = default;

bool Tracer::on() const {
  return core_->on();
}
void Tracer::Record(const RequestTrace& trace) {
  if (core_->on()) core_->Record(trace);
}
TraceSettings Tracer::settings(std::string_view model) const {
  return core_->settings(model);
}
void Tracer::Change(const std::string& model, std::optional<TraceSettings> settings) {
  core_->Change(model, settings);
}

}  // namespace trireme

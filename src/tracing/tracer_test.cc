// SPDX-License-Identifier: Apache-2.0
#include "tracing/tracer.h"

#include <gtest/gtest.h>

#include <map>

#include "base/mutex.h"
#include "client/testing/scripted_server.h"
#include "codec/proto_wire.h"
#include "tracing/request_spans.h"

namespace trireme {
namespace {

using std::chrono::microseconds;

TimePoint At(int us) {
  return TimePoint(microseconds(1'000'000 + us));
}

RequestTrace WholeTrace() {
  return {.context = {},
          .model = {.name = "resnet", .version = 3},
          .protocol = "http",
          .request_id = "r1",
          .stages = {.received = At(0),
                     .queued = At(10),
                     .taken = At(30),
                     .run_begin = At(35),
                     .run_end = At(95),
                     .answered = At(96),
                     .batch_rows = 4},
          .done = At(100)};
}

std::map<std::string, Span> ByName(const RequestTrace& trace, const std::optional<TraceParent>& parent) {
  uint64_t next = 0;
  std::map<std::string, Span> spans;
  for (Span& span : SpansOf(
           trace, parent, [&] { return ++next; }, 0)) {
    std::string name = span.server ? "request" : span.name;
    spans.emplace(std::move(name), std::move(span));
  }
  return spans;
}

TEST(RequestSpans, TellTheStagesOfARequest) {
  const auto spans = ByName(WholeTrace(), std::nullopt);
  ASSERT_EQ(spans.size(), 6U);
  const Span& request = spans.at("request");
  EXPECT_EQ(request.name, "infer resnet");
  EXPECT_FALSE(request.parent.has_value());
  EXPECT_EQ(request.end_unix_ns - request.begin_unix_ns, 100'000U);
  for (const auto& [name, microseconds_long] : std::map<std::string, uint64_t>{
           {"decode", 10}, {"queue", 20}, {"batch", 5}, {"compute", 60}, {"serialise", 4}}) {
    const Span& span = spans.at(name);
    EXPECT_EQ(span.end_unix_ns - span.begin_unix_ns, microseconds_long * 1000) << name;
    EXPECT_EQ(span.trace_id, request.trace_id);
    EXPECT_EQ(span.parent, request.span_id);
    EXPECT_NE(span.span_id, request.span_id);
  }
}

TEST(RequestSpans, GoOnWithTheCallersTrace) {
  const auto parent = ParseTraceParent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  const auto spans = ByName(WholeTrace(), parent);
  EXPECT_EQ(spans.at("request").trace_id, parent->trace_id);
  EXPECT_EQ(spans.at("request").parent, parent->span_id);
  EXPECT_EQ(spans.at("compute").parent, spans.at("request").span_id);
}

TEST(RequestSpans, LeaveOutWhatARequestDidNotReach) {
  RequestTrace refused = WholeTrace();
  refused.stages = {.received = At(0), .answered = At(5)};
  refused.status = StatusCode::kInvalidArgument;
  const auto spans = ByName(refused, std::nullopt);
  EXPECT_EQ(spans.size(), 2U);  // and serialise
  EXPECT_EQ(spans.at("request").error, "invalid argument");
}

TEST(RequestSpans, HoldNoTextThatACollectorWouldRefuse) {
  RequestTrace trace = WholeTrace();
  trace.request_id = "\xff";
  trace.model.name = "\xfe";
  const auto spans = ByName(trace, std::nullopt);
  EXPECT_EQ(spans.at("request").name, "infer");
  for (const auto& [key, value] : spans.at("request").attributes) {
    EXPECT_NE(key, "trireme.request_id");
    EXPECT_NE(key, "trireme.model");
  }
}

// Keeps what it is sent.
class Collector {
 public:
  explicit Collector(std::string status = "200 OK")
      : server_([this, status](const std::string& request) {
          const MutexLock lock(mutex_);
          requests_.push_back(request);
          return client::ScriptedServer::Answer("", status);
        }) {}
  std::vector<std::string> requests() {
    const MutexLock lock(mutex_);
    return requests_;
  }
  uint16_t port() const { return server_.port(); }

 private:
  Mutex mutex_;
  std::vector<std::string> requests_ GUARDED_BY(mutex_);
  client::ScriptedServer server_;
};

Tracer::Options To(uint16_t port, TraceSettings settings) {
  return {.endpoint = client::Url{.host = "127.0.0.1", .port = port}, .settings = settings};
}

size_t SpansIn(const std::string& request) {
  std::string_view message = std::string_view(request).substr(request.find("\r\n\r\n") + 4);
  for (const int number : {1, 2}) {  // resource_spans, then scope_spans
    ProtoReader reader(message);
    while (const auto field = reader.Next()) {
      if (field->number == number) message = field->bytes;
    }
  }
  size_t spans = 0;
  ProtoReader reader(message);
  while (const auto field = reader.Next()) spans += field->number == 2 ? 1 : 0;
  return spans;
}

TEST(Tracer, SendsWhatWaitsWhenItEnds) {
  Collector collector;
  metrics::Registry registry;
  const Logger log(2, Logger::Form::kText, LogLevel::kError);
  {
    Tracer tracer(To(collector.port(), {.timestamps = true, .rate = 1}), registry, log);
    EXPECT_TRUE(tracer.on());
    tracer.Record(WholeTrace());
    tracer.Record(WholeTrace());
  }
  const std::vector<std::string> requests = collector.requests();
  ASSERT_FALSE(requests.empty());
  EXPECT_TRUE(requests[0].starts_with("POST /v1/traces HTTP/1.1\r\n"));
  EXPECT_NE(requests[0].find("application/x-protobuf"), std::string::npos);
  size_t spans = 0;
  for (const std::string& request : requests) spans += SpansIn(request);
  EXPECT_EQ(spans, 12U);
}

TEST(Tracer, ACollectorThatIsAwayCostsOnlySpans) {
  metrics::Registry registry;
  const Logger log(2, Logger::Form::kText, LogLevel::kError);
  const auto dropped = registry.GetCounter(
      {"trireme_trace_spans_dropped_total", "Spans for which there was no room, or that no collector took."});
  {
    Tracer::Options options = To(client::UnusedPort(), {.timestamps = true, .rate = 1});
    options.max_waiting_spans = 20;
    Tracer tracer(std::move(options), registry, log);
    for (int i = 0; i < 100; ++i) tracer.Record(WholeTrace());
  }
  EXPECT_EQ(dropped->value(), 600U);
}

TEST(Tracer, ACollectorThatAnswersWithoutEndIsNotHeardOut) {
  client::ScriptedServer collector(
      [](const std::string&) { return client::ScriptedServer::Answer(std::string(1 << 20, 'x')); });
  metrics::Registry registry;
  const Logger log(2, Logger::Form::kText, LogLevel::kError);
  const auto dropped = registry.GetCounter(
      {"trireme_trace_spans_dropped_total", "Spans for which there was no room, or that no collector took."});
  {
    Tracer tracer(To(collector.port(), {.timestamps = true, .rate = 1}), registry, log);
    tracer.Record(WholeTrace());
  }
  EXPECT_EQ(dropped->value(), 6U);
}

TEST(Tracer, AModelMayHaveSettingsOfItsOwn) {
  metrics::Registry registry;
  const Logger log(2, Logger::Form::kText, LogLevel::kError);
  Tracer tracer(To(client::UnusedPort(), {}), registry, log);
  EXPECT_FALSE(tracer.on());
  tracer.Change("resnet", TraceSettings{.timestamps = true, .rate = 5});
  EXPECT_TRUE(tracer.on());
  EXPECT_EQ(tracer.settings("resnet").rate, 5U);
  EXPECT_EQ(tracer.settings("other").rate, 1000U);
  tracer.Change("resnet", std::nullopt);
  EXPECT_FALSE(tracer.on());
  EXPECT_EQ(tracer.settings("resnet").rate, 1000U);
  tracer.Change("", TraceSettings{.timestamps = true});
  EXPECT_TRUE(tracer.on());
}

TEST(Tracer, WithoutACollectorNothingIsTraced) {
  metrics::Registry registry;
  const Logger log(2, Logger::Form::kText, LogLevel::kError);
  Tracer tracer({.endpoint = std::nullopt, .settings = {.timestamps = true, .rate = 1}}, registry, log);
  EXPECT_FALSE(tracer.on());
  tracer.Record(WholeTrace());
}

}  // namespace
}  // namespace trireme

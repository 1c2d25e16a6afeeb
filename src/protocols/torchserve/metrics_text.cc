// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/metrics_text.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <string_view>
#include <utility>

#include "codec/form_fields.h"
#include "metrics/exposition.h"
#include "protocols/torchserve/answers.h"
#include "transform/python_json.h"

namespace trireme::torchserve {
namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

void AppendLabel(std::string& out, const std::pair<std::string, std::string>& label) {
  out += label.first + "=\"";
  for (const char c : label.second) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += "\",";
}

void AppendSample(std::string& out, std::string_view name, const Labels& labels, double value) {
  out.append(name) += '{';
  for (const auto& label : labels) AppendLabel(out, label);
  out += "} ";
  transform::AppendPythonFloat(out, value);
  out += '\n';
}

// One metric, if it is wanted.
class Writer {
 public:
  explicit Writer(const std::vector<std::string>& names) : names_(names) {}

  bool Begin(std::string_view name, std::string_view help) {
    name_ = name;
    if (!names_.empty() && std::ranges::find(names_, name) == names_.end()) return false;
    metrics::AppendHead(text_, name, help, "counter");
    return true;
  }
  void Add(const Labels& labels, double value) { AppendSample(text_, name_, labels, value); }
  std::string Take() { return std::move(text_); }

 private:
  const std::vector<std::string>& names_;
  std::string_view name_;
  std::string text_;
};

double Microseconds(Duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

using Names = std::map<std::string, VersionName, std::less<>>;

// A model version as TorchServe's labels name it.
Labels LabelsOf(const Names& booked, const ModelId& id, const std::string& hostname) {
  VersionName name{.model = id.name, .version = TextOfVersion(id.version)};
  if (const auto found = booked.find(id.name); found != booked.end()) name = found->second;
  return {{"model_name", name.model}, {"model_version", name.version}, {"hostname", hostname}};
}

void WriteModels(Writer& writer, const Services& services) {
  const Result<std::vector<ModelReport>> reports = services.engine.Statistics({}, {});
  if (!reports.ok()) return;
  const Names names = services.book.NamesInEngine();
  const auto write = [&](std::string_view name, std::string_view help, auto value_of) {
    if (!writer.Begin(name, help)) return;
    for (const ModelReport& report : *reports) {
      writer.Add(LabelsOf(names, report.id, services.options.hostname), value_of(report.statistics));
    }
  };
  write("ts_inference_requests_total", "Torchserve prometheus counter metric with unit: Count",
        [](const ModelStatistics& statistics) { return static_cast<double>(statistics.success.count); });
  write("ts_inference_latency_microseconds", "Torchserve prometheus counter metric with unit: Microseconds",
        [](const ModelStatistics& statistics) { return Microseconds(statistics.success.total); });
  write("ts_queue_latency_microseconds", "Torchserve prometheus counter metric with unit: Microseconds",
        [](const ModelStatistics& statistics) { return Microseconds(statistics.queue.total); });
}

}  // namespace

std::string MetricsText(const Services& services, const std::vector<std::string>& names) {
  if (services.options.metrics_mode == MetricsMode::kLog) return {};
  Writer writer(names);
  const Labels host = {{"Level", "Host"}, {"Hostname", services.options.hostname}};
  for (const size_t hundreds : {2U, 4U, 5U}) {
    const std::string name = "Requests" + std::to_string(hundreds) + "XX";
    if (!writer.Begin(name, "Torchserve prometheus counter metric with unit: Count")) continue;
    writer.Add(host, static_cast<double>(services.counts.of.at(hundreds).load(std::memory_order_relaxed)));
  }
  WriteModels(writer, services);
  return writer.Take();
}

Route MetricsRoute(const Services& services) {
  return {.method = "GET",
          .pattern = "/metrics",
          .operation = Operation::kMetrics,
          .handle =
              [&services](const net::HttpRequest& http, const PathArguments&, const Identity&, net::HttpReply reply) {
                const Result<std::vector<FormField>> query = ParseFormFields(http.query);
                if (!query.ok()) return reply.Send(FailureAnswer(services, FailureOf(query.status())));
                std::vector<std::string> names;
                for (const FormField& field : *query) {
                  if (field.name == "name[]") names.push_back(field.value);
                }
                net::HttpResponse response;
                response.headers.emplace_back("Content-Type", std::string(metrics::kExpositionType));
                response.body = MetricsText(services, names);
                reply.Send(Dressed(services, std::move(response)));
              },
          .plan_body = [](const net::HttpRequest&) { return net::BodyPlan{.max_bytes = 1024}; }};
}

}  // namespace trireme::torchserve

// SPDX-License-Identifier: Apache-2.0
#include "tune/candidate_server.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/trimmed.h"
#include "bench/goodput.h"
#include "bench/measure.h"
#include "bench/report_text.h"
#include "client/kserve_client.h"

namespace trireme::tune {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kReadyPatience = std::chrono::minutes(10);
constexpr milliseconds kStep(5);
constexpr milliseconds kAnswerPatience = std::chrono::seconds(30);
constexpr int kWarmUpShare = 4;        // of a window
constexpr uint64_t kLeastAnswers = 8;  // of a load: fewer say nothing of a slow model
constexpr int kMostTries = 8;          // of a search for the goodput
constexpr int kLongestTry = 3;         // windows
constexpr double kUsualQuantile = 0.99;

std::string FirstOf(const std::map<std::string, bench::Failures>& failures) {
  if (failures.empty()) return {};
  const auto& [kind, first] = *failures.begin();
  return bench::Visible(first.sample.empty() ? kind : kind + ": " + first.sample);
}

void SetLatencies(const bench::LatencyHistogram& latency, const std::optional<ServiceGoal>& goal, LoadPoint& point) {
  point.answered = latency.count();
  point.p50 = latency.Quantile(0.5);
  point.p99 = latency.Quantile(0.99);
  point.at_quantile = latency.Quantile(goal ? goal->quantile : kUsualQuantile);
}

}  // namespace

CandidateServer::CandidateServer(const MeasuredModel& model, std::shared_ptr<const ScratchFolder> folder,
                                 std::unique_ptr<bench::OwnServer> server)
    : model_(model), folder_(std::move(folder)), server_(std::move(server)) {}

Result<std::unique_ptr<CandidateServer>> CandidateServer::Start(const MeasuredModel& model,
                                                                const std::vector<std::string>& arguments) {
  const TimePoint began = Clock::System().Now();
  ASSIGN_OR_RETURN(auto folder, ScratchFolder::Make());
  // Without kept answers, whatever the model's folder says: the same few requests come again and again.
  std::vector<std::string> all = {
      "--admin-socket", (folder->path() / "admin").string(), "--log-format", "text", "--cache-config", "local,size=0"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  auto process = bench::OwnServer::Start(
      {.program = model.program, .folder = folder->path(), .arguments = std::move(all), .heeds_environment = false});
  if (!process.ok()) {
    return Status(process.status().code(), "the server does not start: " + LastWords(process.status().message()));
  }
  std::unique_ptr<CandidateServer> server(new CandidateServer(model, std::move(folder), *std::move(process)));
  RETURN_IF_ERROR(server->WaitUntilReady());
  server->start_ = Clock::System().Now() - began;
  bench::BenchOptions options = model.requests;
  options.url = server->server_->url_text();
  options.timeout = kAnswerPatience;
  ASSIGN_OR_RETURN(server->target_, bench::ServerTarget::Open(options));
  RETURN_IF_ERROR(server->AskOnce());
  return server;
}

// What the model refuses whoever runs it is no reason to measure how fast.
Status CandidateServer::AskOnce() {
  const client::KserveClient client(server_->url(), {.timeout = kAnswerPatience});
  const auto answer = client.InferOnce(requests().model, "", requests().messages.front(), pool_);
  if (answer.ok() || answer.status().code() != StatusCode::kInvalidArgument) return {};
  return InvalidArgument("the model refuses what it is sent: " + bench::Visible(answer.status().message()) +
                         "; --shape or --samples say what to send");
}

Status CandidateServer::Ended(const std::string& what) const {
  return Unavailable(what + ": " + LastWords(server_->EndOfLog()));
}

Status CandidateServer::WaitUntilReady() const {
  const client::KserveClient client(server_->url());
  const TimePoint end = Clock::System().Now() + kReadyPatience;
  while (!client.CheckReady().ok()) {
    if (!server_->is_running()) return Ended("the server ended while it loaded the model");
    if (Clock::System().Now() > end) return Ended("the model was not ready within ten minutes");
    if (model_.wants_to_stop && model_.wants_to_stop()) return Cancelled("interrupted");
    std::this_thread::sleep_for(kStep);
  }
  return {};
}

Result<LoadPoint> CandidateServer::Load(int users, Duration window) {
  ASSIGN_OR_RETURN(
      const bench::Measurement measured,
      bench::Measure(*target_, {.connections = static_cast<size_t>(users),
                                .seed = model_.requests.seed,
                                .warm_up = window / kWarmUpShare,
                                .window = window,
                                .least_window_requests = std::max(kLeastAnswers, static_cast<uint64_t>(users)),
                                .timeout = kAnswerPatience,
                                .stop_fd = model_.stop_fd}));
  if (measured.interrupted()) return Cancelled("interrupted");
  if (!server_->is_running()) return Ended("the server ended under load");
  LoadPoint point{.users = users,
                  .failed = measured.failed,
                  .per_second = measured.per_second,
                  .failure = measured.failed > 0 ? FirstOf(measured.failures) : ""};
  SetLatencies(measured.latency, model_.goal, point);
  return point;
}

Result<LoadPoint> CandidateServer::Goodput(double first, double most, Duration window) {
  ASSIGN_OR_RETURN(const bench::Goodput found, bench::FindGoodput(*target_, {.goal = *model_.goal,
                                                                             .first = first,
                                                                             .most = most,
                                                                             .most_tries = kMostTries,
                                                                             .warm_up = window / kWarmUpShare,
                                                                             .window = window,
                                                                             .final_window = window * kLongestTry,
                                                                             .longest = window * kLongestTry,
                                                                             .timeout = kAnswerPatience,
                                                                             .seed = model_.requests.seed,
                                                                             .stop_fd = model_.stop_fd}));
  if (found.interrupted) return Cancelled("interrupted");
  if (!server_->is_running()) return Ended("the server ended under load");
  LoadPoint point{.is_open = true, .per_second = found.per_second, .failure = FirstOf(found.failures)};
  SetLatencies(found.latency, model_.goal, point);
  return point;
}

Result<std::vector<kserve::InferResponseMessage>> CandidateServer::Answers() {
  const client::KserveClient client(server_->url(), {.timeout = kAnswerPatience});
  std::vector<kserve::InferResponseMessage> answers;
  for (const kserve::InferRequestMessage& message : requests().messages) {
    ASSIGN_OR_RETURN(auto answer, client.InferOnce(requests().model, "", message, pool_));
    answers.push_back(std::move(answer));
  }
  return answers;
}

std::string LastWords(std::string_view log) {
  constexpr std::string_view kError = " ERROR ";
  std::string_view last;
  while (!log.empty()) {
    const size_t end = std::min(log.find('\n'), log.size());
    const std::string_view line = Trimmed(log.substr(0, end), kBlanks);
    log.remove_prefix(std::min(end + 1, log.size()));
    // What comes behind the first error follows from it.
    const size_t error = line.find(kError);
    if (error != std::string_view::npos) return bench::Visible(line.substr(error + kError.size()));
    if (!line.empty()) last = line;
  }
  return bench::Visible(last);
}

}  // namespace trireme::tune

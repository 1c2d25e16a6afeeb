// SPDX-License-Identifier: Apache-2.0
#include "tune/model_search.h"

#include <algorithm>
#include <memory>
#include <system_error>
#include <utility>

#include "base/clock.h"
#include "base/cpu_count.h"
#include "base/version.h"
#include "bench/input_file.h"
#include "bench/report_text.h"
#include "codec/sha256.h"
#include "tune/candidate_server.h"
#include "tune/lower_precision.h"
#include "tune/progress.h"
#include "tune/settings_file.h"

namespace trireme::tune {
namespace {

namespace fs = std::filesystem;

constexpr const char* kStateFile = "state.jsonl";
constexpr const char* kSettingsFile = "serve.yaml";
constexpr int kMostUsualUsers = 256;
constexpr int kLeastUsualUsers = 4;
constexpr int64_t kAssumedBatch = 32;     // of the server's own choice
constexpr double kAboveClosedLoop = 1.5;  // what no rate is tried above: a goal that is loose would let lines grow long
constexpr double kBelowClosedLoop = 0.8;  // where the search for the goodput begins: a queue needs room

// The samples are there, and another search is one of others.
Result<std::string> DigestOfSamples(const std::vector<std::string>& samples) {
  auto files = bench::ReadInputFiles(samples);
  if (!files.ok()) {
    std::string words = files.status().message();
    if (words.starts_with("--input")) words.replace(0, std::string_view("--input").size(), "--samples");
    return Status(files.status().code(), words);
  }
  Sha256Stream all;
  for (const bench::InputFile& file : *files) all.Add(ToHex(Sha256(*file.bytes)));
  return samples.empty() ? std::string() : ToHex(all.Finish());
}

std::string ShapesText(const std::vector<bench::InputShape>& shapes) {
  std::string text;
  for (const bench::InputShape& shape : shapes) text += shape.input + shape.shape.ToString() + ";";
  return text;
}

std::string UsersText(const std::vector<int>& users) {
  std::string text;
  for (const int count : users) text += (text.empty() ? "" : ",") + std::to_string(count);
  return text;
}

// With how many users a candidate can be kept busy: as many as it runs at a time, and as many who wait behind them.
int MostUsersFor(const Candidate& candidate, int processors) {
  const int64_t batch = candidate.max_batch > 0 ? candidate.max_batch : kAssumedBatch;
  const int callers = candidate.callers > 0 ? candidate.callers : processors;
  return static_cast<int>(std::clamp<int64_t>(2 * batch * callers, kLeastUsualUsers, kMostUsualUsers));
}

// Carries out what the search decides, and writes down what comes of it.
class Measurer final : public SearchHost {
 public:
  Measurer(const ModelOutcome& outcome, const MeasuredModel& model, StateFile& state, ProgressReporter& progress)
      : outcome_(outcome), model_(model), state_(state), progress_(progress) {}

  Result<Visit> Measure(const VisitOrder& order) override {
    const TimePoint began = Clock::System().Now();
    Visit visit{.rung = order.rung, .round = order.round, .candidate = order.candidate, .window = order.window};
    const Status measured = Fill(order, visit);
    if (measured.code() == StatusCode::kCancelled) return measured;
    if (!measured.ok()) {
      visit.failure = bench::Visible(measured.message());
      progress_.Say(outcome_.facts.name + ": " + ToText(outcome_.candidates[order.candidate]) + ": " + visit.failure);
    }
    visit.length = Clock::System().Now() - began;
    RETURN_IF_ERROR(state_.Add(visit));
    return visit;
  }

  void OnProgress(const SearchProgress& progress, const VisitOrder& next) override {
    progress_.Show(progress, outcome_.facts.name, ToText(outcome_.candidates[next.candidate]));
  }

  // A server with the settings of a file, measured as the finalists are.
  Result<LoadPoint> Verify(const fs::path& settings, const LoadPoint& best, Duration window) {
    ASSIGN_OR_RETURN(auto server, CandidateServer::Start(model_, {"--config", settings.string()}));
    if (best.is_open) {
      return server->Goodput(best.per_second, best.per_second * kAboveClosedLoop, window);
    }
    return server->Load(best.users, window);
  }

 private:
  Status Fill(const VisitOrder& order, Visit& visit) {
    const Candidate& candidate = outcome_.candidates[order.candidate];
    std::vector<std::string> arguments = {outcome_.ServedFile(candidate).string()};
    // A server with a goal refuses what it cannot do in time, where a search wants to see answers come too late. Only
    // one that decides for itself is told it, the last time: it decides by the goal.
    const std::optional<ServiceGoal> told = order.is_last && candidate.is_automatic() ? model_.goal : std::nullopt;
    for (const Flag& flag : FlagsOf(candidate, outcome_.facts.SloOf(told)))
      arguments.insert(arguments.end(), {"--" + flag.name, flag.value});
    ASSIGN_OR_RETURN(auto server, CandidateServer::Start(model_, arguments));
    visit.start = server->start();
    if (order.rung < 0) return Load(*server, 1, order.window, visit);
    RETURN_IF_ERROR(outcome_.wanted.users.empty() ? LoadUpwards(order, candidate, *server, visit)
                                                  : LoadAsTold(order, *server, visit));
    const double closed = ScoreOf(visit, model_.goal);
    if (!order.is_last || !model_.goal || closed == 0) return {};
    double most = 0;
    for (const LoadPoint& point : visit.points) most = std::max(most, point.per_second);
    ASSIGN_OR_RETURN(LoadPoint goodput,
                     server->Goodput(closed * kBelowClosedLoop, most * kAboveClosedLoop, order.window));
    visit.points.push_back(std::move(goodput));
    return {};
  }

  Status Load(CandidateServer& server, int users, Duration window, Visit& visit) {
    ASSIGN_OR_RETURN(LoadPoint point, server.Load(users, window));
    visit.points.push_back(std::move(point));
    return {};
  }

  Status LoadUpwards(const VisitOrder& order, const Candidate& candidate, CandidateServer& server, Visit& visit) {
    const int most = MostUsersFor(candidate, AvailableCpus());
    while (const auto users = NextUsers(visit.points, most, order.best_before, model_.goal)) {
      RETURN_IF_ERROR(Load(server, *users, order.window, visit));
    }
    return {};
  }

  Status LoadAsTold(const VisitOrder& order, CandidateServer& server, Visit& visit) {
    for (const int users : outcome_.wanted.users) {
      RETURN_IF_ERROR(Load(server, users, order.window, visit));
      if (!Keeps(visit.points.back(), model_.goal)) return {};
    }
    return {};
  }

  const ModelOutcome& outcome_;
  const MeasuredModel& model_;
  StateFile& state_;
  ProgressReporter& progress_;
};

// One model's search, from the first look at its files to its settings.
class ModelSearch {
 public:
  ModelSearch(const TuneOptions& options, const TuneModel& model, fs::path folder, const bench::Interrupts& interrupts,
              std::ostream& progress)
      : options_(options), folder_(std::move(folder)), progress_(progress, options.on_terminal) {
    outcome_.wanted = model;
    measured_.goal = model.goal;
    measured_.program = options.program;
    measured_.stop_fd = interrupts.fd();
    measured_.wants_to_stop = [&interrupts] { return interrupts.has_come(); };
    measured_.requests.shapes = model.shapes;
    measured_.requests.rows = model.rows;
    measured_.requests.seed = options.seed;
    measured_.requests.input_files = model.samples;
  }

  Result<ModelOutcome> Run(bench::RunFacts& facts) {
    RETURN_IF_ERROR(Begin());
    RETURN_IF_ERROR(LearnFromServer(facts));
    RETURN_IF_ERROR(TryPrecisions());
    RETURN_IF_ERROR(Search());
    RETURN_IF_ERROR(WriteSettings());
    return std::move(outcome_);
  }

 private:
  Status Begin() {
    ASSIGN_OR_RETURN(outcome_.facts, LookAtModel(outcome_.wanted.path));
    if (!outcome_.wanted.goal) outcome_.wanted.goal = measured_.goal = outcome_.facts.goal;
    ASSIGN_OR_RETURN(const std::string samples, DigestOfSamples(outcome_.wanted.samples));
    outcome_.has_samples = !samples.empty();
    measured_.requests.models = {{.name = outcome_.facts.name}};
    const int processors = AvailableCpus();
    const bool whole = outcome_.wanted.whole_grid;
    outcome_.space = whole ? outcome_.wanted.space : FilledFrom(outcome_.wanted.space, UsualSpace(processors));
    // Who names callers or threads means these, however few processors there are.
    const bool is_said = !outcome_.wanted.space.callers.empty() || !outcome_.wanted.space.threads.empty();
    ASSIGN_OR_RETURN(outcome_.candidates,
                     CandidatesIn(outcome_.space, outcome_.facts.decided, whole || is_said ? 0 : processors));
    const SearchIdentity identity = IdentityOf(options_, outcome_.wanted, outcome_.facts, samples, processors);
    ASSIGN_OR_RETURN(StateFile state, StateFile::Open(folder_ / kStateFile, identity, options_.restart));
    state_.emplace(std::move(state));
    return CheckState();
  }

  // Of a file that somebody has edited: what it says is believed, but not what it points to.
  Status CheckState() const {
    for (const Visit& visit : state_->state().visits) {
      if (visit.candidate < outcome_.candidates.size()) continue;
      return InvalidArgument("'" + (folder_ / kStateFile).string() +
                             "': expected candidates of this search, found others; --restart measures anew");
    }
    const size_t known = state_->state().visits.size();
    if (known > 0) {
      progress_.Say(outcome_.facts.name + ": going on after " + std::to_string(known) + " measurements in " +
                    folder_.string());
    }
    return {};
  }

  // What it takes and what serves it; and that it can be served at all.
  Status LearnFromServer(bench::RunFacts& facts) {
    progress_.Say(outcome_.facts.name + ": " + std::to_string(outcome_.candidates.size()) + " candidates");
    auto server = CandidateServer::Start(measured_, {outcome_.facts.path.string()});
    if (!server.ok()) return std::move(server).status().Within(outcome_.facts.name);
    outcome_.inputs = (*server)->requests().inputs;
    outcome_.rows = (*server)->requests().rows;
    facts.server_name = bench::Visible((*server)->facts().server_name);
    facts.server_version = bench::Visible((*server)->facts().server_version);
    return {};
  }

  Status TryPrecisions() {
    for (const Precision precision : outcome_.space.precision) {
      if (precision == Precision::kFp32) continue;
      if (precision == Precision::kFp16 && !HasGpus()) {
        progress_.Say(outcome_.facts.name + ": fp16 is for GPUs: on processors it is slower than fp32");
      }
      const auto& known = state_->state().trials;
      std::error_code error;
      const auto before = std::ranges::find(known, precision, &PrecisionTrial::precision);
      if (before != known.end() && (before->file.empty() || fs::exists(before->file, error))) {
        outcome_.trials.push_back(*before);
        continue;
      }
      progress_.Say(outcome_.facts.name + ": making it in " + std::string(onnxfile::Name(precision)));
      ASSIGN_OR_RETURN(const PrecisionTrial trial, TryPrecision(precision, outcome_.facts, measured_,
                                                                outcome_.wanted.tolerance, fs::absolute(folder_)));
      RETURN_IF_ERROR(state_->Add(trial));
      const std::string verdict = trial.refusal.empty() ? "" : (trial.summary.empty() ? "" : ": ") + trial.refusal;
      progress_.Say(outcome_.facts.name + ": " + std::string(onnxfile::Name(precision)) + ": " + trial.summary +
                    verdict);
      outcome_.trials.push_back(trial);
    }
    return {};
  }

  // None is certain to be used where the server chooses the device.
  bool HasGpus() const {
    return std::ranges::any_of(outcome_.space.device, [](const std::string& name) { return name.starts_with("cuda"); });
  }

  bool IsRefused(const Candidate& candidate) const {
    const auto trial = std::ranges::find(outcome_.trials, candidate.precision, &PrecisionTrial::precision);
    return trial != outcome_.trials.end() && !trial->refusal.empty();
  }

  Status Search() {
    std::vector<bool> refused;
    for (const Candidate& candidate : outcome_.candidates) refused.push_back(IsRefused(candidate));
    const SearchRules rules = {.goal = outcome_.wanted.goal,
                               .whole_grid = outcome_.wanted.whole_grid,
                               .rounds = options_.rounds,
                               .window = options_.window,
                               .budget = options_.budget,
                               .seed = options_.seed};
    Measurer measurer(outcome_, measured_, *state_, progress_);
    const std::vector<Visit> done = state_->state().visits;
    ASSIGN_OR_RETURN(outcome_.result, RunSearch(outcome_.candidates.size(), refused, rules, done, measurer));
    progress_.Clear();
    outcome_.visits = state_->state().visits;
    const std::vector<Standing>& standings = outcome_.result.standings;
    if (!standings.empty()) outcome_.best = standings[0].candidate;
    return {};
  }

  std::string Remark() const {
    const Standing& best = outcome_.result.standings[0];
    std::string text = "Found by 'trireme tune' for " + outcome_.facts.name + ": " + ToText(Best());
    if (!outcome_.wanted.goal) return text + ", " + bench::Short(best.score.mean) + " requests/s.";
    const std::string goal = ToString(*outcome_.wanted.goal);
    if (!outcome_.KeepsGoal()) return text + ". No settings were found that keep " + goal + ": these come nearest.";
    return text + ", " + bench::Short(best.score.mean) + " requests/s within " + goal + ".";
  }

  const Candidate& Best() const { return outcome_.candidates[*outcome_.best]; }

  Status WriteSettings() {
    if (!outcome_.best) return {};
    const fs::path file = fs::absolute(folder_) / kSettingsFile;
    const std::string slo = outcome_.wanted.goal ? outcome_.facts.SloOf(outcome_.wanted.goal) : "";
    RETURN_IF_ERROR(WriteWhole(file, SettingsText(Best(), outcome_.ServedFile(Best()), Remark(), slo)));
    outcome_.settings_file = file;
    return Verify();
  }

  // The file serves, and gives what was measured.
  Status Verify() {
    const LoadPoint* best = nullptr;
    Duration window{0};
    for (const Visit& visit : outcome_.visits) {
      const LoadPoint* point = visit.candidate == *outcome_.best ? BestOf(visit, outcome_.wanted.goal) : nullptr;
      if (point == nullptr) continue;
      best = point;
      window = visit.window;
    }
    const LoadPoint alone = {.users = 1};
    progress_.Say(outcome_.facts.name + ": trying the settings in " + outcome_.settings_file.string());
    Measurer measurer(outcome_, measured_, *state_, progress_);
    auto verified = measurer.Verify(outcome_.settings_file, best != nullptr ? *best : alone,
                                    std::max(window, Duration(kLeastWindow)));
    if (verified.status().code() == StatusCode::kCancelled) return verified.status();
    if (verified.ok()) {
      outcome_.verified = *std::move(verified);
    } else {
      outcome_.verification_failure = bench::Visible(verified.status().message());
    }
    return {};
  }

  const TuneOptions& options_;
  const fs::path folder_;
  mutable ProgressReporter progress_;
  ModelOutcome outcome_;
  MeasuredModel measured_;
  std::optional<StateFile> state_;
};

}  // namespace

bool ModelOutcome::KeepsGoal() const {
  return best.has_value() && (!wanted.goal || result.standings[0].score.mean > 0);
}

fs::path ModelOutcome::ServedFile(const Candidate& candidate) const {
  const auto trial = std::ranges::find(trials, candidate.precision, &PrecisionTrial::precision);
  return trial == trials.end() ? facts.path : fs::path(trial->file);
}

SearchIdentity IdentityOf(const TuneOptions& options, const TuneModel& model, const ModelFacts& facts,
                          const std::string& samples_digest, int processors) {
  const auto milliseconds = [](auto duration) { return std::to_string(duration.count()) + "ms"; };
  SearchIdentity identity = {
      {"version", kVersion},
      {"model", facts.digest},
      {"slo", model.goal ? ToString(*model.goal) : ""},
      {model.whole_grid ? "grid" : "space", ToText(model.space)},
      {"processors", std::to_string(processors)},
      {"samples", samples_digest},
      {"shape", ShapesText(model.shapes)},
      {"rows", std::to_string(model.rows)},
      {"tolerance", bench::Short(model.tolerance.worst)},
      {"users", UsersText(model.users)},
      {"seed", std::to_string(options.seed)},
  };
  if (model.whole_grid) {
    identity["window"] = milliseconds(options.window);
    identity["rounds"] = std::to_string(options.rounds);
  } else {
    identity["budget-time"] = milliseconds(options.budget);
  }
  return identity;
}

Result<ModelOutcome> SearchModel(const TuneOptions& options, const TuneModel& model, const fs::path& folder,
                                 const bench::Interrupts& interrupts, std::ostream& progress, bench::RunFacts& facts) {
  return ModelSearch(options, model, folder, interrupts, progress).Run(facts);
}

}  // namespace trireme::tune

// SPDX-License-Identifier: Apache-2.0
#include "bench/replay_requests.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "recording/recording_reader.h"

namespace trireme::bench {
namespace {

// Why a request cannot be sent over V2; empty: it can.
std::string WhyNotSent(const RecordedCall& call) {
  if (!call.signature.empty()) {
    return "it is for signature '" + call.signature + "', which V2 cannot name";
  }
  const auto& outputs = call.request.form.outputs;
  const bool in_shared_memory =
      !call.request.shared_inputs.empty() ||
      std::ranges::any_of(outputs, [](const kserve::OutputForm& output) { return output.shared_memory.has_value(); });
  return in_shared_memory ? "its tensors are in shared memory" : "";
}

// Errors that say something of the request, whenever and wherever it is sent.
bool IsOfTheRequest(StatusCode code) {
  return code == StatusCode::kInvalidArgument || code == StatusCode::kNotFound || code == StatusCode::kUnsupported ||
         code == StatusCode::kTooLarge;
}

std::string VersionText(const VersionChoice& version) {
  return version.number ? std::to_string(*version.number) : version.label;
}

class Reading {
 public:
  Reading(const ReplayOptions& replay, const BenchOptions& options, const client::Url& url,
          const client::ClientOptions& access)
      : replay_(replay), options_(options), url_(url), access_(access) {}

  Status Take(RecordingReader::Line line) {
    if (!line.call.ok()) {
      LeaveOut(line.number, line.call.status().message());
      return {};
    }
    if (!IsWanted(line.call->model)) return {};
    if (std::string why = WhyNotSent(*line.call); !why.empty()) {
      LeaveOut(line.number, std::move(why));
      return {};
    }
    Status encoded = Add(line.number, *line.call);
    if (encoded.ok()) return {};
    if (encoded.code() == StatusCode::kTooLarge) return encoded;
    LeaveOut(line.number, encoded.message());
    return {};
  }

  // In the order of their times: with answers, a line is written when its request is answered.
  ReplayRequests Finish() && {
    std::vector<size_t> order(times_.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::ranges::stable_sort(order, {}, [this](size_t i) { return times_[i]; });
    ReplayRequests sorted = std::move(requests_);
    std::vector<ModelRequests> models = std::exchange(sorted.workload.models, {});
    const std::vector<size_t> lines = std::exchange(sorted.lines, {});
    const std::vector<bool> were_wrong = std::exchange(sorted.were_wrong, {});
    for (const size_t i : order) {
      const size_t place = sorted.lines.size();
      sorted.lines.push_back(lines[i]);
      sorted.were_wrong.push_back(were_wrong[i]);
      sorted.sequence.push_back(
          {.at = times_[i] - times_[order.front()], .requests = place, .model = ModelNumber(models[i].model, sorted)});
      sorted.workload.models.push_back(std::move(models[i]));
    }
    return sorted;
  }

 private:
  bool IsWanted(const std::string& model) const {
    return replay_.models.empty() || std::ranges::find(replay_.models, model) != replay_.models.end();
  }

  void LeaveOut(size_t line, std::string why) {
    ++requests_.left_out_count;
    if (requests_.left_out.size() < ReplayRequests::kMostLeftOut) {
      requests_.left_out.push_back({.line = line, .why = std::move(why)});
    }
  }

  Status Add(size_t line, RecordedCall& call) {
    ModelRequests requests{.model = call.model, .in_turn = false};
    BenchOptions options = options_;
    if (options.version.empty()) options.version = VersionText(call.version);
    const bool binary = options.form == Form::kBinary;
    for (kserve::OutputForm& output : call.request.form.outputs) output.binary = binary;
    RETURN_IF_ERROR(EncodeRequests(options, url_, access_, {call.request}, requests));
    bytes_ += requests.request_bytes();
    if (bytes_ > kMostReplayBytes) {
      return TooLarge("expected requests of at most " + std::to_string(kMostReplayBytes) +
                      " bytes in all, found more: name some models with --model");
    }
    requests_.has_answers = requests_.has_answers || call.answer.has_value();
    requests_.lines.push_back(line);
    requests_.were_wrong.push_back(call.answer && IsOfTheRequest(call.answer->status.code()));
    requests_.workload.models.push_back(std::move(requests));
    times_.push_back(call.time);
    return {};
  }

  size_t ModelNumber(const std::string& model, ReplayRequests& requests) {
    const auto [known, is_new] = numbers_.emplace(model, requests.models.size());
    if (is_new) requests.models.push_back({.name = model});
    return known->second;
  }

  const ReplayOptions& replay_;
  const BenchOptions& options_;
  const client::Url& url_;
  const client::ClientOptions& access_;
  ReplayRequests requests_;
  std::vector<std::chrono::microseconds> times_;
  std::map<std::string, size_t> numbers_;
  size_t bytes_ = 0;
};

Result<RecordingReader> OpenRecording(const ReplayOptions& replay, MemoryPool& pool) {
  Result<RecordingReader> reader = RecordingReader::Open(replay.file, pool);
  if (reader.ok()) return reader;
  return std::move(reader).status().Within("'" + replay.file + "'");
}

}  // namespace

Result<ReplayRequests> ReadReplayRequests(const ReplayOptions& replay, const BenchOptions& options,
                                          const client::Url& url, const client::ClientOptions& access,
                                          MemoryPool& pool) {
  ASSIGN_OR_RETURN(RecordingReader reader, OpenRecording(replay, pool));
  Reading reading(replay, options, url, access);
  while (true) {
    ASSIGN_OR_RETURN(std::optional<RecordingReader::Line> line, reader.Next());
    if (!line) return std::move(reading).Finish();
    RETURN_IF_ERROR(reading.Take(*std::move(line)));
  }
}

Result<AnswerStore> ReadRecordedAnswers(const ReplayOptions& replay, const ReplayRequests& requests, MemoryPool& pool) {
  std::map<size_t, size_t> by_line;
  for (size_t i = 0; i < requests.lines.size(); ++i) by_line.emplace(requests.lines[i], i);
  ASSIGN_OR_RETURN(RecordingReader reader, OpenRecording(replay, pool));
  ASSIGN_OR_RETURN(AnswerStore answers, AnswerStore::Make(requests.lines.size()));
  while (true) {
    ASSIGN_OR_RETURN(const std::optional<RecordingReader::Line> line, reader.Next());
    if (!line) break;
    const auto found = by_line.find(line->number);
    if (found == by_line.end() || !line->call.ok() || !line->call->answer) continue;
    const RecordedAnswer& answer = *line->call->answer;
    if (answer.status.ok()) {
      answers.PutRecorded(found->second, answer.body);
    } else {
      answers.PutFailure(found->second, answer.status.ToString());
    }
  }
  RETURN_IF_ERROR(answers.status());
  return answers;
}

}  // namespace trireme::bench

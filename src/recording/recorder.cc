// SPDX-License-Identifier: Apache-2.0
#include "recording/recorder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>
#include <variant>

#include "base/calendar.h"
#include "base/thread_pool.h"

namespace trireme {
namespace {

std::string SystemWords() {
  return std::generic_category().message(errno);
}

// Names and elements.
size_t BytesOf(const std::vector<NamedTensor>& tensors) {
  size_t bytes = 0;
  for (const NamedTensor& tensor : tensors) {
    bytes += sizeof(NamedTensor) + tensor.name.size() + tensor.tensor.data.size();
  }
  return bytes;
}

// A client chooses how many names there are, and how long they are.
size_t BytesOf(const InferRequest& request) {
  size_t bytes = BytesOf(request.inputs) + request.id.size() + request.model.size() + request.signature.size();
  for (const RequestedOutput& output : request.outputs) bytes += sizeof(kserve::OutputForm) + output.name.size();
  for (const auto& [name, value] : request.parameters) {
    const auto* const text = std::get_if<std::string>(&value);
    bytes += sizeof(Parameters::value_type) + name.size() + (text == nullptr ? 0 : text->size());
  }
  return bytes;
}

bool IsReadable(const std::vector<NamedTensor>& tensors) {
  return std::ranges::none_of(
      tensors, [](const NamedTensor& tensor) { return tensor.tensor.data.kind() == MemoryKind::kDevice; });
}

std::chrono::microseconds Microseconds(Duration duration) {
  return std::max(std::chrono::duration_cast<std::chrono::microseconds>(duration), std::chrono::microseconds(0));
}

// A file that ends within a line has lost that one, and not the next as well.
bool EndsWithinALine(int fd, uint64_t bytes) {
  char last = '\n';
  return bytes > 0 && pread(fd, &last, 1, static_cast<off_t>(bytes - 1)) == 1 && last != '\n';
}

}  // namespace

// Passes the answer on, and has the request written with it.
class Recorder::AnswerSink final : public ReplySink {
 public:
  AnswerSink(Recorder& recorder, Waiting waiting, TimePoint received, Reply reply)
      : recorder_(recorder), waiting_(std::move(waiting)), received_(received), reply_(std::move(reply)) {}

  void Respond(InferResponse response) override {
    several_ = true;
    reply_.Send(std::move(response));
  }

  void End(std::unique_ptr<ReplySink> /*self*/, Outcome outcome) override {
    if (!several_) Note(outcome);
    recorder_.Put(std::move(waiting_));
    if (outcome.response) return reply_.Finish(*std::move(outcome.response));
    reply_.Finish(std::move(outcome.status), outcome.stages);
  }

 private:
  void Note(const Outcome& outcome) {
    waiting_.call.answer =
        RecordedAnswer{.took = Microseconds(Clock::System().Now() - received_), .status = outcome.status, .body = {}};
    if (!outcome.response || !IsReadable(outcome.response->outputs)) return;
    waiting_.response = outcome.response;
    waiting_.bytes += BytesOf(outcome.response->outputs);
  }

  Recorder& recorder_;
  Waiting waiting_;
  const TimePoint received_;
  Reply reply_;
  bool several_ = false;
};

Result<std::unique_ptr<Recorder>> Recorder::Open(Options options, const Logger& log) {
  const std::string name = "'" + options.file.string() + "'";
  // Whoever opens a pipe that nobody reads would wait.
  const int fd = open(options.file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW, 0600);
  if (fd < 0) return InvalidArgument("expected a file that can be written, found " + name + ": " + SystemWords());
  struct stat found {};
  if (fstat(fd, &found) != 0 || !S_ISREG(found.st_mode)) {
    close(fd);
    return InvalidArgument("expected a file, found " + name + ", which is none");
  }
  if (fchmod(fd, 0600) != 0) {
    const std::string words = SystemWords();
    close(fd);
    return InvalidArgument("expected a file of this user, found " + name + ": " + words);
  }
  const auto bytes = static_cast<uint64_t>(found.st_size);
  if (bytes >= options.max_bytes) {
    close(fd);
    return InvalidArgument("expected a file of less than " + std::to_string(options.max_bytes) + " bytes, found " +
                           name + " with " + std::to_string(bytes));
  }
  return std::unique_ptr<Recorder>(new Recorder(std::move(options), log, fd, bytes));  // NOLINT: as Server::Start
}

Recorder::Recorder(Options options, const Logger& log, int fd, uint64_t file_bytes)
    : options_(std::move(options)), log_(log), fd_(fd), began_(Clock::System().Now()), file_bytes_(file_bytes) {
  Append((EndsWithinALine(fd, file_bytes) ? "\n" : "") +
         EncodeRecordingHead(options_.server, FormatUtc(std::chrono::system_clock::now())));
  writer_ = std::thread([this] { Work(); });
}

Recorder::~Recorder() {
  {
    const MutexLock lock(mutex_);
    closing_ = true;
  }
  changed_.NotifyAll();
  writer_.join();
  close(fd_);
}

bool Recorder::IsWanted(const InferRequest& request) {
  if (!options_.models.empty() && !options_.models.contains(request.model)) return false;
  if (seen_.fetch_add(1, std::memory_order_relaxed) % options_.every != 0) return false;
  if (ended_.load(std::memory_order_relaxed)) {
    after_end_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  if (request.changing_inputs.empty() && IsReadable(request.inputs)) return true;
  not_readable_.fetch_add(1, std::memory_order_relaxed);
  return false;
}

Recorder::Waiting Recorder::Describe(const InferRequest& request) const {
  Waiting waiting{.call = {}, .response = std::nullopt, .bytes = BytesOf(request)};
  RecordedCall& call = waiting.call;
  call.time =
      request.stages.received < began_ ? std::chrono::microseconds(0) : Microseconds(request.stages.received - began_);
  call.protocol = request.protocol;
  call.model = request.model;
  call.version = request.version;
  call.signature = request.signature;
  if (options_.tenants) call.tenant = request.caller.tenant;
  if (!request.id.empty()) call.request.form.id = request.id;
  for (const RequestedOutput& output : request.outputs) call.request.form.outputs.push_back({.name = output.name});
  call.request.inputs = request.inputs;
  call.request.sequence = request.sequence;
  call.request.priority = request.priority;
  if (request.queue_timeout.count() > 0) call.request.timeout = request.queue_timeout;
  call.request.parameters = request.parameters;
  return waiting;
}

void Recorder::Offer(InferRequest& request) {
  if (!IsWanted(request)) return;
  Waiting waiting = Describe(request);
  if (!options_.answers) return Put(std::move(waiting));
  request.reply =
      Reply(std::make_unique<AnswerSink>(*this, std::move(waiting), request.stages.received, std::move(request.reply)));
}

void Recorder::Put(Waiting waiting) {
  {
    const MutexLock lock(mutex_);
    if (waiting_.size() >= options_.max_waiting_requests ||
        waiting_bytes_ + waiting.bytes > options_.max_waiting_bytes) {
      too_many_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    waiting_bytes_ += waiting.bytes;
    waiting_.push_back(std::move(waiting));
  }
  changed_.NotifyOne();
}

void Recorder::Work() {
  NameThisThread("recorder");
  while (true) {
    std::optional<Waiting> next;
    {
      const MutexLock lock(mutex_);
      while (waiting_.empty() && !closing_) changed_.Wait(mutex_);
      if (waiting_.empty()) return;
      next = std::move(waiting_.front());
      waiting_.pop_front();
    }
    const size_t bytes = next->bytes;
    Write(*std::move(next));
    const MutexLock lock(mutex_);
    waiting_bytes_ -= bytes;
  }
}

void Recorder::Write(Waiting waiting) {
  if (ended_.load(std::memory_order_relaxed)) {
    after_end_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  if (waiting.response) {
    Result<kserve::EncodedBody> body = EncodeAnswer(*waiting.response);
    if (body.ok()) waiting.call.answer->body = *std::move(body);
  }
  // One whose response could not be written is one without an answer.
  if (waiting.call.answer && waiting.call.answer->status.ok() && waiting.call.answer->body.json.empty()) {
    waiting.call.answer.reset();
  }
  const Result<std::string> line = EncodeCall(waiting.call);
  if (!line.ok()) {
    not_readable_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  if (file_bytes_.load(std::memory_order_relaxed) + line->size() > options_.max_bytes) {
    after_end_.fetch_add(1, std::memory_order_relaxed);
    return EndRecording("the file has its bytes");
  }
  Append(*line);
  if (!ended_.load(std::memory_order_relaxed)) recorded_.fetch_add(1, std::memory_order_relaxed);
}

void Recorder::Append(std::string_view text) {
  file_bytes_.fetch_add(text.size(), std::memory_order_relaxed);
  while (!text.empty()) {
    const ssize_t written = write(fd_, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return EndRecording("the file cannot be written any more");
    text.remove_prefix(static_cast<size_t>(written));
  }
}

void Recorder::EndRecording(const char* why) {
  ended_.store(true, std::memory_order_relaxed);
  log_.Warning("recording of requests has ended", {{"file", options_.file.string()},
                                                   {"reason", why},
                                                   {"recorded", recorded_.load(std::memory_order_relaxed)},
                                                   {"bytes", file_bytes_.load(std::memory_order_relaxed)}});
}

Recorder::Counts Recorder::counts() const {
  return {.recorded = recorded_.load(std::memory_order_relaxed),
          .bytes = file_bytes_.load(std::memory_order_relaxed),
          .too_many = too_many_.load(std::memory_order_relaxed),
          .not_readable = not_readable_.load(std::memory_order_relaxed),
          .after_end = after_end_.load(std::memory_order_relaxed)};
}

}  // namespace trireme

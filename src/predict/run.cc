// SPDX-License-Identifier: Apache-2.0
#include "predict/run.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <thread>
#include <utility>

namespace trireme::predict {
namespace {

// What is settled together: a run that is killed loses at most so much.
constexpr int64_t kRowsOfPart = 1 << 18;
constexpr Duration kTimeOfPart = std::chrono::seconds(5);

constexpr int64_t kRequestBytes = int64_t{1} << 20;
constexpr int64_t kMostBytesUnderWay = int64_t{128} << 20;
constexpr int64_t kMostUsualRows = 2048;

TimePoint Now() {
  return Clock::System().Now();
}

// Bytes of a row of all inputs; sizes that the model leaves open count as one.
int64_t RowBytes(const Signature& signature) {
  int64_t bytes = 1;
  for (const TensorSpec& spec : signature.inputs) {
    int64_t elements = 1;
    for (size_t i = signature.batched ? 1 : 0; i < spec.shape.rank(); ++i) {
      elements *= std::clamp<int64_t>(spec.shape[i], 1, kRequestBytes);
      elements = std::min(elements, kMostBytesUnderWay);
    }
    bytes += elements * static_cast<int64_t>(std::max<size_t>(ElementBytes(spec.type), 8));
  }
  return bytes;
}

// As many as keep every thread at work while an answer is being written, and no more memory than that needs.
size_t MostUnderWay(const PredictOptions& options, const ModelDescription& model, int64_t batch_rows) {
  const int64_t bytes = std::max<int64_t>(RowBytes(model.signature) * batch_rows, 1);
  const auto threads = static_cast<int64_t>(options.threads);
  const int64_t least = 2 * threads + 2;
  // Rows that come one by one are put together by the model's line.
  const int64_t most = std::max<int64_t>(64, 2 * model.config.max_rows * threads);
  return static_cast<size_t>(
      std::clamp(kMostBytesUnderWay / bytes, least, std::max(least, std::min<int64_t>(most, 512))));
}

// An answer of one row as the signature has it, for a table that gets no row.
std::vector<NamedTensor> RowLike(const Signature& signature) {
  std::vector<NamedTensor> outputs;
  for (const TensorSpec& spec : signature.outputs) {
    Shape shape = spec.shape;
    for (size_t i = 0; i < shape.rank(); ++i) shape[i] = shape[i] == Shape::kAny ? 1 : shape[i];
    outputs.push_back({spec.name, {.type = spec.type, .shape = shape, .data = {}}});
  }
  return outputs;
}

// While this is there, what is read ends soon after somebody has asked for it. Rows may take long to come: those of a
// query that sorts, say.
class Interrupter {
 public:
  Interrupter(int stop_fd, BlockSource& source)
      : ended_(eventfd(0, EFD_CLOEXEC)), watcher_([this, stop_fd, &source] { Watch(stop_fd, source); }) {}
  ~Interrupter() {
    eventfd_write(ended_, 1);
    watcher_.join();
    close(ended_);
  }
  Interrupter(const Interrupter&) = delete;
  Interrupter& operator=(const Interrupter&) = delete;

 private:
  void Watch(int stop_fd, BlockSource& source) const {
    pollfd both[] = {{.fd = ended_, .events = POLLIN, .revents = 0}, {.fd = stop_fd, .events = POLLIN, .revents = 0}};
    while (poll(both, 2, -1) < 0 && errno == EINTR) {
    }
    // Again and again: one that comes just before a query begins is forgotten.
    constexpr int kMs = 50;
    while (poll(both, 1, kMs) == 0) source.Cancel();
  }

  const int ended_;
  std::thread watcher_;
};

}  // namespace

int64_t BatchRows(const PredictOptions& options, const ModelDescription& model) {
  if (!model.signature.batched) return 1;
  const int64_t most =
      model.config.max_request_rows > 0 ? std::min(model.config.max_request_rows, kMostBatch) : kMostBatch;
  if (options.batch > 0) return std::min(options.batch, most);
  const int64_t fitting = std::clamp<int64_t>(kRequestBytes / RowBytes(model.signature), 1, kMostUsualRows);
  return std::clamp<int64_t>(std::max(fitting, model.config.max_rows), 1, most);
}

std::vector<std::string> WantedOutputs(const PredictOptions& options, const ModelDescription& model,
                                       const std::string& answer) {
  std::vector<std::string> all;
  if (!answer.empty()) all.push_back(answer);
  for (const TensorSpec& spec : model.signature.outputs) all.push_back(spec.name);
  std::vector<std::string> wanted;
  for (const std::string& output : all) {
    const bool is_wanted = std::ranges::any_of(options.output_columns, [&output](const std::string& column) {
      return column == output || column.starts_with(output + "_");
    });
    if (is_wanted) wanted.push_back(output);
  }
  return wanted;
}

Run::Run(const Parts& parts)
    : parts_(parts),
      model_(parts.engine.description()),
      batch_rows_(BatchRows(parts.options, model_)),
      began_(Now()),
      scorer_(parts.engine.engine(),
              {.model = model_.name,
               .outputs = WantedOutputs(parts.options, model_,
                                        parts.engine.engine().AnswerOutput(model_.name, VersionChoice())),
               .most_under_way = MostUnderWay(parts.options, model_, batch_rows_),
               .skip_bad_rows = parts.options.on_error == PredictOptions::OnError::kSkip,
               .has_rows_dimension = model_.signature.batched}),
      reached_(parts.output.milestone()),
      committed_(began_) {
  summary_.resumed_at = reached_.rows_read;
}

bool Run::IsInterrupted() const {
  pollfd polled = {.fd = parts_.options.stop_fd, .events = POLLIN, .revents = 0};  // one below 0 is passed over
  return poll(&polled, 1, 0) > 0;
}

// Nothing: there are no more, or the run is interrupted.
Result<std::optional<Block>> Run::Next(int64_t most_rows) {
  if (!IsInterrupted()) {
    Result<std::optional<Block>> block = parts_.source.Next(most_rows);
    if (block.ok() || !IsInterrupted()) return block;
  }
  interrupted_ = true;
  return std::optional<Block>();
}

// Reads what runs before this one have scored, and whether it still is what they have read.
Status Run::SkipWhatIsThere() {
  const Milestone& there = parts_.output.milestone();
  Checksums checksums = there.checksums;
  int64_t at = 0;
  while (at < there.rows_read) {
    ASSIGN_OR_RETURN(const std::optional<Block> block, Next(std::min(kMostUsualRows, there.rows_read - at)));
    if (!block) break;
    at = block->end();
    checksums = block->checksums;
  }
  if (interrupted_ || (at == there.rows_read && checksums == there.checksums)) return {};
  return InvalidArgument("the first " + Grouped(there.rows_read) +
                         " rows of the input are not those that were scored before: it has changed, or its query gives "
                         "rows in another order each time (ORDER BY). --restart begins anew");
}

Result<Summary> Run::Go() {
  std::optional<Interrupter> interrupter(std::in_place, parts_.options.stop_fd, parts_.source);
  RETURN_IF_ERROR(SkipWhatIsThere());
  began_ = committed_ = Now();
  if (summary_.resumed_at > 0) share_before_ = parts_.source.Progress().value_or(0);
  Status written;
  std::thread writer([this, &written] {
    written = WriteAll();
    if (!written.ok()) scorer_.TakeNoMore();
  });
  const Status read = interrupted_ ? Status() : ReadAll();
  interrupter.reset();
  scorer_.AddNoMore();
  writer.join();
  // What was scored before it failed is scored.
  const bool is_whole = written.ok() && read.ok() && !interrupted_;
  if (written.ok() && !is_whole) written = Commit();
  parts_.progress.Clear();
  RETURN_IF_ERROR(read);
  RETURN_IF_ERROR(written);
  summary_.bad_count = reached_.bad_count;
  summary_.first_bad = reached_.first_bad;
  if (is_whole) {
    RETURN_IF_ERROR(AddSkippedLines());
    const bool is_begun = parts_.output.has_begun();
    if (!is_begun) RETURN_IF_ERROR(BeginEmpty());
    // What has just begun has to be settled even if no row is new: a table without rows is a header still.
    RETURN_IF_ERROR(is_begun ? Commit() : parts_.output.Commit(reached_));
    RETURN_IF_ERROR(parts_.output.Finish());
  }
  summary_.rows_read = reached_.rows_read;
  summary_.rows_written = reached_.rows_written;
  summary_.time = Now() - began_;
  summary_.interrupted = !is_whole;
  return std::move(summary_);
}

Status Run::ReadAll() {
  while (true) {
    ASSIGN_OR_RETURN(std::optional<Block> block, Next(batch_rows_));
    if (!block) return {};
    share_.store(parts_.source.Progress().value_or(-1), std::memory_order_relaxed);
    if (!scorer_.Add(*std::move(block))) return {};
  }
}

Status Run::WriteAll() {
  while (true) {
    ASSIGN_OR_RETURN(std::optional<ScoredBlock> scored, scorer_.Take());
    if (!scored) return {};
    RETURN_IF_ERROR(Write(*std::move(scored)));
    RETURN_IF_ERROR(CommitIfDue());
    ShowProgress();
  }
}

Status Run::Write(ScoredBlock scored) {
  Block& block = scored.block;
  if (block.rows > 0) {
    if (!columns_) RETURN_IF_ERROR(Begin(scored));
    const NamedTensor array = scored.outputs.size() == 1 ? scored.outputs[0] : NamedTensor();
    table::Batch batch{.rows = static_cast<size_t>(block.rows), .columns = {}, .keep_alive = nullptr};
    if (parts_.tables != nullptr) {
      ASSIGN_OR_RETURN(batch, columns_->ViewOf(std::move(scored.outputs), block.rows));
      auto kept = std::make_shared<std::pair<std::vector<ColumnBuffer>, std::shared_ptr<const void>>>(
          std::move(block.kept), std::move(batch.keep_alive));
      std::vector<table::ColumnView> views;
      for (ColumnBuffer& column : kept->first) views.push_back(column.View());
      batch.columns.insert(batch.columns.begin(), views.begin(), views.end());
      batch.keep_alive = std::move(kept);
    }
    RETURN_IF_ERROR(parts_.output.Append(batch, &array));
  }
  reached_.rows_read = block.end();
  reached_.rows_written += block.rows;
  reached_.checksums = std::move(block.checksums);
  reached_.bad_count += block.bad.size();
  for (BadRow& bad : block.bad) {
    if (reached_.first_bad.size() < kMostToldRows) reached_.first_bad.push_back(std::move(bad));
  }
  rows_since_commit_ += block.rows_read;
  return {};
}

Status Run::Begin(const ScoredBlock& scored) {
  if (parts_.tables == nullptr && scored.outputs.size() != 1) {
    return InvalidArgument("a .npy file has one array, and the model gives " + std::to_string(scored.outputs.size()) +
                           " outputs: --output-columns chooses one");
  }
  columns_.emplace();
  std::vector<table::Column> all = parts_.source.kept_columns();
  if (parts_.tables != nullptr) {
    ASSIGN_OR_RETURN(*columns_, OutputColumns::Find(scored.outputs, scored.block.rows, *model_.labels,
                                                    parts_.options.output_columns));
    all.insert(all.end(), columns_->columns().begin(), columns_->columns().end());
  }
  for (size_t i = 0; i < all.size(); ++i) {
    for (size_t k = 0; k < i; ++k) {
      if (all[i].name != all[k].name) continue;
      return InvalidArgument("the output would have two columns \"" + all[i].name +
                             "\": --keep copies one that the model gives as well");
    }
  }
  return parts_.output.has_begun() ? Status() : parts_.output.Begin(parts_.tables, all);
}

Status Run::BeginEmpty() {
  if (reached_.rows_written > 0) return parts_.output.Begin(parts_.tables, {});
  return Begin({.block = {.rows = 1}, .outputs = RowLike(model_.signature)});
}

Status Run::CommitIfDue() {
  const bool is_due = rows_since_commit_ >= kRowsOfPart || Now() - committed_ >= kTimeOfPart;
  return is_due ? Commit() : Status();
}

Status Run::Commit() {
  if (rows_since_commit_ > 0 || !parts_.output.milestone().rows_read) {
    RETURN_IF_ERROR(parts_.output.Commit(reached_));
  }
  rows_since_commit_ = 0;
  committed_ = Now();
  return {};
}

Status Run::AddSkippedLines() {
  ASSIGN_OR_RETURN(const table::BadLines lines, parts_.source.Skipped(kMostToldRows));
  summary_.bad_count += lines.count;
  std::vector<BadRow> all;
  for (const table::BadLine& line : lines.first) {
    all.push_back({.place = line.file + " line " + std::to_string(line.line), .problem = line.problem});
  }
  all.insert(all.end(), summary_.first_bad.begin(), summary_.first_bad.end());
  if (all.size() > kMostToldRows) all.resize(kMostToldRows);
  summary_.first_bad = std::move(all);
  return {};
}

void Run::ShowProgress() {
  const double share = share_.load(std::memory_order_relaxed);
  parts_.progress.Show({.rows = reached_.rows_read,
                        .rows_before = summary_.resumed_at,
                        .time = Now() - began_,
                        .share = share < 0 ? std::nullopt : std::optional(share),
                        .share_before = share_before_});
}

}  // namespace trireme::predict

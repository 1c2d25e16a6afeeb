// SPDX-License-Identifier: Apache-2.0
#include "predict/output_file.h"

#include <system_error>
#include <utility>

#include "base/regular_file.h"
#include "predict/array_store.h"
#include "predict/options.h"
#include "predict/table_stores.h"

namespace trireme::predict {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMostJournalBytes = uint64_t{1} << 30;

Result<std::string> ReadIfThere(const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return std::string();
  ASSIGN_OR_RETURN(const RegularFile file, RegularFile::Open(path));
  return file.ReadAll(kMostJournalBytes);
}

Status CannotBe(const fs::path& path, const std::string& what, const std::error_code& error) {
  return Unavailable(path.string() + " cannot be " + what + ": " + error.message());
}

// What is made in a folder is there after a loss of power only if the folder knows it.
Status SyncFolderOf(const fs::path& path) {
  return SyncPath(path.has_parent_path() ? path.parent_path() : fs::path("."));
}

// Whether a run may have made it: it has a journal, or nothing but what comes before that.
bool IsOfARun(const fs::path& folder) {
  std::error_code ignored;
  if (fs::exists(folder / "journal", ignored)) return true;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.path().filename() != "scratch") return false;
  }
  return true;
}

// The journal goes last: what is left by a crash in between is still known as a run's.
void RemoveRun(const fs::path& folder, std::error_code& error) {
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().filename() != "journal") fs::remove_all(entry.path(), error);
    if (error) return;
  }
  if (!error) fs::remove_all(folder, error);
}

}  // namespace

Status CheckPlace(const fs::path& path, bool force) {
  std::error_code ignored;
  const fs::path parent = path.has_parent_path() ? path.parent_path() : fs::path(".");
  if (!fs::is_directory(parent, ignored)) {
    return NotFound("--output: expected a file in a folder that exists, found no folder '" + parent.string() + "'");
  }
  if (fs::is_directory(path, ignored)) {
    return AlreadyExists("--output: expected a file, found the folder '" + path.string() + "'");
  }
  if (!force && fs::exists(fs::symlink_status(path, ignored))) {
    return AlreadyExists(path.string() + " is there already; --force writes over it");
  }
  return {};
}

OutputFile::~OutputFile() {
  std::error_code ignored;
  if (journal_ != nullptr && milestone_.rows_read == 0) RemoveRun(folder_, ignored);
}

Result<std::unique_ptr<OutputFile>> OutputFile::Open(const Options& options) {
  RETURN_IF_ERROR(CheckPlace(options.path, options.force));
  const fs::path folder = options.path.string() + ".partial";
  if (!IsOfARun(folder)) {
    return AlreadyExists(folder.string() + " is where a run keeps what it has scored, and something else is there: " +
                         "move it away, or choose another --output");
  }
  std::unique_ptr<OutputFile> file(new OutputFile(options, folder));
  std::error_code error;
  fs::create_directory(file->folder_, error);
  if (error) return CannotBe(file->folder_, "made", error);
  RETURN_IF_ERROR(SyncFolderOf(file->folder_));
  RETURN_IF_ERROR(file->OpenJournal(options));
  return file;
}

// What another run left to go on with, if it is of this one's kind.
Result<JournalContents> OutputFile::ReadOwn(const Options& options) const {
  const fs::path path = folder_ / "journal";
  ASSIGN_OR_RETURN(const std::string text, ReadIfThere(path));
  // Without a whole first line nothing was ever settled.
  if (options.restart || text.find('\n') == std::string::npos) return JournalContents();
  Result<JournalContents> read = ReadJournal(text);
  if (!read.ok()) return std::move(read).status().Within(path.string());
  std::error_code ignored;
  // That run came to its end, and went before it had removed this folder.
  if (!read->ready.empty() && !fs::exists(folder_ / read->ready, ignored)) return JournalContents();
  if (read->identity == options.identity) return read;
  return AlreadyExists(folder_.string() + " is what another run left, and this one cannot go on with it: " +
                       Difference(read->identity, options.identity) + ". --restart throws it away and begins anew");
}

Status OutputFile::OpenJournal(const Options& options) {
  // First, so that nobody writes what is read here.
  ASSIGN_OR_RETURN(journal_, DurableFile::Open(folder_ / "journal"));
  Result<JournalContents> contents = ReadOwn(options);
  if (!contents.ok()) {
    journal_ = nullptr;  // it is not this run's
    return std::move(contents).status();
  }
  milestone_ = contents->milestone.value_or(Milestone());
  RETURN_IF_ERROR(journal_->Cut(contents->bytes));
  if (contents->bytes > 0) return {};
  RETURN_IF_ERROR(journal_->Append(HeadLine(options.identity)));
  RETURN_IF_ERROR(journal_->Sync());
  return SyncPath(folder_);
}

Status OutputFile::OpenStore(table::Tables* tables, const std::vector<table::Column>& columns) {
  if (tables == nullptr) {
    ASSIGN_OR_RETURN(store_, ArrayStore::Open(folder_, milestone_));
  } else if (table::FormatOf(path_) == table::Format::kParquet) {
    ASSIGN_OR_RETURN(store_, PartStore::Open(folder_, *tables, columns, milestone_));
  } else {
    ASSIGN_OR_RETURN(store_, TextStore::Open(folder_, path_, *tables, columns, milestone_));
  }
  return {};
}

Status OutputFile::Begin(table::Tables* tables, const std::vector<table::Column>& columns) {
  Status opened = OpenStore(tables, columns);
  if (opened.code() == StatusCode::kInvalidArgument) {
    return InvalidArgument(opened.message() + ". Rows that were settled are gone: --restart begins anew");
  }
  RETURN_IF_ERROR(opened);
  return SyncPath(folder_);
}

Status OutputFile::Commit(Milestone milestone) {
  milestone.bytes = milestone_.bytes;
  milestone.parts = milestone_.parts;
  if (store_ != nullptr) RETURN_IF_ERROR(store_->Settle(milestone));
  RETURN_IF_ERROR(journal_->Append(MilestoneLine(milestone, milestone_.first_bad.size())));
  RETURN_IF_ERROR(journal_->Sync());
  milestone_ = std::move(milestone);
  return {};
}

Status OutputFile::Finish() {
  ASSIGN_OR_RETURN(const fs::path whole, store_->Whole(milestone_));
  RETURN_IF_ERROR(SyncPath(whole));
  RETURN_IF_ERROR(SyncPath(folder_));
  // Once it is moved the journal speaks of rows that are gone: it says before that they will be.
  RETURN_IF_ERROR(journal_->Append(ReadyLine(whole.filename().string())));
  RETURN_IF_ERROR(journal_->Sync());
  std::error_code error;
  fs::rename(whole, path_, error);
  if (error) return CannotBe(path_, "written", error);
  RETURN_IF_ERROR(SyncFolderOf(path_));
  RemoveRun(folder_, error);
  return error ? CannotBe(folder_, "removed", error) : Status();
}

}  // namespace trireme::predict

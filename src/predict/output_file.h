// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "model/infer_response.h"
#include "predict/durable_file.h"
#include "predict/journal.h"
#include "table/tables.h"

namespace trireme::predict {

// How the rows behind the last milestone are kept until the next, and what becomes of all of them.
class RowStore {
 public:
  virtual ~RowStore() = default;

  // Rows as a table; or, of an array, the one output as it came.
  virtual Status Append(const table::Batch& batch, const NamedTensor* array) = 0;
  // What was appended is on the disk, and `milestone` says where.
  virtual Status Settle(Milestone& milestone) = 0;
  // Makes the whole file of all that has been settled, beside the others; its path.
  virtual Result<std::filesystem::path> Whole(const Milestone& milestone) = 0;
};

// Whether a file may be written there: its folder is there, and nothing is in its place unless `force`.
Status CheckPlace(const std::filesystem::path& path, bool force);

// A file that comes to be as a whole: until then a folder beside it, OUTPUT.partial, has what is ready, and a journal
// that says how much that is. A process that is killed loses nothing but the rows behind the last milestone, which the
// next one scores again.
//
// Used by one thread.
class OutputFile {
 public:
  struct Options {
    std::filesystem::path path;
    Identity identity;
    bool force = false;    // write over a file that is there
    bool restart = false;  // throw away what another run left
  };

  // kAlreadyExists: the file is there, another process writes it, or another run left something that this one cannot
  // go on with; the message says which.
  static Result<std::unique_ptr<OutputFile>> Open(const Options& options);
  // Where nothing was settled, nothing stays.
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  const Milestone& milestone() const { return milestone_; }

  // Before the first Append. `columns`: of the table; not looked at where rows of it are there already, or for an
  // array, of which `tables` is null. kInvalidArgument: what the journal says is settled is not there.
  Status Begin(table::Tables* tables, const std::vector<table::Column>& columns);
  bool has_begun() const { return store_ != nullptr; }

  Status Append(const table::Batch& batch, const NamedTensor* array) { return store_->Append(batch, array); }

  // From now on a run that is killed goes on behind these rows.
  Status Commit(Milestone milestone);

  // After the last Commit: the file is where it belongs, whole, and the folder gone.
  Status Finish();

 private:
  OutputFile(const Options& options, std::filesystem::path folder) : path_(options.path), folder_(std::move(folder)) {}
  Result<JournalContents> ReadOwn(const Options& options) const;
  Status OpenJournal(const Options& options);
  Status OpenStore(table::Tables* tables, const std::vector<table::Column>& columns);

  const std::filesystem::path path_;
  const std::filesystem::path folder_;
  std::unique_ptr<DurableFile> journal_;
  Milestone milestone_;
  std::unique_ptr<RowStore> store_;
};

}  // namespace trireme::predict

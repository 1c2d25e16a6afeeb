// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/request_warmup.h"

#include <optional>
#include <utility>

#include "lifecycle/warmup.h"
#include "repository/record_file.h"
#include "repository/recorded_requests.h"
#include "repository/warmup_bytes.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

Status CheckBytes(const RunnableRequest& request) {
  size_t bytes = 0;
  for (const Tensor& input : request.inputs) bytes += input.data.size();
  if (bytes <= static_cast<size_t>(kMaxWarmupBytes)) return {};
  return InvalidArgument("expected at most " + std::to_string(kMaxWarmupBytes) + " bytes in all inputs, found " +
                         std::to_string(bytes));
}

Result<RunnableRequest> ReadOne(const ModelEntry& entry, const fs::path& file, const RequestTarget& target,
                                const RequestReader& read, MemoryPool& pool) {
  ASSIGN_OR_RETURN(std::string body, ReadRecordedRequest(entry, file));
  ASSIGN_OR_RETURN(RunnableRequest request, read(std::move(body), target, pool));
  RETURN_IF_ERROR(CheckBytes(request));
  return request;
}

Status InFile(Status status, const ModelEntry& entry, const fs::path& file) {
  return std::move(status).Within("recorded request '" + NameOfRecordedRequest(entry, file) + "'");
}

// What is done with a request that is for the target; false: no more.
using TakeRequest = std::function<Result<bool>(const RunnableRequest& request)>;

// All requests of one log.
Result<bool> TakeLog(std::string log, const RequestTarget& target, const LogReader& read, MemoryPool& pool,
                     std::set<std::string>& others, const TakeRequest& take) {
  ASSIGN_OR_RETURN(const std::vector<LoggedRequest> requests, read(std::move(log), target, pool));
  for (const LoggedRequest& logged : requests) {
    if (!logged.signature.empty()) {
      others.insert(logged.signature);
      continue;
    }
    RETURN_IF_ERROR(CheckBytes(logged.request));
    ASSIGN_OR_RETURN(const bool goes_on, take(logged.request));
    if (!goes_on) return false;
  }
  return true;
}

// All requests of all logs. Returns the signatures that are meant besides.
Result<std::set<std::string>> TakeLogs(RecordFile& file, const RequestTarget& target, const LogReader& read,
                                       MemoryPool& pool, const TakeRequest& take) {
  std::set<std::string> others;
  while (true) {
    ASSIGN_OR_RETURN(std::optional<std::string> log, file.Next(kMostRecordedBytes));
    if (!log) return others;
    const std::string number = "record " + std::to_string(file.count() - 1);
    if (file.count() > kMostServingLogs) {
      return InvalidArgument("expected at most " + std::to_string(kMostServingLogs) + " records, found more");
    }
    Result<bool> goes_on = TakeLog(*std::move(log), target, read, pool, others, take);
    if (!goes_on.ok()) return std::move(goes_on).status().Within(number);
    if (!*goes_on) return others;
  }
}

Result<std::set<std::string>> TakeLogsOf(const ModelEntry& entry, const RequestTarget& target, const LogReader& read,
                                         MemoryPool& pool, const TakeRequest& take) {
  ASSIGN_OR_RETURN(const std::optional<fs::path> path, FindServingLogs(entry));
  if (!path) return std::set<std::string>();
  Result<RecordFile> file = RecordFile::Open(*path);
  Result<std::set<std::string>> others =
      file.ok() ? TakeLogs(*file, target, read, pool, take) : Result<std::set<std::string>>(file.status());
  if (!others.ok()) return std::move(others).status().Within("warm-up file '" + std::string(kServingLogs) + "'");
  return others;
}

}  // namespace

Result<LogWarmup> WarmUpLogs(OpenModel& model, const ModelEntry& entry, const RequestTarget& target,
                             const LogReader& read, MemoryPool& pool, const std::function<bool()>& enough) {
  LogWarmup result;
  const auto run = [&](const RunnableRequest& request) -> Result<bool> {
    result.is_done = !enough();
    if (!result.is_done) return false;
    RETURN_IF_ERROR(RunUnread(model, request.inputs, request.outputs, enough));
    ++result.ran;
    return true;
  };
  ASSIGN_OR_RETURN(result.others, TakeLogsOf(entry, target, read, pool, run));
  return result;
}

Status CheckLogs(const ModelEntry& entry, const RequestTarget& target, const LogReader& read, MemoryPool& pool) {
  return TakeLogsOf(entry, target, read, pool, [](const RunnableRequest&) { return true; }).status();
}

Result<RequestWarmup> WarmUpRequests(OpenModel& model, const ModelEntry& entry, const RequestTarget& target,
                                     const RequestReader& read, MemoryPool& pool, const std::function<bool()>& enough) {
  ASSIGN_OR_RETURN(const std::vector<fs::path> files, FindRecordedRequests(entry, entry.version_folder));
  RequestWarmup result;
  for (const fs::path& file : files) {
    if (enough()) {
      result.is_done = false;
      break;
    }
    const Result<RunnableRequest> request = ReadOne(entry, file, target, read, pool);
    if (!request.ok()) return InFile(request.status(), entry, file);
    if (Status ran = RunUnread(model, request->inputs, request->outputs, enough); !ran.ok()) {
      return InFile(std::move(ran), entry, file);
    }
    ++result.ran;
  }
  return result;
}

std::vector<BadRequest> CheckRecordedRequests(const ModelEntry& entry, const RequestTarget& target,
                                              const RequestReader& read, MemoryPool& pool) {
  const auto files = FindRecordedRequests(entry, entry.version_folder);
  if (!files.ok()) return {{.file = entry.folder / "warmup", .status = files.status()}};
  std::vector<BadRequest> bad;
  for (const fs::path& file : *files) {
    const Status status = ReadOne(entry, file, target, read, pool).status();
    if (!status.ok()) bad.push_back({.file = file, .status = status});
  }
  return bad;
}

}  // namespace trireme

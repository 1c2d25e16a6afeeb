// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/request_warmup.h"

#include <utility>

#include "lifecycle/warmup.h"
#include "repository/recorded_requests.h"
#include "repository/warmup_bytes.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

Result<RunnableRequest> ReadOne(const ModelEntry& entry, const fs::path& file, const RequestTarget& target,
                                const RequestReader& read, MemoryPool& pool) {
  ASSIGN_OR_RETURN(std::string body, ReadRecordedRequest(entry, file));
  ASSIGN_OR_RETURN(RunnableRequest request, read(std::move(body), target, pool));
  size_t bytes = 0;
  for (const Tensor& input : request.inputs) bytes += input.data.size();
  if (bytes <= static_cast<size_t>(kMaxWarmupBytes)) return request;
  return InvalidArgument("expected at most " + std::to_string(kMaxWarmupBytes) + " bytes in all inputs, found " +
                         std::to_string(bytes));
}

Status InFile(Status status, const ModelEntry& entry, const fs::path& file) {
  return std::move(status).Within("recorded request '" + NameOfRecordedRequest(entry, file) + "'");
}

}  // namespace

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

// SPDX-License-Identifier: Apache-2.0
#include "bench/capacity_server.h"

#include <chrono>
#include <fstream>
#include <iterator>
#include <sstream>
#include <vector>

#include "client/http_client.h"
#include "client/kserve_client.h"

namespace trireme::bench {
namespace {

constexpr std::chrono::milliseconds kLoadPatience = std::chrono::minutes(10);
constexpr int kOk = 200;

}  // namespace

Result<std::unique_ptr<CapacityServer>> CapacityServer::Start(const Options& options) {
  std::vector<std::string> arguments = {options.models, "--model-control-mode", "explicit"};
  if (!options.budget.empty()) arguments.insert(arguments.end(), {"--budget", options.budget});
  ASSIGN_OR_RETURN(
      auto server,
      OwnServer::Start({.program = options.program, .folder = options.folder, .arguments = std::move(arguments)}));
  return std::unique_ptr<CapacityServer>(new CapacityServer(std::move(server)));
}

Status CapacityServer::Load(const std::string& model) const {
  client::HttpCall call{.method = "POST", .url = server_->url(), .timeout = kLoadPatience};
  call.url.path = "/v2/repository/models/" + client::EscapePathSegment(model) + "/load";
  ASSIGN_OR_RETURN(const client::HttpAnswer answer, client::Call(call));
  return answer.status == kOk ? Status() : client::RefusalStatus(answer.status, answer.body);
}

Result<ModelMemory> CapacityServer::Memory() const {
  client::HttpCall call{.url = server_->url()};
  call.url.path = "/metrics";
  ASSIGN_OR_RETURN(const client::HttpAnswer answer, client::Call(call));
  if (answer.status != kOk) return client::RefusalStatus(answer.status, answer.body).Within("the server's metrics");
  return ReadModelMemory(answer.body);
}

std::optional<uint64_t> CapacityServer::ProcessBytes() const {
  std::ifstream in("/proc/" + std::to_string(pid()) + "/smaps_rollup");
  return ReadPss(std::string(std::istreambuf_iterator<char>(in), {}));
}

std::optional<uint64_t> ReadPss(std::string_view smaps_rollup) {
  std::istringstream lines{std::string(smaps_rollup)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string name;
    uint64_t kibibytes = 0;
    if (fields >> name >> kibibytes && name == "Pss:") return kibibytes << 10;
  }
  return std::nullopt;
}

}  // namespace trireme::bench

// SPDX-License-Identifier: Apache-2.0
#include "server/admin_door.h"

#include <unistd.h>

#include <string>
#include <utility>

#include "protocols/admin/admin_dialect.h"
#include "server/admin_socket.h"
#include "server/listeners.h"

namespace trireme {
namespace {

constexpr uint64_t kMostBodyBytes = 16 << 10;

Result<std::filesystem::path> DefaultSocket() {
  ASSIGN_OR_RETURN(const std::filesystem::path folder, AdminFolders::OfThisProcess().Prepare());
  return folder / (std::to_string(getpid()) + ".sock");
}

}  // namespace

AdminDoor::AdminDoor(Engine& engine, ThreadPool& workers, AccessLogWriter* access_log)
    : dialect_(admin::MakeDialect(engine, workers)), handler_(router_, everything_, kMostBodyBytes, access_log) {
  router_.Add(dialect_);
}

Status AdminDoor::Open(const std::filesystem::path& wanted, net::Network& network, const Logger& log) {
  if (!wanted.empty()) return Listen(wanted, network).Within("--admin-socket");
  const Result<std::filesystem::path> found = DefaultSocket();
  const Status opened = found.ok() ? Listen(*found, network) : found.status();
  if (!opened.ok())
    log.Warning("there is no admin socket: 'trireme models' will not find this server", {{"reason", opened.message()}});
  return {};
}

Status AdminDoor::Listen(const std::filesystem::path& socket, net::Network& network) {
  const net::ListenAddress address{.unix_socket = socket, .unix_mode = 0600, .unix_owner_only = true};
  const net::Reception reception{.http = &handler_, .own_connections = kOwnersConnections};
  RETURN_IF_ERROR(network.Listen(address, reception).status());
  socket_ = socket;
  return {};
}

}  // namespace trireme

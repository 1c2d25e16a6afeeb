// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>

#include "access/authoriser.h"
#include "base/log.h"
#include "base/thread_pool.h"
#include "dialect/dialect.h"
#include "engine/engine.h"
#include "net/listener.h"
#include "server/access_log.h"
#include "server/front_handler.h"
#include "server/router.h"

namespace trireme {

// The way in for the server's owner: a Unix socket that speaks the admin dialect and nothing else. Nobody is asked for
// a key there: the socket lets only processes of the server's own user in, and of root.
class AdminDoor {
 public:
  // All must outlive it; `access_log` may be null.
  AdminDoor(Engine& engine, ThreadPool& workers, AccessLogWriter* access_log);
  AdminDoor(const AdminDoor&) = delete;
  AdminDoor& operator=(const AdminDoor&) = delete;

  // Listens at a path, or, if it is empty, where `trireme models` looks (server/admin_socket.h). There a server does
  // without if it must, and says so in the log; a path that was given and cannot be had is an error. The network must
  // end before this.
  Status Open(const std::filesystem::path& wanted, net::Network& network, const Logger& log);

  // Where it listens; empty: nowhere.
  const std::filesystem::path& socket() const { return socket_; }

 private:
  Status Listen(const std::filesystem::path& socket, net::Network& network);

  const Dialect dialect_;
  Router router_;
  AllowAll everything_;
  FrontHandler handler_;
  std::filesystem::path socket_;
};

}  // namespace trireme

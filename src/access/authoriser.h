// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "access/operation.h"
#include "base/status.h"

namespace trireme {

// What a caller showed of himself.
struct Credentials {
  std::string_view authorization;  // the Authorization header, or empty
  std::string_view peer;
};

// Who he turned out to be.
struct Identity {
  std::string principal;
  std::string tenant;
};

// The one point where it is decided who may do what. Every route of every protocol passes it.
// Thread-safe: called on the I/O loops.
class Authoriser {
 public:
  virtual ~Authoriser() = default;

  // `model` is empty where an operation names none. kUnauthenticated or kPermissionDenied, or who it is.
  virtual Result<Identity> Authorise(const Credentials& credentials, Operation operation, std::string_view model) = 0;
};

// Lets everybody do everything, as nobody: what a server without keys does, which listens on loopback only.
class AllowAll final : public Authoriser {
 public:
  Result<Identity> Authorise(const Credentials&, Operation, std::string_view) override { return Identity{}; }
};

}  // namespace trireme

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "access/operation.h"
#include "base/status.h"

namespace trireme {

// What a caller showed of himself.
struct Credentials {
  std::string_view authorization;                       // the Authorization header ("Bearer KEY"), or empty
  std::string_view api_key;                             // the X-Api-Key header, or empty
  std::span<const std::string> certificate_names = {};  // of a client certificate that was verified
  std::string_view peer;
};

// The key among them: of "Authorization: Bearer KEY" (RFC 6750 section 2.1), else of X-Api-Key; empty: none is shown.
std::string_view ShownKey(const Credentials& credentials);

// Longer ones are nobody's, and not looked at.
inline constexpr size_t kMaxShownKeyBytes = 1024;

// What somebody may do. Immutable; shared by everything that goes on in his name.
class Grant {
 public:
  virtual ~Grant() = default;

  // Whether he may do this with this model; with an empty name, whether he may do it with any at all, or, where an
  // operation has nothing to do with a model, whether he may do it. Thread-safe.
  virtual bool Allows(Operation operation, std::string_view model) const = 0;

  // Whether no model is out of his reach: then nothing has to be left out of what he is shown.
  virtual bool CoversEveryModel() const = 0;
};

// Who he turned out to be.
struct Identity {
  std::string principal;
  std::string tenant;
  std::shared_ptr<const Grant> grant = nullptr;  // null: everything is allowed; shared with the table of keys

  bool Allows(Operation operation, std::string_view model) const {
    return grant == nullptr || grant->Allows(operation, model);
  }
  // Whether what he is shown of this model must be left out of lists.
  bool Sees(std::string_view model) const { return Allows(Operation::kMetadata, model); }
};

// The one point where it is decided who may do what. Every route and every method of every protocol passes it, with the
// operation that it stands for and the model that it names.
// Thread-safe: called on the I/O loops.
class Authoriser {
 public:
  virtual ~Authoriser() = default;

  // Who it is; kUnauthenticated if a key is needed and there is none, or one that nobody knows.
  virtual Result<Identity> Authenticate(const Credentials& credentials) = 0;

  // Whether keys are asked for at all. If not, everything is allowed.
  virtual bool asks_for_keys() const = 0;
};

// kPermissionDenied with the operation, and the model where one was named.
Status Authorise(const Identity& identity, Operation operation, std::string_view model);

// Lets everybody do everything, as nobody: what a server without keys does, which listens on loopback only.
class AllowAll final : public Authoriser {
 public:
  Result<Identity> Authenticate(const Credentials&) override { return Identity{}; }
  bool asks_for_keys() const override { return false; }
};

}  // namespace trireme

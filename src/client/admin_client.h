// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "base/status.h"
#include "client/url.h"
#include "wire/admin/command.h"
#include "wire/admin/listing.h"

namespace trireme::client {

// Speaks with the admin socket of a server. A server's refusal is a Status with its own words. Every call makes a
// connection of its own and waits for the answer; a model that is loaded may take its time, so nothing ends a call but
// the server. Thread-safe.
class AdminClient {
 public:
  explicit AdminClient(Url server) : server_(std::move(server)) {}

  // Every model version that the server knows, and the memory of all.
  Result<admin::Listing> Models() const;

  // What became of the model's versions, once it is done.
  Result<admin::Listing> Load(const std::string& model) const { return Do("load", {.model = model}); }
  Result<admin::Listing> Unload(const std::string& model) const { return Do("unload", {.model = model}); }
  Result<admin::Listing> Pin(const std::string& model) const { return Do("pin", {.model = model}); }
  Result<admin::Listing> Unpin(const std::string& model) const { return Do("unpin", {.model = model}); }
  // Without a version the label is taken away.
  Result<admin::Listing> SetLabel(const admin::ModelCommand& command) const { return Do("label", command); }

 private:
  Result<admin::Listing> Do(std::string_view action, const admin::ModelCommand& command) const;
  Result<admin::Listing> Ask(std::string_view method, std::string_view path, std::string_view body,
                             std::chrono::milliseconds timeout) const;

  const Url server_;
};

}  // namespace trireme::client

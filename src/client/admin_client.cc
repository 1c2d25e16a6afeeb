// SPDX-License-Identifier: Apache-2.0
#include "client/admin_client.h"

#include <chrono>
#include <utility>

#include "client/http_client.h"
#include "client/kserve_client.h"

namespace trireme::client {

Result<admin::Listing> AdminClient::Models() const {
  return Ask("GET", "/admin/models", {}, std::chrono::seconds(10));
}

Result<admin::Listing> AdminClient::Do(std::string_view action, const admin::ModelCommand& command) const {
  // A load takes as long as it takes.
  return Ask("POST", "/admin/" + std::string(action), admin::EncodeModelCommand(command), std::chrono::hours(24));
}

Result<admin::Listing> AdminClient::Ask(std::string_view method, std::string_view path, std::string_view body,
                                        std::chrono::milliseconds timeout) const {
  const std::string where = server_.socket.empty() ? server_.Authority() : "unix:" + server_.socket;
  Url url = server_;
  url.path = path;
  Result<HttpAnswer> answer =
      Call({.method = std::string(method), .url = std::move(url), .body_begin = body, .timeout = timeout});
  if (!answer.ok()) return std::move(answer).status().Within(where);
  if (answer->status != 200) {
    return Status(RefusalStatus(answer->status, answer->body).code(), RefusalText(answer->body));
  }
  Result<admin::Listing> listing = admin::DecodeListing(answer->body);
  if (!listing.ok()) return std::move(listing).status().Within(where);
  return listing;
}

}  // namespace trireme::client

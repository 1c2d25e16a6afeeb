// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>

#include "dialect/dialect.h"
#include "protocols/torchserve/manage.h"
#include "protocols/torchserve/services.h"
#include "wire/torchserve/requests.h"

namespace trireme::torchserve {

// What the management's routes have in common: few of them are asked for, and what they are sent is short.

// What a request says, once its query is read.
using HandleCold =
    std::function<void(const net::HttpRequest&, Parameters, const PathArguments&, const Identity&, net::HttpReply)>;

// `services` must outlive it.
Route ColdRoute(const Services& services, std::string method, std::string pattern, Operation operation,
                HandleCold handle);

// Whether the parameters are in the body, as a JSON object; and its text.
bool HasJsonBody(const net::HttpRequest& http);
std::string_view BodyText(const net::HttpRequest& http);

net::HttpResponse AnswerOf(const Services& services, const ManageResult& result);
// The same, on the reply's loop, as soon as it is known.
ManageDone AnswerWhenDone(const Services& services, net::HttpReply reply);

// A JSON text, or why there is none.
net::HttpResponse TextAnswer(const Services& services, const std::variant<std::string, Failure>& found);

}  // namespace trireme::torchserve

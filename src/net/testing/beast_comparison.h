// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/memory_pool.h"
#include "net/request_reader.h"

// One request, read by us and read by Boost.Beast: a second opinion on where it ends and what it says.
namespace trireme::net {

struct PlainRequest {
  std::string method;
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  size_t bytes = 0;  // of the whole message

  bool operator==(const PlainRequest&) const = default;
};

struct Opinion {
  bool accepted = false;  // and complete
  PlainRequest request;
  std::string error;
};

inline constexpr uint64_t kMaxComparedBody = 1 << 20;

// Shows the reader `bytes`, `at_most` of them at a time.
inline Opinion OurOpinion(std::string_view bytes, size_t at_most) {
  static const HttpLimits limits;
  MemoryPool pool;
  ByteBudget budget(limits.max_body_bytes_in_flight);
  RequestReader reader(pool, budget, limits, "peer", TimePoint());
  size_t fed = 0;
  size_t unread = 0;
  Opinion opinion;
  while (true) {
    switch (reader.Next()) {
      case RequestReader::Event::kFailed:
        opinion.error = reader.error().text;
        return opinion;
      case RequestReader::Event::kHead:
        reader.AcceptBody(kMaxComparedBody, 0, TimePoint());
        continue;
      case RequestReader::Event::kRequest:
        unread = reader.unread_bytes();
        break;
      case RequestReader::Event::kNeedsMore: {
        const std::span<char> room = reader.Room();
        const size_t count = std::min({room.size(), at_most, bytes.size() - fed});
        if (count == 0) return opinion;
        std::memcpy(room.data(), bytes.data() + fed, count);
        reader.Filled(count, TimePoint());
        fed += count;
        continue;
      }
    }
    break;
  }
  const HttpRequest request = reader.TakeRequest();
  opinion.accepted = true;
  opinion.request = {.method = std::string(request.method), .target = std::string(request.target)};
  for (const HttpHeader& header : request.headers) opinion.request.headers.emplace_back(header.name, header.value);
  opinion.request.body.assign(reinterpret_cast<const char*>(request.body.data()), request.body.size());
  opinion.request.bytes = fed - unread;
  return opinion;
}

inline Opinion BeastsOpinion(std::string_view bytes) {
  namespace http = boost::beast::http;
  http::request_parser<http::string_body> parser;
  parser.eager(true);
  parser.header_limit(1 << 20);
  parser.body_limit(kMaxComparedBody);
  Opinion opinion;
  size_t used = 0;
  while (!parser.is_done()) {
    boost::beast::error_code error;
    const size_t taken = parser.put(boost::asio::buffer(bytes.data() + used, bytes.size() - used), error);
    used += taken;
    if (error) {
      opinion.error = error.message();
      return opinion;
    }
    if (taken == 0) break;
  }
  if (!parser.is_done()) return opinion;
  opinion.accepted = true;
  const auto& message = parser.get();
  opinion.request = {.method = std::string(message.method_string()), .target = std::string(message.target())};
  for (const auto& field : message) opinion.request.headers.emplace_back(field.name_string(), field.value());
  opinion.request.body = message.body();
  opinion.request.bytes = used;
  return opinion;
}

// Beast also refuses a crooked Proxy-Connection, which has no meaning to us.
inline bool OnlyBeastCares(const PlainRequest& ours) {
  return std::any_of(ours.headers.begin(), ours.headers.end(),
                     [](const auto& header) { return boost::beast::iequals(header.first, "Proxy-Connection"); });
}

// Beast keeps headers of one name together and adds trailers to them: neither order nor surplus of its own counts.
inline bool Agrees(const PlainRequest& ours, PlainRequest beasts) {
  for (const auto& header : ours.headers) {
    const auto found = std::find(beasts.headers.begin(), beasts.headers.end(), header);
    if (found == beasts.headers.end()) return false;
    beasts.headers.erase(found);
  }
  return ours.method == beasts.method && ours.target == beasts.target && ours.body == beasts.body &&
         ours.bytes == beasts.bytes;
}

}  // namespace trireme::net

// SPDX-License-Identifier: Apache-2.0
#include "client/testing/scripted_server.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"

namespace trireme::client {
namespace {

struct Bound {
  int fd;
  uint16_t port;
};

Bound BindLoopback() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t bytes = sizeof address;
  CHECK(bind(fd, reinterpret_cast<const sockaddr*>(&address), bytes) == 0);
  CHECK(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &bytes) == 0);
  return {.fd = fd, .port = ntohs(address.sin_port)};
}

// Bytes of the whole request, once its head is there; else 0.
size_t RequestBytes(std::string_view text) {
  const size_t head_end = text.find("\r\n\r\n");
  if (head_end == std::string_view::npos) return 0;
  constexpr std::string_view kLength = "Content-Length: ";
  const size_t length = text.substr(0, head_end).find(kLength);
  size_t body_bytes = 0;
  if (length != std::string_view::npos) {
    std::from_chars(text.data() + length + kLength.size(), text.data() + head_end, body_bytes);
  }
  return head_end + 4 + body_bytes;
}

void SendAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

}  // namespace

ScriptedServer::ScriptedServer(Script script) : script_(std::move(script)), stop_(eventfd(0, EFD_CLOEXEC)) {
  const Bound bound = BindLoopback();
  listener_ = bound.fd;
  port_ = bound.port;
  CHECK(listen(listener_, 64) == 0);
  thread_ = std::thread([this] { Serve(); });
}

ScriptedServer::~ScriptedServer() {
  eventfd_write(stop_, 1);
  thread_.join();
  for (const auto& [fd, request] : connections_) close(fd);
  close(listener_);
  close(stop_);
}

void ScriptedServer::Serve() {
  while (true) {
    std::vector<pollfd> ready = {{stop_, POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const auto& [fd, request] : connections_) ready.push_back({fd, POLLIN, 0});
    poll(ready.data(), ready.size(), -1);
    if (ready[0].revents != 0) return;
    if (ready[1].revents != 0) Accept();
    for (size_t i = 2; i < ready.size(); ++i) {
      if (ready[i].revents == 0 || Read(ready[i].fd, connections_[ready[i].fd])) continue;
      close(ready[i].fd);
      connections_.erase(ready[i].fd);
    }
  }
}

void ScriptedServer::Accept() {
  const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd < 0) return;
  connections_.try_emplace(fd);
  ++connections_accepted_;
}

bool ScriptedServer::Read(int fd, std::string& request) {
  std::array<char, 64 << 10> bytes;
  const ssize_t received = recv(fd, bytes.data(), bytes.size(), 0);
  if (received <= 0) return false;
  request.append(bytes.data(), static_cast<size_t>(received));
  const size_t whole = RequestBytes(request);
  if (whole == 0 || request.size() < whole) return true;
  const std::string answer = script_(std::exchange(request, {}));
  SendAll(fd, answer);
  return !answer.empty() && answer.find("Connection: close") == std::string::npos;
}

std::string ScriptedServer::Answer(const std::string& body, const std::string& status,
                                   const std::string& more_headers) {
  return "HTTP/1.1 " + status + "\r\n" + more_headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

uint16_t UnusedPort() {
  const Bound bound = BindLoopback();
  close(bound.fd);
  return bound.port;
}

}  // namespace trireme::client

// SPDX-License-Identifier: Apache-2.0
#include "net/testing/hand_turned_loop.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <memory>
#include <utility>

#include "base/check.h"
#include "net/opening_connection.h"
#include "net/surroundings.h"

namespace trireme::net {
namespace {

// Enough for whatever follows from what a test did at once.
void LetItSettle(EventLoop& loop) {
  for (int i = 0; i < 4; ++i) loop.Turn(/*may_wait=*/false);
}

}  // namespace

void TestClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    CHECK(sent > 0 || errno == EAGAIN || errno == EPIPE || errno == ECONNRESET);
    if (sent < 0 && errno != EAGAIN) break;
    if (sent > 0) bytes.remove_prefix(static_cast<size_t>(sent));
    loop_.Turn(/*may_wait=*/false);
  }
  LetItSettle(loop_);
}

std::string TestClient::Receive() {
  std::string received;
  std::array<char, 64 << 10> buffer;
  while (true) {
    const ssize_t got = recv(fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got <= 0) {
      closed_by_server_ |= got == 0 || errno == ECONNRESET;
      return received;
    }
    received.append(buffer.data(), static_cast<size_t>(got));
    LetItSettle(loop_);
  }
}

std::string TestClient::Ask(std::string_view bytes) {
  Send(bytes);
  return Receive();
}

void TestClient::FinishSending() {
  shutdown(fd(), SHUT_WR);
  LetItSettle(loop_);
}

HandTurnedLoop::HandTurnedLoop(const Reception& reception, NetOptions options)
    : reception_(reception),
      network_(std::move(options), pool_),
      encoder_(network_.options.server_name),
      loop_(clock_) {
  loop_.executor()->BindToThisThread();
}

TestClient HandTurnedLoop::Connect() {
  std::array<int, 2> ends{};
  CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
  network_.counters.connections_open.fetch_add(1);
  loop_.Add(std::make_unique<OpeningConnection>(Surroundings{loop_, encoder_, network_, reception_},
                                                FileDescriptor(ends[0]), "192.0.2.1:4711", network_.open.Enter()));
  return {loop_, FileDescriptor(ends[1])};
}

void HandTurnedLoop::Turn() {
  LetItSettle(loop_);
}

void HandTurnedLoop::Advance(Duration by) {
  clock_.Advance(by);
  LetItSettle(loop_);
}

}  // namespace trireme::net

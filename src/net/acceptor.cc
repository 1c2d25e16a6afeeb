// SPDX-License-Identifier: Apache-2.0
#include "net/acceptor.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/check.h"
#include "base/out_of_memory.h"
#include "base/thread_pool.h"

namespace trireme::net {

Acceptor::Acceptor(OnAccept on_accept, const Logger& log)
    : on_accept_(std::move(on_accept)),
      log_(log),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      stop_bell_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  CHECK(epoll_ && stop_bell_);
  epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
  CHECK(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, stop_bell_.get(), &event) == 0);
  thread_ = std::thread([this] { Run(); });
}

Acceptor::~Acceptor() {
  Stop();
}

void Acceptor::Add(ListeningSocket socket, Door& door) {
  listeners_.push_back(std::make_unique<Listener>(Listener{.socket = std::move(socket), .door = &door}));
  Listener& listener = *listeners_.back();
  epoll_event event{.events = EPOLLIN, .data = {.ptr = &listener}};
  CHECK(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, listener.socket.fd.get(), &event) == 0);
}

void Acceptor::Stop() {
  if (!thread_.joinable()) return;
  stopping_.store(true, std::memory_order_relaxed);
  CHECK(eventfd_write(stop_bell_.get(), 1) == 0);
  thread_.join();
  // What has been accepted by the kernel would be reset if its listening socket were just closed.
  for (const auto& listener : listeners_) AcceptAll(*listener);
  listeners_.clear();
}

void Acceptor::Run() {
  NameThisThread("net-accept");
  while (!stopping_.load(std::memory_order_relaxed)) {
    std::array<epoll_event, 16> events;
    const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
    CHECK(count >= 0 || errno == EINTR);
    for (int i = 0; i < count; ++i) {
      const void* const listener = events[static_cast<size_t>(i)].data.ptr;
      if (listener != nullptr) AcceptAll(*static_cast<const Listener*>(listener));
    }
  }
}

void Acceptor::AcceptAll(const Listener& listener) {
  while (AcceptOne(listener)) {
  }
}

// False if nothing (more) is to be had for now.
bool Acceptor::AcceptOne(const Listener& listener) {
  sockaddr_storage peer{};
  socklen_t length = sizeof(peer);
  FileDescriptor socket(
      accept4(listener.socket.fd.get(), reinterpret_cast<sockaddr*>(&peer), &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (socket) {
    if (listener.socket.owner_only && !IsOwnersPeer(socket.get())) {
      log_.Warning("a connection to a Unix socket is refused: it is of another user");
      return true;
    }
    return Survives("accepting a connection", log_,
                    [&] { on_accept_(std::move(socket), PeerName(peer), *listener.door); });
  }
  if (errno == EAGAIN) return false;
  if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM)
    return true;  // that one has gone again
  log_.Warning("cannot accept a connection", {{"reason", std::generic_category().message(errno)}});
  WaitForDescriptors();
  return false;
}

// Until a connection elsewhere may have ended: without it the thread would turn in circles.
void Acceptor::WaitForDescriptors() {
  constexpr int kMilliseconds = 100;
  pollfd stop{.fd = stop_bell_.get(), .events = POLLIN, .revents = 0};
  poll(&stop, 1, kMilliseconds);
}

}  // namespace trireme::net

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <thread>

namespace trireme::client {

// A server that answers what a test tells it to, byte for byte, on a thread of its own and a free port of 127.0.0.1.
class ScriptedServer {
 public:
  // Given a whole request (head and body as they came), the bytes to send; "" closes the connection without
  // an answer. An answer that says "Connection: close" closes it afterwards. Runs on the server's thread.
  using Script = std::function<std::string(const std::string& request)>;

  explicit ScriptedServer(Script script);
  ~ScriptedServer();  // cuts every connection
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  int connections_accepted() const { return connections_accepted_; }

  // "HTTP/1.1 200 OK" with this body and its length.
  static std::string Answer(const std::string& body, const std::string& status = "200 OK",
                            const std::string& more_headers = "");

 private:
  void Serve();
  void Accept();
  bool Read(int fd, std::string& request);  // false: the connection is to be closed

  const Script script_;
  int listener_ = -1;
  int stop_ = -1;  // an eventfd
  uint16_t port_ = 0;
  std::map<int, std::string> connections_;  // what came of the next request; the server's thread only
  std::atomic<int> connections_accepted_ = 0;
  std::thread thread_;
};

// A port of 127.0.0.1 on which, a moment ago, nobody listened.
uint16_t UnusedPort();

}  // namespace trireme::client

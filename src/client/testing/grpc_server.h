// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "client/grpc_call.h"

namespace trireme::client {

// A gRPC server that answers what a test tells it to, on a thread of its own and a free port of 127.0.0.1.
class ScriptedGrpcServer {
 public:
  // A message that has come.
  struct Message {
    std::string path;
    std::map<std::string, std::string> headers;
    std::string bytes;
    int connection = 0;  // counted from 0
    int stream = 0;
  };
  // What to do about it.
  struct Answer {
    std::vector<std::string> messages;
    std::optional<GrpcEnd> end;            // at once; else OK when the client has said all
    bool hangs = false;                    // no end at all
    int http_status = 200;                 // any other: a page and no grpc-status
    std::optional<uint32_t> reset;         // the stream is reset with this error
    bool goes_away = false;                // GOAWAY behind the answer
    std::optional<std::string> raw_bytes;  // instead of messages, as they stand
  };
  // Runs on the server's thread.
  using Script = std::function<Answer(const Message&)>;

  explicit ScriptedGrpcServer(Script script);
  ~ScriptedGrpcServer();  // cuts every connection
  ScriptedGrpcServer(const ScriptedGrpcServer&) = delete;
  ScriptedGrpcServer& operator=(const ScriptedGrpcServer&) = delete;

  std::string url() const { return "grpc://127.0.0.1:" + std::to_string(port_); }
  // The newest connection is cut now.
  void Cut();
  int connections_accepted() const { return connections_accepted_; }

 private:
  class Connection;

  void Serve();

  const Script script_;
  int listener_ = -1;
  int stop_ = -1;  // an eventfd
  int cut_ = -1;   // an eventfd
  uint16_t port_ = 0;
  std::atomic<int> connections_accepted_ = 0;
  std::thread thread_;
};

}  // namespace trireme::client

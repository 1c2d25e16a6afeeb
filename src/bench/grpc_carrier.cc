// SPDX-License-Identifier: Apache-2.0
#include "bench/grpc_carrier.h"

#include <charconv>
#include <string>

#include "bench/stream_answer.h"

namespace trireme::bench {
namespace {

using net::GrpcCode;

std::string KindOf(GrpcCode code) {
  return "gRPC " + std::string(Name(code));
}

}  // namespace

GrpcCarrier::GrpcCarrier(const GrpcCarrierParts& parts)
    : parts_(parts),
      connection_({.calls = parts.calls, .most_kept = parts.keeps_answers ? SIZE_MAX : 0}, *this),
      answered_bytes_(parts.calls),
      answers_(parts.calls) {}

void GrpcCarrier::Open() {
  ++generation_;
  if (!connection_.Open(parts_.endpoint).ok()) connection_.Close();
}

void GrpcCarrier::Close() {
  connection_.Close();
}

bool GrpcCarrier::Begin(size_t slot, size_t requests) {
  if (!connection_.takes_calls()) {
    if (!connection_.is_idle()) return false;
    ++generation_;
    if (const Status status = connection_.Open(parts_.endpoint); !status.ok()) {
      parts_.listener.OnEnd(slot, {.ok = false, .kind = Name(status.code()), .message = status.message()});
      return true;
    }
  }
  answered_bytes_[slot] = 0;
  connection_.Start(slot, parts_.head);
  connection_.Send(slot, parts_.workload.Grpc(requests, parts_.number, slot, turn_++), /*last=*/true);
  return true;
}

void GrpcCarrier::Flush() {
  if (connection_.is_open()) connection_.Flush();
}

void GrpcCarrier::OnMessage(size_t call, std::string_view message, uint64_t message_bytes) {
  constexpr uint64_t kPrefixBytes = 5;
  if (parts_.keeps_answers && answered_bytes_[call] == 0) answers_[call] = message;
  answered_bytes_[call] += kPrefixBytes + message_bytes;
}

void GrpcCarrier::OnEnd(size_t call, const client::GrpcEnd& end) {
  if (end.code == GrpcCode::kOk && answered_bytes_[call] > 0) {
    parts_.listener.OnEnd(call, {.ok = true, .bytes = answered_bytes_[call], .answer = answers_[call]});
  } else if (end.code == GrpcCode::kOk) {
    parts_.listener.OnEnd(call, {.ok = false, .kind = "no answer", .message = "OK without a message"});
  } else {
    parts_.listener.OnEnd(call, {.ok = false, .kind = KindOf(end.code), .message = end.message});
  }
}

GrpcStreamCarrier::GrpcStreamCarrier(const GrpcCarrierParts& parts)
    : parts_(parts), connection_({.calls = 1, .most_kept = kStreamAnswerBytes}, *this), slots_(parts.calls) {}

void GrpcStreamCarrier::Open() {
  ++generation_;
  if (!connection_.Open(parts_.endpoint).ok()) connection_.Close();
}

void GrpcStreamCarrier::Close() {
  connection_.Close();
  for (Slot& slot : slots_) slot.busy = false;
}

bool GrpcStreamCarrier::Begin(size_t slot, size_t requests) {
  if (!connection_.is_active(0)) {
    if (!connection_.takes_calls()) {
      ++generation_;
      if (const Status status = connection_.Open(parts_.endpoint); !status.ok()) {
        parts_.listener.OnEnd(slot, {.ok = false, .kind = Name(status.code()), .message = status.message()});
        return true;
      }
    }
    connection_.Start(0, parts_.head);
  }
  slots_[slot] = {.busy = true};
  connection_.Send(0, parts_.workload.Grpc(requests, parts_.number, slot, turn_++), /*last=*/false);
  return true;
}

void GrpcStreamCarrier::Flush() {
  if (connection_.is_open()) connection_.Flush();
}

// A stream cannot give up one of its requests: all end.
void GrpcStreamCarrier::Cancel(size_t slot) {
  slots_[slot].busy = false;
  connection_.Cancel(0);
  EndAll("cancelled", "another request on the stream took too long");
}

void GrpcStreamCarrier::OnMessage(size_t /*call*/, std::string_view message, uint64_t message_bytes) {
  constexpr uint64_t kPrefixBytes = 5;
  const StreamAnswer answer = ReadStreamAnswer(message);
  size_t number = 0;
  const auto [end, error] = std::from_chars(answer.id.data(), answer.id.data() + answer.id.size(), number);
  if (error != std::errc() || answer.id.empty() || number >= slots_.size() || !slots_[number].busy) {
    // A stream that answers what nobody asked cannot be trusted with the rest.
    connection_.Cancel(0);
    EndAll("unknown answer", answer.error.empty()
                                 ? "an answer with the id \"" + std::string(answer.id) + "\", which was not sent"
                                 : std::string(answer.error));
    return;
  }
  Slot& slot = slots_[number];
  slot.bytes += kPrefixBytes + message_bytes;
  // The message that only says it was the last is no response.
  const bool is_whole = message.size() == message_bytes;
  const bool is_final = answer.is_final.value_or(true);
  if (answer.has_outputs || !is_final || !is_whole) ++slot.responses;
  if (!is_final && slot.responses == 1 && answer.error.empty()) parts_.listener.OnFirstResponse(number);
  if (!answer.error.empty()) {
    slot.busy = false;
    parts_.listener.OnEnd(number, {.ok = false, .kind = "stream error", .message = answer.error});
  } else if (is_final) {
    slot.busy = false;
    parts_.listener.OnEnd(number, {.ok = true, .bytes = slot.bytes, .responses = slot.responses});
  }
}

void GrpcStreamCarrier::OnEnd(size_t /*call*/, const client::GrpcEnd& end) {
  if (end.code == GrpcCode::kOk) return EndAll("stream ended", "the server ended the stream");
  EndAll(KindOf(end.code), end.message);
}

void GrpcStreamCarrier::EndAll(std::string_view kind, std::string_view message) {
  for (size_t i = 0; i < slots_.size(); ++i) {
    if (!slots_[i].busy) continue;
    slots_[i].busy = false;
    parts_.listener.OnEnd(i, {.ok = false, .kind = kind, .message = message});
  }
}

}  // namespace trireme::bench

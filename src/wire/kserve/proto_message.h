// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "codec/proto_wire.h"
#include "model/infer_response.h"
#include "model/parameters.h"
#include "wire/kserve/infer_proto.h"
#include "wire/kserve/proto_parameters.h"

namespace trireme::kserve {

// The pieces that infer messages are written from. Those that are templates write to a ProtoWriter or a ProtoSizer.

// An InferInputTensor or InferOutputTensor, whose numbers are the same: all but its elements.
template <typename Sink>
void WriteTensorHead(Sink& sink, int number, const NamedTensor& named, const Parameters& parameters) {
  sink.Message(number, [&](auto& tensor) {
    tensor.Bytes(1, named.name);
    tensor.Bytes(2, Name(named.tensor.type));
    const Shape& shape = named.tensor.shape;
    if (shape.rank() > 0) {
      tensor.Message(3, [&](auto& dims) {
        for (const int64_t dim : shape) dims.PackedVarint(static_cast<uint64_t>(dim));
      });
    }
    for (const auto& [key, value] : parameters) WriteParameter(tensor, 4, key, value);
  });
}

// A field that is left out when it is empty.
template <typename Sink>
void WriteText(Sink& sink, int number, std::string_view text) {
  if (!text.empty()) sink.Bytes(number, text);
}

// Raw contents, which follow a message's other fields: large ones as inserts, small ones as text.
class RawContents {
 public:
  explicit RawContents(int number) : number_(number) {}

  void Add(Buffer bytes) { buffers_.push_back(std::move(bytes)); }

  // How much longer the message's text becomes.
  size_t text_bytes() const;
  void AppendTo(EncodedProto& message) &&;

 private:
  int number_;
  std::vector<Buffer> buffers_;
};

// A message that `write` writes to whatever sink it is given, and raw contents behind it, in one string of the right
// size.
template <typename Write>
EncodedProto ComposeMessage(Write write, RawContents raw) {
  EncodedProto message;
  ProtoSizer sizer;
  write(sizer);
  message.text.reserve(sizer.bytes() + raw.text_bytes());
  ProtoWriter writer(message.text);
  write(writer);
  std::move(raw).AppendTo(message);
  return message;
}

}  // namespace trireme::kserve

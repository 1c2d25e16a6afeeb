// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/model_edits.h"

#include <limits>

#include "onnxfile/field_walk.h"
#include "onnxfile/wire_reader.h"

namespace trireme::onnxfile {

class ModelEdits::Writer {
 public:
  Writer(const ModelEdits& edits, std::string_view model) : edits_(edits), model_(model), source_(model) {}

  Status Write(ByteSpan message) {
    WireReader reader(source_, message);
    uint64_t begin = message.begin;  // of what is to be copied as it is
    uint64_t end = begin;
    while (const std::optional<WireField> field = reader.Next()) {
      const uint64_t field_begin = end;
      end = reader.position();
      if (field->type != WireField::Type::kBytes || !IsChanged(field->bytes)) continue;
      Copy(begin, field_begin);
      begin = end;
      RETURN_IF_ERROR(WriteChanged(*field));
    }
    if (reader.malformed()) return Malformed("the model");
    Copy(begin, end);
    if (const auto added = edits_.appended_.find(KeyOf(message)); added != edits_.appended_.end()) {
      out_.Raw(added->second);
    }
    return {};
  }

  void Reserve(size_t bytes) { out_.Reserve(bytes); }
  std::string Take() && { return std::move(out_).Take(); }

 private:
  bool IsChanged(ByteSpan span) const { return HasIn(edits_.replaced_, span) || HasIn(edits_.appended_, span); }

  Status WriteChanged(const WireField& field) {
    if (const auto found = edits_.replaced_.find(KeyOf(field.bytes)); found != edits_.replaced_.end()) {
      out_.Raw(found->second);
      return {};
    }
    Status status;
    out_.Message(field.number, [&] { status = Write(field.bytes); });
    return status;
  }

  void Copy(uint64_t begin, uint64_t end) { out_.Raw(model_.substr(begin, end - begin)); }

  const ModelEdits& edits_;
  const std::string_view model_;
  ByteSource source_;
  WireWriter out_;
};

bool ModelEdits::HasIn(const Edits& edits, ByteSpan span) {
  const auto first = edits.lower_bound(KeyOf(span));
  return first != edits.end() && first->first.first <= span.end && ~first->first.second <= span.end;
}

Result<std::string> ModelEdits::Apply(std::string_view model) const {
  constexpr uint64_t kMostBytes = std::numeric_limits<int32_t>::max();
  constexpr uint64_t kLengths = 1 << 16;  // that become longer: messages in messages are few
  uint64_t expected = model.size() + kLengths;
  for (const Edits* edits : {&replaced_, &appended_}) {
    for (const auto& [key, fields] : *edits) expected += fields.size();
  }
  for (const auto& [key, fields] : replaced_) expected -= ~key.second - key.first;
  if (expected > kMostBytes) {
    return TooLarge("the model would have " + std::to_string(expected) + " bytes, and ONNX files end at 2 GiB");
  }
  Writer writer(*this, model);
  writer.Reserve(expected);
  RETURN_IF_ERROR(writer.Write({0, model.size()}));
  return std::move(writer).Take();
}

}  // namespace trireme::onnxfile

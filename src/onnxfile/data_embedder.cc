// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/data_embedder.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "onnxfile/field_walk.h"
#include "onnxfile/fields.h"
#include "onnxfile/wire_reader.h"
#include "onnxfile/wire_writer.h"

namespace trireme::onnxfile {
namespace {

constexpr size_t kRoomPerConstant = 64;  // for lengths that become longer

class DataEmbedder {
 public:
  DataEmbedder(std::string_view model, const ModelSummary& summary, const ReadElements& read_elements)
      : model_(model), source_(model), read_elements_(read_elements) {
    size_t expected = model.size();
    for (const ExternalTensor& tensor : summary.external_tensors) {
      if (!tensor.in_use) continue;
      waiting_.push_back(&tensor);
      expected += tensor.bytes + kRoomPerConstant;
    }
    std::sort(waiting_.begin(), waiting_.end(),
              [](const ExternalTensor* a, const ExternalTensor* b) { return a->message.begin < b->message.begin; });
    out_.Reserve(expected);
  }

  Result<std::string> Run() && {
    RETURN_IF_ERROR(WriteMessage({0, model_.size()}));
    if (next_ < waiting_.size()) return Malformed("the model");
    return std::move(out_).Take();
  }

 private:
  // The constant to come, if it lies in here.
  const ExternalTensor* NextIn(ByteSpan span) const {
    if (next_ == waiting_.size()) return nullptr;
    const ExternalTensor* tensor = waiting_[next_];
    return tensor->message.begin >= span.begin && tensor->message.end <= span.end ? tensor : nullptr;
  }

  // A field that has a constant within is a message that has one within: no need to know which.
  Status WriteMessage(ByteSpan message) {
    return ForEachPiece(message, "the model", [&](const WireField& field) -> Result<bool> {
      const ExternalTensor* tensor = field.type == WireField::Type::kBytes ? NextIn(field.bytes) : nullptr;
      if (tensor == nullptr) return true;
      Status status;
      out_.Message(field.number, [&] {
        const bool is_tensor = field.bytes.begin == tensor->message.begin && field.bytes.end == tensor->message.end;
        status = is_tensor ? WriteTensor(*tensor) : WriteMessage(field.bytes);
      });
      RETURN_IF_ERROR(std::move(status));
      return false;
    });
  }

  Status WriteTensor(const ExternalTensor& tensor) {
    ++next_;
    RETURN_IF_ERROR(ForEachPiece(tensor.message, "a constant", [](const WireField& field) -> Result<bool> {
      switch (field.number) {
        case tensor_field::kDims:
        case tensor_field::kDataType:
        case tensor_field::kName:
          return true;
        default:  // elements, which do not count beside external ones, and where those are
          return false;
      }
    }));
    return read_elements_(tensor, out_.BytesToFill(tensor_field::kRawData, tensor.bytes));
  }

  // Copies the fields of which `visit` says so.
  template <typename Visit>
  Status ForEachPiece(ByteSpan message, std::string_view where, Visit&& visit) {
    WireReader reader(source_, message);
    uint64_t begin = message.begin;
    while (const std::optional<WireField> field = reader.Next()) {
      const uint64_t end = reader.position();
      ASSIGN_OR_RETURN(const bool keep, visit(*field));
      if (keep) out_.Raw(model_.substr(begin, end - begin));
      begin = end;
    }
    return reader.malformed() ? Malformed(where) : Status();
  }

  const std::string_view model_;
  ByteSource source_;
  const ReadElements& read_elements_;
  std::vector<const ExternalTensor*> waiting_;  // in the model's order
  size_t next_ = 0;
  WireWriter out_;
};

}  // namespace

Result<std::string> EmbedData(std::string_view model, const ModelSummary& summary, const ReadElements& read_elements) {
  return DataEmbedder(model, summary, read_elements).Run();
}

}  // namespace trireme::onnxfile

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/tensorflow/data_file.h"
#include "backends/tensorflow/literal.h"
#include "backends/tensorflow/tensor_bundle.h"
#include "backends/tensorflow/types.h"
#include "base/status.h"
#include "onnxfile/onnx_writer.h"

namespace trireme::tensorflow {

using onnxfile::Attribute;
using onnxfile::TensorProto;
using Names = std::vector<std::string>;

// In which order a tensor's dimensions stand in the ONNX graph. TensorFlow has the channels of images last, ONNX's
// convolutions have them behind the rows of the batch. What stands between convolutions takes either, so a value is
// turned round only where somebody needs it in the other order: between convolutions nobody does.
enum class Layout : uint8_t { kAsIs, kChannelsFirst };

// {0, rank - 1, 1, ..., rank - 2}: which dimension of TensorFlow's stands where, channels first. And back.
std::vector<int64_t> ToChannelsFirst(size_t rank);
std::vector<int64_t> FromChannelsFirst(size_t rank);

// The dimensions in another order; `order` has one for each.
Dims Permuted(const Dims& dims, std::span<const int64_t> order);

// Where a dimension of TensorFlow's stands in `layout`.
int64_t AxisIn(Layout layout, int64_t axis, size_t rank);

using ValueId = int32_t;
inline constexpr ValueId kNoValue = -1;

// An element that is not known before a run.
inline constexpr int64_t kOpenElement = INT64_MIN;

// What has become of an image that was cut into blocks, one for each element of the batch: the way in which TensorFlow
// writes a convolution whose window has gaps. Put together again, it is that convolution of the whole image.
struct Blocks {
  ValueId image = kNoValue;      // before it was cut
  std::vector<int64_t> sizes;    // by side
  std::vector<int64_t> margins;  // two a side, added before
  // The convolution of the blocks, in steps of one and without padding; no inputs: there was none yet.
  Names conv_inputs;  // behind the image: filter, bias
  std::vector<int64_t> window;
  int64_t groups = 1;
  int64_t channels = 0;  // that it gives
};

// Zeros that a Pad has put around a tensor: a window that goes over them may do so itself.
struct Margins {
  ValueId image = kNoValue;   // without them
  std::vector<int64_t> pads;  // two for each dimension of TensorFlow's: before and behind
};

// A tensor of the TensorFlow graph, and what it is called in the ONNX graph.
struct Value {
  ElementType type = ElementType::kFloat;
  std::optional<Dims> dims = {};  // in TensorFlow's order; nothing: not even how many
  // Of a small tensor of integers: its elements, as far as they are known (kOpenElement).
  std::optional<std::vector<int64_t>> known = {};
  const Literal* literal = nullptr;       // of a constant: where its elements are
  std::array<std::string, 2> names = {};  // by layout; empty: nobody has asked yet
  bool is_never_negative = false;
  std::shared_ptr<const Margins> margins = nullptr;  // shared by copies, as is what follows
  std::shared_ptr<const Blocks> blocks = nullptr;
  bool is_examples = false;  // serialized tf.Example messages, which are parsed outside of the graph

  std::optional<size_t> rank() const { return dims ? std::optional(dims->size()) : std::nullopt; }
  bool Has(Layout layout) const { return !names[static_cast<size_t>(layout)].empty(); }
};

// Collects the ONNX graph of one signature. Values are made in the order of the graph, and are given names in it when
// somebody needs them: what nobody needs does not come into being.
//
// Not thread-safe. Literals are views of their file, which outlives it.
class GraphWriter {
 public:
  struct Options {
    bool with_data = true;     // false: elements of constants are not read, for who wants to know what is in the graph
    DataFile* data = nullptr;  // gets the large constants while there is room; null: they are in the graph
  };

  GraphWriter(const TensorBundle& bundle, Options options) : bundle_(bundle), options_(options) {}

  // Names that only inputs and outputs have.
  void Reserve(std::string name) { reserved_.insert(std::move(name)); }
  // What comes next is named after it.
  void SetPath(std::string path) { path_ = std::move(path); }

  const Value& operator[](ValueId id) const { return values_[static_cast<size_t>(id)]; }

  // For an input that no signature names: `wanted`, if that is still free.
  std::string InputName(const std::string& wanted);
  ValueId AddInput(const std::string& name, ElementType type, Dims dims);
  ValueId Add(Value value);
  ValueId AddLiteral(Literal literal);
  // What else is known of a value that was just made.
  void NoteNeverNegative(ValueId id) { values_[static_cast<size_t>(id)].is_never_negative = true; }
  void Note(ValueId id, Margins margins) {
    values_[static_cast<size_t>(id)].margins = std::make_shared<const Margins>(std::move(margins));
  }
  void Note(ValueId id, Blocks blocks) {
    values_[static_cast<size_t>(id)].blocks = std::make_shared<const Blocks>(std::move(blocks));
  }
  // `declared` is what its signature says of it, for what is not known otherwise.
  void AddOutput(const std::string& name, ValueId id, const std::optional<Dims>& declared);

  // What a value is called in a layout; it is turned round for that, if it has to be. kChannelsFirst: of three
  // dimensions or more, known.
  std::string NameOf(ValueId id, Layout layout = Layout::kAsIs);

  // A literal reshaped to `dims` and with its dimensions in another order.
  std::string PermutedLiteral(const Literal& literal, const Dims& dims, std::span<const int64_t> order);

  // A node with one output: what that is called.
  std::string Emit(std::string op_type, Names inputs, std::vector<Attribute> attributes = {});
  // One with several.
  Names EmitMany(std::string op_type, Names inputs, size_t outputs, std::vector<Attribute> attributes = {});

  // The node that gives `output`, if it is one of the last; else null.
  onnxfile::Node* ProducerOf(std::string_view output);

  std::string Ints(const std::vector<int64_t>& elements);  // one dimension, INT64
  std::string Int(int64_t element);                        // none
  std::string Number(double number, ElementType type);     // none

  // Why it will not be finished: a constant that cannot be read, or a graph that has grown beyond all measure.
  const Status& status() const { return status_; }

  // The graph, without what no output needs. Fails if the elements of a constant could not be read.
  Result<onnxfile::Graph> Finish() &&;

  uint64_t constant_bytes() const { return constant_bytes_; }  // of what Finish() left in

 private:
  std::string NewName();
  std::string AddInitializer(const Literal& literal);
  std::string AddSmall(const std::string& key, onnxfile::TensorProto tensor);
  std::string Turn(const Value& value, Layout to);
  void WriteElements(TensorProto& tensor, const std::function<Status(const TakeBytes&)>& write);
  void Prune();

  const TensorBundle& bundle_;
  const Options options_;
  std::deque<Value> values_;
  std::deque<Literal> literals_;
  std::map<std::string, std::string> small_;  // names of constants, by what they are
  std::set<std::string> reserved_;
  std::string path_;
  int64_t names_ = 0;
  uint64_t name_bytes_ = 0;
  onnxfile::Graph graph_;
  uint64_t bytes_in_graph_ = 0;
  uint64_t constant_bytes_ = 0;
  Status status_;
};

}  // namespace trireme::tensorflow

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/log.h"
#include "base/memory_pool.h"
#include "base/scratch_folder.h"
#include "base/status.h"
#include "model/file_signatures.h"
#include "model/signature.h"
#include "tensor/device.h"
#include "tensor/tensor.h"

namespace trireme {

// What a backend says of a file or folder it is shown.
struct Probe {
  double confidence = 0;  // 0: not mine; 1: mine for certain. The highest of all backends wins.
  std::string what;       // "ONNX model", for people
};

// Bytes that a model holds, measured, by what they are for.
struct MemoryUse {
  size_t weights = 0;    // parameters and prepared copies of them
  size_t workspace = 0;  // arenas that stay with the model

  size_t total() const { return weights + workspace; }
};

struct OpenOptions {
  Device device;
  uint64_t device_bytes = 0;                   // of a GPU's memory, that it may take at most; 0: any number
  int threads = 1;                             // that one Run may use
  int threads_alone = 1;                       // of a model that keeps state, which has the processors of all instances
  std::optional<int> graph_optimization = {};  // level, in the runtime's own numbers
  // The runtime's own settings, by its own names. What is wrong with one is kInvalidArgument, and the message begins
  // with its place in a config: parameters["KEY"]: .
  std::map<std::string, std::string> runtime_parameters;
};

// What a model's file says of it, without loading it.
struct ModelFacts {
  Signature signature;             // as Open would give it
  uint64_t weight_bytes = 0;       // that it will hold once it is open, estimated
  std::string format;              // for people: "ONNX, IR version 8, opset 17, made by pytorch 2.1"
  std::vector<std::string> notes;  // for people: what may surprise
  bool decoupled = false;          // OpenModel::decoupled()
  bool keeps_state = false;        // OpenModel::keeps_state()
  // If the file has several ways to ask the model, or one that takes tf.Example messages. Shared with who describes it.
  std::shared_ptr<const FileSignatures> signatures = {};
};

// Takes the responses of one run, one after the other, on the thread that runs.
class ResponseStream {
 public:
  virtual ~ResponseStream() = default;

  // One response: the wanted outputs in their order; more may follow. False if nobody wants any more (the client has
  // gone, or its deadline has passed): the run had better end.
  virtual bool Send(std::vector<Tensor> outputs) = 0;

  // Whether anybody does: to be asked now and then by a run that takes long until its next response. Once false it
  // stays so.
  virtual bool Wanted() = 0;
};

// A model that is open: its weights are in memory once, and any number of threads may run it.
//
// Thread-safe. Destroyed on a loader thread, when nobody runs it.
class OpenModel {
 public:
  virtual ~OpenModel() = default;

  // As the file says it; `batched` is what an inspection suggests. `may_change` of a tensor is a promise: Run may be
  // given memory for it that changes under its hands. A backend that cannot know leaves it false, and such memory never
  // comes.
  virtual const Signature& signature() const = 0;

  // Runs on the calling thread. `inputs` are in the signature's order, with matching types and shapes (an optional
  // input that was left out has an empty data buffer and rank 0). `wanted` are indexes of outputs; the result has their
  // tensors in that order. `destinations` is empty or has a buffer a wanted output: one that is not empty and is large
  // enough receives the elements, and the tensor returned views it. Everything else the backend allocates; it may be
  // the runtime's own memory, kept alive by the buffer.
  //
  // kInvalidArgument: the runtime did not accept these inputs (a shape the signature cannot express, an index out of
  // range): the client's fault. Anything else that fails is kInternal.
  virtual Result<std::vector<Tensor>> Run(std::span<const Tensor> inputs, std::span<const int> wanted,
                                          std::span<Buffer> destinations) = 0;

  // Whether a request has any number of responses, none included ("decoupled"): then RunDecoupled() is called for each
  // request, and Run() never.
  virtual bool decoupled() const { return false; }

  // Runs one request on the calling thread and sends its responses as they come. Returns when there are no more: OK, or
  // why it broke off (as Run).
  virtual Status RunDecoupled(std::span<const Tensor> inputs, std::span<const int> wanted, ResponseStream& responses) {
    static_cast<void>(inputs), static_cast<void>(wanted), static_cast<void>(responses);
    return Internal("this model is not decoupled");
  }

  // Whether a run changes what later ones give. Such a model is not run before somebody asks for it: no trial, and no
  // warm-up but with the samples and requests that its owner has put there for that. Its runs come one after the other,
  // on one instance a device.
  virtual bool keeps_state() const { return false; }

  // Whether the model has a loop, so that how long a run takes may depend on the values that it is given and not on
  // their sizes alone. However short its runs were, the next may not end: such a model runs on its instances' own
  // threads only.
  virtual bool has_loop() const { return false; }

  virtual MemoryUse memory_use() const = 0;

  // The same model with so many threads for each of its runs, on the weights of this one: memory_use() of what is
  // returned is what it holds besides them. Any of the two may outlive the other, and both run at the same time.
  // A run may find fewer, as others need the processors. kUnsupported: the runtime cannot do that without weights of its
  // own, or the model keeps state. On a loader thread.
  virtual Result<std::unique_ptr<OpenModel>> WithThreads(int threads);
};

// Runs one request of any model: one that is not decoupled sends one response.
Status RunForResponses(OpenModel& model, std::span<const Tensor> inputs, std::span<const int> wanted,
                       std::span<Buffer> destinations, ResponseStream& responses);

// "Serve these bytes instead": a backend that translates its models answers Open with an ONNX model.
struct OnnxModelBytes {
  std::string bytes;
  std::vector<std::string> used_parameters = {};  // OpenOptions::runtime_parameters that were the translator's own
  std::shared_ptr<const FileSignatures> signatures = {};  // as in ModelFacts; shared with the models opened of it
  // Where its data files are, if not beside what it was made of: nobody writes to these, so that they may be mapped.
  // Shared with whoever opens it.
  std::shared_ptr<const ScratchFolder> data = nullptr;
};

using Opened = std::variant<std::unique_ptr<OpenModel>, OnnxModelBytes>;

// What is opened: a file or folder, or bytes that another backend made.
struct ModelSource {
  std::filesystem::path path;  // also where the bytes came from, for messages and data files beside the model
  const OnnxModelBytes* onnx = nullptr;
  // Inputs with a default that requests may send: they are in the signature, behind the others. All others with one
  // keep it and are not.
  std::vector<std::string> optional_inputs = {};
  // What the model's config says of its inputs and outputs: all of either, or none. For models whose files do not say
  // it, or that have none. Shapes are whole, the dimension for rows included.
  Signature declared = {};
  std::string name = {};  // of the model, for the log; its file may be one that it was unpacked to for a while
};

// One family of models, on one runtime library. Lives in a plug-in (backend/plugin.h).
// Thread-safe: loader threads open several models at a time.
class Backend {
 public:
  virtual ~Backend() = default;

  virtual std::string_view name() const = 0;        // "onnx"
  virtual std::string_view platform() const = 0;    // what V2 metadata calls it: "onnxruntime_onnx"
  virtual std::string runtime_version() const = 0;  // "ONNX Runtime 1.29.0"

  // Whether its models run there. kUnsupported: no; or not here, and what is missing for it.
  virtual Status RunsOn(const Device& device) const;

  // Looks at a file or folder, reads no more than its beginning.
  virtual Probe Inspect(const std::filesystem::path& path) const = 0;

  // Loads it. Errors name the file and what is wrong with it; no exception leaves a backend.
  virtual Result<Opened> Open(const ModelSource& source, const OpenOptions& options) = 0;

  // Gives back what runs left for the next ones and nobody uses at the moment: those will have to ask for it anew.
  // Takes milliseconds.
  virtual void ReleaseIdleMemory() {}

  // Reads what the file says of the model. Costs little memory, however large the file is, and takes no runtime's time.
  // Fails where Open with these options would fail for reasons that the file and the options alone show.
  virtual Result<ModelFacts> Describe(const ModelSource& source, const OpenOptions& options) = 0;
};

}  // namespace trireme

// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/warmup.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "lifecycle/sample_input.h"
#include "model/reshape.h"
#include "repository/file_contents.h"
#include "repository/warmup_bytes.h"
#include "tensor/bytes_elements.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;
using Fill = WarmupSample::Input::Fill;

std::string Quoted(const std::string& name) {
  return "'" + name + "'";
}

// One input of a sample, and where it goes.
struct Part {
  const WarmupSample& sample;
  const WarmupSample::Input& input;
  const TensorSpec& spec;
  int64_t rows = 1;      // that the data is repeated for
  Shape client;          // whole, as a client would send it
  Shape model;           // the same for the model
  int64_t elements = 0;  // of one row
  int64_t bytes = 0;     // of all rows, at least
};

// What of a sample does not suit the model, and where it is said.
struct Misfit {
  enum class Where : uint8_t { kSample, kInput, kType, kDims, kFile };
  Where where = Where::kSample;
  std::string expected;
  std::string found;
  std::string input = {};  // empty: it is about all
};

Status AsStatus(const Misfit& misfit) {
  return InvalidArgument("expected " + misfit.expected + ", found " + misfit.found);
}

std::optional<Misfit> Place(Part& part) {
  using Where = Misfit::Where;
  const WarmupSample::Input& input = part.input;
  if (input.type != part.spec.type) {
    return Misfit{Where::kType, "data type " + std::string(Name(part.spec.type)), std::string(Name(input.type))};
  }
  part.client = input.dims;
  if (input.dims.rank() + 1 == part.spec.shape.rank()) {
    part.rows = std::max<int64_t>(1, part.sample.rows);
    part.client = input.dims.WithRows(part.rows);
  } else if (part.sample.rows > 1) {
    return Misfit{
        Where::kDims,
        "dims of a row of " + part.spec.shape.ToString() + " for a batch of " + std::to_string(part.sample.rows),
        input.dims.ToString()};
  }
  if (!part.spec.shape.Accepts(part.client)) {
    return Misfit{Where::kDims, "shape " + part.spec.shape.ToString(), part.client.ToString()};
  }
  const std::optional<int64_t> bytes = WarmupBytes(input.type, input.dims, part.rows);
  if (!bytes) {
    return Misfit{Where::kDims, "dims of known size and at most " + std::to_string(kMaxWarmupBytes) + " bytes",
                  part.client.ToString()};
  }
  part.bytes = *bytes;
  part.elements = *input.dims.ElementCount();
  part.model = part.client;
  if (part.spec.model_shape) {
    const std::optional<Shape> model = Reshaped(part.spec.shape, *part.spec.model_shape, part.client);
    if (!model) return Misfit{Where::kDims, "a shape that can be reshaped for the model", part.client.ToString()};
    part.model = *model;
  }
  return std::nullopt;
}

std::string NameOfFile(const Part& part) {
  return "file " + Quoted(part.input.file.filename().string());
}

std::optional<Misfit> CheckFileSize(const Part& part, uint64_t size) {
  if (part.input.type == DataType::kBytes) {
    if (size <= static_cast<uint64_t>(kMaxWarmupBytes / part.rows)) return std::nullopt;
    return Misfit{
        Misfit::Where::kFile,
        "at most " + std::to_string(kMaxWarmupBytes) + " bytes together for " + std::to_string(part.rows) + " rows",
        std::to_string(size) + " of each in " + NameOfFile(part)};
  }
  const uint64_t expected = static_cast<uint64_t>(part.elements) * ElementBytes(part.input.type);
  if (size == expected) return std::nullopt;
  return Misfit{Misfit::Where::kFile,
                std::to_string(expected) + " bytes, one row of " + part.input.dims.ToString() + " " +
                    std::string(Name(part.input.type)),
                std::to_string(size) + " in " + NameOfFile(part)};
}

// What the file system says of it: it is not read.
std::optional<Misfit> PlaceFile(Part& part) {
  std::error_code error;
  const bool is_file = fs::is_regular_file(part.input.file, error);
  const uint64_t size = is_file ? fs::file_size(part.input.file, error) : 0;
  if (error || !is_file) {
    return Misfit{Misfit::Where::kFile, NameOfFile(part) + ", which can be read", error ? error.message() : "none"};
  }
  if (std::optional<Misfit> misfit = CheckFileSize(part, size)) return misfit;
  part.bytes = std::max(part.bytes, static_cast<int64_t>(size) * part.rows);
  return std::nullopt;
}

// The elements of one row.
Result<std::string> ReadRow(const Part& part) {
  Result<std::string> bytes = ReadFileContents(part.input.file, static_cast<size_t>(part.bytes / part.rows));
  if (!bytes.ok()) return InvalidArgument(NameOfFile(part) + ": found " + bytes.status().message());
  if (const std::optional<Misfit> misfit = CheckFileSize(part, bytes->size())) return AsStatus(*misfit);
  if (part.input.type != DataType::kBytes) return bytes;
  Status whole = CheckBytesElements(std::as_bytes(std::span(*bytes)), part.elements);
  if (!whole.ok()) return std::move(whole).Within(NameOfFile(part));
  return bytes;
}

Tensor Repeated(const Part& part, const std::string& row, MemoryPool& pool) {
  Tensor tensor{.type = part.input.type,
                .shape = part.model,
                .data = Buffer::Take(pool, row.size() * static_cast<size_t>(part.rows))};
  for (int64_t i = 0; i < part.rows; ++i) {
    std::memcpy(tensor.data.mutable_data() + static_cast<size_t>(i) * row.size(), row.data(), row.size());
  }
  return tensor;
}

Result<Tensor> MakeData(const Part& part, MemoryPool& pool) {
  if (part.input.fill == Fill::kFile) {
    ASSIGN_OR_RETURN(const std::string row, ReadRow(part));
    return Repeated(part, row, pool);
  }
  if (part.input.fill == Fill::kRandom) return MakeSampleTensor(part.input.type, part.model, /*seed=*/1, pool);
  // Of BYTES, elements of length 0.
  const size_t bytes = part.input.type == DataType::kBytes ? 4 : ElementBytes(part.input.type);
  return Repeated(part, std::string(static_cast<size_t>(part.elements) * bytes, '\0'), pool);
}

Status InSample(Status status, const WarmupSample& sample, const std::string& input) {
  return std::move(status).Within("warm-up sample " + Quoted(sample.name) +
                                  (input.empty() ? "" : ": input " + Quoted(input)));
}

std::string NamesOf(const std::vector<TensorSpec>& specs) {
  std::string text;
  for (const TensorSpec& spec : specs) text += (text.empty() ? "" : ", ") + Quoted(spec.name);
  return text.empty() ? "none" : text;
}

// The parts of a sample by the signature's inputs; nothing for one that is left out. Or the first thing that does not
// fit.
struct Placed {
  std::vector<std::optional<Part>> parts;
  std::optional<Misfit> misfit;
};

Placed PlaceAll(const WarmupSample& sample, const Signature& signature) {
  using Where = Misfit::Where;
  Placed placed;
  for (const auto& [name, input] : sample.inputs) {
    if (FindSpec(signature.inputs, name) >= 0) continue;
    placed.misfit = Misfit{Where::kInput, "an input of the model: " + NamesOf(signature.inputs), Quoted(name), name};
    return placed;
  }
  int64_t bytes = 0;
  for (const TensorSpec& spec : signature.inputs) {
    const auto input = sample.inputs.find(spec.name);
    if (input == sample.inputs.end()) {
      placed.parts.emplace_back();
      if (spec.optional) continue;
      placed.misfit = Misfit{Where::kSample, "input " + Quoted(spec.name) + ", which the model needs", "none"};
      return placed;
    }
    Part part{.sample = sample, .input = input->second, .spec = spec, .client = {}, .model = {}};
    placed.misfit = Place(part);
    if (!placed.misfit && part.input.fill == Fill::kFile) placed.misfit = PlaceFile(part);
    if (placed.misfit) {
      placed.misfit->input = spec.name;
      return placed;
    }
    bytes += part.bytes;
    placed.parts.emplace_back(part);
  }
  if (bytes > kMaxWarmupBytes) {
    placed.misfit =
        Misfit{Where::kSample, "at most " + std::to_string(kMaxWarmupBytes) + " bytes in all inputs and rows",
               std::to_string(bytes)};
  }
  return placed;
}

// As exactly as the config is known.
FieldPlace PlaceOf(const Misfit& misfit, size_t index, const DeclaredSignature& declared) {
  using Where = Misfit::Where;
  const std::string field = "model_warmup[" + std::to_string(index) + "]";
  if (index >= declared.warmup.size()) return {.field = field};
  const DeclaredWarmup& said = declared.warmup[index];
  const auto input = said.inputs.find(misfit.input);
  if (input == said.inputs.end()) return said.place;
  switch (misfit.where) {
    case Where::kType:
      return input->second.type_place;
    case Where::kDims:
      return input->second.dims_place;
    case Where::kFile:
      return input->second.file_place;
    case Where::kInput:
      return input->second.place;
    case Where::kSample:
      break;
  }
  return said.place;
}

// Nobody reads what a warm-up gives.
class Unread final : public ResponseStream {
 public:
  explicit Unread(const std::function<bool()>& enough) : enough_(enough) {}
  bool Send(std::vector<Tensor> /*outputs*/) override { return Wanted(); }
  bool Wanted() override { return wanted_ = wanted_ && !enough_(); }

 private:
  const std::function<bool()>& enough_;
  bool wanted_ = true;
};

}  // namespace

Result<std::vector<Tensor>> MakeWarmupInputs(const WarmupSample& sample, const Signature& signature, MemoryPool& pool) {
  const auto [parts, misfit] = PlaceAll(sample, signature);
  if (misfit) return InSample(AsStatus(*misfit), sample, misfit->input);
  std::vector<Tensor> inputs;
  for (size_t i = 0; i < parts.size(); ++i) {
    const TensorSpec& spec = signature.inputs[i];
    if (!parts[i]) {
      inputs.push_back({.type = spec.type, .shape = {}, .data = {}});
      continue;
    }
    Result<Tensor> tensor = MakeData(*parts[i], pool);
    if (!tensor.ok()) return InSample(std::move(tensor).status(), sample, spec.name);
    inputs.push_back(*std::move(tensor));
  }
  return inputs;
}

std::vector<Finding> CheckWarmupSamples(std::span<const WarmupSample> samples, const DeclaredSignature& declared,
                                        const Signature& signature) {
  std::vector<Finding> findings;
  for (size_t i = 0; i < samples.size(); ++i) {
    const std::optional<Misfit> misfit = PlaceAll(samples[i], signature).misfit;
    if (!misfit) continue;
    FieldPlace place = PlaceOf(*misfit, i, declared);
    findings.push_back({.severity = Finding::Severity::kError,
                        .file = declared.file,
                        .line = place.line,
                        .column = place.column,
                        .field = std::move(place.field),
                        .expected = misfit->expected,
                        .found = misfit->found,
                        .fix = "put the warm-up sample " + Quoted(samples[i].name) + " right, or leave it out"});
  }
  return findings;
}

Status RunUnread(OpenModel& model, std::span<const Tensor> inputs, std::span<const int> wanted,
                 const std::function<bool()>& enough) {
  Unread unread(enough);
  return RunForResponses(model, inputs, wanted, {}, unread);
}

Result<bool> WarmUp(OpenModel& model, const Signature& signature, std::span<const WarmupSample> samples,
                    MemoryPool& pool, const std::function<bool()>& enough) {
  std::vector<int> wanted(signature.outputs.size());
  std::iota(wanted.begin(), wanted.end(), 0);
  for (const WarmupSample& sample : samples) {
    ASSIGN_OR_RETURN(const std::vector<Tensor> inputs, MakeWarmupInputs(sample, signature, pool));
    for (int i = 0; i < std::max(1, sample.count); ++i) {
      if (enough()) return false;
      if (Status ran = RunUnread(model, inputs, wanted, enough); !ran.ok()) {
        return InSample(std::move(ran), sample, {});
      }
    }
  }
  return true;
}

}  // namespace trireme

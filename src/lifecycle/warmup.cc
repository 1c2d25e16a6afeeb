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

Status Place(Part& part) {
  const WarmupSample::Input& input = part.input;
  if (input.type != part.spec.type) {
    return InvalidArgument("expected data type " + std::string(Name(part.spec.type)) + ", found " +
                           std::string(Name(input.type)));
  }
  part.client = input.dims;
  if (input.dims.rank() + 1 == part.spec.shape.rank()) {
    part.rows = std::max<int64_t>(1, part.sample.rows);
    part.client = input.dims.WithRows(part.rows);
  } else if (part.sample.rows > 1) {
    return InvalidArgument("its dims " + input.dims.ToString() + " leave no dimension for a batch of " +
                           std::to_string(part.sample.rows) + ": the model takes " + part.spec.shape.ToString());
  }
  if (!part.spec.shape.Accepts(part.client)) {
    return InvalidArgument("expected shape " + part.spec.shape.ToString() + ", found " + part.client.ToString());
  }
  const std::optional<int64_t> bytes = WarmupBytes(input.type, input.dims, part.rows);
  if (!bytes) {
    return InvalidArgument("expected dims of known size and at most " + std::to_string(kMaxWarmupBytes) +
                           " bytes, found " + part.client.ToString());
  }
  part.bytes = *bytes;
  part.elements = *input.dims.ElementCount();
  part.model = part.client;
  if (part.spec.model_shape) {
    const std::optional<Shape> model = Reshaped(part.spec.shape, *part.spec.model_shape, part.client);
    if (!model) return InvalidArgument("shape " + part.client.ToString() + " cannot be reshaped for the model");
    part.model = *model;
  }
  return {};
}

std::string NameOfFile(const Part& part) {
  return "file " + Quoted(part.input.file.filename().string());
}

Status CheckFileSize(const Part& part, uint64_t size) {
  if (part.input.type == DataType::kBytes) {
    if (size <= static_cast<uint64_t>(kMaxWarmupBytes / part.rows)) return {};
    return InvalidArgument(NameOfFile(part) + " of " + std::to_string(size) + " bytes for " +
                           std::to_string(part.rows) + " rows: expected at most " + std::to_string(kMaxWarmupBytes) +
                           " bytes together");
  }
  const uint64_t expected = static_cast<uint64_t>(part.elements) * ElementBytes(part.input.type);
  if (size == expected) return {};
  return InvalidArgument(NameOfFile(part) + ": expected " + std::to_string(expected) + " bytes, one row of " +
                         part.input.dims.ToString() + " " + std::string(Name(part.input.type)) + ", found " +
                         std::to_string(size));
}

// What the file system says of it: it is not read.
Status PlaceFile(Part& part) {
  std::error_code error;
  const bool is_file = fs::is_regular_file(part.input.file, error);
  const uint64_t size = is_file ? fs::file_size(part.input.file, error) : 0;
  if (error || !is_file) {
    return InvalidArgument(NameOfFile(part) + ": expected a file that can be read, found " +
                           (error ? error.message() : "none"));
  }
  RETURN_IF_ERROR(CheckFileSize(part, size));
  part.bytes = std::max(part.bytes, static_cast<int64_t>(size) * part.rows);
  return {};
}

// The elements of one row.
Result<std::string> ReadRow(const Part& part) {
  Result<std::string> bytes = ReadFileContents(part.input.file, static_cast<size_t>(part.bytes / part.rows));
  if (!bytes.ok()) return InvalidArgument(NameOfFile(part) + ": found " + bytes.status().message());
  RETURN_IF_ERROR(CheckFileSize(part, bytes->size()));
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

// The parts of a sample by the signature's inputs; nothing for one that is left out.
Result<std::vector<std::optional<Part>>> PlaceAll(const WarmupSample& sample, const Signature& signature) {
  for (const auto& [name, input] : sample.inputs) {
    if (FindSpec(signature.inputs, name) < 0) {
      return InSample(InvalidArgument("the model has no such input"), sample, name);
    }
  }
  std::vector<std::optional<Part>> parts;
  int64_t bytes = 0;
  for (const TensorSpec& spec : signature.inputs) {
    const auto input = sample.inputs.find(spec.name);
    if (input == sample.inputs.end()) {
      if (!spec.optional) return InSample(InvalidArgument("it is missing"), sample, spec.name);
      parts.emplace_back();
      continue;
    }
    Part part{.sample = sample, .input = input->second, .spec = spec, .client = {}, .model = {}};
    Status placed = Place(part);
    if (placed.ok() && part.input.fill == Fill::kFile) placed = PlaceFile(part);
    if (!placed.ok()) return InSample(std::move(placed), sample, spec.name);
    bytes += part.bytes;
    parts.emplace_back(part);
  }
  if (bytes > kMaxWarmupBytes) {
    return InSample(InvalidArgument("expected at most " + std::to_string(kMaxWarmupBytes) +
                                    " bytes in all inputs and rows, found " + std::to_string(bytes)),
                    sample, {});
  }
  return parts;
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
  ASSIGN_OR_RETURN(const auto parts, PlaceAll(sample, signature));
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

Status CheckWarmupSample(const WarmupSample& sample, const Signature& signature) {
  return PlaceAll(sample, signature).status();
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

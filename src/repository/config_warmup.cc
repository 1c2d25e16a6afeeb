// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "repository/config_reader.h"
#include "repository/config_types.h"
#include "repository/file_contents.h"
#include "repository/model_name.h"
#include "repository/warmup_bytes.h"

namespace trireme {
namespace {

using inference::ModelWarmup;

constexpr uint32_t kMaxCount = 1000000;

void FindFile(const std::string& name, const ConfigPlace& place, ConfigReader& reader, WarmupSample::Input& input) {
  const std::filesystem::path& folder = reader.context.folder;
  const ConfigPlace at = place.At("input_data_file");
  auto file = FindInside(folder, folder / "warmup", name);
  if (!file.ok()) {
    reader.findings.Add(
        at.Error("a file in the model's folder warmup", Quoted(name.substr(0, 80)) + ": " + file.status().message()));
    return;
  }
  input.file = *std::move(file);
  std::error_code error;
  const auto size = std::filesystem::file_size(input.file, error);
  const std::optional<int64_t> expected = WarmupBytes(input.type, input.dims, 1);
  if (error || !expected || size > static_cast<uintmax_t>(kMaxWarmupBytes)) {
    reader.findings.Add(at.Error("a file of at most " + std::to_string(kMaxWarmupBytes) + " bytes", Quoted(name)));
  } else if (input.type != DataType::kBytes && size != static_cast<uintmax_t>(*expected)) {
    reader.findings.Add(at.Error(
        std::to_string(*expected) + " bytes, one row of " + input.dims.ToString() + " " + std::string(Name(input.type)),
        std::to_string(size) + " in " + Quoted(name)));
  }
}

WarmupSample::Input ReadInput(const ModelWarmup::Input& said, int64_t rows, const ConfigPlace& place,
                              ConfigReader& reader) {
  WarmupSample::Input input;
  const auto type = ReadDataType(said.data_type(), place.At("data_type"), reader.findings);
  if (said.data_type() == inference::TYPE_INVALID) {
    reader.findings.Add(place.At("data_type").Error("a type like TYPE_FP32", "none"));
  }
  const auto dims = ReadDims(said.dims(), place, "dims", false, reader.findings);
  if (!type || !dims) return input;
  input.type = *type;
  input.dims = *dims;
  if (!WarmupBytes(input.type, input.dims, rows)) {
    reader.findings.Add(place.At("dims").Error("at most " + std::to_string(kMaxWarmupBytes) + " bytes in all rows",
                                               input.dims.ToString()));
    return input;
  }
  switch (said.input_data_type_case()) {
    case ModelWarmup::Input::kZeroData:
      input.fill = WarmupSample::Input::Fill::kZero;
      break;
    case ModelWarmup::Input::kRandomData:
      input.fill = WarmupSample::Input::Fill::kRandom;
      break;
    case ModelWarmup::Input::kInputDataFile:
      input.fill = WarmupSample::Input::Fill::kFile;
      FindFile(said.input_data_file(), place, reader, input);
      break;
    case ModelWarmup::Input::INPUT_DATA_TYPE_NOT_SET:
      reader.findings.Add(place.Error("zero_data, random_data or input_data_file", "none of them"));
      break;
  }
  return input;
}

// 0 for a model that does not batch.
int64_t ReadRows(const ModelWarmup& said, const ConfigPlace& place, ConfigReader& reader) {
  const int64_t rows = said.batch_size();
  const std::optional<int64_t> most = reader.max_batch_size();
  if (!most) return rows;
  if (rows > std::max<int64_t>(1, *most)) {
    reader.findings.Add(place.At("batch_size")
                            .Error("at most " + std::to_string(std::max<int64_t>(1, *most)) +
                                       ", for max_batch_size: " + std::to_string(*most),
                                   std::to_string(rows)));
  }
  return *most > 0 ? std::max<int64_t>(1, rows) : 0;
}

// Where it stands what an input is to be.
DeclaredWarmup::Input PlacesOf(const ConfigPlace& place) {
  return {.place = place.place(),
          .type_place = place.At("data_type").place(),
          .dims_place = place.At("dims").place(),
          .file_place = place.At("input_data_file").place()};
}

WarmupSample ReadSample(const ModelWarmup& said, int index, ConfigReader& reader) {
  const ConfigPlace place = reader.root.At("model_warmup", index);
  DeclaredWarmup& places =
      reader.file.declared.warmup.emplace_back(DeclaredWarmup{.place = place.place(), .inputs = {}});
  WarmupSample sample;
  sample.name = said.name().empty() ? place.place().field : said.name();
  sample.rows = ReadRows(said, place, reader);
  if (said.count() > kMaxCount) {
    reader.findings.Add(place.At("count").Error("at most " + std::to_string(kMaxCount), std::to_string(said.count())));
  } else {
    sample.count = static_cast<int>(std::max(1U, said.count()));
  }
  if (said.inputs().empty()) reader.findings.Add(place.Error("inputs", "none"));
  if (!CheckCount(static_cast<int>(said.inputs().size()), place.At("inputs"), reader.findings)) return sample;
  int64_t bytes = 0;
  for (const auto& [name, said_input] : said.inputs()) {
    const ConfigPlace at = place.Entry("inputs", said, name);
    const WarmupSample::Input input = ReadInput(said_input, sample.rows, at, reader);
    places.inputs[name] = PlacesOf(at);
    bytes += WarmupBytes(input.type, input.dims, sample.rows).value_or(0);
    sample.inputs[name] = input;
  }
  if (bytes > kMaxWarmupBytes) {
    reader.findings.Add(
        place.At("inputs").Error("at most " + std::to_string(kMaxWarmupBytes) + " bytes in all inputs and rows",
                                 std::to_string(bytes) + " in sample " + Quoted(sample.name.substr(0, 80))));
  }
  return sample;
}

}  // namespace

void ReadWarmup(ConfigReader& reader) {
  const auto& samples = reader.message.model_warmup();
  if (!CheckCount(samples.size(), reader.root.At("model_warmup"), reader.findings)) return;
  std::vector<WarmupSample> read;
  read.reserve(static_cast<size_t>(samples.size()));
  for (int i = 0; i < samples.size(); ++i) read.push_back(ReadSample(samples[i], i, reader));
  if (!read.empty()) reader.file.config.warmup = std::move(read);
}

}  // namespace trireme

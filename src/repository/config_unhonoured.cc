// SPDX-License-Identifier: Apache-2.0
#include <functional>
#include <optional>
#include <string>

#include "repository/config_reader.h"
#include "repository/model_name.h"

namespace trireme {
namespace {

using inference::ModelInput;
using inference::ModelInstanceGroup;
using inference::ModelOutput;

class Unhonoured {
 public:
  explicit Unhonoured(ConfigReader& reader) : reader_(reader) {}

  // Answers may differ from what was meant.
  void Warn(bool said, const ConfigPlace& place, const std::string& consequence) {
    if (said) reader_.findings.Add(place.Warning("", "not honoured yet", consequence));
  }
  // Nothing but speed or reports can differ.
  void Note(bool said, const ConfigPlace& place, const char* consequence) {
    if (said) reader_.findings.Add(place.Note("not honoured yet", consequence));
  }

  // The same for the field `field` of the first element of the list `list` that `says` so.
  template <typename Elements, typename Says>
  void WarnOfFirst(const Elements& elements, Says says, const char* list, const char* field, const char* consequence) {
    if (const auto place = First(elements, says, list)) Warn(true, place->At(field), consequence);
  }
  template <typename Elements, typename Says>
  void NoteFirst(const Elements& elements, Says says, const char* list, const char* field, const char* consequence) {
    if (const auto place = First(elements, says, list)) Note(true, place->At(field), consequence);
  }

 private:
  template <typename Elements, typename Says>
  std::optional<ConfigPlace> First(const Elements& elements, Says says, const char* list) const {
    for (int i = 0; i < elements.size(); ++i) {
      if (std::invoke(says, elements[i])) return reader_.root.At(list, i);
    }
    return std::nullopt;
  }

  ConfigReader& reader_;
};

void NoteTensors(const inference::ModelConfig& said, Unhonoured& note) {
  note.WarnOfFirst(said.input(), &ModelInput::is_shape_tensor, "input", "is_shape_tensor",
                   "it is taken like any other tensor");
  note.WarnOfFirst(said.output(), &ModelOutput::is_shape_tensor, "output", "is_shape_tensor",
                   "it is given like any other tensor");
  note.WarnOfFirst(said.input(), &ModelInput::allow_ragged_batch, "input", "allow_ragged_batch",
                   "only requests of equal shape share a run");
  note.WarnOfFirst(said.input(), &ModelInput::is_non_linear_format_io, "input", "is_non_linear_format_io",
                   "tensors are taken as row-major");
  note.WarnOfFirst(said.output(), &ModelOutput::is_non_linear_format_io, "output", "is_non_linear_format_io",
                   "tensors are given as row-major");
}

void NoteGroups(const inference::ModelConfig& said, Unhonoured& note) {
  const auto& groups = said.instance_group();
  note.NoteFirst(groups, &ModelInstanceGroup::has_rate_limiter, "instance_group", "rate_limiter",
                 "instances run whenever they are free");
  note.NoteFirst(
      groups, [](const auto& group) { return !group.host_policy().empty(); }, "instance_group", "host_policy",
      "threads run on any processor");
  note.NoteFirst(
      groups, [](const auto& group) { return !group.secondary_devices().empty(); }, "instance_group",
      "secondary_devices", "the model runs on one device");
  note.NoteFirst(
      groups, [](const auto& group) { return !group.profile().empty(); }, "instance_group", "profile",
      "it is for TensorRT alone");
}

void NoteOptimization(ConfigReader& reader, Unhonoured& note) {
  if (!reader.message.has_optimization()) return;
  const auto& said = reader.message.optimization();
  const ConfigPlace place = reader.root.At("optimization");
  const auto& accelerators = said.execution_accelerators();
  note.Warn(!accelerators.gpu_execution_accelerator().empty() || !accelerators.cpu_execution_accelerator().empty(),
            place.At("execution_accelerators"), "the model runs without them");
  note.Note(said.has_cuda(), place.At("cuda"), "the model runs on the CPU");
  note.Note(said.priority() != inference::ModelOptimizationPolicy::PRIORITY_DEFAULT, place.At("priority"),
            "models run with equal priority");
  note.Note(said.eager_batching(), place.At("eager_batching"), "a batch is joined when it is run");
}

// Triton fills the control inputs and keeps the state itself, so its clients do not send them.
std::string WhatBecomesOfSequences(const inference::ModelSequenceBatching& batching) {
  std::string inputs;
  const auto add = [&](const std::string& name) { inputs += (inputs.empty() ? "" : ", ") + Quoted(name); };
  for (const auto& control : batching.control_input()) add(control.name());
  for (const auto& state : batching.state()) add(state.input_name());
  const std::string text = "requests of a sequence are run one by one, like all others";
  return inputs.empty() ? text : text + ", and clients must send " + inputs + " themselves";
}

}  // namespace

void NoteWhatIsNotHonoured(ConfigReader& reader) {
  const auto& said = reader.message;
  const ConfigPlace& root = reader.root;
  Unhonoured note(reader);
  NoteTensors(said, note);
  NoteGroups(said, note);
  NoteOptimization(reader, note);
  note.Warn(said.has_sequence_batching(), root.At("sequence_batching"),
            WhatBecomesOfSequences(said.sequence_batching()));
  note.Warn(!said.batch_input().empty(), root.At("batch_input"), "clients must send these inputs themselves");
  note.Warn(!said.batch_output().empty(), root.At("batch_output"), "outputs are split by rows");
  note.Warn(!said.model_operations().op_library_filename().empty(),
            root.At("model_operations").At("op_library_filename"), "operators of one's own are not known");
  note.Warn(!said.model_repository_agents().agents().empty(), root.At("model_repository_agents"),
            "the model's files are taken as they lie");
  note.Note(!said.metric_tags().empty(), root.At("metric_tags"), "metrics have no further labels");
  note.Note(!said.model_metrics().metric_control().empty(), root.At("model_metrics"), "histograms keep their buckets");
  note.Note(!said.cc_model_filenames().empty(), root.At("cc_model_filenames"),
            "it names files for GPUs; the model runs on the CPU");
  note.Note(!said.runtime().empty(), root.At("runtime"), "the backend's own runtime is used");
}

}  // namespace trireme

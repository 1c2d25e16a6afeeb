// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "repository/config_reader.h"

namespace trireme {
namespace {

class Unhonoured {
 public:
  explicit Unhonoured(ConfigReader& reader) : reader_(reader) {}

  // Answers may differ from what was meant.
  void Warn(bool said, const ConfigPlace& place, const char* consequence) {
    if (said) reader_.findings.Add(place.Warning("", "not honoured yet", consequence));
  }
  // Nothing but speed or reports can differ.
  void Note(bool said, const ConfigPlace& place, const char* consequence) {
    if (said) reader_.findings.Add(place.Note("not honoured yet", consequence));
  }

 private:
  ConfigReader& reader_;
};

template <typename Elements, typename Has>
int First(const Elements& elements, const Has& has) {
  return static_cast<int>(std::find_if(elements.begin(), elements.end(), has) - elements.begin());
}

void NoteTensors(ConfigReader& reader, Unhonoured& note) {
  const auto& [inputs, outputs] = std::tie(reader.message.input(), reader.message.output());
  if (const int i = First(inputs, [](const auto& input) { return input.is_shape_tensor(); }); i < inputs.size()) {
    note.Warn(true, reader.root.At("input", i).At("is_shape_tensor"), "it is taken like any other tensor");
  }
  if (const int i = First(outputs, [](const auto& output) { return output.is_shape_tensor(); }); i < outputs.size()) {
    note.Warn(true, reader.root.At("output", i).At("is_shape_tensor"), "it is given like any other tensor");
  }
  if (const int i = First(inputs, [](const auto& input) { return input.allow_ragged_batch(); }); i < inputs.size()) {
    note.Warn(true, reader.root.At("input", i).At("allow_ragged_batch"), "only requests of equal shape share a run");
  }
  if (const int i = First(inputs, [](const auto& input) { return input.is_non_linear_format_io(); });
      i < inputs.size()) {
    note.Warn(true, reader.root.At("input", i).At("is_non_linear_format_io"), "tensors are taken as row-major");
  }
  if (const int i = First(outputs, [](const auto& output) { return output.is_non_linear_format_io(); });
      i < outputs.size()) {
    note.Warn(true, reader.root.At("output", i).At("is_non_linear_format_io"), "tensors are given as row-major");
  }
}

void NoteGroups(ConfigReader& reader, Unhonoured& note) {
  const auto& groups = reader.message.instance_group();
  if (const int i = First(groups, [](const auto& group) { return group.has_rate_limiter(); }); i < groups.size()) {
    note.Note(true, reader.root.At("instance_group", i).At("rate_limiter"), "instances run whenever they are free");
  }
  if (const int i = First(groups, [](const auto& group) { return !group.host_policy().empty(); }); i < groups.size()) {
    note.Note(true, reader.root.At("instance_group", i).At("host_policy"), "threads run on any processor");
  }
  if (const int i = First(groups, [](const auto& group) { return !group.secondary_devices().empty(); });
      i < groups.size()) {
    note.Note(true, reader.root.At("instance_group", i).At("secondary_devices"), "the model runs on one device");
  }
  if (const int i = First(groups, [](const auto& group) { return !group.profile().empty(); }); i < groups.size()) {
    note.Note(true, reader.root.At("instance_group", i).At("profile"), "it is for TensorRT alone");
  }
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

}  // namespace

void NoteWhatIsNotHonoured(ConfigReader& reader) {
  const auto& said = reader.message;
  const ConfigPlace& root = reader.root;
  Unhonoured note(reader);
  NoteTensors(reader, note);
  NoteGroups(reader, note);
  NoteOptimization(reader, note);
  note.Warn(said.has_sequence_batching(), root.At("sequence_batching"),
            "requests of a sequence are run one by one, like all others");
  note.Warn(said.model_transaction_policy().decoupled(), root.At("model_transaction_policy").At("decoupled"),
            "a request has one response");
  note.Warn(!said.batch_input().empty(), root.At("batch_input"), "clients must send these inputs themselves");
  note.Warn(!said.batch_output().empty(), root.At("batch_output"), "outputs are split by rows");
  note.Warn(!said.model_operations().op_library_filename().empty(),
            root.At("model_operations").At("op_library_filename"), "operators of one's own are not known");
  note.Warn(!said.model_repository_agents().agents().empty(), root.At("model_repository_agents"),
            "the model's files are taken as they lie");
  note.Note(said.response_cache().enable(), root.At("response_cache"), "every request is run");
  note.Note(!said.metric_tags().empty(), root.At("metric_tags"), "metrics have no further labels");
  note.Note(!said.model_metrics().metric_control().empty(), root.At("model_metrics"), "histograms keep their buckets");
  note.Note(!said.cc_model_filenames().empty(), root.At("cc_model_filenames"),
            "it names files for GPUs; the model runs on the CPU");
  note.Note(!said.runtime().empty(), root.At("runtime"), "the backend's own runtime is used");
}

}  // namespace trireme

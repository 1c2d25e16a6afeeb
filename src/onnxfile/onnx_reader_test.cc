// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/onnx_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "onnxfile/testing/test_models.h"
#include "onnxfile/wire_writer.h"

namespace trireme::onnxfile {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

Model ModelOf(Graph graph) {
  Model model;
  model.graph = std::move(graph);
  return model;
}

TEST(OnnxReader, SaysWhatAModelTakesAndGives) {
  const auto summary = ReadModelSummary(AddSubModel());
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->ir_version, 8);
  EXPECT_EQ(summary->producer_name, "trireme tests");
  EXPECT_THAT(summary->opsets, ElementsAre(OpsetImport{"", 17}));
  EXPECT_THAT(summary->op_counts, ElementsAre(Pair("Add", 1), Pair("Sub", 1)));
  ASSERT_EQ(summary->inputs.size(), 2U);
  EXPECT_EQ(summary->inputs[1].name, "INPUT1");
  EXPECT_EQ(summary->inputs[1].kind, GraphValue::Kind::kTensor);
  EXPECT_EQ(summary->inputs[1].type, ElementType::kInt32);
  ASSERT_TRUE(summary->inputs[1].dims);
  EXPECT_EQ((*summary->inputs[1].dims)[0].name, "n");
  EXPECT_EQ((*summary->inputs[1].dims)[0].size, -1);
  EXPECT_EQ((*summary->inputs[1].dims)[1].size, 16);
  EXPECT_EQ(summary->outputs.size(), 2U);
}

TEST(OnnxReader, SaysWhatNodesReadAndMake) {
  const auto summary = ReadModelSummary(AddSubModel());
  ASSERT_TRUE(summary.ok() && summary->nodes) << summary.status();
  ASSERT_EQ(summary->nodes->size(), 2U);
  const GraphNode& last = (*summary->nodes)[1];
  EXPECT_EQ(last.op_type, "Sub");
  EXPECT_THAT(last.inputs, ElementsAre("INPUT0", "INPUT1"));
  EXPECT_THAT(last.outputs, ElementsAre("OUTPUT1"));
  EXPECT_EQ(ReadModelSummary(TreeModel())->nodes->at(0).op_type, "ai.onnx.ml.TreeEnsembleRegressor");
}

TEST(OnnxReader, SaysNothingOfNodesWhereThereIsMoreToSay) {
  const Graph inside{.name = "inside", .nodes = {}, .inputs = {}, .outputs = {}};
  const auto summary = ReadModelSummary(Serialize(ModelOf({
      .name = "outside",
      .nodes = {{"If", {"c"}, {"y"}, {{"then_branch", std::vector<Graph>{inside}}}}, {"Relu", {"y"}, {"z"}}},
      .inputs = {},
      .outputs = {},
  })));
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_FALSE(summary->nodes);

  WireWriter function;
  function.Message(25, [&] { function.Bytes(1, "Relu"); });
  const std::string of_its_own = std::move(function).Take();
  for (const std::string& model : {AddModel() + of_its_own, of_its_own + AddModel()}) {
    ASSERT_TRUE(ReadModelSummary(model).ok());
    EXPECT_FALSE(ReadModelSummary(model)->nodes);
  }
}

TEST(OnnxReader, DoesNotRememberMoreNodesThanThereIsRoomFor) {
  const std::string name(60'000, 'x');
  const auto remembers = [&](size_t nodes) {
    Graph graph{.name = "g", .nodes = {}, .inputs = {}, .outputs = {}};
    graph.nodes.resize(nodes, {"Relu", {name}, {"y"}});
    const auto summary = ReadModelSummary(Serialize(ModelOf(std::move(graph))));
    EXPECT_TRUE(summary.ok()) << summary.status();
    return summary->nodes.has_value();
  };
  EXPECT_TRUE(remembers(1000));
  EXPECT_FALSE(remembers(1200));
}

TEST(OnnxReader, LeavesOutInputsThatAnInitialiserFills) {
  const auto summary = ReadModelSummary(DefaultedInputModel());
  ASSERT_TRUE(summary.ok()) << summary.status();
  ASSERT_EQ(summary->inputs.size(), 1U);
  EXPECT_EQ(summary->inputs[0].name, "INPUT0");
  ASSERT_EQ(summary->defaulted_inputs.size(), 1U);
  EXPECT_EQ(summary->defaulted_inputs[0].name, "SCALE");
}

TEST(OnnxReader, NamesOperatorsOfOtherDomainsInFull) {
  const auto summary = ReadModelSummary(TreeModel());
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_THAT(summary->op_counts, ElementsAre(Pair("ai.onnx.ml.TreeEnsembleRegressor", 1)));
}

TEST(OnnxReader, TellsSequencesFromTensors) {
  const auto summary = ReadModelSummary(SequenceModel());
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->outputs[0].kind, GraphValue::Kind::kSequence);
}

TEST(OnnxReader, AddsUpConstantsWhereverTheyLie) {
  const auto floats = [](std::string name, int64_t count) {
    return Constant<float>(std::move(name), ElementType::kFloat, {count}, std::vector<float>(count));
  };
  TensorProto text{.name = "text",
                   .type = ElementType::kString,
                   .dims = {2},
                   .raw = {},
                   .strings = {"ab", "c"},
                   .external_location = {}};
  TensorProto beside{.name = "beside",
                     .type = ElementType::kDouble,
                     .dims = {5, 2},
                     .raw = {},
                     .strings = {},
                     .external_location = "weights.bin"};
  const auto summary = ReadModelSummary(Serialize(ModelOf({
      .name = "constants",
      .nodes = {{"Constant", {}, {"c"}, {{"value", floats("", 3)}}},
                {"Tree", {}, {"t"}, {{"values", std::vector<float>{1, 2}}}}},
      .inputs = {},
      .outputs = {},
      .initializers = {floats("f", 4), text, beside},
  })));
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->constant_bytes, 3 * 4U + 2 * 4U + 4 * 4U + 3U + 10 * 8U);
  ASSERT_EQ(summary->external_tensors.size(), 1U);
  EXPECT_EQ(summary->external_tensors[0].name, "beside");
  EXPECT_EQ(summary->external_tensors[0].location, "weights.bin");
  EXPECT_EQ(summary->external_tensors[0].bytes, 10 * 8U);
}

TEST(OnnxReader, DoesNotWrapSizesThatNoMemoryHolds) {
  TensorProto huge{.name = "huge",
                   .type = ElementType::kFloat,
                   .dims = {int64_t{1} << 62, int64_t{1} << 62},
                   .raw = {},
                   .strings = {},
                   .external_location = "x"};
  const auto summary = ReadModelSummary(
      Serialize(ModelOf({.name = "huge", .nodes = {}, .inputs = {}, .outputs = {}, .initializers = {huge, huge}})));
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->constant_bytes, std::numeric_limits<uint64_t>::max());
}

TEST(OnnxReader, SaysWhereConstantsOfOtherFilesLie) {
  const auto summary = [](std::vector<std::pair<std::string, std::string>> entries, std::string location = "w.bin") {
    const TensorProto tensor{
        .name = "w", .dims = {4}, .external_location = std::move(location), .external_entries = std::move(entries)};
    return ReadModelSummary(
        Serialize(ModelOf({.name = "g", .nodes = {}, .inputs = {}, .outputs = {}, .initializers = {tensor}})));
  };
  const auto all = summary({{"offset", "4096"}, {"length", "16"}, {"checksum", "abc"}});
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_EQ(all->external_tensors[0].location, "w.bin");
  EXPECT_EQ(all->external_tensors[0].offset, 4096U);
  EXPECT_EQ(all->external_tensors[0].bytes, 16U);
  EXPECT_EQ(summary({})->external_tensors[0].bytes, 16U);
  EXPECT_THAT(summary({{"length", "17"}}).status().message(), HasSubstr("should be 16"));
  EXPECT_THAT(summary({{"offset", "-1"}}).status().message(), HasSubstr("is '-1'"));
  EXPECT_THAT(summary({{"offset", "9223372036854775808"}}).status().message(), HasSubstr("a number of bytes"));
}

TEST(OnnxReader, WantsToKnowHowLongTheDataOfOddTypesIs) {
  TensorProto tensor{.name = "w", .type = static_cast<ElementType>(22), .dims = {3}, .external_location = "w.bin"};
  const auto read = [&] {
    return ReadModelSummary(
        Serialize(ModelOf({.name = "g", .nodes = {}, .inputs = {}, .outputs = {}, .initializers = {tensor}})));
  };
  EXPECT_THAT(read().status().message(), HasSubstr("should say how long"));
  tensor.external_entries = {{"length", "2"}};
  EXPECT_EQ(read()->external_tensors.at(0).bytes, 2U);
}

TEST(OnnxReader, RefusesConstantsThatLieNowhere) {
  WireWriter out;
  out.Message(7, [&] {
    out.Message(5, [&] {
      out.Bytes(8, "w");
      out.Varint(14, 1);
    });
  });
  EXPECT_THAT(ReadModelSummary(std::move(out).Take()).status().message(), HasSubstr("does not say which"));
}

TEST(OnnxReader, TellsLocationsEvenIfTheyAreNotToBeUsed) {
  // A message that comes in two pieces is one to other readers: here the location, there the wish to use it.
  WireWriter out;
  out.Message(7, [&] {
    out.Message(5, [&] {
      out.Message(13, [&] {
        out.Bytes(1, "location");
        out.Bytes(2, "../secret");
      });
    });
  });
  const auto summary = ReadModelSummary(std::move(out).Take());
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->external_tensors.at(0).location, "../secret");
}

TEST(OnnxReader, ReadsFromAFileWhatItReadsFromMemory) {
  for (const ModelFile& model : GoodModels()) {
    ByteSource file(model.bytes.size(), [&](uint64_t offset, std::span<char> to) -> Status {
      std::copy_n(model.bytes.begin() + static_cast<std::ptrdiff_t>(offset), to.size(), to.begin());
      return {};
    });
    const auto summary = ReadModelSummary(file);
    ASSERT_TRUE(summary.ok()) << model.name << ": " << summary.status();
    EXPECT_EQ(summary->op_counts, ReadModelSummary(model.bytes)->op_counts) << model.name;
  }
  ByteSource broken(1000, [](uint64_t, std::span<char>) { return InvalidArgument("cannot be read"); });
  EXPECT_EQ(ReadModelSummary(broken).status().message(), "cannot be read");
}

TEST(OnnxReader, RefusesWhatIsNoModel) {
  EXPECT_THAT(ReadModelSummary("").status().message(), HasSubstr("empty"));
  EXPECT_THAT(ReadModelSummary("hello, world").status().message(), HasSubstr("not an ONNX model"));
  EXPECT_THAT(ReadModelSummary(std::string("\x08\x08", 2)).status().message(), HasSubstr("no graph"));
}

TEST(OnnxReader, RefusesAModelCutOffAnywhereInsideItsGraph) {
  const std::string whole = AddModel();
  const size_t opset_bytes = 10;  // what follows the graph
  for (size_t size = 0; size < whole.size() - opset_bytes; ++size) {
    EXPECT_EQ(ReadModelSummary(whole.substr(0, size)).status().code(), StatusCode::kInvalidArgument) << size;
  }
}

TEST(OnnxReader, RefusesGraphsNestedWithoutEnd) {
  WireWriter out;
  const std::function<void(int)> nest = [&](int depth) {
    if (depth == 0) return;
    out.Message(1, [&] { out.Message(5, [&] { out.Message(6, [&] { nest(depth - 1); }); }); });
  };
  out.Message(7, [&] { nest(1000); });
  EXPECT_THAT(ReadModelSummary(std::move(out).Take()).status().message(), HasSubstr("graphs inside one another"));
}

TEST(LooksLikeModel, SaysYesToTheBeginningOfAModel) {
  for (const ModelFile& model : GoodModels()) {
    EXPECT_TRUE(LooksLikeModel(model.bytes, model.bytes.size())) << model.name;
    EXPECT_TRUE(LooksLikeModel(std::string_view(model.bytes).substr(0, 64), model.bytes.size())) << model.name;
  }
}

TEST(LooksLikeModel, SaysNoToOtherFiles) {
  EXPECT_FALSE(LooksLikeModel("", 0));
  EXPECT_FALSE(LooksLikeModel("PK\x03\x04 an archive", 1000));
  EXPECT_FALSE(LooksLikeModel("<html>", 1000));
  EXPECT_FALSE(LooksLikeModel("\x89PNG\r\n\x1a\n", 1000));
}

TEST(LooksLikeModel, SaysNoIfTheGraphIsLargerThanTheFile) {
  const std::string model = AddModel();
  EXPECT_FALSE(LooksLikeModel(std::string_view(model).substr(0, 64), 64));
}

}  // namespace
}  // namespace trireme::onnxfile

// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/data_embedder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "onnxfile/onnx_writer.h"
#include "onnxfile/testing/test_models.h"
#include "onnxfile/wire_writer.h"

namespace trireme::onnxfile {
namespace {

using testing::IsEmpty;

TensorProto External(std::string name) {
  return {.name = std::move(name), .dims = {2}, .external_location = "w.bin", .external_entries = {{"offset", "4096"}}};
}

TensorProto Embedded(std::string name) {
  return {.name = std::move(name), .dims = {2}, .raw = std::string(8, 'w')};
}

Status FillWithW(const ExternalTensor& tensor, std::span<char> to) {
  EXPECT_EQ(tensor.location, "w.bin");
  EXPECT_EQ(tensor.offset, 4096U);
  std::fill(to.begin(), to.end(), 'w');
  return {};
}

Result<std::string> Embed(const std::string& model, const ReadElements& read = FillWithW) {
  ASSIGN_OR_RETURN(const ModelSummary summary, ReadModelSummary(model));
  return EmbedData(model, summary, read);
}

// A constant in each place where one may be.
template <typename Make>
std::string ModelWith(Make make) {
  const Graph branch{.name = "branch",
                     .nodes = {{"Constant", {}, {"y"}, {{"value", make("inner")}}}},
                     .outputs = {{"y", ElementType::kFloat, {2}}},
                     .initializers = {make("branch_weights")}};
  Model model;
  model.graph = {.name = "g",
                 .nodes = {{"Constant", {}, {"c"}, {{"axis", int64_t{1}}, {"value", make("c")}}},
                           {"If", {"x"}, {"y"}, {{"then_branch", std::vector<Graph>{branch}}}}},
                 .inputs = {{"x", ElementType::kBool, {}}},
                 .outputs = {{"y", ElementType::kFloat, {2}}},
                 .initializers = {make("first"), Embedded("between"), make("last")}};
  return Serialize(model);
}

TEST(EmbedData, PutsTheDataWhereverAConstantIs) {
  const auto whole = Embed(ModelWith(External));
  ASSERT_TRUE(whole.ok()) << whole.status();
  EXPECT_EQ(*whole, ModelWith(Embedded));
}

TEST(EmbedData, PutsTheDataIntoSparseConstantsAndFunctions) {
  const auto tensor = [](WireWriter& out) {
    out.Varint(1, 2);
    out.Varint(2, 1);
    out.Message(13, [&] {
      out.Bytes(1, "location");
      out.Bytes(2, "w.bin");
    });
    out.Message(13, [&] {
      out.Bytes(1, "offset");
      out.Bytes(2, "4096");
    });
    out.Varint(14, 1);
    out.Varint(14, 7);  // a value that the format does not have: not the last word
  };
  WireWriter out;
  out.Message(7, [&] { out.Message(15, [&] { out.Message(1, [&] { tensor(out); }); }); });
  out.Message(25, [&] {
    out.Message(7, [&] { out.Message(5, [&] { out.Message(5, [&] { tensor(out); }); }); });
    out.Message(11, [&] { out.Message(5, [&] { tensor(out); }); });  // an attribute's default
  });
  const std::string model = std::move(out).Take();
  EXPECT_EQ(ReadModelSummary(model)->external_tensors.size(), 3U);
  const auto whole = Embed(model);
  ASSERT_TRUE(whole.ok()) << whole.status();
  const auto summary = ReadModelSummary(*whole);
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_THAT(summary->external_tensors, IsEmpty());
  EXPECT_EQ(summary->constant_bytes, 24U);
}

TEST(EmbedData, LeavesAModelWithoutSuchDataAsItIs) {
  for (const ModelFile& model : GoodModels()) EXPECT_EQ(*Embed(model.bytes), model.bytes) << model.name;
}

TEST(EmbedData, TakesConstantsWithoutElements) {
  Model model;
  model.graph = {.name = "g", .initializers = {External("none")}};
  model.graph.initializers[0].dims = {0};
  const auto whole = Embed(Serialize(model));
  ASSERT_TRUE(whole.ok()) << whole.status();
  EXPECT_THAT(ReadModelSummary(*whole)->external_tensors, IsEmpty());
}

TEST(EmbedData, EndsWithTheFirstDataThatCannotBeRead) {
  int reads = 0;
  const auto whole = Embed(ModelWith(External), [&](const ExternalTensor&, std::span<char>) {
    return ++reads == 2 ? InvalidArgument("gone") : Status();
  });
  EXPECT_EQ(whole.status().message(), "gone");
  EXPECT_EQ(reads, 2);
}

}  // namespace
}  // namespace trireme::onnxfile

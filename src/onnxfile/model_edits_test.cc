// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/model_edits.h"

#include <gtest/gtest.h>

#include <string>

#include "onnxfile/field_walk.h"
#include "onnxfile/wire_writer.h"

namespace trireme::onnxfile {
namespace {

// Field 1: a text. Field 2: a message of texts 3, 4 and an empty one, 5. Field 6: a number.
std::string Model(const std::string& three = "three", const std::string& more = "") {
  WireWriter out;
  out.Bytes(1, "one");
  out.Message(2, [&] {
    if (!three.empty()) out.Bytes(3, three);
    out.Bytes(4, "four");
    out.Bytes(5, "");
    out.Raw(more);
  });
  out.Varint(6, 6);
  return std::move(out).Take();
}

ByteSpan Find(const std::string& model, ByteSpan message, int number) {
  ByteSource source(model);
  ByteSpan found;
  EXPECT_TRUE(ForEachField(source, message, "a message", [&](const WireField& field) {
                if (field.number == number) found = field.bytes;
                return Status();
              }).ok());
  return found;
}

class ModelEditsTest : public testing::Test {
 protected:
  const std::string model_ = Model();
  const ByteSpan message_ = Find(model_, {0, model_.size()}, 2);
  ModelEdits edits_;
};

TEST_F(ModelEditsTest, LeavesEverythingAsItIs) {
  EXPECT_EQ(*edits_.Apply(model_), model_);
}

TEST_F(ModelEditsTest, ReplacesAField) {
  edits_.Replace(Find(model_, message_, 3), [](WireWriter& out) { out.Bytes(3, "something longer"); });
  EXPECT_EQ(*edits_.Apply(model_), Model("something longer"));
}

TEST_F(ModelEditsTest, RemovesAField) {
  edits_.Remove(Find(model_, message_, 3));
  EXPECT_EQ(*edits_.Apply(model_), Model(""));
}

TEST_F(ModelEditsTest, AppendsInOrder) {
  edits_.Append(message_, [](WireWriter& out) { out.Bytes(7, "a"); });
  edits_.Append(message_, [](WireWriter& out) { out.Bytes(7, "b"); });
  WireWriter more;
  more.Bytes(7, "a");
  more.Bytes(7, "b");
  EXPECT_EQ(*edits_.Apply(model_), Model("three", std::move(more).Take()));
}

TEST_F(ModelEditsTest, AppendsToAnEmptyMessage) {
  const ByteSpan empty = Find(model_, message_, 5);
  ASSERT_EQ(empty.size(), 0U);
  edits_.Append(empty, [](WireWriter& out) { out.Bytes(7, "seven"); });
  const auto changed = edits_.Apply(model_);
  ASSERT_TRUE(changed.ok());
  const ByteSpan message = Find(*changed, {0, changed->size()}, 2);
  const ByteSpan seven = Find(*changed, Find(*changed, message, 5), 7);
  EXPECT_EQ(changed->substr(seven.begin, seven.size()), "seven");
  EXPECT_EQ(changed->size(), model_.size() + 7 + 4);  // the field, and a longer length
}

TEST_F(ModelEditsTest, ReplacesWhatHasChangesWithin) {
  edits_.Replace(Find(model_, message_, 3), [](WireWriter& out) { out.Bytes(3, "lost"); });
  edits_.Remove(message_);
  WireWriter rest;
  rest.Bytes(1, "one");
  rest.Varint(6, 6);
  EXPECT_EQ(*edits_.Apply(model_), std::move(rest).Take());
}

TEST_F(ModelEditsTest, RefusesWhatIsNoMessage) {
  edits_.Append(message_, [](WireWriter& out) { out.Bytes(7, "a"); });
  EXPECT_FALSE(edits_.Apply(model_.substr(0, model_.size() - 4)).ok());
}

}  // namespace
}  // namespace trireme::onnxfile

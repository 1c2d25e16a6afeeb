// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace trireme::treefile {

// A split of a tree, or a leaf. What is compared is a float32 of the row.
struct Node {
  enum class Kind : uint8_t {
    kLeaf,
    kBelow,  // x < threshold goes yes, all other numbers no
    kInSet,  // a category that is in the set goes yes, anything else no
  };

  Kind kind = Kind::kLeaf;
  bool missing_goes_yes = false;  // of a split: where NaN goes
  bool zero_is_missing = false;   // of a kBelow: what is not above Forest::kZeroBound, either sign, goes where NaN goes
  int32_t feature = 0;            // of a split: below Forest::width
  float threshold = 0;            // of a kBelow: never NaN; may be subnormal (no flushing of these), or infinite
  uint32_t yes = 0;               // of a split: its children, as indexes of Forest::nodes
  uint32_t no = 0;
  uint32_t index = 0;  // of a kInSet: in Forest::sets; of a kLeaf: in Forest::leaf_values, in steps of leaf_width
  uint32_t id = 0;     // as the file counts: of a leaf, what its library answers where leaf indexes are asked for
};

// Nodes of a tree lie in one piece, its root first, and each behind its parent. Each has one parent.
struct Tree {
  uint32_t first_node = 0;
  uint32_t node_count = 1;
  uint32_t depth = 0;   // splits on the longest way to a leaf; 0: a leaf alone
  uint32_t output = 0;  // which sum its leaves add to; with vector leaves 0
};

// The categories of a split: bit c % 32 of word c / 32. Categories beyond the words are not in it.
struct CategorySet {
  uint32_t first_word = 0;  // in Forest::set_words
  uint32_t word_count = 0;
};

// What a sum is made to, in the type of the sums. "each": every sum by itself.
enum class Transform : uint8_t {
  kIdentity,
  kLogistic,       // each: 1 / (1 + exp(-slope x))
  kExp,            // each
  kLogOnePlusExp,  // each: log(1 + exp(x))
  kSignedSquare,   // each: x |x|
  kHinge,          // each: 1 if x > 0, else 0
  kProbit,         // each: the normal distribution's quantile of x, as ONNX Runtime approximates it
  kSoftmax,        // all sums of a row together: exp(x - largest) / the sum of these
  kSoftmaxZero,    // the same, but of x within 1e-7 of zero x exp(-largest) instead of exp(x - largest)
  kArgmax,         // one column: the index of the largest sum, the first of equals
};

// Which columns are transformed. A file may give a sum for one of two classes only.
enum class Columns : uint8_t {
  kSums,        // the sums as they are
  kComplement,  // of one sum s: 1 - s and s
  kMirror,      // of one sum s: -s and s
};

// Boosted trees or a forest of them, whatever file they came from.
//
// To score a row: each output's sum is `base` and the leaves that the row comes to, in the order of the trees (see
// Origin for the order and type of the additions); for kMin and kMax the least or largest of the leaves, plus `base`.
// The leaves' part is divided by `divide_by`. That is the margin. `columns`, then `transform` make the answer of it.
// (LightGBM's margin, its raw score, is not divided; the answer is.)
// treefile/evaluate.h is this in code.
//
// A reader has checked it: indexes are in range, each tree is one, thresholds and leaves are no NaN.
struct Forest {
  // LightGBM's: the double nearest to 1e-35f.
  static constexpr float kZeroBound = 1e-35F;

  // Who wrote the file, which says how its library adds up.
  enum class Origin : uint8_t {
    kXgboost,   // float32: base + first tree + second ...
    kLightgbm,  // float64 from 0 on, in order of trees; rounded to float32 at the very end, after the transform
    kOnnx,      // float32, in any order (ONNX Runtime shares trees among threads), then base
  };

  enum class Aggregate : uint8_t { kSum, kMin, kMax };

  Origin origin = Origin::kXgboost;
  std::string format;     // for people: "XGBoost 1.7.4, JSON, gbtree"
  std::string objective;  // by the library's name: "binary:logistic"; of ONNX the operator: "TreeEnsembleClassifier"
  std::vector<std::string> notes;  // for people: what may surprise

  // Rows.
  uint32_t width = 0;                      // features; at least one
  std::vector<std::string> feature_names;  // one a feature, or none
  std::vector<std::string> feature_types;  // one a feature, or none: "float", "q", "i", "int", "c": XGBoost's
  bool knows_missing = true;               // NaN goes where the file says; else where "no" goes in it, unmeant
  std::string input_name;                  // of the graph; empty: the file has no names

  // Trees.
  std::vector<Node> nodes;
  std::vector<Tree> trees;
  std::vector<CategorySet> sets;
  std::vector<uint32_t> set_words;
  // A value x is of category trunc(x) if x >= categories_from, and else in no set. XGBoost: 0, as -0.5 is no category;
  // LightGBM: the float after -1, as -0.5 is of category 0. x may be larger than any integer type, or infinite.
  float categories_from = 0;
  // Leaf after leaf, leaf_width values each. With Origin::kXgboost and kOnnx all are float32. DART's weights are in.
  std::vector<double> leaf_values;
  uint32_t leaf_width = 1;  // 1, or with vector leaves `outputs`

  // Sums.
  uint32_t outputs = 1;
  std::vector<double> base;  // one an output
  double divide_by = 1;
  Aggregate aggregate = Aggregate::kSum;

  // The answer.
  Columns columns = Columns::kSums;
  Transform transform = Transform::kIdentity;
  bool scores_flat = false;  // one column: the library answers [rows] rather than [rows, 1]
  double slope = 1;          // of kLogistic
  std::string scores_name;   // of the graph's output; empty: the file has no names
  // Of the class whose column is largest (the first of equals) before `transform`: what the graph's other output,
  // `label_name`, answers. One a column, or none.
  std::variant<std::monostate, std::vector<int64_t>, std::vector<std::string>> labels;
  std::string label_name;

  // Columns of the answer.
  uint32_t column_count() const {
    if (transform == Transform::kArgmax) return 1;
    return columns == Columns::kSums ? outputs : 2;
  }
};

}  // namespace trireme::treefile

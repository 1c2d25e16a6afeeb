// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/memory_pool.h"
#include "base/status.h"
#include "model/file_signatures.h"
#include "model/infer_response.h"
#include "model/signature.h"
#include "wire/tfserving/results.h"

namespace trireme::tfserving {

// The model, or the signature of its file, that is asked: what a question reads its message for. Views of what the
// engine has.
struct AskedModel {
  const Signature& signature;
  const FileSignatures* file = nullptr;  // null: the file names no signatures. `served` is the one that is asked
  std::string picture_input = {};        // for which pictures are decoded (Engine::PictureInput)

  // As answers have it.
  std::string signature_name() const;
  // That it takes of tf.Examples, if it says itself which.
  std::span<const ExampleFeature> features() const;
};

// How a signature is asked, which says in words of its own that there is none.
enum class AskedBy { kPredictOverRest, kPredictOverGrpc, kExamples };

// What somebody means who names a signature of a model: empty, the one that the model is; else one of its file's.
// `file`: the model's, null if it names none. kInvalidArgument: there is none of that name.
Result<std::string> FindSignatureName(const FileSignatures* file, const std::string& name, AskedBy asked_by);

// Whether the file names several signatures and none of them the default: the one that the model is was not chosen for
// those who name none.
bool LacksDefault(const FileSignatures* file);

// kInvalidArgument: the signature says of itself that it answers the other of the two questions.
Status CheckMethod(const AskedModel& model, ResultKind kind);

// As clients of predict see it: where the model takes the features of tf.Examples, they send these as strings.
// kUnsupported: more than one of its inputs are such Examples, of which one cannot tell whose a feature is.
Result<Signature> SignatureOfPredict(const AskedModel& model);
// The same of those who send pictures, which are strings.
Result<Signature> SignatureOfPictures(const AskedModel& model);

// Parses such an input, if the signature has one: what it took is replaced by the features. Bounds and errors as
// InputsOfExamples().
Status ParseExamples(const AskedModel& model, std::vector<NamedTensor>& inputs, size_t max_bytes, MemoryPool& pool);

// TF Serving feeds a graph whatever shape comes, and many graphs that say [rows, 1] take [rows] as well: such an input
// is given its last dimension. Whether one was; then the last dimension of outputs that is 1 is taken off again.
bool WidenRows(const Signature& signature, std::vector<NamedTensor>& inputs);
void NarrowRows(std::vector<NamedTensor>& outputs);

}  // namespace trireme::tfserving

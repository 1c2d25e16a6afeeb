// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace trireme::onnxfile {

// One file of a model repository.
struct RepositoryFile {
  std::string
      path;  // within the repository: "simple/config.pbtxt"; one that ends in "/" is a folder with nothing in it
  std::string bytes;
};

// Models as Triton's users have them, with config.pbtxt files, byte for byte the same every time. All can be served.
//
//   simple             INT32 INPUT0, INPUT1 [16] -> OUTPUT0 = sum, OUTPUT1 = difference; max_batch_size 8
//   simple_int8        the same in INT8
//   simple_string      the same with numbers as text, in BYTES; warmed up with a file of such
//   simple_identity    BYTES INPUT0 [-1] -> OUTPUT0; max_batch_size 8
//   dynamic_shapes     FP32 INPUT0 [-1,16] -> OUTPUT0 = INPUT0 + 1, whose outermost dimension is none of a batch
//   densenet_onnx      FP32 data_0 [3,4,4], from -1 to 1 -> fc6_1 [10]: which of ten colours a picture has; with
//   labels,
//                      and a reshape from and to four dimensions
//   colours            UINT8 pixels [4,4,3] -> FP32 scores [10]: the same classes, of pictures as files have them;
//                      max_batch_size 8
//   reshape            FP32 INPUT0 [4,4] -> OUTPUT0 [2,8] = INPUT0 + 1, where the model has [16]; max_batch_size 8
//   reshape_scalar     FP32 INPUT0 [1] -> OUTPUT0 [1] = 2 * INPUT0, where a row of the model has no dimension
//   optional_input     FP32 INPUT0 [-1,2], SCALE [1], which is 3 if it is left out -> OUTPUT0 = product
//   priorities         simple with three levels and what becomes of those that wait too long in each
//   warmup             simple with samples of zeros, of random numbers and of a file
//   ordered            simple with dynamic batching that keeps the order, preferred sizes and a delay
//   versions_all       FP32 INPUT0 [4] -> OUTPUT0 = INPUT0 + the version: 1, 2 and 3, all served
//   versions_specific  the same: 1, 2, 3 and 10, of which 1 and 3 are served
//   versions_latest    the same: 2, 9 and 10, of which 9 and 10 are served
//   no_config          FP32 INPUT0 [n,16] -> OUTPUT0 = INPUT0 + 1, without config.pbtxt
//   least_config       the same with a config.pbtxt that names the backend only
//   tuned              simple with instances, a graph level and parameters of the runtime
//   named_file         simple in a file named by default_model_filename
//   external_data      FP32 INPUT0 [4] -> OUTPUT0 = INPUT0 + {1,2,3,4}, which lie in a file beside the model
std::vector<RepositoryFile> TritonModels();

// Models that something is wrong with. All but the last three are refused.
//
//   field_typo         max_batchsize
//   wrong_value        max_batch_size: "eight"
//   unknown_enum       data_type: TYPE_FLOAT32
//   syntax_error       a brace that is never closed
//   other_name         a name unlike the folder's
//   wrong_dims         dims [17] where the model has 16
//   wrong_data_type    TYPE_FP32 where the model has INT32
//   unknown_tensor     an input that the model does not have
//   wrong_reshape      of another number of elements
//   missing_labels     a file of labels that is not there
//   outside_data       weights in a file outside the model's folder
//   short_data         weights in a file that is too short
//   odd_versions       versions 01, -1 and abc: none
//   ensemble           steps through other models
//   python_model       model.py
//   short_labels       three labels for ten classes: served, with a warning
//   sequence_batching  served, with a warning
//   future_field       a setting that is known and not honoured: served, with a warning
std::vector<RepositoryFile> FaultyTritonModels();

void WriteFiles(const std::filesystem::path& repository, const std::vector<RepositoryFile>& files);

}  // namespace trireme::onnxfile

// SPDX-License-Identifier: Apache-2.0
// Transforms pictures as it is told on stdin, for compare_with_pillow.py. A line is a job:
//
//   IN OUT [resize=shorter:256|exact:8x6|longest:64] [filter=nearest|bilinear|bicubic] [crop=224x224]
//          [order=rgb|bgr|grey] [type=UINT8|FP16|FP32] [layout=nchw|nhwc] [mean=a,b,c] [deviation=a,b,c] [full]
//
// Writes the row to OUT and a line to stdout: its shape, or "error: ...". UINT8 is not scaled.
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "tensor/tensor.h"
#include "transform/image_row.h"

namespace trireme::transform {
namespace {

std::vector<float> Numbers(const std::string& text) {
  std::vector<float> numbers;
  std::istringstream in(text);
  for (std::string number; std::getline(in, number, ',');) numbers.push_back(std::strtof(number.c_str(), nullptr));
  return numbers;
}

ImageSize Size(const std::string& text) {
  return {.width = std::atoll(text.c_str()), .height = std::atoll(text.c_str() + text.find('x') + 1)};
}

void SetResize(ImageSteps& steps, const std::string& value) {
  const size_t colon = value.find(':');
  const std::string way = value.substr(0, colon);
  if (way == "exact") {
    steps.resize = ImageSteps::ResizeTo::kExact;
    steps.size = Size(value.substr(colon + 1));
  } else {
    steps.resize = way == "shorter" ? ImageSteps::ResizeTo::kShorterSide : ImageSteps::ResizeTo::kLongestSide;
    steps.side = std::atoll(value.c_str() + colon + 1);
  }
}

void Set(ImageSteps& steps, const std::string& word) {
  const std::string key = word.substr(0, word.find('='));
  const std::string value = word.substr(word.find('=') + 1);
  if (key == "full") steps.decode_in_full = true;
  if (key == "resize") SetResize(steps, value);
  if (key == "crop") steps.crop = Size(value);
  if (key == "mean") steps.mean = Numbers(value);
  if (key == "deviation") steps.deviation = Numbers(value);
  if (value == "nearest") steps.filter = Filter::kNearest;
  if (value == "bicubic") steps.filter = Filter::kBicubic;
  if (value == "bgr") steps.order = ColourOrder::kBgr;
  if (value == "grey") steps.order = ColourOrder::kGrey;
  if (value == "nhwc") steps.layout = Layout::kNhwc;
  if (key == "type") steps.type = *ParseDataType(value);
  if (value == "UINT8") steps.divide_by_255 = false;
}

Result<Tensor> Transform(const std::string& image, const ImageSteps& steps, MemoryPool& pool) {
  const auto bytes = std::as_bytes(std::span(image));
  RETURN_IF_ERROR(CheckSteps(steps));
  ASSIGN_OR_RETURN(const ImageHead head, ReadImageHead(bytes));
  ASSIGN_OR_RETURN(const Shape shape, RowShape(steps, head.size));
  Tensor row = MakeTensor(pool, steps.type, shape);
  RETURN_IF_ERROR(ImageToRow(bytes, steps, {}, {row.data.mutable_data(), *ByteSize(steps.type, shape)}, pool));
  return row;
}

void Run(const std::string& line, MemoryPool& pool) {
  std::istringstream words(line);
  std::string in;
  std::string out;
  words >> in >> out;
  ImageSteps steps;
  for (std::string word; words >> word;) Set(steps, word);
  std::ifstream file(in, std::ios::binary);
  const std::string image{std::istreambuf_iterator<char>(file), {}};
  const Result<Tensor> row = Transform(image, steps, pool);
  if (!row.ok()) {
    std::cout << "error: " << row.status().message() << '\n';
    return;
  }
  std::ofstream(out, std::ios::binary)
      .write(reinterpret_cast<const char*>(row->data.data()),
             static_cast<std::streamsize>(*ByteSize(row->type, row->shape)));
  std::cout << row->shape.ToString() << '\n';
}

}  // namespace
}  // namespace trireme::transform

int main() {
  trireme::MemoryPool pool;
  for (std::string line; std::getline(std::cin, line);) trireme::transform::Run(line, pool);
  return 0;
}

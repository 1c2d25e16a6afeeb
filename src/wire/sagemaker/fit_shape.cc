// SPDX-License-Identifier: Apache-2.0
#include "wire/sagemaker/fit_shape.h"

#include <string>

namespace trireme::sagemaker {
namespace {

Status DoNotFit(const Shape& wanted, int64_t lines, int64_t fields) {
  return InvalidArgument("expected lines for shape " + wanted.ToString() + ", found " + std::to_string(lines) +
                         (lines == 1 ? " line" : " lines") + " of " + std::to_string(fields) +
                         (fields == 1 ? " field" : " fields"));
}

// The inner dimensions with `fields` elements in all; false if there are none.
bool FillInner(Shape& shape, int64_t fields) {
  size_t free = 0;
  int64_t known = 1;
  for (size_t i = 1; i < shape.rank(); ++i) {
    if (shape[i] == Shape::kAny) {
      if (free != 0) return false;
      free = i;
    } else if (shape[i] <= 0 || known > fields / shape[i]) {
      return false;
    } else {
      known *= shape[i];
    }
  }
  if (free == 0) return known == fields;
  if (fields % known != 0) return false;
  shape[free] = fields / known;
  return true;
}

}  // namespace

Shape FitShape(const Shape& wanted, const Shape& sent) {
  if (wanted.Accepts(sent) || sent.rank() + 1 != wanted.rank()) return sent;
  const Shape alone = sent.WithRows(1);
  return wanted.Accepts(alone) ? alone : sent;
}

Result<Shape> ShapeOfLines(const Shape& wanted, int64_t lines, int64_t fields) {
  Shape shape = wanted;
  if (shape.rank() == 0) {
    if (lines != 1 || fields != 1) return DoNotFit(wanted, lines, fields);
    return shape;
  }
  if (shape.rank() == 1) {
    if (lines != 1 && fields != 1) return DoNotFit(wanted, lines, fields);
    shape[0] = fields == 1 ? lines : fields;
  } else {
    shape[0] = lines;
    if (!FillInner(shape, fields)) return DoNotFit(wanted, lines, fields);
  }
  if (!wanted.Accepts(shape)) return DoNotFit(wanted, lines, fields);
  return shape;
}

}  // namespace trireme::sagemaker

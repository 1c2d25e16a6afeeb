// SPDX-License-Identifier: Apache-2.0
#include "engine/picture_task.h"

#include <algorithm>
#include <span>
#include <utility>

#include "engine/check_request.h"
#include "engine/requested_answer.h"
#include "tensor/bytes_elements.h"
#include "transform/image_row.h"

namespace trireme {
namespace {

using transform::ModelTransform;

// A turn is a picture, or as many small ones as cost about two milliseconds: then taking it costs next to nothing.
constexpr uint64_t kTurnPixels = uint64_t{1} << 18;
constexpr size_t kTurnPictures = 64;

// How many pictures there are, said before they are looked at.
Result<size_t> CountPictures(const NamedTensor& input, const ServedModel& model, const PictureLimits& limits) {
  const bool has_rows = model.transform->picture->has_rows;
  const Shape& shape = input.tensor.shape;
  const bool is_list = shape.rank() == 0 || shape.rank() == 1 || (shape.rank() == 2 && shape[1] == 1);
  const int64_t count = shape.ElementCount().value_or(-1);
  if (!is_list || count < 1 || (!has_rows && count != 1)) {
    return InvalidArgument("input '" + input.name + "' of pictures has shape " + shape.ToString() + ": expected " +
                           (has_rows ? "[n] or [n,1], one picture an element" : "[1], one picture"));
  }
  const int64_t most_rows = model.config.max_request_rows;
  if (has_rows && most_rows > 0 && count > most_rows) {
    return InvalidArgument("input '" + input.name + "' has " + std::to_string(count) + " pictures, model '" +
                           model.id.name + "' takes at most " + std::to_string(most_rows) + " (max_batch_size)");
  }
  if (static_cast<size_t>(count) > limits.pictures) {
    return TooLarge("input '" + input.name + "': expected at most " + std::to_string(limits.pictures) +
                    " pictures in a request, found " + std::to_string(count));
  }
  return static_cast<size_t>(count);
}

}  // namespace

std::optional<size_t> PictureIn(const ServedModel& model, const InferRequest& request) {
  if (model.transform == nullptr || !model.transform->picture) return std::nullopt;
  const std::string& name = model.signature.inputs[model.transform->picture->input].name;
  const auto found = std::ranges::find(request.inputs, name, &NamedTensor::name);
  if (found == request.inputs.end() || found->tensor.type != DataType::kBytes) return std::nullopt;
  return static_cast<size_t>(found - request.inputs.begin());
}

// What is found out from one picture to the next.
struct PictureTask::Looking {
  Shape row_shape;
  uint64_t pixels = 0;
  size_t turn_pictures = 0;  // of the last turn
  uint64_t turn_pixels = 0;
  size_t copied_bytes = 0;  // what came as Base64
  size_t making_bytes = 0;  // of the picture that takes most
};

PictureTask::PictureTask(std::unique_ptr<InferRequest> request, Find find, Done done, const PictureLimits& limits,
                         MemoryPool& pool, PictureMemory& memory)
    : request_(std::move(request)),
      find_(std::move(find)),
      done_(std::move(done)),
      limits_(limits),
      pool_(pool),
      memory_(memory) {}

PictureTask::~PictureTask() = default;

bool PictureTask::IsWanted(TimePoint now) const {
  return refused_.load(std::memory_order_relaxed) == StatusCode::kOk &&
         wrong_row_.load(std::memory_order_relaxed) == kNone && !request_->cancellation.cancelled() &&
         now < request_->deadline;
}

TurnPlan PictureTask::Prepare() {
  Result<TurnPlan> plan = Look();
  if (plan.ok()) return *plan;
  Note(0, std::move(plan).status());
  return {};
}

Result<TurnPlan> PictureTask::Look() {
  const std::shared_ptr<ServedModel> model = find_(*request_);
  const std::optional<size_t> input = model != nullptr ? PictureIn(*model, *request_) : std::nullopt;
  if (!input) return TurnPlan();
  transform_ = model->transform;
  input_ = *input;
  const NamedTensor& pictures = request_->inputs[input_];
  ASSIGN_OR_RETURN(const size_t count, CountPictures(pictures, *model, limits_));
  RETURN_IF_ERROR(CheckBytesElements(pictures.tensor.data.bytes(), static_cast<int64_t>(count)));
  Looking looking;
  pictures_.reserve(count);
  BytesReader reader(pictures.tensor.data.bytes());
  while (const auto element = reader.Next()) {
    const size_t row = pictures_.size();
    if (Status looked = LookAt(*element, looking); !looked.ok()) return std::move(looked).Within(Called(row));
  }
  shape_ = looking.row_shape;
  if (transform_->picture->has_rows) shape_ = shape_.WithRows(static_cast<int64_t>(count));
  const std::optional<size_t> bytes = ByteSize(transform_->picture->steps.type, shape_);
  if (!bytes || *bytes > limits_.tensor_bytes) {
    return TooLarge("input '" + pictures.name + "': expected pictures that become " +
                    std::to_string(limits_.tensor_bytes) + " bytes of tensor at most, found " + shape_.ToString());
  }
  RETURN_IF_ERROR(CheckAhead(*model, shape_));
  row_bytes_ = *bytes / count;
  const TurnPlan plan{.turns = ends_.size(),
                      .held_bytes = *bytes + looking.copied_bytes + looking.making_bytes,
                      .turn_bytes = looking.making_bytes,
                      .effort = looking.pixels};
  if (plan.held_bytes <= limits_.memory_bytes) return plan;
  return TooLarge("input '" + pictures.name + "': expected pictures that take at most " +
                  std::to_string(limits_.memory_bytes) + " bytes (" + limits_.memory_flag +
                  ") while they are decoded, found some that take " + std::to_string(plan.held_bytes));
}

Status PictureTask::LookAt(std::string_view element, Looking& looking) {
  const transform::ImageSteps& steps = transform_->picture->steps;
  const size_t row = pictures_.size();
  ASSIGN_OR_RETURN(transform::PictureBytes bytes, transform::PictureBytes::Of(element));
  ASSIGN_OR_RETURN(const transform::ImageHead head, transform::ReadImageHead(bytes.view()));
  RETURN_IF_ERROR(transform::CheckLimits(bytes.view(), head, {}));
  ASSIGN_OR_RETURN(const Shape shape, transform::RowShape(steps, head.size));
  if (row == 0) looking.row_shape = shape;
  if (shape != looking.row_shape) {
    return InvalidArgument("expected pictures that become the same size, as the first " + looking.row_shape.ToString() +
                           ", found one that becomes " + shape.ToString());
  }
  const auto pixels = static_cast<uint64_t>(head.size.width * head.size.height);
  looking.pixels += pixels;
  if (looking.pixels > limits_.pixels) {
    return TooLarge("expected pictures of at most " + std::to_string(limits_.pixels) +
                    " pixels in a request, found more up to this one; send fewer at a time");
  }
  looking.copied_bytes += bytes.copied_bytes();
  looking.making_bytes = std::max(looking.making_bytes, transform::MakingBytes(head, steps));
  pictures_.push_back(std::move(bytes));
  PutInTurn(pixels, looking);
  return {};
}

// The last picture: with those before it, or as the first of another turn.
void PictureTask::PutInTurn(uint64_t pixels, Looking& looking) {
  if (ends_.empty() || looking.turn_pictures == kTurnPictures || looking.turn_pixels + pixels > kTurnPixels) {
    ends_.push_back(0);
    looking.turn_pictures = 0;
    looking.turn_pixels = 0;
  }
  ++looking.turn_pictures;
  looking.turn_pixels += pixels;
  ends_.back() = pictures_.size();
}

// Whether the model will take the request, and answer it in time: before any work is spent on its pictures.
Status PictureTask::CheckAhead(const ServedModel& model, const Shape& shape) const {
  const DataType type = transform_->picture->steps.type;
  InferRequest decoded;
  decoded.inputs = request_->inputs;
  decoded.changing_inputs = request_->changing_inputs;
  ASSIGN_OR_RETURN(decoded.outputs, OutputsToAsk(model, *request_, /*has_pictures=*/true));
  // Of floats and pixels the check looks at the size alone.
  decoded.inputs[input_].tensor = {
      .type = type, .shape = shape, .data = Buffer::View(nullptr, ByteSize(type, shape).value_or(0), nullptr)};
  RETURN_IF_ERROR(CheckRequest(model.id.name, model.signature, decoded, model.config.max_request_rows));
  decoded.stages = request_->stages;
  decoded.deadline = request_->deadline;
  decoded.queue_timeout = request_->queue_timeout;
  decoded.priority = request_->priority;
  return model.line != nullptr ? model.line->CheckAhead(decoded) : Status();
}

void PictureTask::Do(size_t turn) {
  for (size_t row = turn > 0 ? ends_[turn - 1] : 0; row < ends_[turn] && IsWanted(row); ++row) {
    if (Status made = MakeRow(row); !made.ok()) return Note(row, std::move(made).Within(Called(row)));
  }
}

bool PictureTask::IsWanted(size_t row) const {
  return row < wrong_row_.load(std::memory_order_relaxed) &&
         refused_.load(std::memory_order_relaxed) == StatusCode::kOk && !request_->cancellation.cancelled() &&
         Clock::System().Now() < request_->deadline;
}

Status PictureTask::MakeRow(size_t row) {
  const std::span<std::byte> place(Place(row), row_bytes_);
  return transform::ImageToRow(pictures_[row].view(), transform_->picture->steps, {}, place, pool_);
}

std::byte* PictureTask::Place(size_t row) {
  const MutexLock lock(mutex_);
  if (tensor_.data.empty()) tensor_ = MakeTensor(pool_, transform_->picture->steps.type, shape_);
  return tensor_.data.mutable_data() + row * row_bytes_;
}

void PictureTask::Note(size_t row, Status status) {
  const MutexLock lock(mutex_);
  if (wrong_row_.load(std::memory_order_relaxed) <= row) return;
  wrong_ = std::move(status);
  wrong_row_.store(row, std::memory_order_relaxed);
}

void PictureTask::End() {
  std::unique_ptr<InferRequest> request = std::move(request_);
  Status status = Outcome(*request);
  std::shared_ptr<ServedModel> model = find_(*request);
  if (!status.ok()) return done_(std::move(model), std::move(request), std::move(status));
  const bool suits = model != nullptr && transform_ != nullptr && PictureIn(*model, *request) == input_ &&
                     model->transform->picture == transform_->picture;
  if (!suits) return done_(nullptr, std::move(request), Status());
  {
    const MutexLock lock(mutex_);
    request->inputs[input_].tensor = memory_.Keep(std::move(tensor_));
  }
  done_(std::move(model), std::move(request), Status());
}

Status PictureTask::Outcome(const InferRequest& request) {
  switch (refused_.load(std::memory_order_relaxed)) {
    case StatusCode::kOk:
      break;
    case StatusCode::kOverloaded:
      return Overloaded("too many pictures wait to be decoded, or for their models (" + limits_.memory_flag +
                        "); try again later");
    default:
      return OutOfMemory("the system gives no more memory for the pictures of this request");
  }
  if (request.cancellation.cancelled()) return Cancelled("the client went away while its pictures were decoded");
  {
    const MutexLock lock(mutex_);
    if (!wrong_.ok()) return wrong_;
  }
  if (Clock::System().Now() < request.deadline) return {};
  return DeadlineExceeded("the request's time ran out while its pictures were decoded");
}

std::string PictureTask::Called(size_t row) const {
  const NamedTensor& input = request_->inputs[input_];
  const bool is_one = input.tensor.shape.ElementCount().value_or(0) == 1;
  return "input '" + input.name + "'" + (is_one ? "" : ", picture " + std::to_string(row));
}

}  // namespace trireme

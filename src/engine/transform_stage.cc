// SPDX-License-Identifier: Apache-2.0
#include "engine/transform_stage.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "engine/answer_sink.h"
#include "tensor/bytes_elements.h"
#include "transform/image_row.h"
#include "transform/picture_bytes.h"

namespace trireme {
namespace {

using transform::ModelTransform;

// Which of its inputs is pictures; nothing: none.
std::optional<size_t> PictureIn(const ServedModel& model, const InferRequest& request) {
  if (!model.transform->picture) return std::nullopt;
  const std::string& name = model.signature.inputs[model.transform->picture->input].name;
  const auto found = std::ranges::find(request.inputs, name, &NamedTensor::name);
  if (found == request.inputs.end() || found->tensor.type != DataType::kBytes) return std::nullopt;
  return static_cast<size_t>(found - request.inputs.begin());
}

bool WantsAnswer(const ServedModel& model, const InferRequest& request) {
  return model.transform->answer && std::ranges::any_of(request.outputs, [&](const RequestedOutput& output) {
           return output.name == Name(model.transform->answer->kind);
         });
}

// The model is asked for what the answer is made of, and the reply for the answer: which is not written to where the
// client may want it (RequestedOutput::destination), since it is made of text.
void AskForAnswer(const std::shared_ptr<ServedModel>& model, InferRequest& request, ThreadPool& workers) {
  const ModelTransform::Answer& answer = *model->transform->answer;
  std::vector<std::string> wanted;
  std::vector<RequestedOutput> asked;
  for (RequestedOutput& output : request.outputs) {
    wanted.push_back(output.name);
    if (output.name != answer.name()) asked.push_back(std::move(output));
  }
  if (wanted.empty()) wanted.push_back(answer.name());
  for (const std::string& name : answer.outputs) {
    const bool is_asked = std::ranges::any_of(asked, [&](const auto& output) { return output.name == name; });
    if (!is_asked) asked.push_back({.name = name});
  }
  request.outputs = std::move(asked);
  request.reply = AnswerFor(model, std::move(wanted), std::move(request.reply), workers);
}

// The pictures of a request, one an element.
Result<std::vector<std::string_view>> ElementsOf(const NamedTensor& input, const ModelTransform::Picture& picture) {
  const Shape& shape = input.tensor.shape;
  const bool is_list = shape.rank() == 0 || shape.rank() == 1 || (shape.rank() == 2 && shape[1] == 1);
  const int64_t count = shape.ElementCount().value_or(-1);
  if (!is_list || count < 1 || (!picture.has_rows && count != 1)) {
    return InvalidArgument("input '" + input.name + "' of pictures has shape " + shape.ToString() + ": expected " +
                           (picture.has_rows ? "[n] or [n,1], one picture an element" : "[1], one picture"));
  }
  RETURN_IF_ERROR(CheckBytesElements(input.tensor.data.bytes(), count));
  std::vector<std::string_view> elements;
  BytesReader reader(input.tensor.data.bytes());
  while (const auto element = reader.Next()) elements.push_back(*element);
  return elements;
}

std::string Called(const NamedTensor& input, size_t row, size_t rows) {
  return "input '" + input.name + "'" + (rows > 1 ? ", picture " + std::to_string(row) : "");
}

}  // namespace

// A request whose pictures are decoded, by as many workers as are free. Shared by their jobs; the last one goes on.
class TransformStage::Decoding {
 public:
  // `picture`: which of its inputs is pictures.
  Decoding(std::shared_ptr<ServedModel> model, std::unique_ptr<InferRequest> request, size_t picture, Done done)
      : model_(std::move(model)),
        request_(std::move(request)),
        done_(std::move(done)),
        input_(&request_->inputs[picture]) {}

  size_t rows() const { return elements_.size(); }

  // What can be said before anything is decoded.
  Status Prepare(MemoryPool& pool, PictureMemory& memory, size_t max_bytes) {
    RETURN_IF_ERROR(CheckWanted());
    const ModelTransform::Picture& picture = *model_->transform->picture;
    ASSIGN_OR_RETURN(elements_, ElementsOf(*input_, picture));
    for (size_t row = 0; row < elements_.size(); ++row) {
      if (Status prepared = PrepareRow(row, picture); !prepared.ok()) {
        return std::move(prepared).Within(Called(*input_, row, elements_.size()));
      }
    }
    Shape shape = row_shape_;
    if (picture.has_rows) shape = shape.WithRows(static_cast<int64_t>(elements_.size()));
    const std::optional<size_t> bytes = ByteSize(picture.steps.type, shape);
    if (!bytes || *bytes > max_bytes) {
      return TooLarge("input '" + input_->name + "': expected pictures that become " + std::to_string(max_bytes) +
                      " bytes of tensor at most, found " + shape.ToString());
    }
    Result<Tensor> tensor = memory.Take(pool, picture.steps.type, shape);
    if (!tensor.ok()) return std::move(tensor).status().Within("input '" + input_->name + "'");
    tensor_ = *std::move(tensor);
    return {};
  }

  // On a worker: rows until there are none left. True: the last of all is done.
  bool Work(MemoryPool& pool) {
    size_t done = 0;
    for (size_t row = next_.fetch_add(1); row < rows(); row = next_.fetch_add(1)) {
      Status made = CheckWanted().ok() ? MakeRow(row, pool) : Status();
      if (!made.ok()) Note(row, std::move(made));
      ++done;
    }
    return done > 0 && finished_.fetch_add(done) + done == rows();
  }

  void GoOn() {
    const auto done = std::move(done_);
    Status status = Outcome();
    if (status.ok()) input_->tensor = std::move(tensor_);
    done(std::move(model_), std::move(request_), std::move(status));
  }

  void Fail(Status status) {
    const auto done = std::move(done_);
    done(std::move(model_), std::move(request_), std::move(status));
  }

 private:
  Status PrepareRow(size_t row, const ModelTransform::Picture& picture) {
    ASSIGN_OR_RETURN(transform::PictureBytes bytes, transform::PictureBytes::Of(elements_[row]));
    ASSIGN_OR_RETURN(const transform::ImageHead head, transform::ReadImageHead(bytes.view()));
    RETURN_IF_ERROR(transform::CheckLimits(bytes.view(), head, {}));
    ASSIGN_OR_RETURN(const Shape shape, transform::RowShape(picture.steps, head.size));
    if (row == 0) row_shape_ = shape;
    pictures_.push_back(std::move(bytes));
    if (shape == row_shape_) return {};
    return InvalidArgument("expected pictures that become the same size, as the first " + row_shape_.ToString() +
                           ", found one that becomes " + shape.ToString());
  }

  Status CheckWanted() const {
    if (request_->cancellation.cancelled()) return Cancelled("the client went away before its pictures were decoded");
    if (Clock::System().Now() < request_->deadline) return {};
    return DeadlineExceeded("the request's time ran out before its pictures were decoded");
  }

  Status MakeRow(size_t row, MemoryPool& pool) {
    const size_t bytes = tensor_.data.size() / rows();
    const std::span<std::byte> place(tensor_.data.mutable_data() + row * bytes, bytes);
    Status made = transform::ImageToRow(pictures_[row].view(), model_->transform->picture->steps, {}, place, pool);
    return made.ok() ? made : std::move(made).Within(Called(*input_, row, rows()));
  }

  // The first picture that is wrong is told.
  void Note(size_t row, Status status) {
    const MutexLock lock(mutex_);
    if (!wrong_.ok() && wrong_row_ < row) return;
    wrong_ = std::move(status);
    wrong_row_ = row;
  }

  Status Outcome() {
    RETURN_IF_ERROR(CheckWanted());
    const MutexLock lock(mutex_);
    return wrong_;
  }

  std::shared_ptr<ServedModel> model_;  // shared with the table: it may be replaced meanwhile
  std::unique_ptr<InferRequest> request_;
  Done done_;
  NamedTensor* const input_;  // of the request
  std::vector<std::string_view> elements_;
  std::vector<transform::PictureBytes> pictures_;
  Shape row_shape_;
  Tensor tensor_;
  std::atomic<size_t> next_ = 0;      // a row that nobody has taken
  std::atomic<size_t> finished_ = 0;  // orders what the workers wrote before the last one goes on
  Mutex mutex_;
  Status wrong_ GUARDED_BY(mutex_);
  size_t wrong_row_ GUARDED_BY(mutex_) = 0;
};

TransformStage::TransformStage(const Options& options, MemoryPool& pool)
    : options_(options),
      pool_(pool),
      memory_(options.max_bytes),
      workers_({.name = "transform", .threads = options.threads, .max_waiting = options.max_waiting}) {}

TransformStage::Work TransformStage::WorkFor(const ServedModel& model, const InferRequest& request) {
  if (model.transform == nullptr) return {};
  return {.picture = PictureIn(model, request), .wants_answer = WantsAnswer(model, request)};
}

void TransformStage::Start(const Work& work, std::shared_ptr<ServedModel> model, std::unique_ptr<InferRequest> request,
                           Done done) {
  const bool is_answered = work.picture && request->outputs.empty() && model->transform->answer;
  if (work.wants_answer || is_answered) AskForAnswer(model, *request, workers_);
  if (!work.picture) return done(std::move(model), std::move(request), Status());
  // Shared by the jobs of the workers who decode it.
  const auto decoding =
      std::make_shared<Decoding>(std::move(model), std::move(request), *work.picture, std::move(done));
  if (workers_.Submit([this, decoding] { Decode(decoding); })) return;
  decoding->Fail(Overloaded("too many pictures wait to be decoded; try again later"));
}

// On a worker. Those who help find nothing to do if they come late.
void TransformStage::Decode(const std::shared_ptr<Decoding>& decoding) {
  if (Status prepared = decoding->Prepare(pool_, memory_, options_.max_request_bytes); !prepared.ok()) {
    return decoding->Fail(std::move(prepared));
  }
  const auto work = [this, decoding] {
    if (decoding->Work(pool_)) decoding->GoOn();
  };
  const size_t helpers = std::min<size_t>(decoding->rows(), static_cast<size_t>(options_.threads)) - 1;
  for (size_t i = 0; i < helpers && workers_.Submit(work); ++i) continue;
  work();
}

}  // namespace trireme

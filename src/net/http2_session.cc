// SPDX-License-Identifier: Apache-2.0
#include "net/http2_session.h"

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "net/http2_server_stream.h"

namespace trireme::net {
namespace {

// Of a DATA frame, if the client allows as much: fewer frames for large bodies, and still turns for other streams.
constexpr size_t kMaxDataFrame = 64 << 10;

// Of the acknowledgements that wait to be sent; more are a flood.
constexpr size_t kMaxOutboundAcks = 1000;

constexpr uint8_t kStaysName = NGHTTP2_NV_FLAG_NO_COPY_NAME;
constexpr uint8_t kStays = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE;

// Of another value in each answer: in the table of fields that both sides keep it would drive out those that come
// again.
constexpr std::string_view kNeverTheSame = "server-timing";

// "200" for 200, from a table that stays.
std::string_view StatusText(int status) {
  struct Texts {
    constexpr Texts() {
      for (size_t i = 0; i < 1000; ++i) {
        digits[3 * i] = static_cast<char>('0' + i / 100);
        digits[3 * i + 1] = static_cast<char>('0' + i / 10 % 10);
        digits[3 * i + 2] = static_cast<char>('0' + i % 10);
      }
    }
    std::array<char, 3000> digits{};
  };
  static constexpr Texts kTexts;
  CHECK(status >= 0 && status < 1000);
  return {kTexts.digits.data() + 3 * static_cast<size_t>(status), 3};
}

std::string_view View(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

struct OptionsDeleter {
  void operator()(nghttp2_option* options) const { nghttp2_option_del(options); }
};

std::unique_ptr<nghttp2_option, OptionsDeleter> MakeOptions(const HttpLimits& limits) {
  nghttp2_option* made = nullptr;
  CHECK(nghttp2_option_new(&made) == 0);
  std::unique_ptr<nghttp2_option, OptionsDeleter> options(made);
  nghttp2_option_set_no_auto_window_update(made, 1);
  nghttp2_option_set_no_closed_streams(made, 1);
  nghttp2_option_set_max_outbound_ack(made, kMaxOutboundAcks);
  nghttp2_option_set_max_continuations(made, std::max<size_t>(8, limits.max_head_bytes >> 12));
  // Resets are counted by Http2Abuse, which tells those that cost something from those that do not.
  constexpr uint64_t kNever = std::numeric_limits<uint32_t>::max();
  nghttp2_option_set_stream_reset_rate_limit(made, kNever, kNever);
  return options;
}

}  // namespace

// What nghttp2 calls.
struct Http2Session::Callbacks {
  static Http2Session& Self(void* user) { return *static_cast<Http2Session*>(user); }
  static int Verdict(const Http2Session& self) { return self.stopped_ ? NGHTTP2_ERR_CALLBACK_FAILURE : 0; }
  static Http2ServerStream* StreamOf(nghttp2_session* session, int32_t id) {
    return static_cast<Http2ServerStream*>(nghttp2_session_get_stream_user_data(session, id));
  }

  static int OnBeginHeaders(nghttp2_session*, const nghttp2_frame*, void* user) {
    Self(user).events_.OnHeadBegins();
    return Verdict(Self(user));
  }

  static int OnHeader(nghttp2_session*, const nghttp2_frame*, const uint8_t* name, size_t name_size,
                      const uint8_t* value, size_t value_size, uint8_t, void* user) {
    Self(user).events_.OnField(View(name, name_size), View(value, value_size));
    return Verdict(Self(user));
  }

  static int OnDataChunk(nghttp2_session* session, uint8_t, int32_t id, const uint8_t* data, size_t size, void* user) {
    Self(user).events_.OnData(StreamOf(session, id), std::as_bytes(std::span(data, size)));
    return Verdict(Self(user));
  }

  static int OnFrameReceived(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    using Frame = Http2SessionEvents::Frame;
    Http2Session& self = Self(user);
    Http2SessionEvents& events = self.events_;
    const nghttp2_frame_hd& head = frame->hd;
    const bool end = (head.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    const bool answer = (head.flags & NGHTTP2_FLAG_ACK) != 0;
    switch (head.type) {
      case NGHTTP2_HEADERS:
        if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
          self.last_stream_ = head.stream_id;
          events.OnHead(head.stream_id, end);
        } else {
          events.OnTrailers();
          if (end) events.OnEnd(StreamOf(session, head.stream_id));
        }
        break;
      case NGHTTP2_DATA:
        if (end) {
          events.OnEnd(StreamOf(session, head.stream_id));
        } else if (head.length == frame->data.padlen) {
          events.OnEmptyData();
        }
        break;
      case NGHTTP2_SETTINGS:
        if (!answer) events.OnFrame(Frame::kSettings, nullptr);
        break;
      case NGHTTP2_PING:
        events.OnFrame(answer ? Frame::kPingAnswer : Frame::kPing, nullptr);
        break;
      case NGHTTP2_WINDOW_UPDATE:
        events.OnFrame(Frame::kWindowUpdate, nullptr);
        break;
      case NGHTTP2_RST_STREAM:
        events.OnFrame(Frame::kReset, StreamOf(session, head.stream_id));
        break;
      default:
        events.OnFrame(Frame::kOther, nullptr);
    }
    return Verdict(self);
  }

  static int OnInvalidFrame(nghttp2_session*, const nghttp2_frame*, int, void* user) {
    Self(user).events_.OnBrokenRule();
    return Verdict(Self(user));
  }

  static int OnStreamClose(nghttp2_session* session, int32_t id, uint32_t, void* user) {
    Http2ServerStream* const stream = StreamOf(session, id);
    if (stream != nullptr) Self(user).events_.OnStreamEnds(*stream);
    return Verdict(Self(user));
  }

  static ssize_t ReadLength(nghttp2_session*, uint8_t, int32_t, int32_t, int32_t, uint32_t most, void*) {
    return static_cast<ssize_t>(std::min<size_t>(most, kMaxDataFrame));
  }

  static ssize_t ReadBody(nghttp2_session*, int32_t id, uint8_t*, size_t most, uint32_t* flags,
                          nghttp2_data_source* source, void* user) {
    const Http2ServerStream::NextPiece next = static_cast<Http2ServerStream*>(source->ptr)->Next(most);
    if (next.bytes == 0 && !next.last) return NGHTTP2_ERR_DEFERRED;
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (!next.last) return static_cast<ssize_t>(next.bytes);
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (next.trailers != nullptr) {
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      Self(user).SubmitTrailers(id, *next.trailers);
    }
    return static_cast<ssize_t>(next.bytes);
  }

  static int SendData(nghttp2_session*, nghttp2_frame*, const uint8_t* head, size_t size, nghttp2_data_source* source,
                      void* user) {
    constexpr size_t kFrameHead = 9;
    Http2Session& self = Self(user);
    self.sending_ = static_cast<Http2ServerStream*>(source->ptr);
    self.output_->Append(View(head, kFrameHead));
    self.sending_->MoveBody(*self.output_, size);
    return 0;
  }

  static int OnFrameSent(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    const nghttp2_frame_hd& head = frame->hd;
    Http2Session& self = Self(user);
    const bool end = (head.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (head.type == NGHTTP2_DATA) {
      self.events_.OnDataSent(*self.sending_, head.length);
      if (end) self.events_.OnAnswerSent(*self.sending_);
    } else if (head.type == NGHTTP2_HEADERS && end) {
      Http2ServerStream* const stream = StreamOf(session, head.stream_id);
      if (stream != nullptr) self.events_.OnAnswerSent(*stream);
    } else if (head.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR) {
      self.events_.OnComplaintSent();
    }
    return 0;
  }

  // A head that is too large to be sent: whoever waits for it would wait for ever.
  static int OnFrameNotSent(nghttp2_session* session, const nghttp2_frame* frame, int, void*) {
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    Http2ServerStream* const stream = StreamOf(session, frame->hd.stream_id);
    if (stream != nullptr) stream->Reset(static_cast<uint32_t>(Http2Error::kInternalError));
    return 0;
  }

  static const nghttp2_session_callbacks* All() {
    struct Deleter {
      void operator()(nghttp2_session_callbacks* callbacks) const { nghttp2_session_callbacks_del(callbacks); }
    };
    // A table that never changes, made once.
    static const std::unique_ptr<nghttp2_session_callbacks, Deleter> all(Make());
    return all.get();
  }

  static nghttp2_session_callbacks* Make() {
    nghttp2_session_callbacks* all = nullptr;
    CHECK(nghttp2_session_callbacks_new(&all) == 0);
    nghttp2_session_callbacks_set_on_begin_headers_callback(all, OnBeginHeaders);
    nghttp2_session_callbacks_set_on_header_callback(all, OnHeader);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(all, OnDataChunk);
    nghttp2_session_callbacks_set_on_frame_recv_callback(all, OnFrameReceived);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(all, OnInvalidFrame);
    nghttp2_session_callbacks_set_on_stream_close_callback(all, OnStreamClose);
    nghttp2_session_callbacks_set_data_source_read_length_callback(all, ReadLength);
    nghttp2_session_callbacks_set_send_data_callback(all, SendData);
    nghttp2_session_callbacks_set_on_frame_send_callback(all, OnFrameSent);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(all, OnFrameNotSent);
    return all;
  }
};

Http2Session::Http2Session(Http2SessionEvents& events, const HttpLimits& limits, const Http2Limits& http2)
    : events_(events) {
  nghttp2_session* made = nullptr;
  CHECK(nghttp2_session_server_new2(&made, Callbacks::All(), this, MakeOptions(limits).get()) == 0);
  session_.reset(made);
  const auto head_bytes = static_cast<uint32_t>(std::min<size_t>(limits.max_head_bytes, 1U << 30));
  const std::array<nghttp2_settings_entry, 4> settings = {{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, http2.max_concurrent_streams},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, http2.stream_window_bytes},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, head_bytes},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  }};
  CHECK(nghttp2_submit_settings(made, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) == 0);
  const auto window = static_cast<int32_t>(http2.connection_window_bytes);
  CHECK(nghttp2_session_set_local_window_size(made, NGHTTP2_FLAG_NONE, 0, window) == 0);
}

Http2Session::~Http2Session() = default;

Http2Session::Fault Http2Session::Feed(std::span<const char> bytes) {
  while (!bytes.empty()) {
    const Http2IdleResets::Step step = idle_resets_.Next(bytes);
    if (const Fault fault = FeedPiece(step.piece); fault != Fault::kNone) return fault;
    if (!step.dropped) continue;
    events_.OnFrame(Http2SessionEvents::Frame::kReset, nullptr);
    if (stopped_) {
      broken_ = true;
      return Fault::kStopped;
    }
  }
  return Fault::kNone;
}

Http2Session::Fault Http2Session::FeedPiece(std::span<const char> bytes) {
  if (bytes.empty()) return Fault::kNone;
  const ssize_t taken =
      nghttp2_session_mem_recv(session_.get(), reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  if (taken >= 0) return Fault::kNone;
  broken_ = true;
  switch (taken) {
    case NGHTTP2_ERR_CALLBACK_FAILURE:
      return Fault::kStopped;
    case NGHTTP2_ERR_BAD_CLIENT_MAGIC:
      return Fault::kNotHttp2;
    case NGHTTP2_ERR_FLOODED:
      return Fault::kFlooded;
    case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS:
      return Fault::kTooManyContinuations;
    default:
      return Fault::kBroken;
  }
}

bool Http2Session::Pull(OutputQueue& output, size_t enough) {
  output_ = &output;
  while (output.bytes() < enough) {
    const uint8_t* data = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_.get(), &data);
    if (size < 0) {
      broken_ = true;
      return false;
    }
    if (size == 0) break;
    output.Append(View(data, static_cast<size_t>(size)));
  }
  return true;
}

bool Http2Session::finished() const {
  return nghttp2_session_want_read(session_.get()) == 0 && nghttp2_session_want_write(session_.get()) == 0;
}

void Http2Session::Adopt(int32_t id, Http2ServerStream& stream) {
  CHECK(nghttp2_session_set_stream_user_data(session_.get(), id, &stream) == 0);
}

// nghttp2 copies name and value unless `flags` say that they stay.
void Http2Session::AddField(std::string_view name, std::string_view value, uint8_t flags) {
  const auto bytes = [](std::string_view text) {
    return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));  // nghttp2 only reads them
  };
  fields_.push_back({bytes(name), bytes(value), name.size(), value.size(), flags});
}

void Http2Session::AddFields(const Http2Headers& fields) {
  for (const auto& [name, value] : fields) {
    AddField(name, value, name == kNeverTheSame ? kStays | NGHTTP2_NV_FLAG_NO_INDEX : kStays);
  }
}

void Http2Session::SubmitContinue(int32_t id) {
  fields_.clear();
  AddField(":status", StatusText(100), kStays);
  nghttp2_submit_headers(session_.get(), NGHTTP2_FLAG_NONE, id, nullptr, fields_.data(), fields_.size(), nullptr);
}

void Http2Session::SubmitHead(int32_t id, int status, const Http2Headers& fields, const Http2OwnFields& own,
                              Http2ServerStream* stream) {
  fields_.clear();
  AddField(":status", StatusText(status), kStays);
  if (!own.server.empty()) AddField("server", own.server, kStays);
  if (!own.date.empty()) AddField("date", own.date, kStaysName);
  AddFields(fields);
  nghttp2_data_provider body{.source = {.ptr = stream}, .read_callback = Callbacks::ReadBody};
  nghttp2_submit_response(session_.get(), id, fields_.data(), fields_.size(), stream == nullptr ? nullptr : &body);
}

void Http2Session::SubmitTrailers(int32_t id, const Http2Headers& trailers) {
  fields_.clear();
  AddFields(trailers);
  nghttp2_submit_trailer(session_.get(), id, fields_.data(), fields_.size());
}

void Http2Session::ResumeBody(int32_t id) {
  nghttp2_session_resume_data(session_.get(), id);
}

void Http2Session::SubmitReset(int32_t id, Http2Error error) {
  nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, id, static_cast<uint32_t>(error));
}

void Http2Session::Consume(int32_t id, size_t bytes) {
  if (!broken_) nghttp2_session_consume(session_.get(), id, bytes);
}

void Http2Session::ConsumeConnection(size_t bytes) {
  if (!broken_) nghttp2_session_consume_connection(session_.get(), bytes);
}

void Http2Session::ShareTurns(int32_t id) {
  const nghttp2_extpri priority{.urgency = NGHTTP2_EXTPRI_DEFAULT_URGENCY, .inc = 1};
  nghttp2_session_change_extpri_stream_priority(session_.get(), id, &priority, /*ignore_client_signal=*/1);
}

void Http2Session::SubmitPing() {
  nghttp2_submit_ping(session_.get(), NGHTTP2_FLAG_NONE, nullptr);
}

void Http2Session::SubmitNotice() {
  nghttp2_submit_shutdown_notice(session_.get());
}

void Http2Session::SubmitGoAway() {
  const int32_t last = nghttp2_session_get_last_proc_stream_id(session_.get());
  nghttp2_submit_goaway(session_.get(), NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, nullptr, 0);
}

std::string Http2Session::GoAwayFrame(int32_t last_stream, Http2Error error, std::string_view text) {
  constexpr size_t kFixedBytes = 8;
  std::string frame;
  const auto add = [&](uint64_t number, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) frame.push_back(static_cast<char>(number >> (8 * i)));
  };
  add(kFixedBytes + text.size(), 3);
  add(NGHTTP2_GOAWAY, 1);
  add(0, 1);
  add(0, 4);
  add(static_cast<uint32_t>(last_stream), 4);
  add(static_cast<uint32_t>(error), 4);
  frame += text;
  return frame;
}

}  // namespace trireme::net

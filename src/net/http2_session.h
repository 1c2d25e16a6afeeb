// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nghttp2/nghttp2.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/http2_idle_resets.h"
#include "net/http2_stream.h"
#include "net/listener.h"
#include "net/output_queue.h"

namespace trireme::net {

class Http2ServerStream;

// RFC 9113 section 7.
enum class Http2Error : uint32_t {
  kNoError = 0x0,
  kProtocolError = 0x1,
  kInternalError = 0x2,
  kSettingsTimeout = 0x4,
  kRefusedStream = 0x7,
  kCancel = 0x8,
  kEnhanceYourCalm = 0xb,
};

// What a session makes of the bytes that it is fed. Said in the midst of Feed() and Pull(): neither may be called from
// here; everything else of the session may.
class Http2SessionEvents {
 public:
  // Frames that are neither heads nor data. PRIORITY, frames of types that nobody knows, and those of streams that are
  // over are dropped as they are parsed, and not told.
  enum class Frame { kSettings, kPing, kPingAnswer, kWindowUpdate, kReset, kOther };

  virtual void OnFrame(Frame frame, Http2ServerStream* stream) = 0;
  // Something that broke a rule, and cost a stream, or the connection.
  virtual void OnBrokenRule() = 0;

  // The head of a request, or trailers behind its body: begins, its fields, and that it is complete.
  virtual void OnHeadBegins() = 0;
  virtual void OnField(std::string_view name, std::string_view value) = 0;
  virtual void OnHead(int32_t id, bool end) = 0;
  virtual void OnTrailers() = 0;

  // `stream` is null if nobody serves it (any more).
  virtual void OnData(Http2ServerStream* stream, std::span<const std::byte> bytes) = 0;
  virtual void OnEmptyData() = 0;
  virtual void OnEnd(Http2ServerStream* stream) = 0;

  // `bytes` of its body have gone out.
  virtual void OnDataSent(Http2ServerStream& stream, size_t bytes) = 0;
  // The response's last byte has.
  virtual void OnAnswerSent(Http2ServerStream& stream) = 0;
  // The session ends the connection, for a rule of the protocol that the client broke.
  virtual void OnComplaintSent() = 0;
  // It is over, for whatever reason.
  virtual void OnStreamEnds(Http2ServerStream& stream) = 0;

 protected:
  ~Http2SessionEvents() = default;
};

// What a response's head says beside its own fields. Views, good until the call returns, but `server`: as long as the
// session.
struct Http2OwnFields {
  std::string_view server;
  std::string_view date;
};

// The frames of one HTTP/2 connection, server side: nghttp2 with its settings, its bounds and its memory, and nothing
// that decides. Bytes that came in are fed to it; what is to be sent is pulled out of it.
//
// On its loop's thread only.
class Http2Session {
 public:
  Http2Session(Http2SessionEvents& events, const HttpLimits& limits, const Http2Limits& http2);
  ~Http2Session();
  Http2Session(const Http2Session&) = delete;
  Http2Session& operator=(const Http2Session&) = delete;

  // Why a session takes nothing more. Then it says nothing more either: GoAwayFrame() is for that.
  enum class Fault { kNone, kStopped, kNotHttp2, kFlooded, kTooManyContinuations, kBroken };

  Fault Feed(std::span<const char> bytes);
  // From within an event: Feed() returns kStopped.
  void Stop() { stopped_ = true; }

  // Adds what there is to say to `output`, until that holds `enough` bytes. False: the session is broken.
  bool Pull(OutputQueue& output, size_t enough);

  // Whether it ended the connection itself: a broken rule, told by a GOAWAY that was pulled.
  bool finished() const;
  int32_t last_stream() const { return last_stream_; }  // that was given to OnHead()

  // For streams.

  void Adopt(int32_t id, Http2ServerStream& stream);
  void SubmitContinue(int32_t id);
  // `fields` live until the stream ends. `stream`: gives the body, with Http2ServerStream::NextPiece(); null: none.
  void SubmitHead(int32_t id, int status, const Http2Headers& fields, const Http2OwnFields& own,
                  Http2ServerStream* stream);
  void ResumeBody(int32_t id);
  void SubmitReset(int32_t id, Http2Error error);
  void Consume(int32_t id, size_t bytes);  // for its stream and the connection
  void ConsumeConnection(size_t bytes);
  // Its body takes turns with the other streams', frame by frame.
  void ShareTurns(int32_t id);

  // For the connection.

  void SubmitPing();
  void SubmitNotice();  // GOAWAY that names no last stream
  void SubmitGoAway();  // and one that does

  // A GOAWAY in bytes, for a session that says nothing more.
  static std::string GoAwayFrame(int32_t last_stream, Http2Error error, std::string_view text);

 private:
  struct Callbacks;
  friend struct Callbacks;
  struct Deleter {
    void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
  };

  Fault FeedPiece(std::span<const char> bytes);
  void AddField(std::string_view name, std::string_view value, uint8_t flags);
  void AddFields(const Http2Headers& fields);
  void SubmitTrailers(int32_t id, const Http2Headers& trailers);

  Http2SessionEvents& events_;
  std::unique_ptr<nghttp2_session, Deleter> session_;
  Http2IdleResets idle_resets_;
  std::vector<nghttp2_nv> fields_;        // of the head that is being submitted
  OutputQueue* output_ = nullptr;         // while it is pulled
  Http2ServerStream* sending_ = nullptr;  // whose DATA frame is being pulled
  int32_t last_stream_ = 0;
  bool stopped_ = false;
  bool broken_ = false;
};

}  // namespace trireme::net

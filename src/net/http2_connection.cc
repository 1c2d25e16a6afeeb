// SPDX-License-Identifier: Apache-2.0
#include "net/http2_connection.h"

#include <utility>

namespace trireme::net {
namespace {

// HTTP/2 is not spoken yet: ends at once.
class Http2Connection final : public Connection {
 public:
  Http2Connection(const Surroundings& surroundings, std::unique_ptr<Transport> transport, Gate::Pass pass)
      : surroundings_(surroundings), transport_(std::move(transport)), pass_(std::move(pass)) {}
  ~Http2Connection() override {
    surroundings_.network.counters.connections_open.fetch_sub(1, std::memory_order_relaxed);
  }

  int fd() const override { return transport_->fd(); }
  void OnEvents(uint32_t) override { CutOff(); }
  void OnAttention() override {}
  void OnDeadline(TimePoint) override { CutOff(); }
  void Drain() override { CutOff(); }
  void CutOff() override {
    if (transport_ == nullptr) return;
    transport_.reset();
    surroundings_.loop.Bury(*this);
  }

 private:
  const Surroundings surroundings_;
  std::unique_ptr<Transport> transport_;
  Gate::Pass pass_;
};

}  // namespace

std::unique_ptr<Connection> MakeHttp2Connection(const Surroundings& surroundings, std::unique_ptr<Transport> transport,
                                                std::string, Gate::Pass pass) {
  return std::make_unique<Http2Connection>(surroundings, std::move(transport), std::move(pass));
}

}  // namespace trireme::net

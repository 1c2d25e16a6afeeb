// SPDX-License-Identifier: Apache-2.0
#include "tracing/tracer.h"

#include <utility>

namespace trireme {

class Tracer::Core {};

Tracer::Tracer(Options, metrics::Registry&, const Logger&) : core_(std::make_unique<Core>()) {}
Tracer::~Tracer() = default;

bool Tracer::on() const {
  return false;
}
void Tracer::Record(const RequestTrace&) {}
TraceSettings Tracer::settings(std::string_view) const {
  return {};
}
void Tracer::Change(const std::string&, std::optional<TraceSettings>) {}

}  // namespace trireme

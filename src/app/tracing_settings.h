// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "app/options.h"
#include "app/settings.h"
#include "tracing/tracer.h"

namespace trireme {

// Where traces of requests go, and of which. Triton's --trace-config is one of them; what it asks for and is not done
// here joins `without_effect`. Both arguments must outlive the settings.
std::vector<Setting> TracingSettings(TraceFlags& flags, std::vector<std::string>& without_effect);

// kInvalidArgument: the endpoint is no URL.
Result<Tracer::Options> TracerOptionsOf(const TraceFlags& flags);

}  // namespace trireme

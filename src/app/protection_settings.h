// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/options.h"
#include "app/settings.h"
#include "net/tls.h"

namespace trireme {

// Who may connect, and what is encrypted; writes to `options`, which must outlive it.
std::vector<Setting> ProtectionSettings(ServeOptions& options);

// The same in Triton's words, for gRPC's listener; the help is silent about them.
std::vector<Setting> TritonTlsSettings(GrpcTlsFlags& tls);

// That files that need each other are there, and that nobody gets in from outside without a key or a certificate unless
// that is wanted.
Status CheckProtection(const ServeOptions& options);

// What is allowed and yet worth a line in the log.
std::vector<std::string> ProtectionWarnings(const ServeOptions& options);

std::optional<net::TlsOptions> TlsOf(const ServeOptions& options);
std::optional<net::TlsOptions> GrpcTlsOf(const ServeOptions& options);

}  // namespace trireme

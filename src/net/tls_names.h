// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "net/tls_handles.h"

namespace trireme::net {

// Whether one of a certificate's names is one of `patterns`, letter by letter, or fits one with a first label "*":
// "*.example.org" is fitted by a.example.org, not by a.b.example.org, example.org, x@a.example.org or a URI.
bool MatchesAnyName(std::span<const std::string> names, std::span<const std::string> patterns);

// A certificate's DNS names, URIs and e-mail addresses, in its order; its common name if it has none of these. A name
// with a NUL in it is left out: it would read differently elsewhere.
std::vector<std::string> NamesOf(const x509_st& certificate);

}  // namespace trireme::net

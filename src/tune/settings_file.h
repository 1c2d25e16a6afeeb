// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/status.h"
#include "tune/candidate.h"

namespace trireme::tune {

// Settings as a file that `trireme serve --config FILE` reads, with the path of the model that they are for. `remark`
// stands above them, each of its lines as a comment. The goal is among them whatever they are: without it the server
// admits whoever comes, and nobody is told when it is missed. Pure.
std::string SettingsText(const Candidate& candidate, const std::filesystem::path& served, std::string_view remark,
                         const std::string& slo = {});

// Writes a file beside its place first, so that nobody ever finds half of one. kUnavailable: it cannot be written.
Status WriteWhole(const std::filesystem::path& file, std::string_view text);

}  // namespace trireme::tune

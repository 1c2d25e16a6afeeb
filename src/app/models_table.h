// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "wire/admin/listing.h"

namespace trireme {

struct ModelsTableStyle {
  bool wide = false;     // where each version came from, too, and notes on what is as it should be
  bool summary = false;  // of all models: how many there are in each state, or that there are none
  size_t columns = 0;    // of the terminal; 0: lines are as long as they are
};

// Model versions and the memory of all as text for people, by `now` for what is an age. Text of outside origin is made
// harmless. A pure function.
std::string ModelsTable(const admin::Listing& listing, admin::WallTime now, const ModelsTableStyle& style);

// Of one version in a line: "resnet50 version 3: ready, 98.1 MiB, loaded in 0.8 s".
std::string DescribeModel(const admin::ModelEntry& model);

}  // namespace trireme

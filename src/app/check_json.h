// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "lifecycle/check.h"

namespace trireme {

// A report for programs: one JSON object in one line. Keys may be added, and keep their meaning:
//
//   ok         whether everything could be served
//   models     one a version: name, version (0: it could not be given one), path, servable; backend, platform, format
//              ("" if unknown); inputs and outputs as clients see them {name, datatype, shape, optional, model_shape
//              (null unless a reshape stands between)}; batched, max_batch_rows (0: found out at load, 1: off),
//              preferred_batch_rows, max_delay_us; device, instances, threads; weight_bytes (an estimate; 0: unknown);
//              differences {subject, file_says, model_says}; findings
//   findings   that belong to no model
//
// A finding is {severity ("note", "warning", "error"), file, line, column (0: none in particular), field, expected,
// found, fix}.
std::string CheckJson(const CheckReport& report);

}  // namespace trireme

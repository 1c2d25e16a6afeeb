// SPDX-License-Identifier: Apache-2.0
// Under ThreadSanitizer this header of libprotobuf gives its classes two more members, which the installed library does
// not have: every message with a map would be read at the wrong places. So it is read as the library was compiled.
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#pragma push_macro("__SANITIZE_THREAD__")
#undef __SANITIZE_THREAD__
#include_next <google/protobuf/map_field.h>
#pragma pop_macro("__SANITIZE_THREAD__")

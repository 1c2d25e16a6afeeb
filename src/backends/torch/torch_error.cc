// SPDX-License-Identifier: Apache-2.0
#include "backends/torch/torch_error.h"

#include <algorithm>
#include <exception>
#include <new>
#include <vector>

#include "backends/torch/libtorch.h"
#include "base/excerpt.h"

namespace trireme::torch_backend {
namespace {

constexpr size_t kMaxShownBytes = 400;
constexpr size_t kMaxLines = 3;

bool Has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

Status Judge(std::string_view text, During during) {
  if (Has(text, "not enough memory") || Has(text, "out of memory") || Has(text, "can't allocate memory")) {
    return OutOfMemory("the system gives libtorch no more memory (" + Clean(text) + ")");
  }
  if (Has(text, "INTERNAL ASSERT FAILED")) return Internal(Clean(text));
  const bool lacks = Has(text, "Unknown builtin op") || Has(text, "not implemented for") ||
                     Has(text, "Could not run '") || Has(text, "maximum supported version");
  if (lacks) return Unsupported(Clean(text));
  return during == During::kLoad && Has(text, "failed finding central directory")
             ? InvalidArgument("it is no zip archive, or was cut short")
             : InvalidArgument(Clean(text));
}

std::string_view Trimmed(std::string_view line) {
  while (!line.empty() && static_cast<unsigned char>(line.front()) <= ' ') line.remove_prefix(1);
  while (!line.empty() && static_cast<unsigned char>(line.back()) <= ' ') line.remove_suffix(1);
  return line;
}

bool IsMarks(std::string_view line) {
  return std::all_of(line.begin(), line.end(), [](char c) { return c == '~' || c == '<' || c == '-' || c == ' '; }) ||
         line.ends_with("<--- HERE");
}

}  // namespace

std::string Clean(std::string_view text) {
  // Behind this come addresses in the library.
  text = text.substr(0, text.find("\nException raised from "));
  // The interpreter puts a trace of the program in front of what went wrong in it.
  for (const std::string_view mark : {"\nRuntimeError: ", "\nbuiltins.", "\ntorch.jit.Error: "}) {
    if (const size_t at = text.rfind(mark); at != std::string_view::npos) {
      text.remove_prefix(at + mark.size());
      break;
    }
  }
  std::string cleaned;
  size_t lines = 0;
  while (!text.empty() && lines < kMaxLines) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = Trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with("Traceback ") || line.starts_with("File \"") || line.starts_with("Debug info")) break;
    if (line.empty() || IsMarks(line)) continue;
    cleaned += (cleaned.empty() ? "" : " ") + std::string(line);
    ++lines;
  }
  return cleaned.size() <= kMaxShownBytes ? cleaned : Excerpt(cleaned, kMaxShownBytes);
}

Status TakeException(During during) {
  try {
    throw;
  } catch (const c10::Error& error) {
    return Judge(error.what_without_backtrace(), during);
  } catch (const std::bad_alloc&) {
    return OutOfMemory("the system gives libtorch no more memory");
  } catch (const std::exception& error) {
    return Judge(error.what(), during);
  } catch (...) {
    return Internal("libtorch threw something that is no exception");
  }
}

}  // namespace trireme::torch_backend

// SPDX-License-Identifier: Apache-2.0
#include "repository/libarchive.h"

#include <dlfcn.h>

#include <string>

#include "base/mutex.h"

namespace trireme {
namespace {

// Its name has stayed since 2013: functions are added to it, and none changes.
constexpr const char* kLibrary = "libarchive.so.13";

Status CannotBeOpened() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): glibc keeps one message a thread
  const char* reason = dlerror();
  return Unavailable("archives are read by libarchive, which cannot be opened: " +
                     std::string(reason == nullptr ? "no reason is known" : reason));
}

// Looks functions up until one is missing.
class Lookup {
 public:
  explicit Lookup(void* library) : library_(library) {}

  template <typename Function>
  void operator()(const char* name, Function& function) {
    if (is_whole_) function = reinterpret_cast<Function>(dlsym(library_, name));
    is_whole_ = is_whole_ && function != nullptr;
  }
  bool is_whole() const { return is_whole_; }

 private:
  void* const library_;
  bool is_whole_ = true;
};

Result<LibArchive> Open() {
  void* library = dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return CannotBeOpened();
  LibArchive found = {};
  Lookup look(library);
  look("archive_read_new", found.read_new);
  look("archive_read_free", found.read_free);
  look("archive_read_support_format_zip_seekable", found.read_support_format_zip_seekable);
  look("archive_read_support_format_tar", found.read_support_format_tar);
  look("archive_read_set_read_callback", found.read_set_read_callback);
  look("archive_read_set_seek_callback", found.read_set_seek_callback);
  look("archive_read_set_skip_callback", found.read_set_skip_callback);
  look("archive_read_set_callback_data", found.read_set_callback_data);
  look("archive_read_open1", found.read_open1);
  look("archive_read_next_header", found.read_next_header);
  look("archive_read_data_block", found.read_data_block);
  look("archive_errno", found.error_number);
  look("archive_error_string", found.error_string);
  look("archive_format_name", found.format_name);
  look("archive_entry_pathname", found.entry_pathname);
  look("archive_entry_pathname_utf8", found.entry_pathname_utf8);
  look("archive_entry_filetype", found.entry_filetype);
  look("archive_entry_hardlink", found.entry_hardlink);
  look("archive_entry_symlink", found.entry_symlink);
  look("archive_entry_is_encrypted", found.entry_is_encrypted);
  look("archive_entry_sparse_count", found.entry_sparse_count);
  look("archive_entry_size_is_set", found.entry_size_is_set);
  look("archive_entry_size", found.entry_size);
  if (!look.is_whole()) return CannotBeOpened();
  return found;
}

}  // namespace

Result<const LibArchive*> OpenLibArchive() {
  static Mutex mutex;
  static LibArchive opened = {};
  static bool is_open = false;
  const MutexLock lock(mutex);  // held while it is opened, once
  if (!is_open) {
    ASSIGN_OR_RETURN(opened, Open());
    is_open = true;
  }
  return &opened;
}

}  // namespace trireme

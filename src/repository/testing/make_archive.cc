// SPDX-License-Identifier: Apache-2.0
#include "repository/testing/make_archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

namespace trireme {

void MakeArchive(const std::filesystem::path& file, ArchiveForm form, const std::vector<ArchivedEntry>& entries,
                 const ArchiveOptions& options) {
  struct archive* out = archive_write_new();
  if (form == ArchiveForm::kZip) {
    archive_write_set_format_zip(out);
    if (options.compression != nullptr) {
      archive_write_set_format_option(out, "zip", "compression", options.compression);
    }
    if (options.encryption != nullptr) {
      archive_write_set_format_option(out, "zip", "encryption", options.encryption);
      archive_write_set_passphrase(out, "secret");
    }
  } else {
    archive_write_set_format_pax_restricted(out);
    archive_write_add_filter_gzip(out);
  }
  ASSERT_EQ(archive_write_open_filename(out, file.c_str()), ARCHIVE_OK);
  for (const ArchivedEntry& each : entries) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, each.name.c_str());
    const unsigned type = each.type == 0 ? AE_IFREG : each.type;
    archive_entry_set_filetype(entry, type);
    archive_entry_set_perm(entry, 06777);
    archive_entry_set_size(entry, static_cast<la_int64_t>(each.contents.size()));
    if (type == AE_IFLNK) archive_entry_set_symlink(entry, each.link.c_str());
    if (type == AE_IFREG && !each.link.empty()) archive_entry_set_hardlink(entry, each.link.c_str());
    archive_write_header(out, entry);
    archive_write_data(out, each.contents.data(), each.contents.size());
    archive_entry_free(entry);
  }
  ASSERT_EQ(archive_write_close(out), ARCHIVE_OK);
  archive_write_free(out);
}

}  // namespace trireme

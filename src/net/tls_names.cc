// SPDX-License-Identifier: Apache-2.0
#include "net/tls_names.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string_view>

namespace trireme::net {
namespace {

bool IsLabel(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

bool Matches(std::string_view name, std::string_view pattern) {
  if (name == pattern) return true;
  if (!pattern.starts_with("*.")) return false;
  const std::string_view rest = pattern.substr(1);
  return name.ends_with(rest) && IsLabel(name.substr(0, name.size() - rest.size()));
}

void AddName(const ASN1_STRING& name, std::vector<std::string>& names) {
  std::string text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(&name)),
                   static_cast<size_t>(ASN1_STRING_length(&name)));
  if (!text.empty() && text.find('\0') == std::string::npos) names.push_back(std::move(text));
}

// Whether there are any, also where none of them can be used.
bool AddAlternativeNames(const X509& certificate, std::vector<std::string>& names) {
  bool found_any = false;
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> found(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)),
      &GENERAL_NAMES_free);
  for (int i = 0; i < sk_GENERAL_NAME_num(found.get()); ++i) {
    int type = 0;
    const void* const value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(found.get(), i), &type);
    if (type != GEN_DNS && type != GEN_URI && type != GEN_EMAIL) continue;
    AddName(*static_cast<const ASN1_STRING*>(value), names);
    found_any = true;
  }
  return found_any;
}

void AddCommonName(const X509& certificate, std::vector<std::string>& names) {
  const X509_NAME* const subject = X509_get_subject_name(&certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return;
  unsigned char* text = nullptr;
  const int length = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  if (length < 0) return;
  std::string name(reinterpret_cast<const char*>(text), static_cast<size_t>(length));
  OPENSSL_free(text);
  if (!name.empty() && name.find('\0') == std::string::npos) names.push_back(std::move(name));
}

}  // namespace

bool MatchesAnyName(std::span<const std::string> names, std::span<const std::string> patterns) {
  return std::any_of(names.begin(), names.end(), [patterns](const std::string& name) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&name](const std::string& pattern) { return Matches(name, pattern); });
  });
}

std::vector<std::string> NamesOf(const x509_st& certificate) {
  std::vector<std::string> names;
  if (!AddAlternativeNames(certificate, names)) AddCommonName(certificate, names);
  return names;
}

}  // namespace trireme::net

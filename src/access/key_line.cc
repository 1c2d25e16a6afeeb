// SPDX-License-Identifier: Apache-2.0
#include "access/key_line.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace trireme {
namespace {

constexpr std::string_view kBlanks = " \t\r";
constexpr size_t kMaxNameBytes = 64;
constexpr size_t kMaxModelBytes = 256;
constexpr size_t kMaxModels = 256;
constexpr size_t kMaxFoundBytes = 100;  // of what was found, in a text
constexpr std::string_view kDigestPrefix = "sha256:";
constexpr std::string_view kCertificatePrefix = "certificate:";
constexpr std::string_view kTenantPrefix = "tenant=";
constexpr std::string_view kExpiresPrefix = "expires=";

// As `trireme keys add` makes them: whoever pastes one into the file by mistake must not find it in a log.
constexpr std::string_view kKeyPrefix = "trireme_";

Status Unexpected(const std::string& field, const std::string& expected, std::string_view found) {
  if (found.find(kKeyPrefix) != std::string_view::npos) {
    return InvalidArgument(field + ": expected " + expected + ", found what looks like a key");
  }
  return InvalidArgument(field + ": expected " + expected + ", found " +
                         (found.empty() ? "nothing" : "'" + std::string(found.substr(0, kMaxFoundBytes)) + "'"));
}

std::string_view TakeWord(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(kBlanks));
  text.remove_prefix(word.size());
  return word;
}

std::vector<std::string_view> SplitAtCommas(std::string_view text) {
  std::vector<std::string_view> items;
  while (true) {
    const size_t comma = text.find(',');
    items.push_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return items;
    text.remove_prefix(comma + 1);
  }
}

bool IsNameLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("._-@").find(c) != std::string_view::npos;
}

Result<std::string> ParseName(const std::string& field, std::string_view text) {
  if (text.empty() || text.size() > kMaxNameBytes || !std::all_of(text.begin(), text.end(), IsNameLetter)) {
    return Unexpected(field, "1 to " + std::to_string(kMaxNameBytes) + " letters, digits, '.', '_', '-' or '@'", text);
  }
  return std::string(text);
}

bool IsModelPattern(std::string_view text) {
  if (text.ends_with('*')) {
    text.remove_suffix(1);
  } else if (text.empty()) {
    return false;
  }
  return text.size() <= kMaxModelBytes && std::all_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) > ' ' && c != '\x7f' &&
                  std::string_view("*/#").find(c) == std::string_view::npos;
         });
}

bool IsCertificateLetter(char c) {
  return c > ' ' && c < '\x7f' && c != '#';
}

Result<KeyLine::Proof> ParseProof(std::string_view text) {
  if (text.starts_with(kDigestPrefix)) {
    const std::optional<Digest> digest = DigestFromHex(text.substr(kDigestPrefix.size()));
    if (digest) return KeyLine::Proof(*digest);
    return InvalidArgument("proof: expected 64 hexadecimal digits behind sha256:, found " +
                           std::to_string(text.size() - kDigestPrefix.size()) + " letters that are not");
  }
  if (text.starts_with(kCertificatePrefix)) {
    const std::string_view name = text.substr(kCertificatePrefix.size());
    if (!name.empty() && std::all_of(name.begin(), name.end(), IsCertificateLetter)) {
      return KeyLine::Proof(CertificateName{std::string(name)});
    }
    return Unexpected("proof", "a name in a certificate behind certificate:", name);
  }
  if (text.empty()) return Unexpected("proof", "sha256:DIGEST or certificate:NAME", text);
  return InvalidArgument("proof: expected sha256:DIGEST or certificate:NAME, found something else");
}

Status ParseOption(std::string_view word, KeyLine& line) {
  if (word.starts_with(kTenantPrefix) && line.tenant.empty()) {
    ASSIGN_OR_RETURN(line.tenant, ParseName("tenant", word.substr(kTenantPrefix.size())));
    return {};
  }
  if (word.starts_with(kExpiresPrefix) && !line.expires) {
    ASSIGN_OR_RETURN(line.expires, ParseKeyDate(word.substr(kExpiresPrefix.size())));
    return {};
  }
  return InvalidArgument(
      "behind the proof: expected tenant=NAME or expires=YYYY-MM-DD, each once, found something else");
}

template <typename T>
std::optional<T> ParseNumber(std::string_view digits) {
  T number{};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

std::string Padded(unsigned number, size_t digits) {
  std::string text = std::to_string(number);
  return std::string(digits - std::min(digits, text.size()), '0') + text;
}

}  // namespace

Result<std::string> ParseKeyName(std::string_view text) {
  return ParseName("name", text);
}

Result<KeyRoles> ParseKeyRoles(std::string_view text) {
  KeyRoles roles;
  for (const std::string_view role : SplitAtCommas(text)) {
    bool* const flag = role == "infer"     ? &roles.infer
                       : role == "admin"   ? &roles.admin
                       : role == "metrics" ? &roles.metrics
                                           : nullptr;
    if (flag == nullptr) return Unexpected("roles", "infer, admin or metrics, with commas between several", role);
    *flag = true;
  }
  return roles;
}

Result<std::vector<std::string>> ParseKeyModels(std::string_view text) {
  std::vector<std::string> models;
  if (text == "-") return models;
  for (const std::string_view model : SplitAtCommas(text)) {
    if (!IsModelPattern(model)) {
      return Unexpected("models", "names such as resnet50 or ocr*, with commas between them, * for all, - for none",
                        model);
    }
    if (models.size() == kMaxModels) {
      return InvalidArgument("models: expected at most " + std::to_string(kMaxModels) + ", found more");
    }
    models.emplace_back(model);
  }
  return models;
}

Result<std::chrono::sys_days> ParseKeyDate(std::string_view text) {
  using namespace std::chrono;
  if (text.size() == 10 && text[4] == '-' && text[7] == '-') {
    const auto y = ParseNumber<unsigned>(text.substr(0, 4));
    const auto m = ParseNumber<unsigned>(text.substr(5, 2));
    const auto d = ParseNumber<unsigned>(text.substr(8, 2));
    if (y && m && d) {
      const year_month_day date{year(static_cast<int>(*y)), month(*m), day(*d)};
      if (date.ok()) return sys_days(date);
    }
  }
  return Unexpected("expires", "a date such as 2027-01-31", text);
}

Result<KeyLine> ParseKeyLine(std::string_view text) {
  if (text.size() > kMaxKeyLineBytes) {
    return TooLarge("expected at most " + std::to_string(kMaxKeyLineBytes) + " bytes in a line, found " +
                    std::to_string(text.size()));
  }
  KeyLine line;
  ASSIGN_OR_RETURN(line.name, ParseKeyName(TakeWord(text)));
  ASSIGN_OR_RETURN(line.roles, ParseKeyRoles(TakeWord(text)));
  ASSIGN_OR_RETURN(line.models, ParseKeyModels(TakeWord(text)));
  if (line.models.empty() && (line.roles.infer || line.roles.admin)) {
    return Unexpected("models", "at least one for the roles infer and admin", "-");
  }
  ASSIGN_OR_RETURN(line.proof, ParseProof(TakeWord(text)));
  for (std::string_view word = TakeWord(text); !word.empty(); word = TakeWord(text)) {
    RETURN_IF_ERROR(ParseOption(word, line));
  }
  return line;
}

std::string FormatKeyRoles(const KeyRoles& roles) {
  std::string text;
  const auto add = [&](bool has, std::string_view name) {
    if (has) text.append(text.empty() ? "" : ",").append(name);
  };
  add(roles.infer, "infer");
  add(roles.admin, "admin");
  add(roles.metrics, "metrics");
  return text;
}

std::string FormatKeyModels(const std::vector<std::string>& models) {
  std::string text;
  for (const std::string& model : models) text += (text.empty() ? "" : ",") + model;
  return text.empty() ? "-" : text;
}

std::string FormatKeyDate(std::chrono::sys_days date) {
  const std::chrono::year_month_day parts(date);
  return Padded(static_cast<unsigned>(static_cast<int>(parts.year())), 4) + "-" +
         Padded(static_cast<unsigned>(parts.month()), 2) + "-" + Padded(static_cast<unsigned>(parts.day()), 2);
}

std::string FormatKeyLine(const KeyLine& line) {
  std::string text = line.name + " " + FormatKeyRoles(line.roles) + " " + FormatKeyModels(line.models) + " ";
  if (const auto* digest = std::get_if<Digest>(&line.proof)) {
    text.append(kDigestPrefix).append(ToHex(*digest));
  } else {
    text.append(kCertificatePrefix).append(std::get<CertificateName>(line.proof).name);
  }
  if (!line.tenant.empty()) text.append(" ").append(kTenantPrefix).append(line.tenant);
  if (line.expires) text.append(" ").append(kExpiresPrefix).append(FormatKeyDate(*line.expires));
  return text;
}

}  // namespace trireme

// SPDX-License-Identifier: Apache-2.0
#include "app/protection_settings.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <utility>

#include "app/setting_kinds.h"
#include "app/tfserving_settings.h"
#include "app/torchserve_settings.h"

namespace trireme {
namespace {

Setting File(std::string name, std::string help, std::filesystem::path& target) {
  return Custom(std::move(name), "FILE", std::move(help), "", [&target](std::string_view text) -> Status {
    if (text.empty()) return UnexpectedText("a file", text);
    target = text;
    return {};
  });
}

Setting SocketMode(uint32_t& mode) {
  return Custom("unix-socket-mode", "MODE", "Who may connect there, as chmod has it", "0600",
                [&mode](std::string_view text) -> Status {
                  uint32_t number = 0;
                  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 8);
                  if (error != std::errc() || end != text.data() + text.size() || number > 0777 || number < 0100) {
                    return UnexpectedText("an octal number from 0100 to 0777", text);
                  }
                  mode = number;
                  return {};
                });
}

// "localhost" is one by RFC 6761; other names may lead anywhere.
bool IsLoopback(const std::string& host) {
  if (host == "localhost") return true;
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  if (inet_pton(AF_INET6, host.c_str(), &v6) != 1) return false;
  return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

// A way into the server that is open to more than its own user.
struct Door {
  std::string where;   // "host '0.0.0.0' can be reached from other machines"
  std::string inside;  // what it would have to be else
  bool is_encrypted;
  bool asks_certificate;
  bool asks_key;
};

Door HostDoor(const std::string& host, const std::optional<net::TlsOptions>& tls, bool asks_key) {
  return {.where = "host '" + host + "' can be reached from other machines",
          .inside = "a loopback address such as 127.0.0.1",
          .is_encrypted = tls.has_value(),
          .asks_certificate = tls && !tls->client_ca.empty(),
          .asks_key = asks_key};
}

const std::string& Or(const std::string& host, const std::string& other) {
  return host.empty() ? other : host;
}

std::vector<Door> OpenDoors(const ServeOptions& options) {
  std::vector<Door> doors;
  const bool asks_key = !options.keys.empty() || AsksForTokens(options);
  const auto add = [&](bool is_open, const std::string& host, const std::optional<net::TlsOptions>& tls) {
    if (is_open && !IsLoopback(host)) doors.push_back(HostDoor(host, tls, asks_key));
  };
  const std::optional<net::TlsOptions> tls = TlsOf(options);
  const std::optional<net::TlsOptions> grpc_tls = GrpcTlsOf(options);
  add(options.allow_http, options.host, tls);
  add(options.allow_grpc, Or(options.grpc_host, options.host), grpc_tls ? grpc_tls : tls);
  add(options.allow_metrics, Or(options.metrics_host, options.host), tls);
  // SageMaker's own network lets nobody in but its platform, which has no keys.
  add(options.sagemaker.allow && !options.sagemaker.on_platform, Or(options.sagemaker.host, options.host), tls);
  if (options.torchserve.listeners.allow) {
    const TorchserveListeners listeners = TorchserveListenersOf(options);
    add(true, listeners.host, tls);
    add(true, listeners.management_host, tls);
    if (listeners.allow_metrics && !IsLoopback(listeners.metrics_host)) {
      // TorchServe's metrics need no token.
      doors.push_back(HostDoor(listeners.metrics_host, tls, !options.keys.empty()));
    }
    add(true, listeners.grpc_host, tls);
    add(true, listeners.grpc_management_host, tls);
  }
  if (options.tfserving.listeners.allow) {
    const TfservingListeners listeners = TfservingListenersOf(options);
    add(listeners.allow_rest, listeners.host, tls);
    add(listeners.allow_grpc, listeners.grpc_host, tls);
  }
  if (!options.unix_socket.empty() && (options.unix_socket_mode & 077) != 0) {
    doors.push_back({.where = "unix-socket '" + options.unix_socket.string() + "' is open to other users",
                     .inside = "--unix-socket-mode 0600",
                     .is_encrypted = true,
                     .asks_certificate = false,
                     .asks_key = asks_key});
  }
  return doors;
}

Status CheckFiles(const ServeOptions& options) {
  const TlsFlags& tls = options.tls;
  if (tls.certificate.empty() != tls.key.empty()) {
    return InvalidArgument("tls-cert and tls-key: expected both or none, found one");
  }
  if (!tls.client_ca.empty() && tls.certificate.empty()) {
    return InvalidArgument("tls-client-ca: expected --tls-cert and --tls-key beside it");
  }
  if (!tls.client_names.empty() && tls.client_ca.empty()) {
    return InvalidArgument("tls-client-name: expected --tls-client-ca beside it");
  }
  const GrpcTlsFlags& grpc = options.grpc_tls;
  const bool is_on = grpc.use_ssl || grpc.use_ssl_mutual;
  if (is_on && (grpc.server_cert.empty() || grpc.server_key.empty())) {
    return InvalidArgument("grpc-use-ssl: expected --grpc-server-cert and --grpc-server-key beside it");
  }
  if (grpc.use_ssl_mutual && grpc.root_cert.empty()) {
    return InvalidArgument("grpc-use-ssl-mutual: expected --grpc-root-cert beside it");
  }
  return {};
}

Setting AdminSocket(std::optional<std::filesystem::path>& socket) {
  return Custom("admin-socket", "off|FILE", "Where 'trireme models' reaches this server, for its user alone",
                "a file where it looks", [&socket](std::string_view text) -> Status {
                  if (text.empty()) return UnexpectedText("off or the path of a socket", text);
                  const bool is_off = text == "off" || text == "false";
                  socket = is_off ? std::nullopt : std::optional<std::filesystem::path>(text);
                  return {};
                });
}

}  // namespace

std::vector<Setting> ProtectionSettings(ServeOptions& options) {
  TlsFlags& tls = options.tls;
  std::vector<std::string>& names = tls.client_names;
  return {
      File("keys",
           "Who may do what: a file of keys (see 'trireme keys --help'); without one everybody may do everything",
           options.keys),
      File("tls-cert", "Encrypt every port with this certificate: PEM, the server's first", tls.certificate),
      File("tls-key", "Its private key: PEM, without a pass phrase", tls.key),
      File("tls-client-ca", "Clients must show a certificate of this authority: PEM", tls.client_ca),
      Repeated(Custom("tls-client-name", "NAME",
                      "Which must have this name, *.example.org for all of a domain; may repeat", "",
                      [&names](std::string_view text) -> Status {
                        if (text.empty()) return UnexpectedText("a name in a certificate", text);
                        names.emplace_back(text);
                        return {};
                      })),
      Switch("allow-exposure", "Let others connect, though neither key nor certificate is asked for",
             options.allow_exposure),
      File("unix-socket", "Also listen on a Unix socket, which is not encrypted", options.unix_socket),
      SocketMode(options.unix_socket_mode),
      AdminSocket(options.admin_socket),
      OnOff("allow-client-shm", "Let clients of this machine share memory for their tensors", options.allow_client_shm),
  };
}

std::vector<Setting> TritonTlsSettings(GrpcTlsFlags& tls) {
  return {
      OnOff("grpc-use-ssl", "", tls.use_ssl),        OnOff("grpc-use-ssl-mutual", "", tls.use_ssl_mutual),
      File("grpc-server-cert", "", tls.server_cert), File("grpc-server-key", "", tls.server_key),
      File("grpc-root-cert", "", tls.root_cert),
  };
}

Status CheckProtection(const ServeOptions& options) {
  RETURN_IF_ERROR(CheckFiles(options));
  if (options.allow_exposure) return {};
  for (const Door& door : OpenDoors(options)) {
    if (door.asks_certificate || door.asks_key) continue;
    const TorchserveFlags& torchserve = options.torchserve;
    const std::string where = torchserve.properties.empty() ? "" : " (" + torchserve.properties + ")";
    const std::string tokens = torchserve.listeners.allow ? ", --torchserve-token-auth on" : "";
    return InvalidArgument(door.where + where + ", and nobody is asked for a key: expected " + door.inside +
                           ", --keys FILE, --tls-client-ca FILE" + tokens + " or --allow-exposure");
  }
  return {};
}

std::vector<std::string> ProtectionWarnings(const ServeOptions& options) {
  std::vector<std::string> warnings;
  const auto warn = [&](std::string text) {  // once, however many ports a host has
    if (std::find(warnings.begin(), warnings.end(), text) == warnings.end()) warnings.push_back(std::move(text));
  };
  for (const Door& door : OpenDoors(options)) {
    if (!door.asks_key && !door.asks_certificate) {
      warn(door.where + ", and nobody is asked for a key (--keys)");
    } else if (!door.is_encrypted) {
      warn(door.where + ", and keys travel in the clear (--tls-cert)");
    }
  }
  const GrpcTlsFlags& grpc = options.grpc_tls;
  if (!grpc.server_cert.empty() && !grpc.use_ssl && !grpc.use_ssl_mutual) {
    warnings.emplace_back("grpc-server-cert is not used without --grpc-use-ssl=true");
  }
  return warnings;
}

std::optional<net::TlsOptions> TlsOf(const ServeOptions& options) {
  const TlsFlags& tls = options.tls;
  if (tls.certificate.empty()) return std::nullopt;
  return net::TlsOptions{
      .certificate = tls.certificate, .key = tls.key, .client_ca = tls.client_ca, .client_names = tls.client_names};
}

std::optional<net::TlsOptions> GrpcTlsOf(const ServeOptions& options) {
  const GrpcTlsFlags& tls = options.grpc_tls;
  if (!tls.use_ssl && !tls.use_ssl_mutual) return std::nullopt;
  return net::TlsOptions{.certificate = tls.server_cert,
                         .key = tls.server_key,
                         .client_ca = tls.use_ssl_mutual ? tls.root_cert : std::filesystem::path(),
                         .client_names = {}};
}

}  // namespace trireme

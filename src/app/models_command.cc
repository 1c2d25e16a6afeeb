// SPDX-License-Identifier: Apache-2.0
#include "app/models_command.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <thread>
#include <utility>
#include <vector>

#include "app/models_changes.h"
#include "app/models_table.h"
#include "app/models_why.h"
#include "base/calendar.h"
#include "base/log.h"
#include "client/admin_client.h"
#include "server/admin_socket.h"

namespace trireme {
namespace {

using ModelsAction = ModelsOptions::Action;
using std::chrono::system_clock;

std::string Listed(const std::vector<std::filesystem::path>& paths) {
  std::string text;
  for (const std::filesystem::path& path : paths) text += (text.empty() ? "" : ", ") + path.string();
  return text;
}

// What its server was started with, which tells it from others; empty: nobody may know.
std::string CommandOf(const std::filesystem::path& socket) {
  constexpr size_t kMostBytes = 100;
  std::ifstream file("/proc/" + socket.stem().string() + "/cmdline");
  std::string text(std::istreambuf_iterator<char>(file), {});
  while (!text.empty() && text.back() == '\0') text.pop_back();
  std::ranges::replace(text, '\0', ' ');
  return text.size() > kMostBytes ? text.substr(0, kMostBytes) + "..." : text;
}

// That of the one server that the user runs.
Result<std::filesystem::path> FindSocket() {
  const AdminFolders folders = AdminFolders::OfThisProcess();
  const std::vector<std::filesystem::path> sockets = folders.FindSockets();
  if (sockets.size() == 1) return sockets.front();
  if (sockets.empty()) {
    return NotFound("no running server of yours was found (in " + Listed(folders.folders()) +
                    "): start one with 'trireme serve', or name its admin socket with --socket");
  }
  std::string text;
  for (const std::filesystem::path& socket : sockets) {
    text += (text.empty() ? "" : ", ") + socket.string() + " (" + CommandOf(socket) + ")";
  }
  return InvalidArgument("several servers are running: choose one with --socket: " + text);
}

// 0 if nobody looks at it in a terminal.
size_t TerminalColumns() {
  winsize size{};
  if (isatty(STDOUT_FILENO) == 0 || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

void Show(const ModelsOptions& options, const admin::Listing& listing, std::ostream& out) {
  if (options.json) {
    out << admin::EncodeListing(listing) << "\n";
    return;
  }
  const ModelsTableStyle style = {
      .wide = options.wide, .summary = options.action == ModelsAction::kList, .columns = TerminalColumns()};
  if (options.action == ModelsAction::kUnload && listing.models.empty()) {
    out << "Model '" << PlainText(options.name) << "' is unloaded, and nothing is left of it here.\n";
  }
  out << (options.why ? ModelsWhy(listing) : ModelsTable(listing, system_clock::now(), style));
}

// The server is asked time and again rather than told to tell: it keeps nothing for those who watch, and nobody who
// watches keeps it from ending.
Status Watch(const std::filesystem::path& socket, std::ostream& out, std::ostream& problems) {
  const client::AdminClient client({.socket = socket.string()});
  constexpr std::chrono::milliseconds kBetweenLooks{250};
  ASSIGN_OR_RETURN(admin::Listing before, client.Models());
  problems << "watching " << before.models.size() << (before.models.size() == 1 ? " version" : " versions")
           << "; Ctrl-C ends it\n"
           << std::flush;
  while (true) {
    std::this_thread::sleep_for(kBetweenLooks);
    Result<admin::Listing> looked = client.Models();
    std::error_code ignored;
    if (!looked.ok() && !std::filesystem::exists(socket, ignored)) {
      problems << "the server has ended\n";
      return {};
    }
    ASSIGN_OR_RETURN(admin::Listing after, std::move(looked));
    const std::string now = FormatUtc(system_clock::now());
    for (const std::string& change : ModelChanges(before.models, after.models)) out << now << "  " << change << "\n";
    out << std::flush;
    before = std::move(after);
  }
}

Result<admin::Listing> Ask(const client::AdminClient& client, const ModelsOptions& options) {
  switch (options.action) {
    case ModelsAction::kLoad:
      return client.Load(options.name);
    case ModelsAction::kUnload:
      return client.Unload(options.name);
    case ModelsAction::kPin:
      return client.Pin(options.name);
    case ModelsAction::kUnpin:
      return client.Unpin(options.name);
    case ModelsAction::kLabel:
      return client.SetLabel({.model = options.name, .label = options.label, .version = options.version});
    case ModelsAction::kList:
    case ModelsAction::kWatch:
      break;
  }
  return client.Models();
}

Status Run(const ModelsOptions& options, std::ostream& out, std::ostream& problems) {
  std::filesystem::path socket = options.socket;
  if (socket.empty()) {
    ASSIGN_OR_RETURN(socket, FindSocket());
  }
  if (options.action == ModelsAction::kWatch) return Watch(socket, out, problems);
  const client::AdminClient client({.socket = socket.string()});
  ASSIGN_OR_RETURN(const admin::Listing listing, Ask(client, options));
  Show(options, listing, out);
  return {};
}

}  // namespace

int RunModels(const ModelsOptions& options, std::ostream& out, std::ostream& problems) {
  const Status done = Run(options, out, problems);
  if (done.ok()) return kExitOk;
  problems << "trireme: " << PlainText(done.message()) << "\n";
  return kExitFailure;
}

}  // namespace trireme

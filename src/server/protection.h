// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "access/authoriser.h"
#include "access/key_authoriser.h"
#include "access/token_authoriser.h"
#include "access/token_keys.h"
#include "base/log.h"
#include "metrics/registry.h"
#include "net/tls.h"
#include "server/listeners.h"
#include "server/refresher.h"
#include "server/server.h"

namespace trireme {

// What stands between the network and the server: the keys and the certificates that the options name, and TorchServe's
// tokens. A thread of its own looks every second whether their files have changed.
class Protection {
 public:
  // Errors name the file, and what is wrong with it. `log` must outlive it.
  static Result<std::unique_ptr<Protection>> Load(const ServerOptions& options, const Logger& log);

  Authoriser& authoriser() { return tokens_ ? *token_authoriser_ : *authoriser_; }

  // That of a listener which has these of TorchServe's surfaces, and no other protocol. With tokens one for inference
  // alone does not know the key for management, nor the other way round; metrics alone, where nobody has another key
  // than these, are for everybody, as with TorchServe.
  Authoriser& AuthoriserOf(const TorchserveSurfaces& surfaces);

  // Null: there are none. Whoever has started the server publishes them.
  TokenKeys* tokens() { return tokens_.get(); }

  // Those of a listener; null: it speaks in the clear. `options` are those given to Load.
  const net::TlsCertificates* CertificatesOf(const ServerOptions& options, const ListenerPlan& plan) const;

  // Shows when the certificates of these listeners expire, and how often files were read again. Once.
  void Show(metrics::Registry& registry, const ServerOptions& options, std::span<const ListenerPlan> plans);

 private:
  Protection() = default;
  void MakeTokens(const TokenKeys::Options& options);
  void Refresh();
  void ShowCertificates(metrics::Registry& registry, const std::string& listener,
                        const net::TlsCertificates& certificates);
  void ShowKeys(metrics::Registry& registry);

  std::unique_ptr<Authoriser> authoriser_;
  KeyAuthoriser* keys_ = nullptr;      // the authoriser, if it has keys
  std::unique_ptr<TokenKeys> tokens_;  // where there are some, those below ask them first
  std::unique_ptr<TokenAuthoriser> token_authoriser_;
  std::unique_ptr<TokenAuthoriser> inference_authoriser_;
  std::unique_ptr<TokenAuthoriser> management_authoriser_;
  std::unique_ptr<net::TlsCertificates> tls_;
  std::unique_ptr<net::TlsCertificates> grpc_tls_;
  std::vector<metrics::CallbackHandle> series_;
  std::unique_ptr<Refresher> refresher_;  // last: it uses the above; none where nothing can change
};

}  // namespace trireme

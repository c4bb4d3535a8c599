// The real http_caller: posts to one service over a few connections that it keeps.
//
// Owned by the pod, with a thread of its own, so that neither a slow service nor a slow resolver
// holds up an I/O thread. Every request is answered within the timeout, waiting for a connection
// included; answers of more than 64 KiB count as none.
#pragma once

#include "core/expected.hpp"
#include "net/http_caller.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace mqttzoo::net {

struct hook_options {
  std::string url;        ///< http:// or https://
  std::string token_file; ///< its word is sent along; empty: none
  std::string ca_file;    ///< PEM; empty: the system's authorities
  std::chrono::milliseconds timeout{2'000};
  unsigned connections_max = 8;
};

class hook_client final : public http_caller {
public:
  /// Starts the thread, and connects to nobody yet. The error is a sentence for the operator.
  static expected<std::unique_ptr<hook_client>, std::string> open(const hook_options& options);
  ~hook_client() override;

  void post(std::string body, std::function<void(http_reply)> done) override;
  /// Joins the thread; what is not answered by then never is.
  void stop();

private:
  struct parts;
  explicit hook_client(std::unique_ptr<parts> p);

  std::unique_ptr<parts> parts_;
};

} // namespace mqttzoo::net

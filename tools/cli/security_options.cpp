// What makes a connection secret, and WebSocket.
#include "tools/cli/option_groups.hpp"

namespace mqttzoo::cli {
namespace {

/// Bytes from hexadecimal digits; nothing if they are none.
std::optional<std::string> from_hex(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    unsigned value = 0;
    const auto* const at = text.data() + i;
    const auto parsed = std::from_chars(at, at + 2, value, 16);
    if (parsed.ec != std::errc{} || parsed.ptr != at + 2)
      return std::nullopt;
    bytes += static_cast<char>(value);
  }
  return text.empty() || text.size() % 2 != 0 ? std::nullopt : std::optional{bytes};
}

} // namespace

void add_security_options(option_table& table, options& o) {
  auto& tls = o.client.tls;
  const auto secret = [&](const char* name, std::string& into) {
    table.value({name}, [&o, &into](const std::string& text) {
      into = text;
      o.uses_tls = true;
      return sentence{};
    });
  };
  secret("--cafile", tls.authorities_file);
  secret("--capath", tls.authorities_path);
  secret("--cert", tls.certificate_file);
  secret("--key", tls.key_file);
  secret("--psk-identity", tls.psk_identity);
  table.value({"--psk"}, [&o, &tls](const std::string& text) {
    const auto key = from_hex(text);
    tls.psk_key = key.value_or("");
    o.uses_tls = true;
    return key ? sentence{} : option_table::invalid("--psk (hexadecimal, no leading 0x)", text);
  });
  table.text({"--ciphers"}, tls.ciphers);
  table.text({"--tls-alpn"}, tls.alpn);
  table.value({"--tls-version"}, [](const std::string&) { return sentence{}; }); // 1.2 and newer
  table.flag({"--tls-use-os-certs"}, o.uses_tls); // trusted when no file is named
  table.action({"--insecure"}, [&tls] {
    tls.check = peer_check::authority;
    return sentence{};
  });
  table.flag({"--ws"}, o.uses_websocket);
}

} // namespace mqttzoo::cli

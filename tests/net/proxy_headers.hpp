// Headers of the PROXY protocol, good and bad; fuzz/seeds/proxy_header.cpp makes files of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mqttzoo::net::test {

struct sample_header {
  std::string_view name; ///< also the seed's file
  std::string bytes;
  std::string_view outcome; ///< "own", "known 10.0.0.7:51234", "unknown", "waits", or the fault
};

/// The signature of version 2, version and command, family, length, and what it counts.
inline std::string binary_header(char version_command, char family, std::string_view rest) {
  std::string header{"\r\n\r\n\0\r\nQUIT\n", 12};
  header += {version_command, family, static_cast<char>(rest.size() >> 8),
             static_cast<char>(rest.size())};
  return header.append(rest);
}

inline std::vector<sample_header> sample_headers() {
  using namespace std::literals;
  const auto v4 = "\x0a\x00\x00\x07\x0a\x01\x00\x01\xc8\x22\x07\x5b"s; // 10.0.0.7:51234 to :1883
  const auto v6 = "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07"
                  "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\xc8\x22\x07\x5b"s;
  const auto additions = "\x04\0\x03xyz\x20\0\x05\x01\0\0\0\0"s; // NOOP; SSL without a name
  const std::string longest = "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
                              "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n";
  return {
      {"line-tcp4", "PROXY TCP4 10.0.0.7 10.1.0.1 51234 1883\r\n", "known 10.0.0.7:51234"},
      {"line-tcp6", "PROXY TCP6 2001:db8::7 2001:db8::1 51234 1883\r\n",
       "known [2001:db8::7]:51234"},
      {"line-tcp6-longest", longest, "known [ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"},
      {"line-mapped", "PROXY TCP6 ::ffff:10.0.0.7 ::1 51234 1883\r\n", "known 10.0.0.7:51234"},
      {"line-unknown", "PROXY UNKNOWN\r\n", "unknown"},
      {"line-unknown-with-more", "PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n", "unknown"},
      {"line-unknown-too-long", "PROXY UNKNOWN " + std::string(92, 'x') + "\r\n", "too long"},
      {"line-without-end", "PROXY TCP4 " + std::string(96, '1'), "too long"},
      {"line-half", "PROXY TCP4 10.0.0.7 10.1.0.1 51234 1883\r", "waits"},
      {"line-beginning", "PRO", "waits"},
      {"nothing", "", "waits"},
      {"line-with-another-word", "PROXX TCP4 1.2.3.4 1.2.3.4 1 1\r\n", "no header"},
      {"line-of-udp", "PROXY UDP4 10.0.0.7 10.1.0.1 51234 1883\r\n", "unsupported"},
      {"line-without-family", "PROXY \r\n", "unsupported"},
      {"line-wrong-family", "PROXY TCP4 2001:db8::7 2001:db8::1 1 2\r\n", "malformed"},
      {"line-two-spaces", "PROXY TCP4  10.0.0.7 10.1.0.1 51234 1883\r\n", "malformed"},
      {"line-space-at-end", "PROXY TCP4 10.0.0.7 10.1.0.1 51234 1883 \r\n", "malformed"},
      {"line-missing-port", "PROXY TCP4 10.0.0.7 10.1.0.1 51234\r\n", "malformed"},
      {"line-port-too-large", "PROXY TCP4 10.0.0.7 10.1.0.1 65536 1883\r\n", "malformed"},
      {"line-port-with-zero", "PROXY TCP4 10.0.0.7 10.1.0.1 051 1883\r\n", "malformed"},
      {"line-port-negative", "PROXY TCP4 10.0.0.7 10.1.0.1 -1 1883\r\n", "malformed"},
      {"line-octal", "PROXY TCP4 010.0.0.7 10.1.0.1 1 1883\r\n", "malformed"},
      {"line-short-address", "PROXY TCP4 10.7 10.1.0.1 1 1883\r\n", "malformed"},
      {"line-scope", "PROXY TCP6 fe80::1%eth0 fe80::2 1 1883\r\n", "malformed"},
      {"mqtt", "\x10\x0c\0\x04MQTT\x04\x02\0\0\0\0"s, "no header"},
      {"tls", "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03"s, "no header"},
      {"binary-tcp4", binary_header(0x21, 0x11, v4), "known 10.0.0.7:51234"},
      {"binary-tcp6", binary_header(0x21, 0x21, v6), "known [2001:db8::7]:51234"},
      {"binary-additions", binary_header(0x21, 0x11, v4 + additions), "known 10.0.0.7:51234"},
      {"binary-local", binary_header(0x20, 0x00, ""), "own"},
      {"binary-local-with-more", binary_header(0x20, 0x11, v4), "own"},
      {"binary-unspecified", binary_header(0x21, 0x00, "whatever"), "unknown"},
      {"binary-unix", binary_header(0x21, 0x31, std::string(216, 'x')), "unknown"},
      {"binary-udp", binary_header(0x21, 0x12, v4), "unsupported"},
      {"binary-family-3", binary_header(0x21, 0x41, v4), "unsupported"},
      {"binary-version-1", binary_header(0x11, 0x11, v4), "unsupported"},
      {"binary-command-2", binary_header(0x22, 0x11, v4), "unsupported"},
      {"binary-too-short", binary_header(0x21, 0x11, v4.substr(1)), "malformed"},
      {"binary-addition-too-long", binary_header(0x21, 0x11, v4 + "\x04\0\x04xyz"s), "malformed"},
      {"binary-addition-cut", binary_header(0x21, 0x11, v4 + "\x04\0"s), "malformed"},
      {"binary-longest", binary_header(0x21, 0x11, v4 + "\x04\x0f\xe1"s + std::string(4065, 'x')),
       "known 10.0.0.7:51234"},
      {"binary-too-long", binary_header(0x20, 0x00, std::string(4081, 'x')), "too long"},
      {"binary-half", binary_header(0x21, 0x11, v4).substr(0, 27), "waits"},
      {"binary-signature", binary_header(0x21, 0x11, v4).substr(0, 12), "waits"},
      {"binary-wrong-signature", "\r\n\r\n\0\r\nQUIX\n\x21\x11\0\0"s, "no header"},
  };
}

} // namespace mqttzoo::net::test

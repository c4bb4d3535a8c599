// Every kind of header, whole, in pieces and with something behind it.
#define CAF_SUITE net.proxy_header

#include "net/proxy_header.hpp"

#include "tests/net/proxy_headers.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo::net;
using namespace mqttzoo::net::test;

namespace {

std::string outcome_of(std::string_view bytes) {
  const auto read = read_proxy_header(bytes);
  if (!read) {
    constexpr const char* faults[] = {"no header", "too long", "malformed", "unsupported"};
    return faults[static_cast<std::size_t>(read.error())];
  }
  if (!*read)
    return "waits";
  const auto& header = **read;
  switch (header.speaks_for) {
  case proxy_header::relation::own:
    return "own";
  case proxy_header::relation::known:
    return "known " + to_string(header.source);
  case proxy_header::relation::unknown:
    break;
  }
  return "unknown";
}

bool is_whole(const sample_header& s) {
  return s.outcome == "own" || s.outcome == "unknown" || s.outcome.starts_with("known");
}

} // namespace

CAF_TEST(each header is what it is) {
  for (const auto& s : sample_headers()) {
    CAF_MESSAGE(s.name);
    CAF_CHECK_EQUAL(outcome_of(s.bytes), s.outcome);
  }
}

CAF_TEST(what follows a header is not looked at) {
  for (const auto& s : sample_headers())
    if (is_whole(s)) {
      CAF_MESSAGE(s.name);
      const auto bytes = s.bytes + "PROXY \r\n\r\n and more";
      CAF_CHECK_EQUAL(outcome_of(bytes), s.outcome);
      const auto read = read_proxy_header(bytes);
      CAF_CHECK_EQUAL(read.value()->size_bytes, s.bytes.size());
    }
}

CAF_TEST(a header that comes in pieces is waited for) {
  for (const auto& s : sample_headers())
    if (is_whole(s))
      for (std::size_t size = 0; size < s.bytes.size(); ++size)
        if (outcome_of(s.bytes.substr(0, size)) != "waits")
          CAF_FAIL(s.name << ": " << size << " bytes are taken for a whole header");
}

CAF_TEST(what is waited for is bounded) {
  for (const auto& start :
       {std::string{"PROXY "}, binary_header(0x20, 0, std::string(4080, 'x'))}) {
    auto bytes = start;
    bytes.resize(proxy_header_bytes_max, 'x');
    CAF_CHECK_NOT_EQUAL(outcome_of(bytes), "waits");
  }
}

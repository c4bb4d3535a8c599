// What cannot be loaded is named.
#define CAF_SUITE net.tls_context

#include "net/tls_context.hpp"

#include "tests/net/certificates.hpp"

#include <caf/test/dsl.hpp>

#include <fstream>

using namespace mqttzoo::net;
using namespace mqttzoo::net::test;

namespace {

struct fixture {
  /// Why `files` cannot be loaded.
  static std::string error_of(const tls_files& files) {
    const auto loaded = tls_context::load(files);
    return loaded ? "loaded" : loaded.error();
  }

  authority ca;
  tls_files good = ca.issue({"pod-0", "pod-0"});
  tls_files other = ca.issue({"pod-1", "pod-1"});
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(tls_context_tests, fixture)

CAF_TEST(certificate key and authorities that fit are loaded) {
  CAF_CHECK_EQUAL(error_of(good), "loaded");
}

CAF_TEST(a file that is missing is named with its option) {
  for (const auto member : {&tls_files::certificate, &tls_files::key, &tls_files::authorities}) {
    auto files = good;
    files.*member = ca.path("missing");
    const auto error = error_of(files);
    CAF_MESSAGE(error);
    CAF_CHECK_NOT_EQUAL(error.find("'" + ca.path("missing") + "' as links.tls."), error.npos);
  }
}

CAF_TEST(a key of another certificate is refused) {
  auto files = good;
  files.key = other.key;
  CAF_CHECK_NOT_EQUAL(error_of(files).find("links.tls.key: key values mismatch"),
                      std::string::npos);
}

CAF_TEST(a file of something else is refused) {
  std::ofstream{ca.path("text")} << "no certificate";
  auto files = good;
  files.authorities = ca.path("text");
  CAF_CHECK_NOT_EQUAL(error_of(files).find("links.tls.ca"), std::string::npos);
}

CAF_TEST_FIXTURE_SCOPE_END()

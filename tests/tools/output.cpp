// What is printed for a message, as mosquitto_sub of Debian 12 prints it.
#define CAF_SUITE tools.output
#include "tools/cli/output.hpp"

#include <caf/test/dsl.hpp>

#include <string>

using namespace mqttzoo;
using namespace mqttzoo::cli;

namespace {

mqttzoo::received with(std::string payload) {
  mqttzoo::received m;
  m.topic = "t";
  m.payload = std::move(payload);
  return m;
}

std::string by(const std::string& format, const std::string& payload = "x") {
  options o;
  o.format = format;
  return print(o, with(payload)).out;
}

} // namespace

CAF_TEST(an empty message) {
  options o;
  CAF_CHECK(print(o, with("")).out.empty());
  o.verbose = true;
  CAF_CHECK_EQUAL(print(o, with("")).out, "t (null)\n");
  o.no_newline = true;
  CAF_CHECK(print(o, with("")).out.empty());
  CAF_CHECK_EQUAL(print(o, with("x")).out, "t x");
  o.verbose = false;
  CAF_CHECK(print(o, with("")).out.empty());
  CAF_CHECK_EQUAL(by("%p", ""), "\n");
  CAF_CHECK_EQUAL(by("[%5p]", ""), "[     ]\n");
}

CAF_TEST(an empty format prints nothing of a message) {
  CAF_CHECK_EQUAL(by(""), "\n");
}

CAF_TEST(the time has a width and a precision) {
  const std::size_t size = std::string{"2026-11-30T21:46:41+0000"}.size();
  CAF_CHECK_EQUAL(by("%I").size(), size + 1);
  CAF_CHECK(by("%30I").starts_with("      2"));
  CAF_CHECK(by("%-30I").ends_with("      \n"));
  CAF_CHECK(by("%030I").starts_with("      2"));
  CAF_CHECK_EQUAL(by("%30I").size(), 31u);
  CAF_CHECK_EQUAL(by("%.4I").size(), 5u);
  CAF_CHECK_EQUAL(by("%5I").size(), size + 1);
}

CAF_TEST(a payload that is no JSON is told) {
  options o;
  o.format = "%J";
  const auto text = print(o, with("x"));
  CAF_CHECK_EQUAL(text.out, "\n");
  CAF_CHECK(text.error.find("not valid JSON on topic t") != std::string::npos);
  CAF_CHECK(print(o, with("")).error.empty());
}

// What people read of the table is complete, and the committed document is the generated one.
#define CAF_SUITE core.options_text

#include "core/options_text.hpp"

#include "core/options.hpp"

#include <caf/test/dsl.hpp>

#include <fstream>
#include <iterator>

using namespace mqttzoo::core;

CAF_TEST(help names every option) {
  const auto text = help_text("mqttzood");
  for (const auto& o : options())
    CAF_CHECK(text.find("--" + std::string{o.name} + "=") != text.npos);
}

CAF_TEST(the committed document is up to date) {
  std::ifstream file{MQTTZOO_SOURCE_DIR "/docs/configuration.md"};
  const std::string committed{std::istreambuf_iterator<char>{file}, {}};
  CAF_CHECK(committed == options_markdown()); // otherwise: tools/docs
}

CAF_TEST(a configuration is described by what differs and where that came from) {
  const std::vector<std::string> arguments{"--net.port=1"};
  const auto config = load_config(arguments, {});
  CAF_REQUIRE(config.has_value());
  CAF_CHECK_EQUAL(describe_config(*config), "net.port = 1  (command line)\n");
  CAF_CHECK_EQUAL(describe_config(*load_config({}, {})), "every option has its default\n");
}

// Lines of the log: form, escaping, bounds, levels per folder and the cut of floods.
#define CAF_SUITE core.log

#include "core/log.hpp"

#include "core/settings.hpp"

#include <caf/test/dsl.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <climits>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace mqttzoo::core;

namespace {

constexpr logger net_log{log_folder::net};

/// Sends the log into a pipe and restores it.
class fixture {
public:
  fixture() {
    CAF_REQUIRE_EQUAL(::pipe(ends_), 0);
    redirect_log(ends_[1]);
  }
  ~fixture() {
    redirect_log(STDERR_FILENO);
    configure_log(settings{}.log);
    ::close(ends_[0]);
    ::close(ends_[1]);
  }

  /// One read takes one line, because each is one write and the pipe was empty.
  std::string line() const {
    std::string text(2 * PIPE_BUF, '\0');
    text.resize(static_cast<std::size_t>(::read(ends_[0], text.data(), text.size())));
    return text;
  }

  /// The line after its time stamp.
  std::string rest() const {
    const auto text = line();
    return text.substr(std::min(text.find(" level="), text.size()));
  }

  static void use(log_format format, log_level level = log_level::info) {
    log_settings s;
    s.level = level;
    s.format = format;
    configure_log(s);
  }

private:
  int ends_[2] = {};
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(log_tests, fixture)

CAF_TEST(a line of text holds time and level and folder and event and fields) {
  net_log.info("listening", {{"address", "::1"}, {"port", 1883}, {"tls", false}, {"load", 0.5}});
  const auto text = line();
  CAF_CHECK_EQUAL(text.find("time=2"), 0u);
  CAF_CHECK_EQUAL(
      text.substr(text.find(' ')),
      " level=info folder=net event=listening address=::1 port=1883 tls=false load=0.5\n");
}

CAF_TEST(hostile strings cannot forge a line) {
  net_log.warn("refused", {{"client", "a\nlevel=error \"x\" \x1b[2J\xff"}});
  CAF_CHECK_EQUAL(rest(), " level=warn folder=net event=refused client=\"a\\u000alevel=error "
                          "\\\"x\\\" \\u001b[2J\\u00ff\"\n");
}

CAF_TEST(empty and long strings are recognisable) {
  net_log.warn("refused", {{"client", ""}, {"topic", std::string(1000, 't')}});
  CAF_CHECK_EQUAL(rest(), " level=warn folder=net event=refused client=\"\" topic=\"" +
                              std::string(256, 't') + "...\"\n");
}

CAF_TEST(a line never exceeds what one write keeps whole) {
  const std::string nasty(1000, '\n');
  for (const auto format : {log_format::text, log_format::json}) {
    use(format);
    net_log.warn("refused", {{"a", nasty}, {"b", nasty}, {"c", nasty}, {"d", 1}});
    const auto text = line();
    CAF_CHECK_LESS_OR_EQUAL(text.size(), std::size_t{PIPE_BUF});
    CAF_CHECK_EQUAL(text.back(), '\n');
    // Fields that fit are kept, also after one that does not.
    if (format == log_format::json)
      CAF_CHECK(nlohmann::json::parse(text)["d"] == 1);
    else
      CAF_CHECK(text.ends_with(" d=1\n"));
  }
}

CAF_TEST(json lines parse whatever they carry) {
  use(log_format::json);
  net_log.error("x", {{"s", "\"\\\x01\x80"}, {"n", -1}, {"u", 18446744073709551615u}, {"b", true}});
  const auto parsed = nlohmann::json::parse(line());
  CAF_CHECK_EQUAL(parsed["level"], "error");
  CAF_CHECK_EQUAL(parsed["folder"], "net");
  CAF_CHECK_EQUAL(parsed["s"], "\"\\\x01\xc2\x80");
  CAF_CHECK_EQUAL(parsed["n"], -1);
  CAF_CHECK_EQUAL(parsed["u"], 18446744073709551615u);
  CAF_CHECK_EQUAL(parsed["b"], true);
}

CAF_TEST(a folder may have a level of its own) {
  log_settings s;
  s.level = log_level::warn;
  s.level_of[static_cast<std::size_t>(log_folder::net)] = log_level::debug;
  configure_log(s);
  constexpr logger zk_log{log_folder::zk};
  CAF_CHECK(net_log.enabled(log_level::debug));
  CAF_CHECK(!net_log.enabled(log_level::trace));
  CAF_CHECK(!zk_log.enabled(log_level::info));
  zk_log.info("hidden");
  net_log.debug("shown");
  CAF_CHECK_EQUAL(rest(), " level=debug folder=net event=shown\n");
}

CAF_TEST(off is silent) {
  use(log_format::text, log_level::off);
  net_log.error("hidden");
  use(log_format::text);
  net_log.error("shown");
  CAF_CHECK_EQUAL(rest(), " level=error folder=net event=shown\n");
}

CAF_TEST(lines of several threads do not mix) {
  constexpr int threads = 4, lines = 100; // 40 KiB: fits the pipe
  std::vector<std::thread> writers;
  for (int t = 0; t < threads; ++t)
    writers.emplace_back([] {
      for (int i = 0; i < lines; ++i)
        net_log.info("tick", {{"text", "0123456789"}});
    });
  for (auto& w : writers)
    w.join();
  std::string all;
  while (std::count(all.begin(), all.end(), '\n') < threads * lines)
    all += line();
  std::size_t whole = 0;
  const std::string_view end = " level=info folder=net event=tick text=0123456789\n";
  for (auto at = all.find(end); at != all.npos; at = all.find(end, at + 1))
    ++whole;
  CAF_CHECK_EQUAL(whole, std::size_t{threads * lines});
}

CAF_TEST(a throttle lets a burst through and counts the rest) {
  using namespace std::chrono_literals;
  log_throttle throttle{2, 1s};
  const auto start = std::chrono::steady_clock::time_point{1h};
  std::uint64_t swallowed = 0;
  CAF_CHECK(throttle.admit(start, swallowed));
  CAF_CHECK(throttle.admit(start, swallowed));
  CAF_CHECK(!throttle.admit(start + 999ms, swallowed));
  CAF_CHECK(!throttle.admit(start + 999ms, swallowed));
  CAF_CHECK_EQUAL(swallowed, 0u);
  CAF_CHECK(throttle.admit(start + 1s, swallowed));
  CAF_CHECK_EQUAL(swallowed, 2u);
}

CAF_TEST(a throttled line says what was swallowed) {
  using namespace std::chrono_literals;
  static log_throttle throttle{1, 0s}; // every line opens a new period
  net_log.log(throttle, log_level::warn, "flood");
  CAF_CHECK_EQUAL(rest(), " level=warn folder=net event=flood\n");
}

CAF_TEST_FIXTURE_SCOPE_END()

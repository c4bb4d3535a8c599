#include "tools/cli/options.hpp"

#include "sdk/address.hpp"

#include <charconv>
#include <cmath>
#include <functional>
#include <map>
#include <sstream>
#include <unistd.h>

namespace mqttzoo::cli {
namespace {

constexpr std::uint32_t never_expires = 0xFFFF'FFFF;

/// A mistake in the command line, as a sentence.
struct mistake {
  std::string text;
};

template<class Number>
Number number(const std::string& text, Number least, Number most, const std::string& what) {
  Number value{};
  const auto* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc{} || parsed.ptr != end || value < least || value > most)
    throw mistake{"Invalid " + what + " given: " + text};
  return value;
}

/// Reads one command line.
class parser {
public:
  parser(program which, const std::vector<std::string>& arguments)
      : which_(which), arguments_(arguments) {
    shared();
    security();
    which == program::pub ? publishing() : subscribing();
  }

  parsed run() {
    parsed result;
    try {
      for (at_ = 0; at_ < arguments_.size(); ++at_) {
        const auto& name = arguments_[at_];
        if (name == "--help" || name == "--version") {
          result.what = name == "--help" ? parsed::next::show_help : parsed::next::show_version;
          return result;
        }
        const auto known = table_.find(name);
        if (known == table_.end())
          throw mistake{"Unknown option '" + name + "'."};
        known->second();
      }
      complete();
      result.options = std::move(o_);
    } catch (const mistake& wrong) {
      result.what = parsed::next::fail;
      result.error = wrong.text;
    }
    return result;
  }

private:
  using action = std::function<void()>;

  std::string value() {
    if (at_ + 1 == arguments_.size())
      throw mistake{arguments_[at_] + " argument given but no value specified."};
    return arguments_[++at_];
  }
  void flag(const std::string& name, bool& into) {
    table_[name] = [&into] { into = true; };
  }
  void text(const std::string& name, std::string& into) {
    table_[name] = [this, &into] { into = value(); };
  }
  void ignored(const std::string& name) {
    table_[name] = [] {};
  }
  void both(const std::string& name, const std::string& longer, action what) {
    table_[name] = what;
    table_[longer] = std::move(what);
  }

  void shared();
  void security();
  void publishing();
  void subscribing();
  void take_source(source from);
  void take_url(const std::string& url);
  void take_version(const std::string& name);
  void take_expiry(const std::string& text);
  void complete();
  void complete_client();

  program which_;
  const std::vector<std::string>& arguments_;
  std::size_t at_ = 0;
  options o_;
  std::map<std::string, action> table_;
  std::string prefix_;
  will_options will_;
  bool has_will_ = false, has_will_details_ = false, has_expiry_ = false, persistent_ = false;
};

void parser::shared() {
  auto& c = o_.client;
  c.version = protocol::v3_1_1;
  both("-h", "--host", [this] { o_.host = value(); });
  both("-p", "--port", [this] { o_.port = number<std::uint16_t>(value(), 1, 65'535, "port"); });
  both("-t", "--topic", [this] { o_.topics.push_back(value()); });
  both("-q", "--qos", [this] { o_.qos = static_cast<qos>(number(value(), 0, 2, "QoS")); });
  both("-i", "--id", [this, &c] { c.client_id = value(); });
  both("-I", "--id-prefix", [this] { prefix_ = value(); });
  both("-u", "--username", [this, &c] { c.user_name = value(); });
  both("-P", "--pw", [this, &c] { c.password = value(); });
  both("-V", "--protocol-version", [this] { take_version(value()); });
  both("-k", "--keepalive",
       [this, &c] { c.keep_alive_s = number<std::uint16_t>(value(), 5, 65'535, "keepalive"); });
  both("-c", "--disable-clean-session", [this] { persistent_ = true; });
  both("-x", "--session-expiry-interval", [this] { take_expiry(value()); });
  both("-L", "--url", [this] { take_url(value()); });
  both("-d", "--debug", [this] { o_.debug = true; });
  both("-M", "--max-inflight",
       [this] { o_.inflight_max = number(value(), 1U, 65'535U, "max inflight"); });
  text("-A", c.local_address);
  flag("--quiet", o_.quiet);
  ignored("--nodelay");
  ignored("--tls-use-os-certs"); // which are trusted when no file is named
  both("-D", "--property", [this] {
    const auto command = value(), identifier = value(), first = value();
    const auto second = identifier == "user-property" ? value() : std::string{};
    if (auto wrong = apply_property(o_, command, identifier, first, second); !wrong.empty())
      throw mistake{std::move(wrong)};
  });
  table_["--will-topic"] = [this] {
    has_will_ = true;
    will_.what.topic = value();
  };
  table_["--will-payload"] = [this] {
    has_will_details_ = true;
    will_.what.payload = value();
  };
  table_["--will-qos"] = [this] {
    has_will_details_ = true;
    will_.what.qos = static_cast<qos>(number(value(), 0, 2, "will QoS"));
  };
  flag("--will-retain", will_.what.retain);
}

void parser::security() {
  auto& tls = o_.client.tls;
  const auto file = [this](const std::string& name, std::string& into) {
    table_[name] = [this, &into] {
      into = value();
      o_.uses_tls = true;
    };
  };
  file("--cafile", tls.authorities_file);
  file("--capath", tls.authorities_path);
  file("--cert", tls.certificate_file);
  file("--key", tls.key_file);
  text("--ciphers", tls.ciphers);
  text("--tls-alpn", tls.alpn);
  table_["--tls-version"] = [this] { value(); }; // 1.2 and newer are offered
  table_["--insecure"] = [&tls] { tls.check = peer_check::authority; };
  flag("--ws", o_.uses_websocket);
}

void parser::publishing() {
  both("-m", "--message", [this] {
    take_source(source::argument);
    o_.payload = value();
  });
  both("-f", "--file", [this] {
    take_source(source::file);
    o_.file = value();
  });
  both("-l", "--stdin-line", [this] { take_source(source::lines); });
  both("-s", "--stdin-file", [this] { take_source(source::all_input); });
  both("-n", "--null-message", [this] { take_source(source::nothing); });
  both("-r", "--retain", [this] { o_.retain = true; });
  table_["--repeat"] = [this] { o_.repeat = number(value(), 1U, 0xFFFF'FFFFU, "repeat count"); };
  table_["--repeat-delay"] = [this] {
    const auto text = value();
    double seconds = 0;
    const auto* const end = text.data() + text.size();
    if (std::from_chars(text.data(), end, seconds).ptr != end || !(seconds >= 0))
      throw mistake{"Invalid repeat delay given: " + text};
    o_.repeat_delay = std::chrono::milliseconds{std::llround(seconds * 1000)};
  };
}

void parser::subscribing() {
  table_["-C"] = [this] {
    o_.count = number<std::uint64_t>(value(), 1, 0x7FFF'FFFF, "message count");
  };
  table_["-W"] = [this] {
    o_.timeout = std::chrono::seconds{number(value(), 1, 0x7FFF'FFFF, "timeout")};
  };
  both("-T", "--filter-out", [this] { o_.filters_out.push_back(value()); });
  both("-U", "--unsubscribe", [this] { o_.unsubscribe.push_back(value()); });
  text("-F", o_.format);
  both("-v", "--verbose", [this] { o_.verbose = true; });
  flag("-N", o_.no_newline);
  flag("-R", o_.no_retained);
  flag("-E", o_.exit_after_suback);
  flag("--retained-only", o_.retained_only);
  flag("--remove-retained", o_.remove_retained);
  flag("--pretty", o_.pretty);
  table_["--random-filter"] = [this] {
    const auto text = value();
    const auto* const end = text.data() + text.size();
    if (std::from_chars(text.data(), end, o_.percentage).ptr != end || o_.percentage < 0.1 ||
        o_.percentage > 100)
      throw mistake{"--random-filter must be between 0.1-100.0"};
  };
}

void parser::take_source(source from) {
  if (o_.from != source::none)
    throw mistake{"Only one type of message can be sent at once."};
  o_.from = from;
}

void parser::take_url(const std::string& url) {
  const auto parsed = sdk::parse_address(url);
  if (!parsed || url.find("://") == std::string::npos)
    throw mistake{"unsupported URL scheme."};
  const bool web =
      parsed->how == sdk::scheme::websocket || parsed->how == sdk::scheme::secure_websocket;
  o_.host = parsed->host;
  o_.port = parsed->port;
  o_.uses_websocket = web;
  o_.uses_tls = parsed->how == sdk::scheme::tls || parsed->how == sdk::scheme::secure_websocket;
  if (parsed->user_name)
    o_.client.user_name = parsed->user_name;
  if (parsed->password)
    o_.client.password = parsed->password;
  const auto topic =
      web ? parsed->path.substr(parsed->path.starts_with('/') ? 1 : 0) : parsed->path;
  if (topic.empty())
    throw mistake{"Invalid URL for -L argument specified - topic missing."};
  o_.topics.push_back(topic);
}

void parser::take_version(const std::string& name) {
  if (name == "mqttv31" || name == "31")
    o_.client.version = protocol::v3_1;
  else if (name == "mqttv311" || name == "311")
    o_.client.version = protocol::v3_1_1;
  else if (name == "mqttv5" || name == "5")
    o_.client.version = protocol::v5;
  else
    throw mistake{"Invalid protocol version argument given."};
}

void parser::take_expiry(const std::string& text) {
  has_expiry_ = true;
  o_.client.session_expiry_s =
      text == "-1" || text == "∞"
          ? never_expires
          : number<std::uint32_t>(text, 0, never_expires, "session expiry interval");
}

/// What only the whole command line shows.
void parser::complete() {
  if (which_ == program::pub && o_.topics.size() > 1)
    o_.topics.erase(o_.topics.begin(), o_.topics.end() - 1); // the last one counts
  if (which_ == program::pub && (o_.topics.empty() || o_.from == source::none))
    throw mistake{"Both topic and message must be supplied."};
  if (which_ == program::sub && o_.topics.empty())
    throw mistake{"You must specify a topic to subscribe to."};
  if (has_will_details_ && !has_will_)
    throw mistake{"Will payload given, but no will topic given."};
  if (which_ == program::sub && persistent_ && o_.client.client_id.empty())
    throw mistake{"You must provide a client id if you are using the -c option."};
  if (o_.client.version != protocol::v5 && o_.client.password && !o_.client.user_name)
    throw mistake{"Problem setting username and/or password."};
  complete_client();
}

void parser::complete_client() {
  auto& c = o_.client;
  if (!prefix_.empty())
    c.client_id = prefix_ + std::to_string(::getpid());
  c.clean_start = !persistent_;
  if (persistent_ && !has_expiry_)
    c.session_expiry_s = never_expires;
  if (has_will_) {
    if (c.will) { // its properties came with -D
      will_.delay_s = c.will->delay_s;
      will_.what.properties = c.will->what.properties;
    }
    c.will = will_;
  } else {
    c.will.reset();
  }
  if (o_.port == 0 && !o_.uses_websocket)
    o_.port = o_.uses_tls ? 8883 : 1883;
  const char* scheme = o_.uses_websocket ? (o_.uses_tls ? "wss://" : "ws://")
                                         : (o_.uses_tls ? "mqtts://" : "mqtt://");
  const auto host = o_.host.find(':') == std::string::npos ? o_.host : '[' + o_.host + ']';
  c.servers = {scheme + host + (o_.port == 0 ? "" : ':' + std::to_string(o_.port))};
}

} // namespace

parsed parse(program which, const std::vector<std::string>& arguments) {
  return parser{which, arguments}.run();
}

} // namespace mqttzoo::cli

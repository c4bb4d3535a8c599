#include "tools/cli/mosquitto_conf_listeners.hpp"

#include "core/numbers.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace mqttzoo::cli {
namespace {

using json = nlohmann::ordered_json;

bool secure(const mosquitto_listener& l) {
  return !l.certificate.empty();
}
bool local(const mosquitto_listener& l) {
  return core::read_number<std::uint64_t>(l.port) == 0u && l.address.starts_with('/');
}
/// Whether the file asks for it; mosquitto's default one is there without being asked for.
bool asked_for(const mosquitto_listener& l) {
  return !l.port.empty() || !l.address.empty();
}
std::string name_of(const mosquitto_listener& l) {
  return "listener " + (l.port.empty() ? "1883" : l.port);
}

/// It does nothing with an authority that it does not ask for certificates of.
bool asks(const mosquitto_listener& l) {
  return l.certificate_required.value_or(false) ||
         (l.certificate_required && !l.authorities.empty());
}
std::string identity(const mosquitto_listener& l) {
  return l.common_name_is_user ? "cn" : l.subject_is_user ? "subject" : "";
}
bool same_tls(const mosquitto_listener& a, const mosquitto_listener& b) {
  return a.certificate == b.certificate && a.key == b.key && asks(a) == asks(b) &&
         (!asks(a) ||
          (a.authorities == b.authorities && a.certificate_required == b.certificate_required));
}

/// Nothing if mosquitto lets in by it who is on the same machine, as is the default here.
std::optional<bool> anonymous(const mosquitto_listener& l) {
  return l.anonymous || !asked_for(l) ? l.anonymous : std::optional{false};
}
json rule(bool anonymous) {
  return anonymous ? "allow" : "refuse";
}

class placer {
public:
  explicit placer(migration_draft& into) : into_{into} {}

  void place(std::span<const mosquitto_listener> all) {
    for (const auto& l : all)
      if (&l != &all.front() || asked_for(l) || all.size() == 1)
        wanted_.push_back(&l);
      else
        leave_default(l);
    decide_anonymous();
    set_for_all("max_qos", "mqtt.qos.max", &mosquitto_listener::qos_max);
    set_for_all("max_topic_alias", "mqtt.topic.alias.maximum",
                &mosquitto_listener::topic_alias_max);
    for (const auto* l : wanted_)
      place(*l);
    if (!taken_[0])
      into_.set("net.port", "off");
    if (anonymous_)
      into_.set("auth.anonymous", rule(*anonymous_));
  }

private:
  /// Another one replaces it.
  void leave_default(const mosquitto_listener& l) {
    if (!secure(l) && !l.connections_max && !l.qos_max && !l.topic_alias_max)
      return;
    into_.at(0);
    into_.remark("listener", "what stands before the first one is for a listener on port 1883, "
                             "which mosquitto opens for its sake; here it is left out");
  }

  /// One rule for all where they agree; otherwise those that allow it say so themselves.
  void decide_anonymous() {
    anonymous_ = anonymous(*wanted_.front());
    for (const auto* l : wanted_)
      if (anonymous(*l) != anonymous_)
        anonymous_ = false;
    const bool said = std::ranges::any_of(wanted_, [](const auto* l) { return !!l->anonymous; });
    if (said || !anonymous_)
      return;
    into_.at(0);
    into_.remark("allow_anonymous", "is not there, so that nobody comes in without a name, as with "
                                    "mosquitto 2; if yours is older, look at `auth.anonymous`");
  }

  /// What mosquitto has for each listener, and this broker once.
  void set_for_all(const char* theirs, const char* ours,
                   std::optional<std::uint64_t> mosquitto_listener::*which) {
    const auto first = wanted_.front()->*which;
    if (std::ranges::all_of(wanted_, [&](const auto* l) { return l->*which == first; })) {
      if (first)
        into_.set(ours, *first);
      return;
    }
    for (const auto* l : wanted_) {
      if (!(l->*which))
        continue;
      into_.at(l->line);
      into_.remark(theirs, "is left out: `" + std::string{ours} +
                               "` is one for all listeners, which do not agree; " + name_of(*l) +
                               " has " + std::to_string(*(l->*which)));
    }
  }

  void place(const mosquitto_listener& l) {
    into_.at(l.line);
    const auto port = core::read_number<std::uint64_t>(l.port.empty() ? "1883" : l.port);
    if (!port || (*port == 0 && !local(l)))
      return into_.no_counterpart(name_of(l), "has no port");
    if (!l.shared_key_hint.empty())
      return into_.no_counterpart(name_of(l), "is left out: there are no pre-shared keys, and "
                                              "without them it would be open");
    if (secure(l) && asks(l) && l.authorities.empty())
      return into_.no_counterpart(name_of(l),
                                  "is left out: it requires certificates, and who signs them must "
                                  "be one file (`cafile`), not a directory");
    if (!fits(l))
      return place_among_others(l, *port);
    place_simple(l, *port);
  }

  /// Whether the simple options are still free for it, and can say it.
  bool fits(const mosquitto_listener& l) {
    if (local(l) || !identity(l).empty() || anonymous(l) != anonymous_ ||
        (l.connections_max && wanted_.size() > 1))
      return false;
    if (secure(l) && tls_ && !same_tls(l, *tls_)) // `net.tls` is also that of WebSocket over TLS
      return false;
    if (l.websocket && web_ && l.address != web_->address)
      return false;
    if (std::exchange(taken_[(l.websocket ? 2u : 0u) + (secure(l) ? 1u : 0u)], true))
      return false;
    if (secure(l))
      tls_ = &l;
    if (l.websocket)
      web_ = &l;
    return true;
  }

  void place_simple(const mosquitto_listener& l, std::uint64_t port) {
    const std::string family = l.websocket ? "net.websocket" : secure(l) ? "net.tls" : "net";
    into_.set(family + ".address", numeric(l));
    into_.set(l.websocket && secure(l) ? "net.websocket.tls.port" : family + ".port", port);
    if (l.connections_max)
      into_.set("net.connections.max", *l.connections_max);
    if (!secure(l))
      return;
    into_.set("net.tls.certificate", l.certificate);
    into_.set("net.tls.key", l.key);
    if (asks(l)) {
      into_.set("net.tls.ca", l.authorities);
      into_.set("net.tls.certificates.required", *l.certificate_required);
    }
  }

  /// What the simple options cannot say.
  void place_among_others(const mosquitto_listener& l, std::uint64_t port) {
    json entry;
    if (local(l)) {
      entry["unix"] = l.address;
    } else {
      entry["address"] = numeric(l);
      entry["port"] = port;
    }
    if (secure(l)) {
      entry["tls"] = {{"certificate", l.certificate}, {"key", l.key}};
      entry["tls"]["ca"] = asks(l) ? l.authorities : "";
      if (asks(l))
        entry["tls"]["certificates.required"] = *l.certificate_required;
    }
    if (l.websocket)
      entry["websocket"] = true;
    if (!identity(l).empty())
      entry["identity"] = identity(l);
    if (const auto own = anonymous(l); own && own != anonymous_)
      entry["anonymous"] = rule(*own);
    if (l.connections_max)
      entry["connections.max"] = *l.connections_max;
    into_.add_listener(std::move(entry));
  }

  /// mosquitto listens everywhere unless told otherwise, but on loopback when told nothing at all.
  std::string numeric(const mosquitto_listener& l) {
    if (l.address.empty())
      return l.port.empty() && !secure(l) ? "127.0.0.1" : "::";
    if (l.address == "localhost")
      return "127.0.0.1";
    if (l.address.find_first_not_of("0123456789abcdefABCDEF.:") != std::string::npos)
      into_.remark(name_of(l), "its address must be numeric: put that of " + l.address);
    return l.address;
  }

  migration_draft& into_;
  std::vector<const mosquitto_listener*> wanted_;
  std::optional<bool> anonymous_; ///< the broker's rule
  std::array<bool, 4> taken_{}; ///< the simple options of plain, TLS, WebSocket, WebSocket over TLS
  const mosquitto_listener* tls_ = nullptr; ///< who has `net.tls`
  const mosquitto_listener* web_ = nullptr; ///< who has `net.websocket.address`
};

} // namespace

void place_listeners(std::span<const mosquitto_listener> all, migration_draft& into) {
  placer{into}.place(all);
}

} // namespace mqttzoo::cli

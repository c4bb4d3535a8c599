#include "tools/cli/inspect_tables.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace mqttzoo::cli {

namespace {

using row = std::vector<std::string>;
using rows = std::vector<row>;

std::string fixed(double x) {
  std::array<char, 48> text{};
  const auto size = std::snprintf(text.data(), text.size(), "%.1f", x);
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string show(const json& value) {
  if (value.is_string())
    return printable(value.get_ref<const std::string&>());
  if (value.is_null())
    return "-";
  if (value.is_boolean())
    return value.get<bool>() ? "yes" : "no";
  if (value.is_number_float())
    return fixed(value.get<double>());
  return value.dump();
}

std::string show(const json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? "-" : show(*found);
}

std::string show_ms(const json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() || !found->is_number() ? "-"
                                                      : show_duration_ms(found->get<double>());
}

std::string show_wait(const json& actor) {
  const auto found = actor.find("waits");
  if (found == actor.end() || found->value("on", std::string{"nothing"}) == "nothing")
    return "-";
  auto text = show(*found, "on") + ": " + show(*found, "what");
  if (const auto since = found->find("for_ms"); since != found->end() && since->is_number())
    text += " (" + show_duration_ms(since->get<double>()) + ')';
  return text;
}

/// Code points, which is what a terminal's columns are for most text.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

/// A number, or none.
bool is_number(const std::string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || c == '.' || c == '-'; });
}

/// Of all pods, a column that says which; of one, none.
template<class Make>
std::string table_of(const json& items, row heads, Make make) {
  const bool many = !items.empty() && items.front().contains("pod_name");
  if (many)
    heads.insert(heads.begin(), "pod");
  rows all;
  for (const auto& i : items) {
    row r = make(i);
    if (many)
      r.insert(r.begin(), show(i, "pod_name"));
    all.push_back(std::move(r));
  }
  return render_table(heads, all);
}

void render_into(std::string& out, const json& object, std::size_t depth) {
  const std::string indent(2 * depth, ' ');
  for (const auto& [name, value] : object.items()) {
    if (value.is_object()) {
      out += indent + name + '\n';
      render_into(out, value, depth + 1);
    } else if (value.is_array() && !value.empty() && value.front().is_object()) {
      out += indent + name + '\n';
      for (const auto& v : value) {
        std::string line;
        for (const auto& [n, x] : v.items())
          line += (line.empty() ? "" : ", ") + n + ' ' + show(x);
        out += indent + "  - " + line + '\n';
      }
    } else if (value.is_array()) {
      std::string line;
      for (const auto& v : value)
        line += (line.empty() ? "" : ", ") + show(v);
      out += indent + name + ": " + (line.empty() ? "-" : line) + '\n';
    } else {
      out += indent + name + ": " + show(value) + '\n';
    }
  }
}

} // namespace

std::string printable(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    // C1 controls are two bytes in UTF-8: C2 80 to C2 9F.
    const bool c1 = c == 0xC2 && i + 1 < text.size() &&
                    static_cast<unsigned char>(text[i + 1]) >= 0x80 &&
                    static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (c >= 0x20 && c != 0x7F && !c1) {
      out += text[i];
      continue;
    }
    std::array<char, 8> code{};
    std::snprintf(code.data(), code.size(), "\\x%02x",
                  c1 ? static_cast<unsigned char>(text[++i]) : c);
    out += code.data();
  }
  return out;
}

std::string show_duration_ms(double ms) {
  if (ms < 1'000)
    return std::to_string(static_cast<std::int64_t>(ms)) + " ms";
  if (ms < 120'000)
    return fixed(ms / 1'000) + " s";
  if (ms < 7'200'000)
    return fixed(ms / 60'000) + " min";
  return fixed(ms / 3'600'000) + " h";
}

std::string render_table(const row& heads, const rows& all) {
  struct column {
    std::size_t width = 0;
    bool numbers = true;
  };
  std::vector<column> columns(heads.size());
  const auto measure = [&](const row& r) {
    for (std::size_t i = 0; i < r.size(); ++i)
      columns[i].width = std::max(columns[i].width, width_of(r[i]));
  };
  measure(heads);
  for (const auto& r : all) {
    measure(r);
    for (std::size_t i = 0; i < r.size(); ++i)
      columns[i].numbers &= is_number(r[i]);
  }
  std::string out;
  const auto add = [&](const row& r) {
    std::string line;
    for (std::size_t i = 0; i < r.size(); ++i) {
      const std::string fill(columns[i].width - width_of(r[i]), ' ');
      line += columns[i].numbers ? fill + r[i] : r[i] + fill;
      line += "  ";
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
  };
  add(heads);
  for (const auto& r : all)
    add(r);
  return out;
}

std::string render_actors(const json& items) {
  return table_of(
      items,
      {"id", "kind", "unit", "messages", "runs", "busy ms", "mail", "most", "age", "waits for",
       "subject"},
      [](const json& a) -> row {
        return {show(a, "id"),       show(a, "kind"),        show(a, "unit"),
                show(a, "messages"), show(a, "runs"),        fixed(a.value("busy_us", 0.0) / 1'000),
                show(a, "mailbox"),  show(a, "mailbox_max"), show_ms(a, "age_ms"),
                show_wait(a),        show(a, "subject")};
      });
}

std::string render_clients(const json& items) {
  return table_of(items,
                  {"id", "connected", "protocol", "persistent", "filters", "unacknowledged",
                   "queued", "age", "waits for", "client"},
                  [](const json& a) -> row {
                    return {show(a, "id"),
                            show(a, "connected"),
                            show(a, "protocol"),
                            show(a, "persistent"),
                            show(a, "subscription_count"),
                            show(a, "unacknowledged"),
                            show(a, "queued_messages"),
                            show_ms(a, "age_ms"),
                            show_wait(a),
                            show(a, "subject")};
                  });
}

std::string render_topics(const json& items) {
  return table_of(
      items,
      {"id", "batches", "sessions", "groups", "pods", "retained", "age", "waits for", "topic"},
      [](const json& a) -> row {
        return {show(a, "id"),          show(a, "batches"),   show(a, "session_count"),
                show(a, "group_count"), show(a, "pod_count"), show(a, "retained"),
                show_ms(a, "age_ms"),   show_wait(a),         show(a, "subject")};
      });
}

std::string render_links(const json& items) {
  return table_of(
      items, {"to", "linked", "unconfirmed frames", "bytes", "unsettled", "waiting", "waits for"},
      [](const json& a) -> row {
        return {show(a, "subject"),
                show(a, "linked"),
                show(a, "unconfirmed_frames"),
                show(a, "unconfirmed_bytes"),
                show(a, "unsettled_messages"),
                show(a, "waiting_batches"),
                show_wait(a)};
      });
}

std::string render_stuck(const json& items) {
  return table_of(items, {"id", "kind", "for", "mail", "waits for", "subject"},
                  [](const json& a) -> row {
                    return {show(a, "id"),      show(a, "kind"), show_ms(a, "stuck_for_ms"),
                            show(a, "mailbox"), show_wait(a),    show(a, "subject")};
                  });
}

std::string render_watches(const json& items) {
  return table_of(items, {"whose", "data", "exists", "children", "path"}, [](const json& w) -> row {
    return {show(w, "whose"), show(w, "data"), show(w, "exists"), show(w, "children"),
            show(w, "path")};
  });
}

std::string render_pods(const json& answer) {
  auto out = "view " + show(answer, "view") + ": " + show(answer, "step") + '\n';
  out += table_of(
      answer.value("pods", json::array()),
      {"life", "this one", "clients", "for operators", "links", "version", "view", "sessions"},
      [](const json& p) -> row {
        return {show(p, "life"),  show(p, "self"),    show(p, "mqtt"),           show(p, "admin"),
                show(p, "links"), show(p, "version"), show(p, "installed_view"), show(p, "moves")};
      });
  if (const auto gone = answer.find("departed"); gone != answer.end() && !gone->empty())
    out += "departed, not passed on yet: " + show(*gone) + '\n';
  return out;
}

std::string render_tree(const json& object) {
  std::string out;
  render_into(out, object, 0);
  return out;
}

std::string render_client(const json& answer) {
  std::string out;
  for (const auto& sentence : answer.value("explanation", json::array()))
    out += show(sentence) + ".\n";
  auto rest = answer;
  rest.erase("explanation");
  return out + '\n' + render_tree(rest);
}

std::string render_bank(const json& answer) {
  auto rest = answer;
  std::string out;
  auto& more = rest["more"];
  for (const auto* of : {"clients", "topics"}) {
    const auto accounts = more.value(of, json::array());
    more.erase(of);
    out += std::string{of} + " that hold something\n" +
           table_of(accounts, {"credits", "bytes", "messages", "name"}, [](const json& a) -> row {
             return {show(a, "credits"), show(a, "bytes"), show(a, "messages"), show(a, "name")};
           });
  }
  return render_tree(rest) + '\n' + out;
}

} // namespace mqttzoo::cli

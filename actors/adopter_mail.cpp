// The adopter's work for one session: what is stored of it, and its mail under this pod's names.
#include "actors/adopter.hpp"

#include <caf/actor_cast.hpp>

#include <string_view>
#include <utility>

namespace mqttzoo::actors {

namespace {

/// Tells names of copies from those of the post office, which counts from 1.
constexpr std::uint64_t copies_from = std::uint64_t{1} << 63;

std::size_t bytes_of(const zk::op& o) {
  if (const auto* c = std::get_if<zk::create_op>(&o))
    return c->path.size() + c->data.size();
  if (const auto* s = std::get_if<zk::set_op>(&o))
    return s->path.size() + s->data.size();
  return std::visit([](const auto& any) { return any.path.size(); }, o);
}

} // namespace

void adopter::read(const orphan_ptr& o) {
  auto self = caf::actor_cast<caf::strong_actor_ptr>(this);
  pod().store->get(*pod().store_answers, o->path, nullptr,
                   [self, this, o](const expected<zk::node, zk::error>& found) {
                     run_inline([&] {
                       if (!found && found.error() != zk::error::no_node)
                         return once_more(o);
                       auto read = found ? session_reader{*pod().clock}.session(found->data)
                                         : unexpected{zk::record_error::truncated};
                       if (!read) {
                         report_damaged(o->path, read.error());
                         claims_.erase(o->path);
                         return left(o);
                       }
                       o->session = std::move(*read);
                       read_nodes(o);
                     });
                   });
}

void adopter::read_nodes(const orphan_ptr& o) {
  auto self = caf::actor_cast<caf::strong_actor_ptr>(this);
  pod().store->scan(
      *pod().store_answers, o->path, {zk::scan_depth::children},
      [self, this, o](const std::vector<zk::scanned_node>& page) {
        for (const auto& node : page)
          take_node(*o, node);
      },
      [self, this, o](const expected<std::size_t, zk::error>& all) {
        run_inline([&] { all ? fetch_mail(o) : once_more(o); });
      });
}

void adopter::take_node(orphan& o, const zk::scanned_node& node) {
  const auto level = zk::last_level_of(node.path);
  if (level.starts_with("p-")) {
    if (auto p = session_reader::read_pointer(level, node.data))
      o.pointers.push_back({node.path, node.stat.version, p->record.mail_path, std::move(*p)});
    else
      report_damaged(node.path, p.error());
  } else if (level.starts_with("r-")) {
    if (const auto wrong = session_reader::add_received(o.session, node.data))
      report_damaged(node.path, *wrong);
  }
}

void adopter::fetch_mail(const orphan_ptr& o) {
  o->mails_missing = 1; // this turn
  for (const auto& p : o->pointers) {
    const auto& path = p.mail;
    auto [at, is_new] = mails_.try_emplace(path);
    auto& m = at->second;
    if (m.message || m.missing)
      continue;
    m.waiting.push_back(o);
    ++o->mails_missing;
    if (is_new)
      pod().store->get(*pod().store_answers, path, nullptr,
                       [self = caf::actor_cast<caf::strong_actor_ptr>(this), this,
                        path](const expected<zk::node, zk::error>& found) {
                         run_inline([&] { mail_came(path, found); });
                       });
  }
  mail_complete(o);
}

void adopter::mail_came(const std::string& path, const expected<zk::node, zk::error>& found) {
  const auto at = mails_.find(path);
  auto& m = at->second;
  const auto waiting = std::exchange(m.waiting, {});
  const bool unknown = !found && found.error() != zk::error::no_node;
  if (found) {
    const auto record = zk::decode_mail(found->data);
    m.missing = !record;
    if (record) {
      m.message = session_reader{*pod().clock}.message(*record);
      m.data = found->data;
    } else {
      report_damaged(path, record.error());
    }
    if (is_own(path))
      m.copy = path; // made at an earlier try
  }
  m.missing |= !found && !unknown;
  if (unknown)
    mails_.erase(at);
  for (const auto& o : waiting) {
    o->again |= unknown;
    mail_complete(o);
  }
}

/// One answer less to wait for.
void adopter::mail_complete(const orphan_ptr& o) {
  if (--o->mails_missing > 0)
    return;
  if (o->again)
    return once_more(o);
  std::erase_if(o->pointers, [&](const orphan::pointer& p) {
    const bool lost = mails_.at(p.mail).missing;
    if (lost)
      report_damaged(p.path, zk::record_error::bad_value);
    return lost;
  });
  rehome(o);
}

/// The next of its pointers get this pod's copies.
void adopter::rehome(const orphan_ptr& o) {
  std::vector<zk::op> what;
  std::vector<std::string> copied;
  std::size_t bytes = 0;
  auto next = o->rehomed;
  for (; next < o->pointers.size() && what.size() + 2 <= ops_max; ++next) {
    auto& p = o->pointers[next];
    if (!what.empty() && bytes + mails_.at(p.mail).data.size() > ops_bytes_max)
      break;
    const auto before = what.size();
    add_pointer(p, what, copied);
    for (auto i = before; i < what.size(); ++i)
      bytes += bytes_of(what[i]);
  }
  if (what.empty())
    return rehomed_all(o);
  auto self = caf::actor_cast<caf::strong_actor_ptr>(this);
  pod().store->multi(*pod().store_answers, std::move(what),
                     [self, this, o, next, copied](const zk::multi_result& result) {
                       run_inline([&] {
                         for (const auto& path : copied) {
                           auto& m = mails_.at(path);
                           (result ? m.data : m.copy).clear();
                         }
                         if (!result)
                           return once_more(o);
                         o->rehomed = next;
                         rehome(o);
                       });
                     });
}

/// One copy serves all sessions that are adopted here; whoever comes second only looks that it is
/// there.
void adopter::add_pointer(orphan::pointer& p, std::vector<zk::op>& into,
                          std::vector<std::string>& copied) {
  auto& m = mails_.at(p.mail);
  if (m.copy == p.mail)
    return; // at an earlier try
  if (m.copy.empty()) {
    const zk::mail_name name{0, 0, pod().store->session(), copies_from | ++last_copy_};
    m.copy = std::string{zk::parent_of(p.mail)} + '/' + zk::format_mail_name(name);
    into.emplace_back(zk::create_op{m.copy, m.data, zk::create_mode::persistent});
    copied.push_back(p.mail);
  } else {
    into.emplace_back(zk::check_op{m.copy});
  }
  p.read.record.mail_path = m.copy;
  into.emplace_back(
      zk::set_op{p.path, zk::encode_pointer(p.read.record).value_or(std::string{}), p.version});
}

void adopter::rehomed_all(const orphan_ptr& o) {
  for (auto& p : o->pointers) {
    auto& message = by_copy_[p.read.record.mail_path]; // the same for all who share it
    if (!message)
      message = mails_.at(p.mail).message;
    session_reader::add(o->session, std::move(p.read), message);
  }
  session_reader::finish(o->session);
  o->pointers.clear();
  claims_[o->path] = claim::taken;
  taken_.push_back(o);
  left(o);
}

bool adopter::is_own(const std::string& mail_path) const {
  const auto name = zk::parse_mail_name(zk::last_level_of(mail_path));
  return name && name->writer == services().pod->store->session();
}

} // namespace mqttzoo::actors

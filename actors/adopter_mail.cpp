// The adopter's work for one session: what is stored of it, and its mail.
#include "actors/adopter.hpp"
#include "zk/message_parts.hpp"

#include <caf/actor_cast.hpp>

#include <string_view>
#include <utility>

namespace mqttzoo::actors {

void adopter::read(const orphan_ptr& o) {
  pod().store->get(*pod().store_answers, o->path, nullptr,
                   as_this([this, o](const expected<zk::node, zk::error>& found) {
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
                   }));
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
      o.pointers.push_back(std::move(*p));
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
    const auto& path = p.record.mail_path;
    auto [at, is_new] = mails_.try_emplace(path);
    auto& m = at->second;
    if (m.message || m.missing)
      continue;
    m.waiting.push_back(o);
    ++o->mails_missing;
    if (is_new)
      pod().store->get(*pod().store_answers, path, nullptr,
                       as_this([this, path](const auto& found) { mail_came(path, found); }));
  }
  mail_complete(o);
}

void adopter::mail_came(const std::string& path, const expected<zk::node, zk::error>& found) {
  if (!found)
    return mail_read(path, unexpected{found.error()});
  auto record = zk::decode_mail(found->data);
  if (record && record->parts.count > 0)
    return fetch_parts(path, std::move(*record));
  if (!record)
    report_damaged(path, record.error());
  mail_read(path, record ? std::optional{std::move(*record)} : std::nullopt);
}

void adopter::fetch_parts(const std::string& path, zk::mail_record head) {
  using body = expected<std::optional<zk::message_body>, zk::error>;
  const auto parts = head.parts;
  zk::read_parts(*pod().store, *pod().store_answers, path, parts,
                 as_this([this, path, head = std::move(head)](body found) mutable {
                   if (!found)
                     return mail_read(path, unexpected{found.error()});
                   if (!*found) // its time is over, or it is damaged
                     return mail_read(path, std::nullopt);
                   zk::put_together(head, std::move(**found));
                   mail_read(path, std::optional{std::move(head)});
                 }));
}

/// Nothing: it is not there.
void adopter::mail_read(const std::string& path,
                        const expected<std::optional<zk::mail_record>, zk::error>& found) {
  const auto at = mails_.find(path);
  auto& m = at->second;
  const auto waiting = std::exchange(m.waiting, {});
  const bool unknown = !found && found.error() != zk::error::no_node;
  m.missing = !unknown && !(found && *found);
  if (found && *found) {
    m.message = session_reader{*pod().clock}.message(**found);
    m.publisher = (*found)->publisher;
  }
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
  give_mail(o);
}

/// The mail stays where it is: the leader removes it when its time is over, and the post office the
/// pointers.
void adopter::give_mail(const orphan_ptr& o) {
  const session_reader reader{*pod().clock, pod().store_time};
  for (auto& p : std::exchange(o->pointers, {})) {
    const auto& m = mails_.at(p.record.mail_path);
    if (!m.missing)
      reader.add(o->session, std::move(p), m.message, m.publisher);
    else if (!reader.add_without_mail(o->session, p))
      report_damaged(p.record.mail_path, zk::record_error::bad_value);
  }
  session_reader::finish(o->session);
  claims_[o->path] = claim::taken;
  taken_.push_back(o);
  left(o);
}

} // namespace mqttzoo::actors

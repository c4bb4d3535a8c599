// The post office's retained messages that are too large for their node. Each has a body: a mail
// drop without addressee and without an end, which bears its cost, and its parts below. It is
// complete before the node names it; who replaces it removes it in the same transaction.
#include "actors/post_office.hpp"
#include "actors/session_reader.hpp"
#include "core/log.hpp"
#include "zk/message_parts.hpp"

#include <caf/actor_cast.hpp>

#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

} // namespace

// --- writing ---

/// The newest message's, before its node is written.
void post_office::write_body(const std::string& topic, retained_write& w) {
  announce(topic, w);
  w.under_way = true;
  written_body b{w.newest, {}, {}};
  const auto parts = parts_of(*w.newest);
  b.held = draw_holding(*w.newest, w.waiting.empty() ? nullptr : w.waiting.back(), parts.count);
  b.body.path = paths_.mail_drop(
      topic, {0, static_cast<std::uint64_t>(b.held.credits), pod().store->session(), ++last_mail_});
  ensure_bucket(b.body.path);
  ops what;
  what.emplace_back(zk::create_op{
      b.body.path,
      zk::encode_mail(to_record(*w.newest, b.held.client, parts)).value_or(std::string{}),
      zk::create_mode::persistent});
  payment pay{{withdrawn(*w.newest, b.held)}, 0};
  pay.tried = w.give_up_at == net::time_point::max() ? attempt::first : attempt::again;
  write(std::move(what), std::move(pay),
        [this, topic, b, tickets = std::exchange(w.waiting, {})](const bank_commit& answer) {
          if (answer.result)
            return write_body_parts(topic, b, tickets);
          retained_written(topic, b.message, b.held, tickets, answer);
        });
}

void post_office::write_body_parts(const std::string& topic, written_body b,
                                   const ticket_list& tickets) {
  parts_writer::job j{b.message, b.body.path, b.held.parts, {}, {}};
  j.wanted = [this, topic, m = b.message] {
    const auto w = retained_writes_.find(topic);
    return w != retained_writes_.end() && w->second.newest == m;
  };
  j.done = [this, topic, tickets, b = std::move(b)](const parts_writer::outcome& o) mutable {
    b.body.parts = o.written;
    if (o.failed)
      body_failed(topic, b, tickets, *o.failed);
    else
      body_written(topic, std::move(b), tickets);
  };
  parts_.begin(std::move(j));
}

/// Whole, unless there is a newer message by now.
void post_office::body_written(const std::string& topic, written_body b,
                               const ticket_list& tickets) {
  const auto found = retained_writes_.find(topic);
  if (found == retained_writes_.end())
    return; // the actor has ended
  auto& w = found->second;
  w.under_way = false;
  w.waiting.insert(w.waiting.begin(), tickets.begin(), tickets.end());
  w.body = std::move(b);
  write_retained(topic, w);
}

void post_office::body_failed(const std::string& topic, const written_body& b, ticket_list tickets,
                              zk::multi_error why) {
  remove_body(b);
  bank_commit answer;
  // of no node that other pods write: no race is to be run again
  answer.result = unexpected(zk::multi_error{
      why.code == zk::error::no_node ? zk::error::storage_failed : why.code, why.index});
  retained_written(topic, b.message, b.held, std::move(tickets), answer);
}

/// Nothing newer has it, and no node will name it.
void post_office::drop_body(retained_write& w) {
  if (w.body)
    remove_body(*w.body);
  w.body.reset();
}

void post_office::remove_body(const written_body& b) {
  removal r;
  remove_nodes(b.body, r.what);
  r.held = returned(*b.message, b.held);
  remove(std::move(r));
}

void post_office::remove_nodes(const retained_body& b, ops& into) {
  if (b.path.empty())
    return;
  zk::remove_parts(b.path, b.parts, into);
  into.emplace_back(zk::remove_op{b.path});
}

// --- reading ---

/// `seen`: the version whose body was not there. It has been replaced, or is damaged.
void post_office::read_whole(const std::string& topic, whole_handler then,
                             std::optional<zk::version> seen) {
  read_retained_node(topic, [this, topic, seen, then = std::move(then)](
                                const expected<zk::node, zk::error>& found) mutable {
    if (!found)
      return then(unexpected{found.error()});
    auto record = zk::decode_retained(found->data);
    const auto& stat = found->stat;
    if (!record || seen == stat.version)
      return then(whole_retained{stat, std::nullopt});
    if (record->parts.count == 0)
      return then(whole_retained{stat, std::move(*record)});
    auto self = caf::actor_cast<caf::strong_actor_ptr>(this);
    auto path = record->body;
    const auto parts = record->parts;
    zk::read_parts(*pod().store, *pod().store_answers, std::move(path), parts,
                   [self, this, topic, stat, record = std::move(*record), then = std::move(then)](
                       expected<std::optional<zk::message_body>, zk::error> body) mutable {
                     run_inline([&] {
                       if (!body)
                         return then(unexpected{body.error()});
                       if (!*body)
                         return read_whole(topic, std::move(then), stat.version);
                       zk::put_together(record, std::move(**body));
                       then(whole_retained{stat, std::move(record)});
                     });
                   });
  });
}

/// A departed pod's, whose body is still to be read.
void post_office::adopt_in_parts(found_retained found) {
  auto self = caf::actor_cast<caf::strong_actor_ptr>(this);
  auto path = found.record.body;
  const auto parts = found.record.parts;
  zk::read_parts(*pod().store, *pod().store_answers, std::move(path), parts,
                 [self, this, found = std::move(found)](
                     expected<std::optional<zk::message_body>, zk::error> body) mutable {
                   run_inline([&] {
                     if (!body && zk::may_pass(body.error()))
                       return adopt_later(std::move(found));
                     if (!body || !*body) // replaced meanwhile, or it waits for the next leader
                       return log.warn("a departed pod's retained message could not be read",
                                       {{"topic", found.record.topic}});
                     auto whole = static_cast<const zk::message_record&>(found.record);
                     zk::put_together(whole, std::move(**body));
                     adopt_retained(found, session_reader{*pod().clock}.message(whole));
                   });
                 });
}

} // namespace mqttzoo::actors

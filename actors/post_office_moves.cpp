// Sessions that move: their owner nodes say that they are nobody's, and the post office forgets
// them without removing anything.
//
// The transactions go the way of all others, so what the store was asked to write for a session
// stands there before another pod can take it. Mail that it counts on stays until its time is over,
// whoever else has it: nobody here knows when that session has it.
#include "actors/move_frames.hpp"
#include "actors/post_office.hpp"
#include "actors/session_owner.hpp"
#include "core/log.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

/// Owner nodes in one transaction.
constexpr std::size_t at_once_max = 50;

} // namespace

struct post_office::giving {
  std::vector<card_ref> left;
  std::vector<card_ref> given;
};

void post_office::give(const std::vector<card_ref>& sessions) {
  auto g = std::make_shared<giving>();
  g->left = sessions;
  give_next(g);
}

void post_office::give_next(const std::shared_ptr<giving>& g) {
  ops what;
  auto some = std::make_shared<std::vector<card_ref>>();
  while (!g->left.empty() && some->size() < at_once_max) {
    auto session = std::move(g->left.back());
    g->left.pop_back();
    const auto known = known_sessions_.find(session->number);
    if (known == known_sessions_.end() || !known->second.owner_set)
      continue; // the store does not have it: it stays
    what.emplace_back(zk::set_op{zk::paths::session_owner(paths_.session(session->client)),
                                 encode_owner(nobodys_life, {}), known->second.owner});
    some->push_back(std::move(session));
  }
  if (some->empty()) {
    let_go(g->given);
    return send(pod().usher, given_atom::value,
                std::make_shared<const std::vector<card_ref>>(std::move(g->given)));
  }
  write(std::move(what), [this, g, some](const zk::multi_result& result) {
    if (result)
      g->given.insert(g->given.end(), some->begin(), some->end());
    else
      log.warn("sessions that were to move stay",
               {{"sessions", some->size()}, {"error", zk::to_string(result.error().code)}});
    give_next(g);
  });
}

void post_office::let_go(const std::vector<card_ref>& sessions) {
  std::unordered_set<session_number> gone;
  for (const auto& session : sessions) {
    gone.insert(session->number);
    known_sessions_.erase(session->number);
    received_.erase(session->number);
    leave_gatherings(session);
  }
  for (auto at = pointers_.begin(); at != pointers_.end();) {
    if (!gone.contains(at->first.session)) {
      ++at;
      continue;
    }
    const auto kept = mails_.find(at->second.mail);
    const auto place = at->second.place;
    at = pointers_.erase(at);
    if (kept == mails_.end())
      continue;
    take_from(kept->second, place);
    kept->second.shared = true;
    if (!kept->second.foreign || !kept->second.pointers.empty())
      continue;
    removal nothing; // another pod's is only forgotten
    drop_mail(kept, nothing);
  }
}

} // namespace mqttzoo::actors

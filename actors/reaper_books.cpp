// The leader's jobs: the total, the leases and the mail of pods that departed, their retained
// messages.
#include "actors/reaper.hpp"
#include "actors/recovered_mail.hpp"
#include "core/log.hpp"
#include "zk/behind_sync.hpp"

#include <algorithm>
#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

} // namespace

void reaper::read_free(std::function<void(const zk::node&)> then) {
  zk::get_behind_sync(*pod().store, *pod().store_answers, paths_.bank_free(),
                      heard<zk::node>([this, then = std::move(then)](const auto& found) {
                        if (!found || !zk::decode_free(found->data))
                          return end_job(ended::again); // not opened yet
                        then(*found);
                      }));
}

void reaper::settle_books(ops what, const zk::node& free, zk::free_record after,
                          std::function<void(const zk::multi_result&)> then) {
  const auto term = term_;
  const bool fenced = pod().bug != planted_bug::unfenced_reaping;
  if (fenced)
    what.insert(what.begin(), zk::check_op{paths_.epoch(), *epoch_});
  what.emplace_back(zk::set_op{paths_.bank_free(), zk::encode_free(after),
                               fenced ? free.stat.version : zk::any_version});
  pod().store->multi(
      *pod().store_answers, std::move(what),
      as_this([this, fenced, term, then = std::move(then)](const zk::multi_result& result) {
        if (term != term_)
          return;
        if (!result && fenced && result.error().code == zk::error::bad_version &&
            result.error().index == 0)
          return deposed();
        then(result);
      }));
}

// --- the total ---

/// What is held keeps its credits: a smaller bank shrinks by what is free, and goes on when more
/// is. The other jobs do not wait for that, as some of it is theirs to return.
void reaper::follow_capacity() {
  read_free([this](const zk::node& free) {
    const auto& settings = services().settings.bank;
    const auto wanted = zk::credits_of(settings.capacity_bytes, ttl_of(settings));
    const auto books = *zk::decode_free(free.data);
    const auto change = std::max(wanted - books.total, -books.credits);
    if (change == 0) {
      follow_capacity_at_ = books.total == wanted ? net::time_point::max() : now() + again_after;
      return end_job(ended::well);
    }
    settle_books({}, free, {books.credits + change, books.total + change},
                 [this](const zk::multi_result& result) {
                   if (!result)
                     follow_capacity_at_ = now() + again_after;
                   end_job(ended::well);
                 });
  });
}

// --- leases ---

void reaper::list_books() {
  pod().store->children(*pod().store_answers, paths_.bank_pods(), nullptr,
                        heard<zk::child_list>([this](const auto& found) {
                          books_listed_ = found.has_value();
                          for (const auto& name : found ? found->names : std::vector<std::string>{})
                            if (const pod_life life{name}; !view_->contains(life)) {
                              std::erase(to_reclaim_, life);
                              to_reclaim_.push_back(life);
                            }
                          end_job(found ? ended::well : ended::again);
                        }));
}

/// A life that has ended never begins again, so what was seen once stays true.
void reaper::reclaim(const pod_life& life) {
  zk::exists_behind_sync(*pod().store, *pod().store_answers, paths_.pod(life),
                         heard<std::optional<zk::stat>>([this, life](const auto& lives) {
                           if (!lives)
                             return end_job(ended::again);
                           if (*lives) // came after the view
                             return reclaimed(life);
                           read_books_of(life);
                         }));
}

void reaper::reclaimed(const pod_life& life) {
  std::erase(to_reclaim_, life);
  end_job(ended::well);
}

void reaper::read_books_of(const pod_life& life) {
  pod().store->get(*pod().store_answers, paths_.bank_pod_in(life), nullptr,
                   heard<zk::node>([this, life](const auto& in) {
                     if (!in && in.error() == zk::error::no_node)
                       return reclaimed(life); // an earlier leader did it
                     pod().store->get(*pod().store_answers, paths_.bank_pod_out(life), nullptr,
                                      heard<zk::node>([this, life, in](const auto& out) {
                                        if (in && out)
                                          return put_back(life, *in, *out);
                                        end_job(ended::again);
                                      }));
                   }));
}

void reaper::put_back(const pod_life& life, const zk::node& in, const zk::node& out) {
  const auto granted = zk::decode_granted(in.data);
  const auto spent = zk::decode_spent(out.data);
  if (!granted || !spent || granted->granted < spent->spent) {
    log.error("the books of a departed pod make no sense and are left alone",
              {{"pod", life.str()}, {"in", in.data}, {"out", out.data}});
    return reclaimed(life);
  }
  const auto left = granted->granted - spent->spent;
  read_free([this, life, left, in = in.stat.version, out = out.stat.version](const zk::node& free) {
    auto books = *zk::decode_free(free.data);
    books.credits += left;
    ops what;
    what.emplace_back(zk::remove_op{paths_.bank_pod_in(life), in});
    what.emplace_back(zk::remove_op{paths_.bank_pod_out(life), out});
    what.emplace_back(zk::remove_op{paths_.bank_pod(life)});
    settle_books(std::move(what), free, books, [this, life, left](const zk::multi_result& result) {
      if (!result) // if it was carried out all the same, there are no such books any more
        return end_job(ended::again);
      log.info("the lease of a departed pod is put back",
               {{"pod", life.str()}, {"credits", static_cast<std::uint64_t>(left)}});
      pod().bank_counts.reclaimed.add();
      reclaimed(life);
    });
  });
}

// --- mail ---

void reaper::reap() {
  if (pod().bug == planted_bug::unfenced_reaping && believed_)
    return reap_with({zk::encode_free(*believed_), {}});
  read_free([this](const zk::node& free) { reap_with(free); });
}

/// If the answer is lost it goes again: what is gone was counted with its removal, and not by us.
void reaper::reap_with(const zk::node& free) {
  const auto at = pod().store_time.unix_ms(*pod().clock);
  ops what;
  std::vector<doomed_mail> taken;
  std::vector<std::size_t> whose; // of `taken`, for each of `what`
  for (const auto& mail : doomed_) {
    if (mail.first > at || taken.size() == reaped_at_once_max || what.size() >= removals_max)
      break;
    if (const auto below = parts_.find(mail.second); below != parts_.end())
      for (const auto& part : below->second)
        what.emplace_back(zk::remove_op{part});
    what.emplace_back(zk::remove_op{mail.second});
    whose.resize(what.size(), taken.size());
    taken.push_back(mail);
  }
  auto books = *zk::decode_free(free.data);
  books.credits -= zk::mail_cost(what);
  believed_ = books;
  settle_books(std::move(what), free, books,
               [this, taken = std::move(taken), whose = std::move(whose)](
                   const zk::multi_result& result) { reaped(taken, whose, result); });
}

void reaper::reaped(const std::vector<doomed_mail>& taken, const std::vector<std::size_t>& whose,
                    const zk::multi_result& result) {
  if (result) {
    pod().bank_counts.reaped.add(taken.size());
    for (const auto& mail : taken) {
      parts_.erase(mail.second);
      doomed_.erase(mail);
    }
    return end_job(ended::well);
  }
  const auto& e = result.error();
  const auto first = pod().bug == planted_bug::unfenced_reaping ? 0U : 1U;
  const auto* guilty = e.index - first < whose.size() ? &taken[whose[e.index - first]] : nullptr;
  if (guilty && e.code == zk::error::not_empty)
    return list_parts(guilty->second);
  if (guilty && e.code == zk::error::no_node) {
    if (parts_.erase(guilty->second) == 0) // else it may be one of these that is gone
      doomed_.erase(*guilty);
    return end_job(ended::well);
  }
  end_job(e.code == zk::error::bad_version ? ended::well : ended::again);
}

/// Of a mail that cannot be removed without them.
void reaper::list_parts(const std::string& mail) {
  pod().store->children(*pod().store_answers, mail, nullptr,
                        heard<zk::child_list>([this, mail](const auto& found) {
                          if (!found && found.error() != zk::error::no_node)
                            return end_job(ended::again);
                          auto& parts = parts_[mail];
                          parts.clear();
                          for (const auto& name : found ? found->names : std::vector<std::string>{})
                            parts.push_back(zk::child_path(mail, name));
                          end_job(ended::well);
                        }));
}

// --- retained messages ---

/// Those that nobody renews are this pod's from now on. If their writer is there after all, one of
/// the two loses the node's version and lets go.
void reaper::scan_retained() {
  auto found = std::make_shared<std::vector<found_retained>>();
  pod().store->scan(
      *pod().store_answers, paths_.retained(), {zk::scan_depth::subtree},
      as_this([this, found](const std::vector<zk::scanned_node>& page) {
        for (const auto& node : page)
          if (auto record = zk::decode_retained(node.data);
              record && view_ && !record->is_removal() && !view_->contains(record->writer))
            found->push_back({std::move(*record), node.stat.version, node.stat.mzxid, nullptr});
      }),
      heard<std::size_t>([this, found](const auto& all) {
        retained_scanned_ = retained_scanned_ && all.has_value();
        if (all && !found->empty())
          send(pod().post_office, adopt_atom::value,
               std::shared_ptr<const std::vector<found_retained>>{found});
        end_job(all ? ended::well : ended::again);
      }));
}

/// Their writers have departed. What a retained message names stays named until whoever replaces it
/// removes the body with that; what none names now no pod will ever name.
void reaper::scan_bodies() {
  auto strays = std::make_shared<std::unordered_set<std::string>>(std::exchange(bodies_, {}));
  pod().store->scan(
      *pod().store_answers, paths_.retained(), {zk::scan_depth::subtree},
      [strays](const std::vector<zk::scanned_node>& page) {
        for (const auto& node : page)
          if (const auto record = zk::decode_retained(node.data))
            strays->erase(record->body);
      },
      heard<std::size_t>([this, strays](const auto& all) {
        if (!all) {
          bodies_.merge(*strays);
          return end_job(ended::again);
        }
        for (const auto& path : *strays)
          doomed_.emplace(0, path);
        end_job(ended::well);
      }));
}

} // namespace mqttzoo::actors

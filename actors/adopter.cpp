#include "actors/adopter.hpp"

#include "actors/home.hpp"
#include "actors/move_frames.hpp"
#include "actors/session_owner.hpp"
#include "core/log.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

} // namespace

adopter::adopter(caf::actor_config& config, unit_services& services, zk::paths paths)
    : pinned_base<adopter_actor>(config, services), paths_(std::move(paths)) {}

adopter::behavior_type adopter::make_behavior() {
  return {
      [this](adopt_atom, const view_ref& v) { adopt(v); },
      [this](changed_atom, const card_ref&) { announced(); },
      [this](heard_atom, const member_ref& by, const pod_frame& f) { given(by, f); },
      [this](shut_down_atom) { quit(); },
  };
}

void adopter::on_exit() {
  services().timers->cancel(*this);
  ++run_;
  taken_.clear();
  to_take_.clear();
  mails_.clear();
}

void adopter::adopt(const view_ref& v) {
  if (announcing_ > 0) {
    next_ = v;
    return;
  }
  begin(v);
}

/// Comes before the word that ends its view's step, so before that view is adopted here.
void adopter::given(const member_ref& by, const pod_frame& frame) {
  const auto g = decode_given(frame);
  if (!g)
    return send(by->peer, misbehaved_atom::value, std::string{"list of sessions"});
  if (g->view < given_in_)
    return;
  if (g->view > given_in_)
    given_.clear();
  given_in_ = g->view;
  for (const auto& client : g->clients)
    given_.push_back(paths_.session(client));
}

void adopter::begin(const view_ref& v) {
  for (const auto& o : std::exchange(to_take_, {})) { // in another view somebody else might
    claims_[o->path] = claim::failed;
    --in_work_;
  }
  view_ = v;
  ++run_;
  prefixes_.clear();
  buckets_.clear();
  candidates_.clear();
  again_.clear();
  list_again_ = false;
  const bool lost_nobody =
      done_ && std::all_of(done_->members.begin(), done_->members.end(),
                           [&](const member_ref& m) { return v->contains(m->life); });
  if (given_in_ == v->number)
    again_.insert(given_.begin(), given_.end());
  if (lost_nobody && claims_.empty()) {
    if (again_.empty())
      return finish();
    return look_again();
  }
  for (const auto& [path, state] : claims_) // this pod may not be their home any more, but has them
    if (state == claim::failed)
      again_.insert(path);
  list_again_ = true;
  look_again();
}

/// What completed anywhere before every pod knew the view can be read behind a sync; only if that
/// was answered: else a link broke, and the server that answers next may be behind.
void adopter::look_again() {
  ++listing_;
  pod().store->sync(*pod().store_answers, paths_.sessions(),
                    as_this([this, run = run_](const expected<std::monostate, zk::error>& synced) {
                      --listing_;
                      if (run == run_ && synced) {
                        for (const auto& path : std::exchange(again_, {}))
                          candidates_.push_back(path);
                        if (std::exchange(list_again_, false))
                          prefixes_.push_back(paths_.sessions());
                      }
                      go_on();
                    }));
}

/// Lists only as much as there is to do.
void adopter::go_on() {
  while (in_work_ < at_once_max && !candidates_.empty()) {
    const auto path = std::move(candidates_.front());
    candidates_.pop_front();
    look(path);
  }
  while (candidates_.size() < at_once_max && listing_ < at_once_max) {
    auto& from = buckets_.empty() ? prefixes_ : buckets_;
    if (from.empty())
      break;
    const auto path = std::move(from.back());
    const bool is_bucket = &from == &buckets_;
    from.pop_back();
    ++listing_;
    if (is_bucket)
      list_bucket(path);
    else
      list_prefix(path);
  }
  if (in_work_ > 0 || listing_ > 0 || !candidates_.empty() || services().timers->scheduled(*this))
    return;
  if (!again_.empty() || list_again_)
    return try_again_later();
  all_taken();
}

/// The children of `sessions` and of the first level below it: the buckets this pod is home of.
void adopter::list_prefix(const std::string& path) {
  pod().store->children(
      *pod().store_answers, path, nullptr,
      as_this([this, path, run = run_](const expected<zk::child_list, zk::error>& found) {
        --listing_;
        if (run != run_)
          return go_on();
        list_again_ |= !found && found.error() != zk::error::no_node;
        const bool top = path == paths_.sessions();
        for (const auto& name : found ? found->names : std::vector<std::string>{}) {
          auto below = zk::child_path(path, name);
          if (top)
            prefixes_.push_back(std::move(below));
          else if (const auto b = bucket_of(below); b && view_->home_of(*b) == view_->self)
            buckets_.push_back(std::move(below));
        }
        go_on();
      }));
}

void adopter::list_bucket(const std::string& path) {
  pod().store->children(
      *pod().store_answers, path, nullptr,
      as_this([this, path, run = run_](const expected<zk::child_list, zk::error>& found) {
        --listing_;
        if (run == run_) {
          list_again_ |= !found && found.error() != zk::error::no_node;
          for (const auto& name : found ? found->names : std::vector<std::string>{})
            candidates_.push_back(zk::child_path(path, name));
        }
        go_on();
      }));
}

void adopter::try_again_later() {
  log.warn("sessions of a departed pod cannot be adopted yet",
           {{"sessions", static_cast<std::uint64_t>(again_.size())}});
  services().timers->schedule(*this, now() + std::chrono::seconds{1});
}

void adopter::on_due(net::time_point) {
  run_inline([&] { look_again(); });
}

// --- all are taken ---

void adopter::all_taken() {
  mails_.clear();
  claims_.clear();
  if (taken_.empty())
    return finish();
  log.info("sessions of departed pods are adopted",
           {{"sessions", static_cast<std::uint64_t>(taken_.size())}});
  start_all();
}

/// The post office first: a session may ask it for something as soon as it runs. And the index
/// before the session: what that unsubscribes, or forgets with its end, must come behind. Neither
/// acts before this turn is over, as they are of the same unit, so each finds the card complete.
void adopter::start_all() {
  auto found = std::make_shared<recovered_mail>();
  auto cards = std::make_shared<std::vector<card_ref>>();
  const auto& units = pod().units;
  std::size_t next = 0;
  for (const auto& o : taken_) {
    auto& s = o->session;
    auto card = make_session_card(*units[next++ % units.size()], s.client, o->from);
    for (auto& p : s.pointers) {
      p.session = card;
      found->pointers.push_back(std::move(p));
    }
    found->received.emplace_back(card, s.state->received);
    found->owners.emplace_back(card, *o->owner);
    cards->push_back(std::move(card));
  }
  send(pod().post_office, adopt_atom::value, std::move(found));
  for (std::size_t i = 0; i < taken_.size(); ++i) {
    const auto& card = (*cards)[i];
    auto change = std::make_shared<subscription_change>();
    change->session = card;
    change->of_adopted = true;
    change->add = taken_[i]->session.state->subscriptions;
    send(pod().index, change_atom::value,
         std::shared_ptr<const subscription_change>{std::move(change)});
    ++announcing_;
    start_session(pod().at(card->unit), system(), card, taken_[i]->session.state);
  }
  send(pod().home, adopt_atom::value,
       std::shared_ptr<const std::vector<card_ref>>{std::move(cards)});
  taken_.clear();
}

/// Every pod knows what one of them wants.
void adopter::announced() {
  if (announcing_ > 0 && --announcing_ == 0)
    finish();
}

void adopter::finish() {
  done_ = view_;
  if (next_)
    return begin(std::exchange(next_, nullptr)); // which takes the older one's place
  send(pod().home, adopted_atom::value, view_->number);
}

} // namespace mqttzoo::actors

// Where the post office keeps what found no room, as long as its publisher waits: a 3.x client
// cannot be told "no". The message has been delivered to all who could take it and is not published
// again: what is tried again is to store it for the others. The oldest goes first and alone; once
// it found room the next ones follow, ever more at once. Bounded by bank.waiting.bytes.max.
#include "actors/post_office.hpp"

#include <algorithm>
#include <utility>

namespace mqttzoo::actors {

/// False if it may not wait, or not any longer: then it is refused. Its books are undone.
bool post_office::wait(transaction& t, const mqtt::settlement& why) {
  if (!t.ticket || !t.ticket->patient)
    return false;
  if (t.place == 0) {
    if (!take_place(t, why))
      return false;
    t.ticket->delay(why);
  }
  auto& w = waiting_.at(t.place);
  if (w.give_up_at <= now())
    return false;
  if (std::exchange(w.tried, false)) {
    --tried_;
    tried_at_once_ = 1;
  }
  w.why = why;
  w.what = std::move(t);
  await_room();
  return true;
}

bool post_office::take_place(transaction& t, const mqtt::settlement& why) {
  const auto& limits = services().settings.bank;
  const auto bytes = t.message->footprint_bytes();
  if (waiting_bytes_ + bytes > limits.waiting_bytes_max)
    return false;
  // Once a message of QoS 2 is refused nobody can tell that it comes again, so it waits as long as
  // the session that would repeat it.
  const auto until = t.remembers ? net::time_point::max() : now() + limits.patience;
  t.place = ++last_place_;
  waiting_.emplace(t.place, waiting{{}, bytes, why, until, false});
  waiting_bytes_ += bytes;
  services().counters.publishes_waiting.add();
  return true;
}

void post_office::stop_waiting(std::uint64_t place) {
  const auto found = waiting_.find(place);
  if (found == waiting_.end())
    return;
  if (found->second.tried)
    --tried_;
  waiting_bytes_ -= found->second.bytes;
  services().counters.publishes_waiting.sub();
  waiting_.erase(found);
}

void post_office::try_waiting() {
  if (std::exchange(trying_, true))
    return; // comes from below
  std::uint64_t last = 0;
  while (tried_ < tried_at_once_) {
    const auto next = std::find_if(waiting_.upper_bound(last), waiting_.end(),
                                   [](const auto& w) { return !w.second.tried; });
    if (next == waiting_.end())
      break;
    last = next->first;
    next->second.tried = true;
    ++tried_;
    store(std::move(next->second.what)); // may end at once, and take it out of waiting_
  }
  trying_ = false;
}

/// A view came: what waits must not keep a departed pod's heirs waiting.
void post_office::wait_without_departed() {
  std::vector<std::uint64_t> places;
  for (const auto& [place, w] : waiting_)
    places.push_back(place);
  for (const auto place : places) {
    const auto found = waiting_.find(place);
    if (found == waiting_.end() || found->second.tried)
      continue; // the store is being asked
    if (const auto missing = drop_departed_words(found->second.what); missing > 0)
      gather_again(std::move(found->second.what), missing);
  }
}

/// Their publishers are disconnected.
void post_office::give_up_waiting() {
  std::vector<std::uint64_t> over;
  for (const auto& [place, w] : waiting_)
    if (!w.tried && w.give_up_at <= now())
      over.push_back(place);
  end_waiting(over);
  if (!waiting_.empty())
    await_room();
}

/// Those of which nothing is left to be stored end well.
void post_office::end_waiting(const std::vector<std::uint64_t>& places) {
  for (const auto place : places) {
    auto& w = waiting_.at(place);
    const bool nothing_left =
        w.what.deposits.empty() && w.what.words.empty() && w.what.remembers == nullptr;
    const auto how = nothing_left ? mqtt::settlement{} : w.why;
    auto t = std::move(w.what);
    t.place = 0;
    stop_waiting(place);
    ended(t, how);
  }
}

/// What is tried now has a pointer in the books and is forgotten by that.
void post_office::take_from_waiting(const card_ref& session, mqtt::stored_number number) {
  std::vector<std::uint64_t> over;
  for (auto& [place, w] : waiting_)
    if (!w.tried &&
        std::erase_if(w.what.deposits,
                      [&](const deposit& d) {
                        return d.session == session && d.pointer.number == number;
                      }) > 0 &&
        w.what.deposits.empty() && w.what.words.empty() && !w.what.remembers)
      over.push_back(place);
  end_waiting(over);
}

/// The session is gone: as an addressee, or as the publisher that would remember the packet id.
void post_office::leave_waiting(const card_ref& session) {
  std::vector<std::uint64_t> over;
  for (auto& [place, w] : waiting_) {
    if (w.tried)
      continue;
    std::erase_if(w.what.deposits, [&](const deposit& d) { return d.session == session; });
    const bool nothing_left = w.what.deposits.empty() && w.what.words.empty();
    if (w.what.remembers == session.get() || (nothing_left && !w.what.remembers))
      over.push_back(place);
  }
  end_waiting(over);
}

} // namespace mqttzoo::actors

// The bank's lease: what it may spend, drawn from the credits that nobody holds and given back.
#include "actors/bank.hpp"
#include "core/log.hpp"

#include <algorithm>
#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

/// It draws when less is left than so many seconds of spending need, and then for so many.
constexpr double low_s = 5;
constexpr double target_s = 7.5;
/// The least that it draws, as a part of all credits: the first message of a quiet pod does not
/// cost a draw each time.
constexpr std::int64_t quantum_part = 256;

} // namespace

// --- at the start ---

/// A pod that is alone finds its books as its last life left them; in a cluster each life has books
/// of its own.
void bank::open() {
  await_store();
  read(paths_.bank_pod_out(life_), [this](const auto& out) {
    if (!out && zk::may_pass(out.error()))
      return retry(out.error(), [this] { open(); });
    if (!out && out.error() == zk::error::no_node)
      return enrol();
    const auto spent = out ? zk::decode_spent(out->data) : unexpected(zk::record_error::truncated);
    if (!spent)
      return fail("opening its books", out ? zk::error::storage_damaged : out.error());
    read(paths_.bank_pod_in(life_),
         [this, version = out->stat.version, spent = *spent](const auto& in) {
           if (!in && zk::may_pass(in.error()))
             return retry(in.error(), [this] { open(); });
           const auto granted =
               in ? zk::decode_granted(in->data) : unexpected(zk::record_error::truncated);
           if (!granted)
             return fail("opening its books", in ? zk::error::storage_damaged : in.error());
           out_version_ = version;
           seq_ = spent.seq;
           spent_ = spent.spent;
           in_version_ = in->stat.version;
           granted_ = granted->granted;
           opened();
         });
  });
}

void bank::enrol() {
  ops what;
  what.emplace_back(zk::create_op{paths_.bank_pod(life_), {}, zk::create_mode::persistent});
  what.emplace_back(zk::create_op{paths_.bank_pod_in(life_), zk::encode_granted({}),
                                  zk::create_mode::persistent});
  what.emplace_back(
      zk::create_op{paths_.bank_pod_out(life_), zk::encode_spent({}), zk::create_mode::persistent});
  write(std::move(what), [this](const zk::multi_result& result) {
    // However it went, what stands there says it: nobody else makes these nodes.
    if (result || result.error().code == zk::error::node_exists)
      return open();
    if (zk::may_pass(result.error().code))
      return retry(result.error().code, [this] { open(); });
    if (result.error().code != zk::error::storage_full)
      return fail("opening its books", result.error().code);
    work_ = work::idle; // with the next tick, or the next commit
  });
}

void bank::opened() {
  work_ = work::idle;
  if (pod().store_time.known())
    return go_on();
  send_batch(); // what it is stamped with is the time
}

// --- drawing ---

std::int64_t bank::target() const noexcept {
  const auto per_s = std::max(spent_per_s_, static_cast<double>(withdrawn_));
  return std::max(total_ / quantum_part, static_cast<std::int64_t>(per_s * target_s));
}

bool bank::runs_low() const noexcept {
  return static_cast<double>(available()) < spent_per_s_ * low_s;
}

/// Draws so that at least `need` can be spent, if there is as much.
void bank::draw(std::int64_t need) {
  await_store();
  read_free([this, need](const zk::node& free) { draw_from(free, need); },
            [this, need] { draw(need); });
}

void bank::draw_from(const zk::node& free, std::int64_t need) {
  const auto books = zk::decode_free(free.data);
  if (!books)
    return fail("reading the free credits", zk::error::storage_damaged);
  for (auto& l : loans_)
    l.drawn_for = true;
  const auto missing = need - available();
  const auto wanted = std::max({missing, target() - available(), queue_cost_ - available(),
                                wanted_by_units(books->credits)});
  if (wanted <= 0)
    return moved(draw_end::sufficed);
  const auto amount = std::min(wanted, books->credits);
  if (amount <= 0 || amount < missing)
    return moved(draw_end::fell_short);
  move(
      *books, free.stat.version, amount, [this, need] { draw(need); },
      amount == wanted ? draw_end::sufficed : draw_end::fell_short);
}

void bank::give_back(std::int64_t credits) {
  await_store();
  read_free(
      [this, credits](const zk::node& free) {
        const auto books = zk::decode_free(free.data);
        if (!books)
          return fail("reading the free credits", zk::error::storage_damaged);
        move(
            *books, free.stat.version, -credits, [this, credits] { give_back(credits); },
            draw_end::sufficed);
      },
      [this, credits] { give_back(credits); });
}

void bank::read_free(std::function<void(const zk::node&)> then, std::function<void()> again) {
  read_behind_sync(paths_.bank_free(), [this, then = std::move(then), again = std::move(again)](
                                           const expected<zk::node, zk::error>& found) {
    if (!found && zk::may_pass(found.error()))
      return now() < close_by_ ? retry(found.error(), again)
                               : moved(draw_end::fell_short, found.error());
    if (!found)
      return fail("reading the free credits", found.error());
    if (found->data.empty())
      return open_books(found->stat.version);
    if (const auto books = zk::decode_free(found->data)) {
      total_ = books->total;
      tell_free(*books);
      look_again_at_ = now() + look_interval;
    }
    then(*found);
  });
}

/// The first pod ever says how many credits there are; after that a leader does.
void bank::open_books(zk::version free) {
  const auto& settings = services().settings.bank;
  const auto total = zk::credits_of(settings.capacity_bytes, ttl_of(settings));
  ops what;
  what.emplace_back(zk::set_op{paths_.bank_free(), zk::encode_free({total, total}), free});
  write(std::move(what), [this, total](const zk::multi_result& result) {
    const auto e = result ? zk::error{} : result.error().code;
    if (!result && e != zk::error::bad_version && e != zk::error::connection_loss)
      return moved(draw_end::fell_short, e);
    if (result)
      log.info("the bank is opened", {{"credits", static_cast<std::uint64_t>(total)}});
    work_ = work::idle;
    go_on();
  });
}

/// From the free credits to this pod's, or back, whatever else happens to either.
void bank::move(const zk::free_record& from, zk::version free, std::int64_t credits,
                std::function<void()> again, draw_end end) {
  const zk::free_record left{from.credits - credits, from.total};
  ops what;
  what.emplace_back(zk::set_op{paths_.bank_free(), zk::encode_free(left), free});
  what.emplace_back(
      zk::set_op{paths_.bank_pod_in(life_), zk::encode_granted({granted_ + credits}), in_version_});
  write(std::move(what),
        [this, left, credits, again = std::move(again), end](const zk::multi_result& result) {
          if (result) {
            granted_ += credits;
            in_version_ = result->back().stat.version;
            tell_free(left);
            return moved(end);
          }
          const auto& e = result.error();
          if (e.code == zk::error::bad_version && e.index == 0)
            return again(); // another pod was first
          if (e.code == zk::error::connection_loss)
            return look_up_lease(again, end);
          if (e.code == zk::error::storage_full || e.code == zk::error::overloaded)
            return moved(draw_end::fell_short, e.code);
          fail("drawing credits", e.code);
        });
}

/// The answer was lost. Nobody else writes `in`, so its version says whether it was applied.
void bank::look_up_lease(std::function<void()> again, draw_end end) {
  read_behind_sync(
      paths_.bank_pod_in(life_), [this, again = std::move(again), end](const auto& in) {
        if (!in && zk::may_pass(in.error()))
          return retry(in.error(), [this, again, end] { look_up_lease(again, end); });
        const auto granted =
            in ? zk::decode_granted(in->data) : unexpected(zk::record_error::truncated);
        if (!granted)
          return fail("reading its lease", in ? zk::error::storage_damaged : in.error());
        if (in->stat.version == in_version_)
          return again();
        in_version_ = in->stat.version;
        granted_ = granted->granted;
        moved(end);
      });
}

void bank::retry(zk::error why, std::function<void()> again) {
  if (why != zk::error::overloaded)
    return again();
  pause_.then = std::move(again);
  services().timers->schedule(pause_, now() + retry_pause);
}

void bank::moved(draw_end end, std::optional<zk::error> failed) {
  work_ = work::idle;
  draw_failed_ = failed;
  if (end == draw_end::fell_short)
    draw_again_at_ = now() + draw_pause;
  if (end == draw_end::fell_short && closing_ && queue_.empty())
    return quit();
  go_on(); // also when it stops: what costs nothing is still carried out
}

} // namespace mqttzoo::actors

#include "actors/mail_sweep.hpp"

#include "actors/child_path.hpp"
#include "actors/session_card.hpp"
#include "core/log.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <memory>
#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

} // namespace

std::optional<client_bucket> bucket_of(std::string_view path) {
  const auto digits =
      std::string{zk::last_level_of(zk::parent_of(path))} + std::string{zk::last_level_of(path)};
  std::uint16_t value = 0;
  const auto* end = digits.data() + digits.size();
  const auto [stop, wrong] = std::from_chars(digits.data(), end, value, 16);
  if (digits.size() != 4 || wrong != std::errc{} || stop != end)
    return std::nullopt;
  return client_bucket{value};
}

mail_sweep::mail_sweep(pod_services& pod, const zk::paths& paths,
                       std::function<runner()> make_runner)
    : pod_(pod), paths_(paths), make_runner_(std::move(make_runner)) {}

template<class T, class F>
zk::handler<T> mail_sweep::then(F f) {
  return [this, run = make_runner_(), sweep = sweep_,
          f = std::move(f)](expected<T, zk::error> result) {
    run([&] {
      if (sweep != sweep_)
        return;
      if (result || result.error() == zk::error::no_node)
        return f(result);
      stop(); // after the next view
    });
  };
}

void mail_sweep::begin(const view_ref& v) {
  stop();
  view_ = v;
  to_list_.push_back(paths_.topics());
  read_writers(0);
}

void mail_sweep::stop() {
  ++sweep_;
  view_ = nullptr;
  writers_.clear();
  to_list_.clear();
}

void mail_sweep::read_writers(std::size_t member) {
  if (member == view_->members.size())
    return next();
  pod_.store->exists(*pod_.store_answers, paths_.pods() + '/' + view_->members[member]->life.str(),
                     nullptr, then<std::optional<zk::stat>>([this, member](const auto& found) {
                       if (!found || !*found)
                         return stop(); // it has departed: there will be another view
                       writers_.insert(static_cast<std::int64_t>((*found)->ephemeral_owner));
                       read_writers(member + 1);
                     }));
}

void mail_sweep::next() {
  if (to_list_.empty())
    return stop();
  const auto path = std::move(to_list_.back());
  to_list_.pop_back();
  list(path);
}

/// `topics`, a first level below it, or a bucket.
void mail_sweep::list(const std::string& path) {
  pod_.store->children(
      *pod_.store_answers, path, nullptr, then<zk::child_list>([this, path](const auto& found) {
        std::vector<std::string> strangers;
        for (const auto& name : found ? found->names : std::vector<std::string>{}) {
          auto below = child_path(path, name);
          if (const auto mail = zk::parse_mail_name(name)) {
            if (!writers_.contains(static_cast<std::int64_t>(mail->writer)))
              strangers.push_back(std::move(below));
          } else if (const auto b = bucket_of(below);
                     path == paths_.topics() || (b && view_->home_of(*b) == view_->self)) {
            to_list_.push_back(std::move(below));
          }
        }
        strangers.empty() ? next() : look_at(std::move(strangers));
      }));
}

/// Read after the mail was seen: its writer is no pod that came since.
void mail_sweep::look_at(std::vector<std::string> mails) {
  pod_.store->sync(*pod_.store_answers, paths_.pods(), [](auto) {});
  pod_.store->children(*pod_.store_answers, paths_.pods(), nullptr,
                       then<zk::child_list>([this, mails = std::move(mails)](const auto& found) {
                         if (!found || found->stat.cversion != view_->number)
                           return stop();
                         remove(mails);
                       }));
}

void mail_sweep::remove(std::vector<std::string> mails) {
  const auto n = std::min(mails.size(), removed_at_once_max);
  std::vector<zk::op> what;
  for (auto& path :
       std::vector<std::string>(std::make_move_iterator(mails.end() - std::ptrdiff_t(n)),
                                std::make_move_iterator(mails.end())))
    what.emplace_back(zk::remove_op{std::move(path)});
  mails.resize(mails.size() - n);
  pod_.store->multi(*pod_.store_answers, std::move(what),
                    [this, run = make_runner_(), sweep = sweep_, n,
                     mails = std::move(mails)](const zk::multi_result& result) {
                      run([&] {
                        if (result)
                          removed_ += n;
                        if (sweep != sweep_)
                          return;
                        if (!result) {
                          log.warn("mail of a departed pod could not be removed",
                                   {{"error", zk::to_string(result.error().code)}});
                          return stop();
                        }
                        mails.empty() ? next() : remove(mails);
                      });
                    });
}

} // namespace mqttzoo::actors

#include "actors/mail_survey.hpp"

#include "actors/session_card.hpp"
#include "zk/behind_sync.hpp"

#include <utility>

namespace mqttzoo::actors {

mail_survey::mail_survey(pod_services& pod, const zk::paths& paths, parts with)
    : pod_(pod), paths_(paths), with_(std::move(with)) {}

template<class T, class F>
zk::handler<T> mail_survey::then(F f) {
  return [this, run = with_.make_runner(), survey = survey_,
          f = std::move(f)](expected<T, zk::error> result) {
    run([&] {
      if (survey != survey_)
        return;
      if (result || result.error() == zk::error::no_node)
        return f(result);
      end(false);
    });
  };
}

void mail_survey::begin(const view_ref& v) {
  stop();
  view_ = v;
  to_list_.push_back(paths_.topics());
  read_writers(0);
}

void mail_survey::stop() {
  ++survey_;
  view_ = nullptr;
  writers_.clear();
  to_list_.clear();
}

void mail_survey::end(bool complete) {
  stop();
  with_.done(complete);
}

void mail_survey::read_writers(std::size_t member) {
  if (member == view_->members.size())
    return next();
  pod_.store->exists(*pod_.store_answers, paths_.pod(view_->members[member]->life), nullptr,
                     then<std::optional<zk::stat>>([this, member](const auto& found) {
                       if (!found || !*found)
                         return stop(); // it has departed: there will be another view
                       writers_.insert(static_cast<std::int64_t>((*found)->ephemeral_owner));
                       read_writers(member + 1);
                     }));
}

void mail_survey::next() {
  if (to_list_.empty())
    return end(true);
  const auto path = std::move(to_list_.back());
  to_list_.pop_back();
  list(path);
}

/// `topics`, a first level below it, or a bucket.
void mail_survey::list(const std::string& path) {
  pod_.store->children(*pod_.store_answers, path, nullptr,
                       then<zk::child_list>([this, path](const auto& found) {
                         std::vector<std::string> strangers;
                         for (const auto& name : found ? found->names : std::vector<std::string>{})
                           if (const auto mail = zk::parse_mail_name(name); !mail)
                             to_list_.push_back(zk::child_path(path, name));
                           else if (!writers_.contains(static_cast<std::int64_t>(mail->writer)))
                             strangers.push_back(zk::child_path(path, name));
                         strangers.empty() ? next() : look_at(std::move(strangers));
                       }));
}

/// Read after the mail was seen: its writer is no pod that came since.
void mail_survey::look_at(std::vector<std::string> mails) {
  zk::children_behind_sync(
      *pod_.store, *pod_.store_answers, paths_.pods(),
      then<zk::child_list>([this, mails = std::move(mails)](const auto& found) {
        if (!found || found->stat.cversion != view_->number)
          return stop();
        for (const auto& path : mails)
          if (const auto name = zk::parse_mail_name(zk::last_level_of(path)))
            with_.found(path, *name);
        next();
      }));
}

} // namespace mqttzoo::actors

// What outlives a process in the session's model test: a store that answers late, fails, and
// survives crashes.
//
// Keeps the order of calls like the real one: operations wait in a queue, each is applied and
// answered, or fails. A crash applies some of those that wait, as far as nobody can know, and
// answers none.
#pragma once

#include "mqtt/session_port.hpp"

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace mqttzoo::mqtt::testing {

class model_store {
public:
  struct mail {
    std::string payload;
    stored_pointer pointer;
  };
  struct operation {
    std::function<void()> apply;
    std::function<void(reason_code)> answer;
    enum class on_failure : std::uint8_t { answer, try_again } failing = on_failure::answer;
  };

  void begin(operation o) { waiting_.push_back(std::move(o)); }
  bool idle() const { return waiting_.empty(); }

  void complete_one(reason_code outcome) {
    auto o = std::move(waiting_.front());
    waiting_.pop_front();
    if (is_failure(outcome) && o.failing == operation::on_failure::try_again)
      return waiting_.push_back(std::move(o));
    if (!is_failure(outcome))
      o.apply();
    o.answer(outcome);
  }

  void crash(std::size_t applied) {
    for (std::size_t i = 0; i < applied && i < waiting_.size(); ++i)
      waiting_[i].apply();
    waiting_.clear();
  }
  std::size_t waiting() const { return waiting_.size(); }

  std::map<stored_number, mail> mails;
  std::set<packet_id> received;
  std::map<std::string, int>
      accepted; ///< what the client published, by payload: how often it took effect

private:
  std::deque<operation> waiting_;
};

} // namespace mqttzoo::mqtt::testing

// The options that a command knows, by name, and what each does with its values.
//
// Made for one command line; actions keep references to what they fill. One thread.
#pragma once

#include "core/numbers.hpp"

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mqttzoo::cli {

/// What is wrong, for people; empty: nothing.
using sentence = std::string;

class option_table {
public:
  using names = std::initializer_list<const char*>;
  using with_value = std::function<sentence(const std::string&)>;

  /// Takes its values with next().
  void action(names called, std::function<sentence()> what) {
    for (const auto* name : called)
      known_[name] = what;
  }
  void value(names called, with_value what) {
    action(called, [this, what = std::move(what)]() -> sentence {
      const auto text = next();
      return text ? what(*text) : missing();
    });
  }
  void flag(names called, bool& into) {
    action(called, [&into] {
      into = true;
      return sentence{};
    });
  }
  void text(names called, std::string& into) {
    value(called, [&into](const std::string& text) {
      into = text;
      return sentence{};
    });
  }
  void texts(names called, std::vector<std::string>& into) {
    value(called, [&into](const std::string& text) {
      into.push_back(text);
      return sentence{};
    });
  }
  /// `what` names the number in the sentence about a wrong one.
  template<class Number>
  void number(names called, Number& into, Number least, Number most, std::string what) {
    value(called, [&into, least, most, what = std::move(what)](const std::string& text) {
      const auto parsed = core::read_number<Number>(text, least, most);
      if (!parsed)
        return invalid(what, text);
      into = *parsed;
      return sentence{};
    });
  }
  void ignored(names called) {
    action(called, [] { return sentence{}; });
  }

  /// Does what `arguments` say, up to the first mistake or one of `stops`, which it returns in
  /// `stopped_at`.
  sentence run(const std::vector<std::string>& arguments, const std::vector<std::string>& stops,
               std::string& stopped_at) {
    arguments_ = &arguments;
    for (at_ = 0; at_ < arguments.size(); ++at_) {
      const auto& name = arguments[at_];
      for (const auto& stop : stops) {
        if (name != stop)
          continue;
        stopped_at = name;
        return {};
      }
      const auto found = known_.find(name);
      if (found == known_.end())
        return "Unknown option '" + name + "'.";
      option_ = name;
      if (auto wrong = found->second(); !wrong.empty())
        return wrong;
    }
    return {};
  }

  /// The next value of the option whose action runs.
  std::optional<std::string> next() {
    if (at_ + 1 >= arguments_->size())
      return std::nullopt;
    return (*arguments_)[++at_];
  }
  /// What to say if it has none.
  sentence missing() const { return option_ + " argument given but no value specified."; }
  static sentence invalid(const std::string& what, const std::string& text) {
    return "Invalid " + what + " given: " + text;
  }

private:
  std::map<std::string, std::function<sentence()>> known_;
  const std::vector<std::string>* arguments_ = nullptr;
  std::size_t at_ = 0;
  std::string option_;
};

} // namespace mqttzoo::cli

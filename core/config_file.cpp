#include "core/config_file.hpp"

#include "core/options.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>

namespace mqttzoo::core {

namespace {

using nlohmann::json;

/// Where the parser is.
struct place {
  const char* next; ///< it has not read
  std::size_t line = 1;
};

/// Walks the text for the parser and counts lines, so that a message can name one.
class counting_iterator {
public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  counting_iterator(const char* at, place& seen) : at_(at), seen_(&seen) {}

  reference operator*() const { return *at_; }
  counting_iterator& operator++() {
    seen_->line += *at_++ == '\n';
    seen_->next = at_;
    return *this;
  }
  counting_iterator operator++(int) {
    auto before = *this;
    ++*this;
    return before;
  }
  bool operator==(const counting_iterator& other) const { return at_ == other.at_; }

private:
  const char* at_;
  place* seen_;
};

/// Receives the parser's events and turns them into assignments. Returning false stops the parser.
class reader {
public:
  reader(std::string_view file, const place& at, std::vector<assignment>& found,
         std::vector<config_problem>& problems)
      : file_(file), at_(at), found_(found), problems_(problems) {}

  bool null() {
    return object_depth_ > 0 ||
           complain("`null` is not a value; leave the option out for its default");
  }
  bool boolean(bool value) { return text(value ? "true" : "false"); }
  bool number_integer(json::number_integer_t value) { return text(std::to_string(value)); }
  bool number_unsigned(json::number_unsigned_t value) { return text(std::to_string(value)); }
  bool number_float(json::number_float_t, const std::string& written) { return text(written); }
  bool string(std::string& value) { return text(value); }
  bool binary(json::binary_t&) { return false; } // no such thing in JSON text

  bool start_object(std::size_t) {
    if (in_list_)
      return start_item();
    starts_.push_back(name_.size());
    return true;
  }

  bool key(std::string& key) {
    if (object_depth_ > 0)
      return true;
    name_.resize(starts_.back());
    if (!name_.empty())
      name_ += '.';
    name_ += key;
    key_line_ = at_.line;
    return true;
  }

  bool end_object() {
    if (object_depth_ > 0) {
      if (--object_depth_ == 0)
        items_.emplace_back(item_, at_.next);
      return true;
    }
    name_.resize(starts_.back());
    starts_.pop_back();
    return true;
  }

  bool start_array(std::size_t) {
    if (object_depth_ > 0)
      return true;
    if (in_list_)
      return complain_about_nesting();
    in_list_ = true;
    items_.clear();
    return !starts_.empty() || complain_about_root();
  }

  bool end_array() {
    if (object_depth_ > 0)
      return true;
    in_list_ = false;
    return add(std::move(items_));
  }

  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& error) {
    // "[json.exception...] parse error at line 2, column 5: syntax error ..."
    std::string_view what = error.what();
    what.remove_prefix(std::min(what.find("] ") + 2, what.size()));
    problems_.push_back({std::string{file_}, std::string{what}});
    return false;
  }

private:
  /// An object in a list is its text, for an option that makes something of it.
  bool start_item() {
    const auto* option = find_option(name_);
    if (option == nullptr || kind_of(*option) != option_kind::objects)
      return complain_about_nesting();
    if (object_depth_++ == 0)
      item_ = at_.next - 1; // its brace
    return true;
  }

  bool text(std::string value) {
    if (object_depth_ > 0)
      return true;
    if (in_list_) {
      items_.push_back(std::move(value));
      return true;
    }
    return starts_.empty() ? complain_about_root() : add(std::move(value));
  }

  bool add(option_text value) {
    const auto twice = std::any_of(found_.begin(), found_.end(), [&](const assignment& a) {
      return a.name == name_ && a.where.starts_with(file_);
    });
    if (twice)
      return complain("is given twice");
    found_.push_back({name_, std::move(value), where()});
    return true;
  }

  bool complain(std::string_view what) {
    problems_.push_back({where(), "`" + name_ + "`: " + std::string{what}});
    return true;
  }

  bool complain_about_nesting() {
    complain("a list holds plain values only");
    return false;
  }

  bool complain_about_root() {
    problems_.push_back({std::string{file_}, "must hold one JSON object"});
    return false;
  }

  std::string where() const { return std::string{file_} + ":" + std::to_string(key_line_); }

  const std::string_view file_;
  const place& at_;
  std::vector<assignment>& found_;
  std::vector<config_problem>& problems_;
  std::string name_;                // dotted, of the value being read
  std::vector<std::size_t> starts_; // length of `name_` in each open object
  std::size_t key_line_ = 1;
  bool in_list_ = false;
  std::vector<std::string> items_;
  std::size_t object_depth_ = 0; // of the item that is being read
  const char* item_ = nullptr;   // where it begins
};

} // namespace

void read_config_json(std::string_view file, std::string_view json_text,
                      std::vector<assignment>& found, std::vector<config_problem>& problems) {
  place at{json_text.data()};
  reader events{file, at, found, problems};
  constexpr bool whole_text = true;
  constexpr bool comments = true;
  json::sax_parse(counting_iterator{json_text.data(), at},
                  counting_iterator{json_text.data() + json_text.size(), at}, &events,
                  json::input_format_t::json, whole_text, comments);
}

} // namespace mqttzoo::core

// What an actor says of itself to people: names and values, in an order that reads well.
//
// A value, made on demand on the actor's thread, read by whoever asked. Free of any format: the
// admin endpoint makes JSON of it. Names are literals in lower case with `_`, units last.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace mqttzoo::actors {

/// What stands under a name that ends with `_ms`.
constexpr std::int64_t ms(std::chrono::nanoseconds d) noexcept {
  return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

class facts {
public:
  using text_list = std::vector<std::string>;
  using value = std::variant<bool, std::int64_t, std::uint64_t, double, std::string, text_list,
                             std::shared_ptr<const facts>, std::vector<facts>>;
  struct item;

  facts& add(const char* name, bool b) { return put(name, b); }
  facts& add(const char* name, double d) { return put(name, d); }
  template<std::signed_integral T>
  facts& add(const char* name, T n) {
    return put(name, std::int64_t{n});
  }
  template<std::unsigned_integral T>
  requires(!std::same_as<T, bool>) facts& add(const char* name, T n) {
    return put(name, std::uint64_t{n});
  }
  facts& add(const char* name, std::string_view text) { return put(name, std::string{text}); }
  facts& add(const char* name, const std::string& text) { return put(name, text); }
  facts& add(const char* name, const char* text) { return put(name, std::string{text}); }
  facts& add(const char* name, text_list texts) { return put(name, std::move(texts)); }
  facts& add(const char* name, facts f);
  facts& add(const char* name, std::vector<facts> list);

  const std::vector<item>& items() const noexcept { return items_; }
  /// The value of that name, if it is a `T`; else null.
  template<class T>
  const T* get(std::string_view name) const;
  /// 0 if there is no such number.
  std::int64_t number(std::string_view name) const;

private:
  template<class T>
  facts& put(const char* name, T v);

  std::vector<item> items_;
};

struct facts::item {
  const char* name; ///< a literal
  facts::value value;
};

template<class T>
facts& facts::put(const char* name, T v) {
  items_.push_back(item{name, value{std::in_place_type<T>, std::move(v)}});
  return *this;
}
template<class T>
const T* facts::get(std::string_view name) const {
  for (const auto& i : items_)
    if (name == i.name)
      return std::get_if<T>(&i.value);
  return nullptr;
}
inline std::int64_t facts::number(std::string_view name) const {
  if (const auto* n = get<std::int64_t>(name))
    return *n;
  const auto* n = get<std::uint64_t>(name);
  return n ? static_cast<std::int64_t>(*n) : 0;
}
inline facts& facts::add(const char* name, facts f) {
  return put(name, std::make_shared<const facts>(std::move(f)));
}
inline facts& facts::add(const char* name, std::vector<facts> list) {
  return put(name, std::move(list));
}

} // namespace mqttzoo::actors

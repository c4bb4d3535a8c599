#include "actors/bank_accounts.hpp"

#include <algorithm>
#include <tuple>

namespace mqttzoo::actors {

namespace {

/// The second by whose end it has expired.
std::int64_t second_of(std::int64_t unix_ms) noexcept {
  return (unix_ms + 999) / 1000;
}

/// The `n` largest of `found`, in order; of as many credits by name.
std::vector<bank_accounts::named_account> largest(std::vector<bank_accounts::named_account> found,
                                                  std::size_t n) {
  n = std::min(n, found.size());
  std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(n), found.end(),
                    [](const auto& a, const auto& b) {
                      return std::tie(b.of.credits, a.name) < std::tie(a.of.credits, b.name);
                    });
  found.resize(n);
  return found;
}

} // namespace

std::string_view to_string(bank_limit l) noexcept {
  switch (l) {
  case bank_limit::credit:
    return "bank.capacity";
  case bank_limit::client_share:
    return "bank.client.share";
  }
  return "unknown";
}

void bank_accounts::apply(account& to, const held_change& change) {
  to.credits += change.credits;
  to.bytes += change.bytes;
  to.until_unix_ms = std::max(to.until_unix_ms, change.until_unix_ms);
  if (change.credits > 0)
    ++to.messages;
  else if (to.messages > 0)
    --to.messages;
}

void bank_accounts::apply(dated_account& to, const held_change& change) {
  apply(to.sum, change);
  const auto at = to.by_second.try_emplace(second_of(change.until_unix_ms)).first;
  at->second += change.credits;
  if (at->second == 0)
    to.by_second.erase(at);
}

void bank_accounts::apply(const held_change& change) {
  apply(all_, change);
  if (!change.client.empty()) {
    const auto at = clients_.try_emplace(change.client).first;
    apply(at->second, change);
    if (at->second.sum.messages == 0)
      clients_.erase(at);
  }
  if (!change.topic)
    return;
  const auto at = topics_.try_emplace(change.topic->name()).first;
  apply(at->second, change);
  if (at->second.messages == 0)
    topics_.erase(at);
}

bank_accounts::account bank_accounts::of(const client_id& client) const {
  const auto found = clients_.find(client);
  return found == clients_.end() ? account{} : found->second.sum;
}

bank_accounts::account bank_accounts::of_topic(const std::string& topic) const {
  const auto found = topics_.find(topic);
  return found == topics_.end() ? account{} : found->second;
}

std::vector<bank_accounts::named_account> bank_accounts::largest_clients(std::size_t n) const {
  std::vector<named_account> found;
  found.reserve(clients_.size());
  for (const auto& [client, a] : clients_)
    found.push_back({client.str(), a.sum});
  return largest(std::move(found), n);
}

std::vector<bank_accounts::named_account> bank_accounts::largest_topics(std::size_t n) const {
  std::vector<named_account> found;
  found.reserve(topics_.size());
  for (const auto& [topic, a] : topics_)
    found.push_back({topic, a});
  return largest(std::move(found), n);
}

std::int64_t bank_accounts::next_expiry_unix_ms() const noexcept {
  return all_.by_second.empty() ? 0 : all_.by_second.begin()->first * 1000;
}

std::optional<std::chrono::seconds> bank_accounts::returned_after(const dated_account& of,
                                                                  std::int64_t credits,
                                                                  std::int64_t now_unix_ms) {
  for (const auto& [second, amount] : of.by_second) {
    credits -= amount;
    if (credits <= 0)
      return std::chrono::seconds{std::max<std::int64_t>(1, second - now_unix_ms / 1000)};
  }
  return std::nullopt;
}

std::optional<std::chrono::seconds> bank_accounts::returned_after(std::int64_t credits,
                                                                  std::int64_t now_unix_ms) const {
  return returned_after(all_, credits, now_unix_ms);
}

std::optional<std::chrono::seconds> bank_accounts::returned_after(const client_id& client,
                                                                  std::int64_t credits,
                                                                  std::int64_t now_unix_ms) const {
  const auto found = clients_.find(client);
  return found == clients_.end() ? std::nullopt
                                 : returned_after(found->second, credits, now_unix_ms);
}

} // namespace mqttzoo::actors

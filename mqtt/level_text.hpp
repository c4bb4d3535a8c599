// The text of one topic level as tree nodes hold it: 16 bytes, and no heap for up to 15 bytes of
// text.
//
// Part of its owner. std::string would take twice as much, a million times over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace mqttzoo::mqtt {

/// An immutable text of at most 65535 bytes. Not movable: it lives and dies in place.
class level_text {
public:
  explicit level_text(std::string_view text) {
    if (text.size() <= inline_bytes_max) {
      size_ = static_cast<std::uint8_t>(text.size());
      if (!text.empty()) // the view of nothing may point nowhere
        std::memcpy(bytes_, text.data(), text.size());
      return;
    }
    size_ = on_heap;
    auto* const heap = new char[text.size()];
    const auto heap_size = static_cast<std::uint32_t>(text.size());
    std::memcpy(heap, text.data(), text.size());
    std::memcpy(bytes_, &heap, sizeof heap);
    std::memcpy(bytes_ + sizeof heap, &heap_size, sizeof heap_size);
  }
  level_text(const level_text&) = delete;
  level_text& operator=(const level_text&) = delete;
  ~level_text() {
    if (size_ == on_heap)
      delete[] view().data();
  }

  std::string_view view() const noexcept {
    if (size_ != on_heap)
      return {bytes_, size_};
    char* heap = nullptr;
    std::uint32_t heap_size = 0;
    std::memcpy(&heap, bytes_, sizeof heap);
    std::memcpy(&heap_size, bytes_ + sizeof heap, sizeof heap_size);
    return {heap, heap_size};
  }

private:
  static constexpr std::size_t inline_bytes_max = 15;
  static constexpr std::uint8_t on_heap = 0xFF;

  char bytes_[inline_bytes_max]; ///< the text, or a pointer to it and its size
  std::uint8_t size_;            ///< of the text in bytes, or on_heap
};

static_assert(sizeof(level_text) == 16);

} // namespace mqttzoo::mqtt

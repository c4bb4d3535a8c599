// What ThreadSanitizer must be told because Debian's CAF is not built with it: a mailbox hands over
// what the sender wrote.
//
// Used by `pinned` alone; nothing in any other build. Any thread.
#pragma once

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define MQTTZOO_THREAD_SANITIZER
#endif
#elif defined(__SANITIZE_THREAD__)
#define MQTTZOO_THREAD_SANITIZER
#endif

#ifdef MQTTZOO_THREAD_SANITIZER
#include <sanitizer/tsan_interface.h>
#endif

namespace mqttzoo::actors {

/// What the caller did so far happens before what follows a taken_over() of the same object.
inline void hand_over([[maybe_unused]] void* object) noexcept {
#ifdef MQTTZOO_THREAD_SANITIZER
  __tsan_release(object);
#endif
}

/// See hand_over().
inline void taken_over([[maybe_unused]] void* object) noexcept {
#ifdef MQTTZOO_THREAD_SANITIZER
  __tsan_acquire(object);
#endif
}

} // namespace mqttzoo::actors

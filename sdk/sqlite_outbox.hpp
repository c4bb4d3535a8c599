// An outbox_store in an SQLite file.
//
// Owned by the outbox of one client, on its strand; the file is locked for as long as it lives.
#pragma once

#include "sdk/outbox_store.hpp"

#include <memory>
#include <string>

namespace mqttzoo::sdk {

/// Null for an empty path. A file that cannot be opened fails with load() and everything after it.
std::unique_ptr<outbox_store> open_sqlite_outbox(const std::string& path);

} // namespace mqttzoo::sdk

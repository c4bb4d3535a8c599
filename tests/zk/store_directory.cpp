// What a directory of the embedded store must be, and the sentence for one that is not.
#define CAF_SUITE zk.store_directory

#include "tests/zk/client.hpp"
#include "tests/zk/store_disk.hpp"

#include <caf/test/dsl.hpp>

#include <fstream>

using namespace mqttzoo;
using namespace mqttzoo::zk;
using namespace mqttzoo::zk::test;

CAF_TEST(a directory in use is refused by name) {
  const scratch_directory home;
  const auto owned = *embedded_store::open(in_directory(home));
  const auto again = embedded_store::open(in_directory(home));
  CAF_REQUIRE(!again);
  CAF_CHECK(again.error().code == error::storage_in_use);
  CAF_CHECK_EQUAL(again.error().message, "the store directory " + home.path() +
                                             " is in use by process " + std::to_string(::getpid()));
  owned->close();
  const auto then = embedded_store::open(in_directory(home));
  CAF_CHECK(then.has_value());
  // Another process gets the same answer.
  const auto child = in_child([&] {
    const auto third = embedded_store::open(in_directory(home));
    return !third && third.error().code == error::storage_in_use ? 0 : 1;
  });
  CAF_CHECK_EQUAL(status_of(child), 0);
}

CAF_TEST(a directory that cannot be made is refused by name) {
  embedded_options options;
  options.path = "/dev/null/store";
  const auto opened = embedded_store::open(options);
  CAF_REQUIRE(!opened);
  CAF_CHECK(opened.error().code == error::storage_failed);
  CAF_CHECK_EQUAL(opened.error().message,
                  "cannot create the store directory /dev/null/store: Not a directory");
}

CAF_TEST(a file that is no database is refused by name) {
  const scratch_directory home;
  std::ofstream{database_file(home)} << std::string(10'000, 'x');
  const auto opened = embedded_store::open(in_directory(home));
  CAF_REQUIRE(!opened);
  CAF_CHECK(opened.error().code == error::storage_damaged);
  CAF_CHECK(opened.error().message.find(database_file(home)) != std::string::npos);
  // The file is left for whoever wants to save something from it.
  CAF_CHECK_EQUAL(std::filesystem::file_size(database_file(home)), 10'000u);
}

CAF_TEST(the database of another program is refused) {
  const scratch_directory home;
  {
    auto foreign = sqlite::connection::open(database_file(home));
    CAF_REQUIRE_EQUAL(foreign->execute("CREATE TABLE t(a); PRAGMA user_version = 1"), SQLITE_OK);
  }
  const auto opened = embedded_store::open(in_directory(home));
  CAF_REQUIRE(!opened);
  CAF_CHECK(opened.error().message.find("not one of MQTTZoo") != std::string::npos);
}

CAF_TEST(a newer layout is refused) {
  const scratch_directory home;
  (*embedded_store::open(in_directory(home)))->close();
  {
    auto newer = sqlite::connection::open(database_file(home));
    CAF_REQUIRE_EQUAL(newer->execute("PRAGMA user_version = 99"), SQLITE_OK);
  }
  const auto opened = embedded_store::open(in_directory(home));
  CAF_REQUIRE(!opened);
  CAF_CHECK(opened.error().message.find("layout 99") != std::string::npos);
}

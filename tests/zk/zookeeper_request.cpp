// What codes of ZooKeeper's library mean to the store's callers.
#define CAF_SUITE zk.zookeeper_request

#include "zk/zookeeper_request.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo::zk;

CAF_TEST(what the servers refuse by name is told by name) {
  CAF_CHECK(to_error(ZNONODE) == error::no_node);
  CAF_CHECK(to_error(ZNODEEXISTS) == error::node_exists);
  CAF_CHECK(to_error(ZBADVERSION) == error::bad_version);
  CAF_CHECK(to_error(ZSESSIONEXPIRED) == error::session_expired);
  CAF_CHECK(to_error(ZTHROTTLEDOP) == error::overloaded);
}

CAF_TEST(a quota that is used up is a store that is full) {
  CAF_CHECK(to_error(-125) == error::storage_full);
}

CAF_TEST(whatever else may or may not have been done) {
  for (const int code : {int{ZCONNECTIONLOSS}, int{ZOPERATIONTIMEOUT}, int{ZSYSTEMERROR}, -999})
    CAF_CHECK(to_error(code) == error::connection_loss);
}

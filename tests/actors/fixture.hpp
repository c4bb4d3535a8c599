// What the suites of actors have in common: a pod (pod_fixture.hpp), its clients (client.hpp) and
// their connections (fake_connection.hpp).
#pragma once

#include "tests/actors/client.hpp"
#include "tests/actors/fake_connection.hpp"
#include "tests/actors/pod_fixture.hpp"

// Precompiled for test_actors: what nearly every suite of it parses.
#include "actors/interfaces.hpp"
#include "actors/unit_services.hpp"
#include "tests/pch.hpp"
#include "zk/embedded_store.hpp"
#include "zk/faulty_store.hpp"

#include <weft/core/parallel.hpp>

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

using namespace weft;

TEST_CASE("parallel_for calls the function once for each index") {
  for (const int threads : {1, 2, 3, 7}) {
    for (const std::size_t count : {0u, 1u, 2u, 5u, 1000u}) {
      std::vector<std::atomic<int>> calls(count);
      parallel_for(count, threads, [&](std::size_t index, int) { ++calls.at(index); });
      for (std::size_t index = 0; index < count; ++index) {
        CAPTURE(threads, count, index);
        CHECK(calls[index] == 1);
      }
    }
  }
}

TEST_CASE("parallel_for numbers its threads from zero and keeps below the number asked for") {
  std::vector<std::atomic<int>> indices_of(3);
  parallel_for(100, 3, [&](std::size_t, int thread) {
    ++indices_of.at(static_cast<std::size_t>(thread));
  });
  int sum = 0;
  for (const auto& indices : indices_of) sum += indices;
  CHECK(sum == 100);
  CHECK(indices_of[0] > 0);
}

TEST_CASE("each thread of parallel_for begins with the index of its own number") {
  std::vector<int> first(4, -1);
  std::vector<std::size_t> first_index(4);
  parallel_for(64, 4, [&](std::size_t index, int thread) {
    const auto t = static_cast<std::size_t>(thread);
    if (first[t] < 0) {
      first[t] = thread;
      first_index[t] = index;
    }
  });
  int ran = 0;
  for (std::size_t thread = 0; thread < 4; ++thread) {
    if (first[thread] < 0) continue;  // fewer threads were to be had
    ++ran;
    CHECK(first_index[thread] == thread);
  }
  CHECK(ran >= 1);
}

#if defined(_OPENMP)
TEST_CASE("parallel_for runs on several threads at once") {
  // Two indices that wait for each other can end only if two threads have them.
  std::atomic<int> arrived{0};
  std::atomic<bool> met{true};
  parallel_for(2, 2, [&](std::size_t, int) {
    ++arrived;
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (arrived < 2) {
      if (std::chrono::steady_clock::now() > until) met = false;
      if (!met) return;
      std::this_thread::yield();
    }
  });
  CHECK(met);
}
#endif

TEST_CASE("an exception in parallel_for reaches the caller, that of the lowest index") {
  for (const int threads : {1, 2, 3, 7}) {
    for (int repeat = 0; repeat < 20; ++repeat) {
      std::atomic<int> ended{0};
      std::string message;
      try {
        parallel_for(50, threads, [&](std::size_t index, int) {
          ++ended;
          if (index == 31 || index == 12 || index == 49) fail("test", std::to_string(index));
        });
      } catch (const Error& error) {
        message = error.what();
      }
      CAPTURE(threads);
      CHECK(message == "[test] 12");
      CHECK(ended == 50);
    }
  }
}

TEST_CASE("parallel_for can be used again after an exception") {
  CHECK_THROWS(parallel_for(4, 2, [](std::size_t, int) { throw 1; }));
  std::atomic<int> calls{0};
  parallel_for(4, 2, [&](std::size_t, int) { ++calls; });
  CHECK(calls == 4);
}

TEST_CASE("parallel_for inside parallel_for stays on its thread") {
  std::vector<std::atomic<int>> calls(6);
  std::atomic<bool> same_thread{true};
  parallel_for(2, 2, [&](std::size_t outer, int) {
    const auto id = std::this_thread::get_id();
    parallel_for(3, 2, [&](std::size_t inner, int) {
      ++calls.at(outer * 3 + inner);
      if (std::this_thread::get_id() != id) same_thread = false;
    });
  });
  for (const auto& call : calls) CHECK(call == 1);
  CHECK(same_thread);
}

TEST_CASE("parallel_for refuses to run on no thread") {
  CHECK_THROWS_AS(parallel_for(1, 0, [](std::size_t, int) {}), Error);
  CHECK_THROWS_AS(parallel_for(1, -2, [](std::size_t, int) {}), Error);
}

TEST_CASE("there is at least one default thread") { CHECK(default_threads() >= 1); }

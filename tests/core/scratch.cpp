#include <weft/core/scratch.hpp>

#include <catch2/catch_test_macros.hpp>

#include <thread>

using namespace weft;

TEST_CASE("scratch memory is given back at the end of the scope and used again") {
  float* first = nullptr;
  {
    Scratch scratch;
    first = scratch.allocate<float>(100);
  }
  Scratch scratch;
  CHECK(scratch.allocate<float>(100) == first);
}

TEST_CASE("scratch memory of a caller survives that of what it calls") {
  Scratch outer;
  int* kept = outer.allocate<int>(16);
  kept[0] = 1;
  kept[15] = 2;
  {
    Scratch inner;
    int* other = inner.allocate<int>(1'000'000);
    for (int i = 0; i < 1'000'000; ++i) other[i] = -1;
  }
  CHECK(kept[0] == 1);
  CHECK(kept[15] == 2);
}

TEST_CASE("scratch memory that grew is one piece afterwards") {
  {
    Scratch scratch;
    scratch.allocate<double>(100'000);
    scratch.allocate<double>(400'000);
  }
  Scratch scratch;
  double* first = scratch.allocate<double>(100'000);
  const double* second = scratch.allocate<double>(400'000);
  CHECK(second >= first + 100'000);
  CHECK(second < first + 100'000 + 512);  // no further than a page
}

TEST_CASE("each thread has scratch memory of its own") {
  Scratch scratch;
  int* mine = scratch.allocate<int>(1);
  int* theirs = nullptr;
  std::thread([&] { theirs = Scratch().allocate<int>(1); }).join();
  CHECK(mine != theirs);
}

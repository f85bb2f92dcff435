#include <weft/core/arena.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <cstring>
#include <vector>

using namespace weft;

TEST_CASE("an arena gives aligned blocks that do not overlap") {
  Arena arena;
  std::vector<unsigned char*> blocks;
  const std::vector<std::size_t> sizes{1, 63, 64, 65, 4096, 100'000, 3, 1'000'000, 0, 7};
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    blocks.push_back(arena.allocate<unsigned char>(sizes[i]));
    CHECK(reinterpret_cast<std::uintptr_t>(blocks[i]) % alignment == 0);
    std::memset(blocks[i], static_cast<int>(i), sizes[i]);
  }
  for (std::size_t i = 0; i < sizes.size(); ++i)
    for (std::size_t j = 0; j < sizes[i]; ++j)
      if (blocks[i][j] != i) FAIL("block " << i << " was written over at byte " << j);
}

TEST_CASE("an arena that was reset holds the same work without growing, in one piece") {
  Arena arena;
  const auto work = [&] {
    float* first = arena.allocate<float>(1000);
    arena.allocate<double>(50'000);
    float* last = arena.allocate<float>(30'000);
    return reinterpret_cast<std::uintptr_t>(last) - reinterpret_cast<std::uintptr_t>(first);
  };
  work();
  arena.reset();
  const std::size_t capacity = arena.capacity();
  const std::uintptr_t distance = work();
  // Each is rounded up to a cache line, and three lines follow one of a page or more.
  CHECK(distance == 1000 * 4 + 32 + 50'000 * 8 + 192);
  CHECK(arena.capacity() == capacity);
  arena.reset();
  CHECK(work() == distance);
  CHECK(arena.capacity() == capacity);
}

TEST_CASE("rewinding an arena forgets what came after the mark, across chunks") {
  Arena arena;
  int* kept = arena.allocate<int>(4);
  kept[3] = 42;
  const auto mark = arena.mark();
  int* first = arena.allocate<int>(10);
  arena.allocate<int>(1'000'000);
  arena.rewind(mark);
  CHECK(arena.allocate<int>(10) == first);
  CHECK(kept[3] == 42);
}

TEST_CASE("the mark of an empty arena is good beyond a reset that gives it other memory") {
  Arena arena;
  arena.allocate<int>(10);
  arena.reset();
  const auto outer = arena.mark(), inner = arena.mark();
  arena.allocate<int>(1'000'000);
  arena.rewind(inner);
  CHECK(arena.is_empty());
  arena.reset();
  int* block = arena.allocate<int>(1'000'000);
  block[999'999] = 1;
  CHECK_FALSE(arena.is_empty());
  arena.rewind(outer);
  CHECK(arena.is_empty());
  CHECK(arena.allocate<int>(1'000'000) == block);
}

TEST_CASE("a moved arena keeps its blocks") {
  Arena arena;
  int* block = arena.allocate<int>(8);
  block[7] = 5;
  Arena other = std::move(arena);
  CHECK(other.capacity() > 0);
  CHECK(block[7] == 5);
  arena = std::move(other);
  CHECK(block[7] == 5);
  CHECK(arena.allocate<int>(8) != block);
}

TEST_CASE("an arena refuses sizes that cannot be addressed") {
  Arena arena;
  CHECK_THROWS_AS(arena.allocate<double>(static_cast<std::size_t>(-1) / 4), std::bad_alloc);
  CHECK(arena.allocate<double>(4) != nullptr);
}

TEST_CASE("an arena says what is enough for some arrays, whatever their sizes") {
  for (const std::size_t size : {1u, 63u, 64u, 4095u, 4096u, 100000u}) {
    Arena arena;
    const Arena::Mark start = arena.mark();
    arena.allocate<std::byte>(Arena::bytes_for(7, 7 * size));
    arena.rewind(start);
    const std::size_t held = arena.capacity();
    for (int array = 0; array < 7; ++array) arena.allocate<std::byte>(size);
    CHECK(arena.capacity() == held);
  }
}

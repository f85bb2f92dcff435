#include <weft/core/function.hpp>

#include <catch2/catch_test_macros.hpp>

#include <string>

using namespace weft;

TEST_CASE("a function calls what it was made from, and owns it") {
  Function<double(std::size_t)> half;
  CHECK_FALSE(half);
  {
    const std::string text = "a text too long to be kept without memory of its own";
    half = [text](std::size_t n) { return static_cast<double>(n * text.size()) / 2; };
  }
  REQUIRE(half);
  CHECK(half(1) == 26);
  const Function<double(std::size_t)> copy = half;
  half = {};
  CHECK_FALSE(half);
  CHECK(copy(2) == 52);
}

TEST_CASE("a view of a function passes references on and sees the callable change") {
  int calls = 0;
  auto count = [&calls](std::string& text, std::size_t n) {
    text += 'x';
    calls += static_cast<int>(n);
    return n;
  };
  const detail::FunctionView<double(std::string&, std::size_t)> view(count);
  std::string text;
  CHECK(view(text, 3) == 3.0);
  CHECK(text == "x");
  CHECK(calls == 3);
}

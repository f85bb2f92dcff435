#include <weft/train/progress.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdio>
#include <string>

using namespace weft;

namespace {

// What a function prints to a stream.
template <class Function>
std::string printed(Function&& function) {
  std::FILE* stream = std::tmpfile();
  REQUIRE(stream != nullptr);
  function(stream);
  std::string text(static_cast<std::size_t>(std::ftell(stream)), '\0');
  std::rewind(stream);
  REQUIRE(std::fread(text.data(), 1, text.size(), stream) == text.size());
  std::fclose(stream);
  return text;
}

std::size_t lines_of(const std::string& text) {
  std::size_t lines = 0;
  for (const char c : text) lines += c == '\n' ? 1 : 0;
  return lines;
}

}  // namespace

TEST_CASE("away from a terminal progress is whole lines") {
  const std::string text = printed([](std::FILE* stream) {
    Progress progress("train", 900, {.stream = stream, .interval = 0});
    progress.update(1, 2.5, 98123);
    progress.update(2, 2.25, 2.5e6);
  });
  CHECK(text.find("train  step 1/900  loss 2.5000  98.1k tokens/s") == 0);
  CHECK(text.find("\ntrain  step 2/900  loss 2.2500  2.5M tokens/s") != std::string::npos);
  CHECK(text.find(" left\n") != std::string::npos);
  CHECK(text.find('\r') == std::string::npos);
  CHECK(lines_of(text) == 2);
}

TEST_CASE("progress of what may end early shows the time left as a bound") {
  for (const bool may_end_early : {false, true}) {
    const std::string text = printed([&](std::FILE* stream) {
      Progress progress("train", 900,
                        {.stream = stream, .interval = 0, .may_end_early = may_end_early});
      progress.update(450, 2.5, 1);
    });
    CHECK(text.find(may_end_early ? "tokens/s  at most 0:0" : "tokens/s  0:0") !=
          std::string::npos);
  }
}

TEST_CASE("progress takes no time left from steps that were done before") {
  const std::string text = printed([](std::FILE* stream) {
    Progress progress("train", 900, {.stream = stream, .interval = 0, .first_step = 150});
    progress.skip(300);
    progress.update(450, 2.5, 1);
    progress.update(451, 2.5, 1);
  });
  CHECK(text.find("step 450/900  loss 2.5000  1.0 tokens/s\n") != std::string::npos);
  CHECK(text.find("step 451/900  loss 2.5000  1.0 tokens/s  0:") != std::string::npos);
}

TEST_CASE("progress shows a line now and then, and the last step in any case") {
  const std::string text = printed([](std::FILE* stream) {
    Progress progress("train", 50, {.stream = stream, .interval = 3600});
    for (std::size_t step = 1; step <= 50; ++step) progress.update(step, 1, 10);
    progress.finish();
    progress.finish();
  });
  CHECK(text == "train  step 50/50  loss 1.0000  10.0 tokens/s\n");
}

TEST_CASE("on a terminal progress rewrites one line and ends it") {
  const std::string text = printed([](std::FILE* stream) {
    Progress progress("train", 9, {.display = ProgressDisplay::terminal, .stream = stream, .interval = 0});
    progress.update(1, 1, 10);
    progress.update(9, 1, 10);
  });
  CHECK(text.front() == '\r');
  CHECK(text.rfind("\rtrain  step 9/9") > text.find("\rtrain  step 1/9"));
  CHECK(text.back() == '\n');
  CHECK(lines_of(text) == 1);
}

TEST_CASE("quiet progress prints nothing") {
  CHECK(printed([](std::FILE* stream) {
          Progress progress("train", 9,
                            {.display = ProgressDisplay::quiet, .stream = stream, .interval = 0});
          progress.update(1, 1, 10);
          progress.finish();
        }).empty());
}

TEST_CASE("progress that was never updated prints nothing") {
  CHECK(printed([](std::FILE* stream) {
          Progress progress("train", 9, {.display = ProgressDisplay::terminal, .stream = stream});
        }).empty());
}

TEST_CASE("progress beyond the expected number of steps shows no total and no time left") {
  CHECK(printed([](std::FILE* stream) {
          Progress progress("train", 9, {.stream = stream});
          progress.update(12, 0.5, 10);
        }) == "train  step 12  loss 0.5000  10.0 tokens/s\n");
}

TEST_CASE("a phase name of any length is printed without harm") {
  const std::string text = printed([](std::FILE* stream) {
    Progress progress(std::string(1000, 'x'), 9, {.stream = stream});
    progress.update(1, 0.5, 10);
  });
  CHECK(lines_of(text) == 1);
  CHECK(text.find("xxx") == 0);
}

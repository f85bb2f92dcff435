#include <weft/io/checkpoint.hpp>

#include <tests/io/temporary_folder.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

using namespace weft;
using Catch::Matchers::ContainsSubstring;

namespace {

std::uint64_t crc_of(std::string_view text) {
  Crc64 crc;
  crc.add(text.data(), text.size());
  return crc.value();
}

// A small checkpoint; its bytes.
std::string written(const std::string& path) {
  const Tensor<float, 2, 3> weight{{1, 2, 3}, {4, 5, 6}};
  save_checkpoint(path, {{"weight", weight}, {"text", std::string_view("ab")}}, {{"step", "7"}});
  return read_file(path);
}

std::string problem_with(const std::string& path) {
  try {
    open_checkpoint(path);
  } catch (const Error& problem) {
    return problem.what();
  }
  return {};
}

}  // namespace

TEST_CASE("the checksum is CRC-64/XZ") {
  CHECK(crc_of("123456789") == 0x995DC9BBDF1939FA);
  CHECK(crc_of("") == 0);
  Crc64 parts;
  parts.add("1234", 4);
  parts.add("56789", 5);
  CHECK(parts.value() == crc_of("123456789"));
}

TEST_CASE("a checkpoint gives back what was saved") {
  const TemporaryFolder folder;
  const std::string path = folder / "a.safetensors";
  written(path);
  const SafetensorsFile file = open_checkpoint(path);
  CHECK(file.load<Tensor<float, 2, 3>>("weight") == Tensor<float, 2, 3>{{1, 2, 3}, {4, 5, 6}});
  CHECK(file.data(*file.find("text")).size() == 2);
  CHECK(*file.metadata().find("step") == "7");
  CHECK(folder.files() == std::vector<std::string>{"a.safetensors"});
}

TEST_CASE("a checkpoint cut short anywhere is refused, and named") {
  const TemporaryFolder folder;
  const std::string whole = written(folder / "a"), path = folder / "cut";
  for (std::size_t length = 0; length < whole.size(); ++length) {
    TemporaryFolder::put(path, whole.substr(0, length));
    CAPTURE(length);
    CHECK_THAT(problem_with(path), ContainsSubstring(path));
  }
  TemporaryFolder::put(path, whole + "x");
  CHECK_THAT(problem_with(path), ContainsSubstring("not whole"));
}

TEST_CASE("a checkpoint with any one bit flipped is refused, and named") {
  const TemporaryFolder folder;
  const std::string whole = written(folder / "a"), path = folder / "flipped";
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    TemporaryFolder::put(path, damaged);
    CAPTURE(bit);
    CHECK_THAT(problem_with(path), ContainsSubstring(path));
  }
}

TEST_CASE("safetensors without a checksum are no checkpoint") {
  const TemporaryFolder folder;
  const std::string path = folder / "plain";
  const Tensor<float, 2> weight{1, 2};
  save_safetensors(path, {{"weight", weight}});
  CHECK_THAT(problem_with(path), ContainsSubstring("does not end with a checksum"));
  const std::int64_t sum = 0;
  save_safetensors(path, {{"checksum", AnyView<const std::int64_t>(&sum, {})}, {"weight", weight}});
  CHECK_THAT(problem_with(path), ContainsSubstring("does not end with a checksum"));
  CHECK_THROWS_AS(save_checkpoint(path, {{"checksum", weight}}), Error);
}

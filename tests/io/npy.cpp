#include <weft/io/npy.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <cstdint>

#include "python.hpp"
#include "temporary_folder.hpp"

using namespace weft;
using Catch::Matchers::ContainsSubstring;

namespace {

// A file with this dictionary before the elements.
std::string file_with(const std::string& dictionary, const std::string& elements) {
  std::string file("\x93NUMPY\x01\x00", 8);
  file += static_cast<char>(dictionary.size() & 0xFF);
  file += static_cast<char>(dictionary.size() >> 8);
  return file + dictionary + elements;
}

const std::string one_float("\0\0\x80?", 4);

template <class Array = Tensor<float, 1>>
std::string error_of(const std::string& path) {
  try {
    load_npy<Array>(path);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

template <class T>
void check_round_trip() {
  const TemporaryFolder folder;
  Tensor<T, 3, 5> a;
  for (std::size_t i = 0; i < a.size(); ++i) a.data()[i] = static_cast<T>(i * 7);
  save_npy(folder / "a.npy", a);
  CHECK(load_npy<Tensor<T, 3, 5>>(folder / "a.npy") == a);
  CHECK(load_npy<Tensor<T, dynamic, 5>>(folder / "a.npy").leading() == 3);
}

}  // namespace

TEST_CASE("arrays of every element type read back as they were written") {
  check_round_trip<float>();
  check_round_trip<double>();
  check_round_trip<std::int32_t>();
  check_round_trip<std::int64_t>();
  check_round_trip<long long>();
  check_round_trip<std::uint8_t>();
}

TEST_CASE("scalars, vectors, empty arrays and views read back") {
  const TemporaryFolder folder;
  save_npy(folder / "a.npy", Tensor<double>(2.5));
  CHECK(load_npy<Tensor<double>>(folder / "a.npy").item() == 2.5);
  save_npy(folder / "a.npy", Tensor<int, 3>{1, 2, 3});
  CHECK(load_npy<Tensor<int, dynamic>>(folder / "a.npy") == Tensor<int, dynamic>{1, 2, 3});
  save_npy(folder / "a.npy", Tensor<float, dynamic, 4>());
  CHECK(load_npy<Tensor<float, dynamic, 4>>(folder / "a.npy").leading() == 0);
  const Tensor<int, 2, 3> a{{1, 2, 3}, {4, 5, 6}};
  save_npy(folder / "a.npy", a.view().permute<1, 0>());
  CHECK(load_npy<Tensor<int, 3, 2>>(folder / "a.npy") ==
        Tensor<int, 3, 2>{{1, 4}, {2, 5}, {3, 6}});
}

TEST_CASE("elements whose extents are known at run time read back with these extents") {
  const TemporaryFolder folder;
  const std::vector<int> elements{1, 2, 3, 4, 5, 6};
  save_npy<int>(folder / "a.npy", elements, {2, 1, 3});
  CHECK(load_npy<Tensor<int, dynamic, 1, 3>>(folder / "a.npy") ==
        Tensor<int, dynamic, 1, 3>{{{1, 2, 3}}, {{4, 5, 6}}});
  save_npy<int>(folder / "a.npy", {}, {0, 3});
  CHECK(load_npy<Tensor<int, dynamic, 3>>(folder / "a.npy").leading() == 0);
}

TEST_CASE("extents that are not those of the elements are refused, and nothing is written") {
  const TemporaryFolder folder;
  const std::vector<int> elements{1, 2, 3, 4, 5, 6};
  const std::size_t huge = std::size_t{1} << 63;
  for (const std::vector<std::size_t>& extents :
       std::vector<std::vector<std::size_t>>{{}, {5}, {2, 2}, {6, 0}, {huge, 6}, {huge, 2, 6}})
    CHECK_THROWS_AS(save_npy<int>(folder / "a.npy", elements, extents), Error);
  CHECK(folder.files().empty());
}

TEST_CASE("the header is that of version 1.0, and the elements start on a cache line") {
  const TemporaryFolder folder;
  save_npy(folder / "a.npy", Tensor<float, 1>{1});
  const std::string file = read_file(folder / "a.npy");
  CHECK(file.starts_with(std::string("\x93NUMPY\x01\x00", 8)));
  CHECK(file.size() % 64 == 4);
  CHECK_THAT(file, ContainsSubstring("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }"));
  CHECK(file[file.size() - 5] == '\n');
  CHECK(file.substr(file.size() - 4) == one_float);
}

TEST_CASE("a header may have its keys in any order and either quotes") {
  const TemporaryFolder folder;
  for (const char* dictionary :
       {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }",
        "{\"shape\":(1,),\"descr\":\"<f4\",\"fortran_order\":False}   \n",
        " { 'fortran_order' : False , 'shape' : ( 1 , ) , 'descr' : '<f4' } "}) {
    folder.put(folder / "a.npy", file_with(dictionary, one_float));
    CHECK(load_npy<Tensor<float, 1>>(folder / "a.npy")(0) == 1);
  }
}

TEST_CASE("an array of another type, shape or order is an error with what was expected and found") {
  const TemporaryFolder folder;
  const std::string path = folder / "a.npy";
  save_npy(path, Tensor<float, 2, 3>());
  CHECK(error_of<Tensor<double, 2, 3>>(path) ==
        "[load_npy] elements of another type: " + path + ", expected <f8, found <f4");
  CHECK(error_of<Tensor<float, dynamic, 4>>(path) ==
        "[load_npy] an array of another shape: " + path + ", expected (dynamic, 4), found (2, 3)");
  CHECK_THAT((error_of<Tensor<float, 6>>(path)), ContainsSubstring("expected (6), found (2, 3)"));
  CHECK_THAT((error_of<Tensor<float>>(path)), ContainsSubstring("expected (), found (2, 3)"));
  CHECK_THAT((error_of<Tensor<int, 2, 3>>(path)), ContainsSubstring("expected <i4, found <f4"));

  folder.put(path, file_with("{'descr': '<f4', 'fortran_order': True, 'shape': (1,)}", one_float));
  CHECK_THAT(error_of(path), ContainsSubstring("expected row-major, found column-major"));
  folder.put(path, file_with("{'descr': '>f4', 'fortran_order': False, 'shape': (1,)}", one_float));
  CHECK_THAT(error_of(path), ContainsSubstring("expected <f4, found >f4"));
}

TEST_CASE("a damaged header is an error with the path") {
  const TemporaryFolder folder;
  const std::string path = folder / "a.npy";
  for (const char* dictionary :
       {"", "{", "{}", "()", "{'descr': '<f4'}", "{'descr': '<f4', 'fortran_order': False}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': 1}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1.0,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1 1)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '<f4' 'fortran_order': False, 'shape': (1,)}",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x",
        "{'descr: '<f4', 'fortran_order': False, 'shape': (1,)}"}) {
    INFO(dictionary);
    folder.put(path, file_with(dictionary, one_float));
    CHECK_THAT(error_of(path), ContainsSubstring(path));
  }
}

TEST_CASE("an absurd size is refused before any memory is asked for") {
  const TemporaryFolder folder;
  const std::string path = folder / "a.npy";
  for (const char* shape : {"(1000000000000000000, 3)", "(9000000000000000000, 3)", "(2, 3)"}) {
    folder.put(path, file_with(std::string("{'descr': '<f4', 'fortran_order': False, 'shape': ") +
                                   shape + "}",
                               one_float));
    CHECK_THAT((error_of<Tensor<float, dynamic, 3>>(path)), ContainsSubstring("not whole"));
  }
}

TEST_CASE("every truncation of a file and every byte too many is an error") {
  const TemporaryFolder folder;
  const std::string path = folder / "a.npy";
  save_npy(path, Tensor<float, 1>{1});
  const std::string file = read_file(path);
  for (std::size_t length = 0; length < file.size(); ++length) {
    folder.put(path, file.substr(0, length));
    CHECK_THAT(error_of(path), ContainsSubstring(path));
  }
  folder.put(path, file + 'x');
  CHECK_THAT(error_of(path), ContainsSubstring("expected 4 bytes of elements, found 5"));
}

TEST_CASE("a header with any byte changed is refused or says the same array") {
  const TemporaryFolder folder;
  const std::string path = folder / "a.npy";
  save_npy(path, Tensor<float, 1>{1});
  const std::string file = read_file(path);
  std::size_t refused = 0;
  for (std::size_t i = 0; i + 4 < file.size(); ++i)
    for (const int flip : {1, 0x20, 0x80}) {
      std::string damaged = file;
      damaged[i] = static_cast<char>(damaged[i] ^ flip);
      folder.put(path, damaged);
      bool same = false;
      try {
        same = load_npy<Tensor<float, 1>>(path)(0) == 1;
      } catch (const Error&) {
        ++refused;
        continue;
      }
      CHECK(same);
    }
  CHECK(refused > 200);
}

TEST_CASE("NumPy opens the files, and its files are opened") {
  const std::string command = python::find("numpy");
  if (command.empty()) SKIP("not run: no Python with numpy here");
  const TemporaryFolder folder;
  const Tensor<float, 2, 3> a{{1, 2, 3}, {4, 5, 6.5f}};
  save_npy(folder / "a.npy", a);
  save_npy(folder / "b.npy", Tensor<std::int64_t, dynamic>{7, -8});
  save_npy(folder / "c.npy", Tensor<double>(0.1));
  save_npy(folder / "d.npy", Tensor<std::uint8_t, dynamic, 2, 2>());
  const bool ran = python::run(command, folder, R"(
import sys, numpy as np
folder = sys.argv[1]
load = lambda name: np.load(folder + name + '.npy', allow_pickle=False)
a, b, c, d = map(load, 'abcd')
assert a.dtype == np.float32 and a.tolist() == [[1, 2, 3], [4, 5, 6.5]], a
assert b.dtype == np.int64 and b.tolist() == [7, -8], b
assert c.dtype == np.float64 and c.shape == () and c == 0.1, c
assert d.dtype == np.uint8 and d.shape == (0, 2, 2), d
np.save(folder + 'e.npy', np.arange(24, dtype=np.int32).reshape(4, 3, 2))
np.save(folder + 'f.npy', np.array(2.5))
np.save(folder + 'g.npy', np.asfortranarray(np.ones((2, 3), np.float32)))
with open(folder + 'h.npy', 'wb') as file:
    np.lib.format.write_array(file, np.ones(3, np.float32), version=(2, 0))
)");
  INFO(read_file(folder / "output"));
  REQUIRE(ran);
  const auto e = load_npy<Tensor<int, dynamic, 3, 2>>(folder / "e.npy");
  CHECK(e.leading() == 4);
  CHECK(e(3, 2, 1) == 23);
  CHECK(load_npy<Tensor<double>>(folder / "f.npy").item() == 2.5);
  CHECK_THAT((error_of<Tensor<float, 2, 3>>(folder / "g.npy")), ContainsSubstring("column-major"));
  CHECK(load_npy<Tensor<float, 3>>(folder / "h.npy") == Tensor<float, 3>{1, 1, 1});
}

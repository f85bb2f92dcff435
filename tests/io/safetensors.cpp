#include <weft/core/random.hpp>
#include <weft/io/safetensors.hpp>
#include <weft/nn/parameter.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <array>

#include "python.hpp"
#include "temporary_folder.hpp"

using namespace weft;
using Catch::Matchers::ContainsSubstring;

namespace {

struct Layer {
  nn::Parameter<float, 3, 4> weight;
  nn::Parameter<double, 5> bias;
  void visit(auto&& visitor) {
    visitor("weight", weight);
    visitor("bias", bias);
  }
};

struct Model {
  std::array<Layer, 2> blocks;
  nn::Parameter<float, 2> scale;
  void visit(auto&& visitor) {
    visitor("blocks", blocks);
    visitor("scale", scale);
  }
};

Model random_model(std::uint64_t seed) {
  Model model;
  Random random(seed);
  for_each_parameter(model, [&](const std::string&, auto& p) { random.normal(p.value, 0, 1); });
  return model;
}

bool same(const Model& a, const Model& b) {
  bool result = a.scale.value == b.scale.value;
  for (std::size_t i = 0; i < 2; ++i)
    result = result && a.blocks[i].weight.value == b.blocks[i].weight.value &&
             a.blocks[i].bias.value == b.blocks[i].bias.value;
  return result;
}

// The message of the Error that loading gives; empty without one.
template <class M>
std::string error_of(const std::string& path, M& model) {
  try {
    load_safetensors(path, model);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}
std::string error_of(const std::string& path) {
  try {
    SafetensorsFile file(path);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

std::string file_with(const std::string& header, std::size_t elements) {
  std::string file(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) file[i] = static_cast<char>(header.size() >> (8 * i) & 0xFF);
  return file + header + std::string(elements, '\0');
}

}  // namespace

TEST_CASE("a model reads back as it was written") {
  const TemporaryFolder folder;
  const Model model = random_model(1);
  save_safetensors(folder / "m.safetensors", model);
  Model other = random_model(2);
  REQUIRE_FALSE(same(model, other));
  load_safetensors(folder / "m.safetensors", other);
  CHECK(same(model, other));
}

TEST_CASE("the file holds parameters by path, their types and shapes, and the metadata") {
  const TemporaryFolder folder;
  const Model model = random_model(1);
  save_safetensors(folder / "m", model, {{"step", "7"}, {"name", "\"\xc3\xa9\"\n"}});
  const SafetensorsFile file(folder / "m");
  std::vector<std::string> names;
  for (const auto& entry : file.entries()) names.push_back(entry.name);
  CHECK(names == std::vector<std::string>{"blocks.0.weight", "blocks.0.bias", "blocks.1.weight",
                                          "blocks.1.bias", "scale"});
  CHECK(file.metadata() == Metadata{{"step", "7"}, {"name", "\"\xc3\xa9\"\n"}});
  const auto* weight = file.find("blocks.1.weight");
  REQUIRE(weight);
  CHECK(weight->type == "F32");
  CHECK(weight->extents == std::vector<std::size_t>{3, 4});
  CHECK(file.data(*weight).size() == 48);
  CHECK(file.find("blocks.1.bias")->type == "F64");
  CHECK(file.find("blocks.2.weight") == nullptr);
  CHECK(file.load<Tensor<float, 3, 4>>("blocks.1.weight") == model.blocks[1].weight.value);
  CHECK(file.load<Tensor<float, dynamic, 4>>("blocks.1.weight").leading() == 3);
}

TEST_CASE("the elements start at a multiple of eight bytes, whatever the header") {
  const TemporaryFolder folder;
  const Tensor<double, 1> value{1};
  std::string name;
  for (int i = 0; i < 9; ++i) {
    name += 'x';
    save_safetensors(folder / "m", {{name, value}});
    const std::string file = read_file(folder / "m");
    CHECK(file.size() % 8 == 0);
    CHECK(SafetensorsFile(folder / "m").load<Tensor<double, 1>>(name) == value);
  }
}

TEST_CASE("named arrays of every type, scalars, empty ones and views are written") {
  const TemporaryFolder folder;
  const Tensor<int, 2> a{1, -2};
  const Tensor<std::int64_t, 1> b{1ll << 40};
  const Tensor<float, dynamic, 3> c;
  const Tensor<double> d = 2.5;
  const Tensor<float, 2, 3> e{{1, 2, 3}, {4, 5, 6}};
  save_safetensors(folder / "m",
                   {{"a", a}, {"b", b}, {"c", c}, {"d", d}, {"e", e.view().permute<1, 0>()}});
  const SafetensorsFile file(folder / "m");
  CHECK(file.load<Tensor<int, 2>>("a") == a);
  CHECK(file.load<Tensor<std::int64_t, dynamic>>("b")(0) == 1ll << 40);
  CHECK(file.load<Tensor<float, dynamic, 3>>("c").leading() == 0);
  CHECK(file.load<Tensor<double>>("d").item() == 2.5);
  CHECK(file.load<Tensor<float, 3, 2>>("e") == Tensor<float, 3, 2>{{1, 4}, {2, 5}, {3, 6}});
  CHECK_THROWS_AS((file.load<Tensor<float, 2>>("a")), Error);
  CHECK_THROWS_AS((file.load<Tensor<int, 3>>("a")), Error);
  CHECK_THROWS_AS((file.load<Tensor<int, 2>>("z")), Error);
}

TEST_CASE("a name that is taken is not written") {
  const TemporaryFolder folder;
  const Tensor<int, 2> a;
  CHECK_THROWS_AS(save_safetensors(folder / "m", {{"a", a}, {"a", a}}), Error);
  CHECK_THROWS_AS(save_safetensors(folder / "m", {{"__metadata__", a}}), Error);
  CHECK(folder.files().empty());
}

TEST_CASE("a parameter with a dynamic leading extent takes that of the file") {
  const TemporaryFolder folder;
  nn::Parameter<float, dynamic, 2> parameter{{{1, 2}, {3, 4}, {5, 6}}}, other;
  save_safetensors(folder / "m", parameter);
  load_safetensors(folder / "m", other);
  CHECK(other.value == parameter.value);
}

TEST_CASE("loading lists all that is missing, unexpected or different, and changes nothing") {
  const TemporaryFolder folder;
  const Tensor<float, 3, 5> weight;
  const Tensor<float, 5> bias;
  const Tensor<double, 5> good_bias;
  const Tensor<float, 3, 4> good_weight;
  save_safetensors(folder / "m", {{"blocks.0.weight", weight},
                                  {"blocks.0.bias", bias},
                                  {"blocks.1.weight", good_weight},
                                  {"blocks.1.bias", good_bias},
                                  {"extra", bias},
                                  {"more", bias}});
  const Model before = random_model(3);
  Model model = before;
  const std::string message = error_of(folder / "m", model);
  CHECK_THAT(message, ContainsSubstring(folder / "m"));
  CHECK_THAT(message, ContainsSubstring("1 missing: scale"));
  CHECK_THAT(message, ContainsSubstring("2 unexpected: extra, more"));
  CHECK_THAT(message,
             ContainsSubstring("blocks.0.weight is F32 (3, 4) in the model and F32 (3, 5)"));
  CHECK_THAT(message, ContainsSubstring("blocks.0.bias is F64 (5) in the model and F32 (5)"));
  CHECK(same(model, before));
}

TEST_CASE("a file that breaks a rule of the format is an error with the path") {
  const TemporaryFolder folder;
  const std::string path = folder / "m";
  const auto tensor = [](const std::string& dtype, const std::string& shape,
                         const std::string& offsets) {
    return R"({"a":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" +
           offsets + "}}";
  };
  folder.put(path, file_with(tensor("F32", "[2]", "[0,8]"), 8));
  CHECK(error_of(path).empty());
  folder.put(path, file_with(tensor("BF16", "[2]", "[0,4]") + "   ", 4));
  CHECK(error_of(path).empty());
  folder.put(path, file_with("{}", 0));
  CHECK(error_of(path).empty());

  const std::string pair = R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":)";
  const std::vector<std::pair<std::string, std::size_t>> broken{
      {tensor("F32", "[2]", "[0,8]"), 9},
      {tensor("F32", "[2]", "[0,8]"), 7},
      {tensor("F32", "[2]", "[0,4]"), 4},
      {tensor("F32", "[2]", "[4,12]"), 12},
      {tensor("F32", "[2]", "[8,0]"), 8},
      {tensor("F32", "[2]", "[-8,0]"), 8},
      {tensor("F32", "[2]", "[0,8,8]"), 8},
      {tensor("F32", "[2]", "[0]"), 8},
      {tensor("F32", "[2.0]", "[0,8]"), 8},
      {tensor("F32", "[-2]", "[0,8]"), 8},
      {tensor("F32", "2", "[0,8]"), 8},
      {tensor("F31", "[2]", "[0,8]"), 8},
      {tensor("F32", "[4611686018427387904,4]", "[0,0]"), 0},
      {tensor("F32", "[4611686018427387905]", "[0,4]"), 4},
      {R"({"a":{"dtype":"F32","shape":[1]}})", 0},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}})", 4},
      {R"({"a":3})", 0},
      {R"({"__metadata__":{"a":1}})", 0},
      {R"({"__metadata__":"a"})", 0},
      {pair + R"({"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 4},
      {pair + R"({"dtype":"F32","shape":[1],"data_offsets":[2,6]}})", 6},
      {pair + R"({"dtype":"F32","shape":[1],"data_offsets":[8,12]}})", 12},
      {R"({"a":{},"a":{}})", 0},
      {" {}", 0},
      {"[]", 0},
      {"", 0},
  };
  for (const auto& [header, elements] : broken) {
    INFO(header);
    folder.put(path, file_with(header, elements));
    CHECK_THAT(error_of(path), ContainsSubstring(path));
  }
  folder.put(path, std::string("\xff\xff\xff\xff\xff\xff\xff\xff{}", 10));
  CHECK_THAT(error_of(path), ContainsSubstring("header is not whole"));
  CHECK_THAT(error_of(folder / "missing"), ContainsSubstring("No such file"));
}

TEST_CASE("every truncation of a file is an error that leaves the model as it was") {
  const TemporaryFolder folder;
  save_safetensors(folder / "m", random_model(1));
  const std::string file = read_file(folder / "m");
  const Model before = random_model(2);
  Model model = before;
  for (std::size_t length = 0; length < file.size(); ++length) {
    folder.put(folder / "m", file.substr(0, length));
    CHECK_FALSE(error_of(folder / "m", model).empty());
  }
  CHECK(same(model, before));
}

TEST_CASE("a header with any byte changed never loads something else") {
  const TemporaryFolder folder;
  const Model saved = random_model(1);
  save_safetensors(folder / "m", saved, {{"step", "7"}});
  const std::string file = read_file(folder / "m");
  const std::size_t header = file.find('}', file.find("scale")) + 2;
  const std::size_t metadata_end = file.find('}') + 1;
  Model model = random_model(2);
  std::size_t refused = 0, total = 0;
  for (std::size_t i = 0; i < header; ++i)
    for (const int flip : {1, 0x80}) {
      if (i >= 8 && i < metadata_end) continue;  // other metadata is no damage that can be seen
      std::string damaged = file;
      damaged[i] = static_cast<char>(damaged[i] ^ flip);
      folder.put(folder / "m", damaged);
      ++total;
      if (!error_of(folder / "m", model).empty()) ++refused;
    }
  CHECK(refused == total);
  folder.put(folder / "m", file);
  load_safetensors(folder / "m", model);
  CHECK(same(model, saved));
}

TEST_CASE("the Python package safetensors opens the files, and its files are opened") {
  const std::string command = python::find("numpy, safetensors.numpy");
  if (command.empty()) SKIP("not run: no Python with numpy and safetensors here");
  const TemporaryFolder folder;
  Model model = random_model(1);
  model.blocks[1].weight.value = {{1, 2, 3, 4}, {5, 6, 7, 8}, {9, 10, 11, 12.5f}};
  save_safetensors(folder / "model", model, {{"step", "7"}});
  const Tensor<int, 2> integers{1, -2};
  const Tensor<std::int64_t> scalar(std::int64_t{1} << 40);
  const Tensor<float, dynamic, 3> empty;
  save_safetensors(folder / "arrays", {{"a", integers}, {"b", scalar}, {"c", empty}});
  const bool ran = python::run(command, folder, R"(
import sys, numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file, save_file
folder = sys.argv[1]
model = load_file(folder + 'model')
assert sorted(model) == ['blocks.0.bias', 'blocks.0.weight', 'blocks.1.bias', 'blocks.1.weight',
                         'scale'], sorted(model)
assert model['blocks.0.bias'].dtype == np.float64 and model['blocks.0.bias'].shape == (5,)
weight = model['blocks.1.weight']
assert weight.dtype == np.float32, weight.dtype
assert weight.tolist() == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12.5]], weight
assert safe_open(folder + 'model', 'np').metadata() == {'step': '7'}
arrays = load_file(folder + 'arrays')
assert arrays['a'].tolist() == [1, -2] and arrays['a'].dtype == np.int32
assert arrays['b'].shape == () and arrays['b'] == 2 ** 40
assert arrays['c'].shape == (0, 3)
model['scale'] = np.array([0.25, -8], np.float32)
save_file(model, folder + 'back', metadata={'step': '8'})
other = {'half': np.ones((2, 3), np.float16), 'a.b': np.arange(6).reshape(2, 3)}
save_file(other, folder + 'other')
)");
  INFO(read_file(folder / "output"));
  REQUIRE(ran);
  Model back;
  load_safetensors(folder / "back", back);
  model.scale.value = {0.25f, -8};
  CHECK(same(back, model));
  CHECK(SafetensorsFile(folder / "back").metadata() == Metadata{{"step", "8"}});
  const SafetensorsFile other(folder / "other");
  CHECK(other.find("half")->type == "F16");
  CHECK(other.load<Tensor<std::int64_t, 2, 3>>("a.b")(1, 2) == 5);
}

#include <weft/core/tensor.hpp>
#include <weft/core/visit.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <vector>

using namespace weft;

namespace {

template <std::size_t N>
struct Weight {
  using is_parameter = void;
  Tensor<float, N> value;
};

struct Layer {
  Weight<3> weight;
  Weight<2> bias;
  void visit(auto&& visitor) {
    visitor("weight", weight);
    visitor("bias", bias);
  }
};

struct Model {
  std::array<Layer, 2> blocks;
  std::vector<Weight<4>> extra{Weight<4>{}};
  Weight<1> scale;
  void visit(auto&& visitor) {
    visitor("blocks", blocks);
    visitor("extra", extra);
    visitor("scale", scale);
  }
};

template <class M>
std::vector<std::string> paths(M& model) {
  std::vector<std::string> result;
  for_each_parameter(model, [&](const std::string& path, const auto& parameter) {
    result.push_back(path + " " + std::to_string(parameter.value.size()));
  });
  return result;
}

}  // namespace

TEST_CASE("parameters are visited in order, with paths through modules and lists of them") {
  Model model;
  CHECK(paths(model) == std::vector<std::string>{"blocks.0.weight 3", "blocks.0.bias 2",
                                                 "blocks.1.weight 3", "blocks.1.bias 2",
                                                 "extra.0 4", "scale 1"});
}

TEST_CASE("a parameter alone has an empty path") {
  Weight<5> weight;
  CHECK(paths(weight) == std::vector<std::string>{" 5"});
}

TEST_CASE("a visit can change the parameters of a model") {
  Model model;
  for_each_parameter(model, [](const std::string&, auto& parameter) { parameter.value.fill(2); });
  CHECK(model.blocks[1].bias.value(1) == 2);
  CHECK(model.scale.value(0) == 2);
}

TEST_CASE("a constant model shows constant parameters") {
  const Model model;
  CHECK(paths(model).size() == 6);
  for_each_parameter(model, [](const std::string&, auto& parameter) {
    STATIC_CHECK(std::is_const_v<std::remove_reference_t<decltype(parameter)>>);
  });
}

TEST_CASE("the parameters of a model can be had without their types") {
  Model model;
  const std::vector<AnyParameter> parameters = parameters_of(model);
  REQUIRE(parameters.size() == 6);
  CHECK(parameters[2].path == "blocks.1.weight");
  CHECK(to_string(parameters[2].shape) == "(3)");
  CHECK(parameters[2].elements<double>().empty());
  REQUIRE(parameters[2].elements<float>().size() == 3);
  parameters[2].elements<float>()[1] = 7;
  CHECK(model.blocks[1].weight.value(1) == 7);
  CHECK(parameters_of(std::as_const(model))[5].data == model.scale.value.data());
}

#pragma once

#include <weft/nn/init.hpp>

namespace weft::inline WEFT_TARGET::nn {

// First values of a transformer: the standard deviations of its matrices, each N(0, deviation^2).
// Norms start with a weight of one; biases are zero.
//
// It is a rule for initialize():
//
//   init<Model>(random, nn::TransformerInit{.embedding = 0.5, .position = 0.3});
struct TransformerInit {
  double embedding = 0.02;
  double position = 0.02;
  double query = 0.02;
  double key = 0.02;
  double value = 0.02;
  double attention_output = 0.02;
  double mlp_in = 0.02;
  double mlp_out = 0.02;
  double unembedding = 0.02;

  // GPT-2's: 0.02, and for what is added to the residual stream 0.02 / sqrt(2 layers).
  // Radford et al. 2019, "Language models are unsupervised multitask learners", section 2.3.
  static TransformerInit gpt2(std::size_t layers) {
    TransformerInit result;
    const double additions = 2 * static_cast<double>(layers > 0 ? layers : 1);
    result.attention_output = result.mlp_out = 0.02 / std::sqrt(additions);
    return result;
  }

  // Fills the parameter if its path ends in a name this knows, such as "query.weight".
  void operator()(std::string_view path, auto& parameter, const Random& random) const {
    fill(path, std::span(parameter.value.data(), parameter.value.size()), random);
  }

  // The same for each parameter of a model, with streams keyed by their paths.
  template <class T>
  void fill(const std::vector<AnyParameter>& parameters, const Random& random) const {
    for (const AnyParameter& parameter : parameters)
      fill(parameter.path, parameter.elements<T>(),
           weft::detail::stream_of(random, parameter.path));
  }

 private:
  template <class T>
  void fill(std::string_view path, std::span<T> elements, const Random& random) const {
    const auto [module, name] = last_two(path);
    if (name == "bias") return std::fill(elements.begin(), elements.end(), T{0});
    if (name != "weight") return;
    if (module.starts_with("ln")) return std::fill(elements.begin(), elements.end(), T{1});
    const struct {
      std::string_view module;
      double deviation;
    } rules[] = {{"embed", embedding},  {"pos_embed", position},      {"query", query},
                 {"key", key},          {"value", value},             {"output", attention_output},
                 {"in", mlp_in},        {"out", mlp_out},             {"unembed", unembedding}};
    for (const auto& rule : rules)
      if (rule.module == module)
        return init::detail::fill_normal(elements, rule.deviation, random);
  }

  struct Names {
    std::string_view module, name;
  };

  // "blocks.0.attn.query.weight" to {"query", "weight"}.
  static Names last_two(std::string_view path) {
    const std::size_t name = path.rfind('.') + 1;  // 0 where there is no dot
    std::string_view module = name > 0 ? path.substr(0, name - 1) : std::string_view{};
    module.remove_prefix(module.rfind('.') + 1);
    return {module, path.substr(name)};
  }
};

// initialize() of a model by this rule.
template <class Model>
void initialize(Model& model, const Random& random, const TransformerInit& rule) {
  initialize(model, random);
  rule.fill<typename Model::element_type>(parameters_of(model), random);
}

}  // namespace weft::nn

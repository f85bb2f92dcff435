#pragma once

#include <weft/nn/transformer.hpp>
#include <weft/probe/cache.hpp>

#include <array>
#include <cmath>
#include <string>
#include <vector>

namespace weft::inline WEFT_TARGET {

struct AttributionOptions {
  std::size_t position;  // of the logits that are taken apart
  bool by_head = true;   // attention head by head and its bias, or as a whole
};

// What each component of a model adds to one logit of each sequence.
struct LogitAttribution {
  std::vector<std::string> components;  // "embed", "blocks.0.attn.result.3", ...
  std::size_t sequences;
  std::vector<double> values;  // (component, sequence)

  double operator()(std::size_t component, std::size_t sequence) const {
    return values[component * sequences + sequence];
  }
};

namespace detail {

// The linear map from a residual stream at one position to one logit, with the scale of the final
// norm held at what it was.
template <std::size_t width>
struct LogitDirection {
  std::array<double, width> weights;  // of the stream, mean and scale of the norm included
  double constant = 0;                // what the bias of the norm adds

  double operator()(const auto* stream) const {
    double sum = 0;
    for (std::size_t i = 0; i < width; ++i)
      sum += weights[i] * static_cast<double>(stream[i]);
    return sum;
  }
};

// The direction of a token for a stream `final` at its end. With u the token's unembedding, and a
// norm of weight w, bias b and scale s:
//   logit = sum_i (x_i - mean(x)) w_i u_i / s + sum_i b_i u_i.
template <nn::TransformerConfig config, class T>
LogitDirection<config.width> logit_direction(const nn::Transformer<config, T>& model,
                                             std::size_t token, const T* final) {
  LogitDirection<config.width> result;
  for (std::size_t i = 0; i < config.width; ++i) {
    if constexpr (config.tied)
      result.weights[i] = static_cast<double>(model.embed.weight.value(token, i));
    else
      result.weights[i] = static_cast<double>(model.unembed.weight.value(i, token));
  }
  if constexpr (config.norm) {
    constexpr auto width = static_cast<double>(config.width);
    double mean = 0, square = 0, average = 0;
    for (std::size_t i = 0; i < config.width; ++i) mean += static_cast<double>(final[i]) / width;
    for (std::size_t i = 0; i < config.width; ++i) {
      const double deviation = static_cast<double>(final[i]) - mean;
      square += deviation * deviation / width;
    }
    const double scale = std::sqrt(square + model.ln_final.epsilon);
    for (std::size_t i = 0; i < config.width; ++i) {
      if constexpr (config.bias)
        result.constant +=
            result.weights[i] * static_cast<double>(model.ln_final.bias.value(i));
      result.weights[i] *= static_cast<double>(model.ln_final.weight.value(i)) / scale;
      average += result.weights[i] / width;
    }
    for (double& weight : result.weights) weight -= average;
  }
  return result;
}

// The names of the points that add to the residual stream.
template <nn::TransformerConfig config>
std::vector<std::string> additions(bool by_head) {
  std::vector<std::string> names{"embed"};
  if (config.position_encoding != nn::Positions::none) names.push_back("pos_embed");
  for (std::size_t layer = 0; layer < config.layers; ++layer) {
    const std::string block = "blocks." + std::to_string(layer) + '.';
    names.push_back(block + (by_head ? "attn.result" : "attn_out"));
    if (config.mlp) names.push_back(block + "mlp_out");
  }
  return names;
}

}  // namespace detail

// Direct logit attribution: the residual stream is a sum, and but for the scale of the final norm,
// which is held at what it was, the logit is linear in it. So each component has its share, and the
// shares add up to the logit. Elhage et al. 2021, "A mathematical framework for transformer
// circuits".
//
// tokens (batch, position); answers (batch), the token of each sequence whose logit is taken apart.
// For a difference of two logits take the difference of the values for both. Components are
// "embed", "pos_embed", for each block its heads ("blocks.0.attn.result.3") and the bias of
// attention ("blocks.0.attn.output.bias"), or "blocks.0.attn_out" if not by head, and
// "blocks.0.mlp_out"; at last "ln_final.bias". Parts that a model lacks are left out.
// Throws Error where the position or an answer is out of range, or the batches differ.
template <nn::TransformerConfig config, class T, class Tokens, class Answers>
LogitAttribution logit_attribution(const nn::Transformer<config, T>& model, const Tokens& tokens,
                                   const Answers& answers, const AttributionOptions& options) {
  const std::size_t sequences = leading_of(tokens);
  if (leading_of(answers) != sequences)
    fail("logit_attribution", "there must be one answer for each sequence",
         std::to_string(leading_of(answers)) + " answers, " + std::to_string(sequences) +
             " sequences");
  std::vector<std::string> points = detail::additions<config>(options.by_head);
  const std::string last = "blocks." + std::to_string(config.layers - 1) + ".resid_post";
  points.push_back(last);
  Cache<T> cache(points, {.positions = {options.position}});
  model(tokens, cache);
  points.pop_back();

  Scratch scratch;
  const AnyVariable<int> chosen = detail::lift(scratch, detail::any_operand(answers));
  std::vector<detail::LogitDirection<config.width>> directions;
  for (std::size_t b = 0; b < sequences; ++b) {
    const int answer = chosen.data()[b];
    if (answer < 0 || static_cast<std::size_t>(answer) >= config.vocabulary)
      fail("logit_attribution", "an answer must be a token of the vocabulary",
           std::to_string(answer));
    directions.push_back(detail::logit_direction(model, static_cast<std::size_t>(answer),
                                                 cache.view(last).data() + b * config.width));
  }

  LogitAttribution result{{}, sequences, {}};
  // One component, whose vector for a sequence is where `vector_of` says.
  const auto add = [&](const std::string& name, auto vector_of) {
    result.components.push_back(name);
    for (std::size_t b = 0; b < sequences; ++b)
      result.values.push_back(directions[b](vector_of(b)));
  };
  for (const std::string& name : points) {
    const auto value = cache.view(name);  // (batch, 1, width), (batch, 1, head, width), (1, width)
    const std::size_t rows = value.size() / config.width;
    const std::size_t heads = value.rank() == 4 ? config.heads : 1;
    for (std::size_t head = 0; head < heads; ++head)
      add(heads > 1 || value.rank() == 4 ? name + '.' + std::to_string(head) : name,
          [&](std::size_t b) {
            return value.data() + (rows == 1 ? 0 : b * heads + head) * config.width;
          });
    if constexpr (config.bias)
      if (value.rank() == 4) {
        const auto layer = static_cast<std::size_t>(std::stoul(name.substr(7)));
        add(name.substr(0, name.size() - 6) + "output.bias", [&](std::size_t) {
          return model.blocks[layer].attn.output.bias.value.data();
        });
      }
  }
  if constexpr (config.norm && config.bias) {
    result.components.push_back("ln_final.bias");
    for (const auto& direction : directions) result.values.push_back(direction.constant);
  }
  return result;
}

}  // namespace weft

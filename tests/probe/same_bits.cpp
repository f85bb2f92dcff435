#include <weft/ops/cross_entropy.hpp>
#include <weft/probe/edit.hpp>
#include <weft/probe/probes.hpp>

#include <catch2/catch_test_macros.hpp>

#include "model.hpp"

#include <cstring>

// Runs that must be the same: plain, observed, and with edits that change nothing.

using namespace weft;
using namespace weft_tests;

namespace {

using Model = Small<float>;
const Model model = random_model<Model>();

// Whose attention is added to the residual stream in one step, where no probe looks between.
constexpr nn::TransformerConfig without_bias = [] {
  nn::TransformerConfig config = small;
  config.bias = config.mlp = config.norm = false;
  return config;
}();
using BareModel = nn::Transformer<without_bias>;
const BareModel bare_model = random_model<BareModel>();

// The bits of what a training step computes: logits, and the gradient of every parameter.
using Bits = std::vector<float>;

template <class Probe, class AnyModel = Model>
Bits bits_of(Probe&& probe, const AnyModel& its = model) {
  Bits bits;
  const auto append = [&](const float* data, std::size_t count) {
    bits.insert(bits.end(), data, data + count);
  };
  const auto logits = its(tokens, probe);
  append(logits.data(), logits.size());
  Tape tape;
  const auto taped = its(tape.constant(tokens), probe);
  append(taped.data(), taped.size());
  tape.backward(cross_entropy(taped, other_tokens));
  for_each_parameter(its, [&](const std::string&, const auto& parameter) {
    const std::vector<float> nothing(parameter.value.size());
    const float* gradient = tape.gradients().collected(parameter.value.data());
    append(gradient ? gradient : nothing.data(), parameter.value.size());
  });
  return bits;
}

bool same(const Bits& a, const Bits& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

}  // namespace

TEST_CASE("runs that are plain, observed, or edited to no effect have the same bits") {
  const Bits plain = bits_of(NoProbe{});
  CHECK(plain.size() > 1000);
  Cache cache(all_points<Model>());
  CHECK(same(bits_of([](const Point&, const auto&) {}), plain));
  CHECK(same(bits_of(cache), plain));
  for (const std::string& point : all_points<Model>()) {
    INFO(point);
    Edit scale, add, same_element;
    scale.scale({.point = point}, 1);
    add.add({.point = point}, 0);
    same_element.apply({.point = point},
                       [](const ElementIndex&, float x) { return Changed<float>{x, 1}; });
    CHECK(same(bits_of(scale), plain));
    CHECK(same(bits_of(add), plain));
    CHECK(same(bits_of(same_element), plain));
    CHECK(same(bits_of(Probes(scale, cache, add)), plain));
  }
}

TEST_CASE("a layer added to the residual stream in one step has the bits of two") {
  const Bits plain = bits_of(NoProbe{}, bare_model);
  CHECK(plain.size() > 900);
  CHECK(same(bits_of([](const Point&, const auto&) {}, bare_model), plain));
  for (const std::string& point : all_points<BareModel>()) {
    INFO(point);
    Cache cache({point});
    Edit scale;
    scale.scale({.point = point}, 1);
    CHECK(same(bits_of(cache, bare_model), plain));
    CHECK(same(bits_of(scale, bare_model), plain));
  }
}

TEST_CASE("a point patched from its own run gives the same logits, bit for bit") {
  Cache cache(all_points<Model>());
  const auto logits = model(tokens, cache);
  for (const std::string& point : all_points<Model>()) {
    INFO(point);
    Edit patch;
    patch.replace({.point = point}, cache);
    CHECK(model(tokens, patch) == logits);
  }
}

TEST_CASE("an edit by a factor of 1 and a millionth is found at every point") {
  const Bits plain = bits_of(NoProbe{});
  for (const std::string& point : all_points<Model>()) {
    INFO(point);
    bool found = false;
    for (std::size_t position = 0; position < 6 && !found; ++position) {
      Edit wrong;
      wrong.scale({.point = point, .positions = {position}}, 1 + 0x1p-20f);
      found = !same(bits_of(wrong), plain);
    }
    CHECK(found);
  }
}

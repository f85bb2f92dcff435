#include <weft/probe/edit.hpp>
#include <weft/probe/probes.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include "model.hpp"

using namespace weft;
using namespace weft_tests;

namespace {

using Model = Small<>;
const Model model = random_model<Model>();

// What an edit makes of the value at a point.
template <class Probe>
Cache<double> after(const Probe& edit, const std::string& name) {
  Cache<double> cache({name});
  model(tokens, Probes(edit, cache));
  return cache;
}

// The value at a point of a plain run.
Cache<double> before(const std::string& name) {
  Cache<double> cache({name});
  model(tokens, cache);
  return cache;
}

// Calls function(batch, position, head, feature, element before, element after) for a value of four
// axes, of which scores and patterns have (batch, head, query, key).
template <class Function>
void compare(const std::string& name, const AnyView<const double>& a,
             const AnyView<const double>& b, Function function) {
  const bool by_head = name.find("scores") != name.npos || name.find("pattern") != name.npos;
  REQUIRE(a.extents() == b.extents());
  REQUIRE(a.rank() == 4);
  for (std::size_t i = 0; i < a.extent(0); ++i)
    for (std::size_t j = 0; j < a.extent(1); ++j)
      for (std::size_t k = 0; k < a.extent(2); ++k)
        for (std::size_t l = 0; l < a.extent(3); ++l)
          if (by_head) function(i, k, j, l, a(i, j, k, l), b(i, j, k, l));
          else function(i, j, k, l, a(i, j, k, l), b(i, j, k, l));
}

const std::vector<std::string> points_with_heads{
    "blocks.1.attn.q", "blocks.1.attn.k",      "blocks.1.attn.v",     "blocks.1.attn.z",
    "blocks.1.attn.result", "blocks.1.attn.scores", "blocks.1.attn.pattern"};

std::string message_of(const Edit<double>& edit) {
  try {
    model(tokens, edit);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("an edit changes the elements of its site and no others") {
  for (const std::string& name : points_with_heads) {
    INFO(name);
    Edit<double> edit;
    edit.scale({.point = name, .heads = {1}, .positions = {2, 4}, .sequences = {1}}, -2)
        .add({.point = name, .heads = {0}, .positions = {5}}, 0.5);
    std::size_t changed = 0;
    bool as_expected = true;
    const auto old = before(name), edited = after(edit, name);
    compare(name, old.view(name), edited.view(name),
            [&](auto b, auto n, auto h, auto, double x, double y) {
              double expected = x;
              if (h == 1 && (n == 2 || n == 4) && b == 1) expected = -2 * x;
              if (h == 0 && n == 5) expected = x + 0.5;
              if (std::isinf(x) || x == 0) expected = x;  // hidden by the mask
              as_expected = as_expected && y == expected;
              changed += y != x;
            });
    CHECK(as_expected);
    CHECK(changed > 10);
  }
}

TEST_CASE("keys are chosen at scores and patterns") {
  for (const std::string name : {"blocks.0.attn.scores", "blocks.0.attn.pattern"}) {
    Edit<double> edit;
    edit.replace({.point = name, .positions = {3, 5}, .keys = {1, 4}}, 0.125);
    bool as_expected = true;
    const auto old = before(name), edited = after(edit, name);
    compare(name, old.view(name), edited.view(name),
            [&](auto, auto query, auto, auto key, double x, double y) {
              const bool chosen = (query == 3 || query == 5) && (key == 1 || key == 4);
              as_expected = as_expected && y == (chosen && key <= query ? 0.125 : x);
            });
    CHECK(as_expected);
  }
}

TEST_CASE("what an edit puts at a point repeats along its axes") {
  const std::string name = "blocks.0.attn.z";  // (2, 6, 2, 4)
  const auto old = before(name);
  const auto check = [&](const auto& source, auto expected) {
    Edit<double> edit;
    edit.replace({.point = name, .heads = {1}}, source);
    bool as_expected = true;
    const auto edited = after(edit, name);
    compare(name, old.view(name), edited.view(name),
            [&](auto b, auto n, auto h, auto f, double x, double y) {
              as_expected = as_expected && y == (h == 1 ? expected(b, n, f) : x);
            });
    CHECK(as_expected);
  };
  check(3.0, [](auto, auto, auto) { return 3.0; });
  const Tensor<double, 4> features{1, 2, 3, 4};
  check(features, [&](auto, auto, auto f) { return features(f); });
  Tensor<double, 6, 1, 1> positions;
  for (std::size_t n = 0; n < 6; ++n) positions(n, 0, 0) = static_cast<double>(n);
  check(positions, [&](auto, auto n, auto) { return positions(n, 0, 0); });
  Tensor<double, 2, 1, 1, 4> mixed;
  for (std::size_t i = 0; i < 8; ++i) mixed.data()[i] = static_cast<double>(i);
  check(mixed, [&](auto b, auto, auto f) { return mixed(b, 0, 0, f); });
  const Tensor<double, 4, 2> turned{{1, 5}, {2, 6}, {3, 7}, {4, 8}};
  check(turned.view().permute<1, 0>(),
        [&](auto, auto, auto f) { return static_cast<double>(f + 5); });
}

TEST_CASE("a value of a cache is put at the same point, wholly or in part") {
  for (const std::string& name : points_with_heads) {
    INFO(name);
    Cache<double> other({"blocks.*." + name.substr(9)}), some({name}, {.positions = {4, 1}});
    model(other_tokens, other);
    model(other_tokens, some);
    Edit<double> whole, part, shifted;
    whole.replace({.point = "blocks.*." + name.substr(9), .layers = {1}}, other);
    part.replace({.point = name, .heads = {1}, .positions = {1, 4}}, some);
    const auto old = before(name), replaced = after(whole, name), patched = after(part, name);
    CHECK(replaced.entries()[0].elements == other.find(name)->elements);
    compare(name, old.view(name), patched.view(name),
            [&, i = std::size_t{0}](auto, auto n, auto h, auto, double x, double y) mutable {
              const double there = other.find(name)->elements[i++];
              if (y != (h == 1 && (n == 1 || n == 4) ? there : x)) FAIL("element " << i - 1);
            });
  }
}

TEST_CASE("a shift adds the difference of two means, times its strength") {
  const std::string name = "blocks.1.resid_pre";
  Cache<double> first({name}), second({name});
  model(tokens, first);
  model(other_tokens, second);
  const auto from = first.mean_over_sequences(), to = second.mean_over_sequences();
  Edit<double> edit;
  edit.shift({.point = name, .positions = {5}}, from, to, 0.5);
  const auto old = first.view(name);
  const auto shifted = after(edit, name);
  for (std::size_t b = 0; b < 2; ++b)
    for (std::size_t n = 0; n < 6; ++n)
      for (std::size_t i = 0; i < 8; ++i) {
        const double difference = to.view(name)(0, n, i) - from.view(name)(0, n, i);
        CHECK(shifted.view(name)(b, n, i) == old(b, n, i) + (n == 5 ? 0.5 * difference : 0));
      }
}

TEST_CASE("an edit by a function is told where it is") {
  for (const std::string name : {"blocks.0.attn.q", "blocks.0.attn.pattern"}) {
    Edit<double> edit;
    edit.apply({.point = name}, [](const ElementIndex& at, double x) {
      return Changed<double>{x * static_cast<double>(1000 * at.sequence + 100 * at.position +
                                                     10 * at.head + at.feature),
                             1};
    });
    const auto old = before(name), edited = after(edit, name);
    compare(name, old.view(name), edited.view(name),
            [](auto b, auto n, auto h, auto f, double x, double y) {
              if (y != x * static_cast<double>(1000 * b + 100 * n + 10 * h + f)) FAIL("differs");
            });
  }
}

TEST_CASE("a head whose z is scaled by zero is a head without output weights") {
  Edit<double> edit;
  edit.scale({.point = "blocks.1.attn.hook_z", .heads = {1}}, 0);
  Model without = model;
  for (std::size_t f = 4; f < 8; ++f)
    for (std::size_t i = 0; i < 8; ++i) without.blocks[1].attn.output.weight.value(f, i) = 0;
  CHECK(model(tokens, edit) == without(tokens));
  CHECK(model(tokens, edit) != model(tokens));

  // The same by way of its result, but for rounding.
  Edit<double> of_result;
  of_result.replace({.point = "blocks.1.attn.hook_result", .heads = {1}}, 0);
  const auto a = model(tokens, of_result), b = without(tokens);
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    worst = std::max(worst, std::abs(a.data()[i] - b.data()[i]));
  CHECK(worst < 1e-12);
}

TEST_CASE("patching everything from another run gives that run") {
  for (const std::string name : {"blocks.1.resid_pre", "embed", "ln_final", "logits"}) {
    Cache<double> clean({name});
    const auto wanted = model(other_tokens, clean);
    Edit<double> edit;
    edit.replace({.point = name}, clean);
    CHECK(model(tokens, edit) == wanted);
  }
}

TEST_CASE("a score of minus infinity keeps a query from a key") {
  Edit<double> edit;
  edit.replace({.point = "blocks.0.attn.scores", .positions = {4}, .keys = {2}},
               -std::numeric_limits<double>::infinity());
  const auto pattern = after(edit, "blocks.0.attn.pattern");
  const auto view = pattern.view("blocks.0.attn.pattern");
  for (std::size_t b = 0; b < 2; ++b)
    for (std::size_t h = 0; h < 2; ++h) {
      CHECK(view(b, h, 4, 2) == 0);
      double sum = 0;
      for (std::size_t key = 0; key < 6; ++key) sum += view(b, h, 4, key);
      CHECK(std::abs(sum - 1) < 1e-14);
    }
}

TEST_CASE("an edit refuses points, indices and shapes that do not fit") {
  const auto edit_of = [](Site where, const EditSource<double>& source) {
    Edit<double> edit;
    edit.replace(std::move(where), source);
    return message_of(edit);
  };
  CHECK(edit_of({.point = "blocks.0.attn.hook_zz"}, 0) ==
        "[edit] the model has no such point: \"blocks.0.attn.zz\"; near are blocks.0.attn.z, "
        "blocks.0.attn.q, blocks.0.attn.k");
  CHECK(edit_of({.point = "blocks.*.attn.z", .layers = {2}}, 0) ==
        "[edit] a layer must be one of the model: blocks.*.attn.z, layer 2 of 2");
  CHECK(edit_of({.point = "blocks.1.attn.z", .layers = {0}}, 0) ==
        "[edit] layers are chosen by a point with * for the layer: blocks.1.attn.z");
  CHECK(edit_of({.point = "embed", .layers = {0}}, 0) ==
        "[edit] layers are chosen by a point with * for the layer: embed");
  CHECK(edit_of({.point = "blocks.0.attn.z", .heads = {2}}, 0) ==
        "[edit] an index must be one of its axis: blocks.0.attn.z, head 2 of 2");
  CHECK(edit_of({.point = "blocks.0.attn.z", .positions = {6}}, 0) ==
        "[edit] an index must be one of its axis: blocks.0.attn.z, position 6 of 6");
  CHECK(edit_of({.point = "embed", .heads = {0}}, 0) ==
        "[edit] an index must be one of its axis: embed, head 0 of 0");
  CHECK(edit_of({.point = "blocks.0.attn.z", .keys = {0}}, 0) ==
        "[edit] an index must be one of its axis: blocks.0.attn.z, key 0 of 0");
  CHECK(edit_of({.point = "blocks.0.attn.pattern", .keys = {7}}, 0) ==
        "[edit] an index must be one of its axis: blocks.0.attn.pattern, key 7 of 6");
  CHECK(edit_of({.point = "embed", .sequences = {2}}, 0) ==
        "[edit] an index must be one of its axis: embed, sequence 2 of 2");
  CHECK(edit_of({.point = "blocks.0.attn.z"}, Tensor<double, 6, 8>()) ==
        "[edit] what is put at a point must have its shape, or repeat along its axes: "
        "blocks.0.attn.z is (2, 6, 2, 4), what is put there (6, 8)");
  CHECK(edit_of({.point = "embed"}, Tensor<double, 1, 2, 6, 8>()) ==
        "[edit] what is put at a point must have its shape, or repeat along its axes: "
        "embed is (2, 6, 8), what is put there (1, 2, 6, 8)");
  Cache<double> some({"embed"}, {.positions = {1}});
  CHECK(edit_of({.point = "embed"}, some) ==
        "[cache] no value of this name was kept: \"embed\"; near are ");
  model(tokens, some);
  CHECK(edit_of({.point = "embed"}, some) ==
        "[edit] a position to take from a cache must be one that it kept: embed, position 0");
  CHECK(edit_of({.point = "embed", .positions = {1}}, some) == "");
}

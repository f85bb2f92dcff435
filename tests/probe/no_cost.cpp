#include <catch2/catch_test_macros.hpp>

#include "instructions.hpp"
#include "model.hpp"

// That points cost nothing where there is no probe. A model is run as it is, and by hand from the
// same parts without any point, and the instructions of both are counted one by one. What may
// remain of a point is that its value is moved once: a few words, whatever the size of the model.

using namespace weft;
using namespace weft_tests;

namespace {

using Model = Small<float>;
const Model model = random_model<Model>();
const Tensor<int, 1, 2> ids{{3, 5}};

// The logits, from operations and modules that have no points.
template <class Tokens>
auto without_points(const Tokens& tokens) {
  auto h = model.embed(tokens);
  if constexpr (TapedOperand<Tokens>)
    h = h + slice<0, 0, 2>(tokens.tape()->parameter(model.pos_embed.weight));
  else
    h = h + model.pos_embed.weight.value.view().slice<0, 0, 2>();
  for (const auto& block : model.blocks) {
    const auto x = block.ln1(h);
    const auto q = block.attn.query(x);
    const auto k = block.attn.key(x);
    const auto v = block.attn.value(x);
    const auto mid = h + block.attn.output(attention<small.heads>(q, k, v));
    h = mid + block.mlp.out(gelu(block.mlp.in(block.ln2(mid))));
  }
  return model.unembed(model.ln_final(h));
}

constexpr std::size_t points = 2 + 2 * 11 + 2;  // of two layers, without those inside attention
constexpr std::size_t move = 12;                // instructions; a tensor's handle is four words

// Looks at every value, and does almost nothing.
struct Count {
  void operator()(const Point&, const auto& value) { sum += value.data()[0]; }
  float sum = 0;
};

}  // namespace

TEST_CASE("without a probe, a point is no more than the move of a handle") {
  const bool same_logits = model(ids) == without_points(ids);
  REQUIRE(same_logits);
  const std::size_t needed = instructions_of([] { static_cast<void>(without_points(ids)); });
  if (needed == 0) SKIP("this system lets no process be traced");
  const std::size_t taken = instructions_of([] { static_cast<void>(model(ids)); });
  const std::size_t counted = instructions_of([] { static_cast<void>(model(ids, Count{})); });
  INFO(taken << " instructions, " << needed << " without points, " << counted << " with a probe");
  CHECK(needed > 10000);
  CHECK(taken <= needed + move * points);
  CHECK(counted > needed + move * points);  // the count shows a probe
}

TEST_CASE("without a probe, a point on a tape is no more than the copy of a handle") {
  Tape tape;
  const std::size_t needed = instructions_of([&] {
    static_cast<void>(without_points(tape.constant(ids)));
    tape.reset();
  });
  if (needed == 0) SKIP("this system lets no process be traced");
  const std::size_t taken = instructions_of([&] {
    static_cast<void>(model(tape.constant(ids)));
    tape.reset();
  });
  INFO(taken << " instructions, " << needed << " without points");
  CHECK(taken <= needed + move * points);
}

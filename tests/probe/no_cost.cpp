#include <catch2/catch_test_macros.hpp>

#include "instructions.hpp"
#include "model.hpp"

// That points cost nothing where there is no probe. A model is run as it is, and as it would be
// written without any point, and the instructions of both are counted one by one. They differ by
// fewer than there are points: the number of the layer is counted, and the compiler orders moves
// otherwise. A single call, or look at a value, for each point would be many more.

using namespace weft;
using namespace weft_tests;

namespace {

using Model = Small<float>;
const Model model = random_model<Model>();
const Tensor<int, 1, 2> ids{{3, 5}};

// The model, written again without any point: the same functions, operations and names.
auto attention_without_points(const auto& attn, const auto& x) {
  auto q = attn.query(x), k = attn.key(x), v = attn.value(x);
  auto z = attention<small.heads>(q, k, v);
  return attn.output(z);
}
auto mlp_without_points(const auto& mlp, const auto& x) {
  auto pre = mlp.in(x);
  auto post = gelu(pre);
  return mlp.out(post);
}
auto block_without_points(const auto& block, const auto& x) {
  auto attn_out = attention_without_points(block.attn, block.ln1(x));
  auto mid = x + attn_out;
  auto mlp_out = mlp_without_points(block.mlp, block.ln2(mid));
  auto post = mid + mlp_out;
  return post;
}
auto stream_without_points(const auto& tokens) {
  auto h = model.embed(tokens);
  if constexpr (TapedOperand<std::remove_cvref_t<decltype(tokens)>>)
    h = h + slice<0, 0, 2>(tokens.tape()->parameter(model.pos_embed.weight));
  else
    h = h + model.pos_embed.weight.value.view().slice<0, 0, 2>();
  for (const auto& block : model.blocks) h = block_without_points(block, h);
  return h;
}
auto without_points(const auto& tokens) {
  const auto h = stream_without_points(tokens);
  auto normalized = model.ln_final(h);
  auto logits = model.unembed(normalized);
  return logits;
}

// Builds for a debugger or a sanitizer keep calls that do nothing, or watch them.
#if defined(NDEBUG)
constexpr bool is_countable = true;
#else
constexpr bool is_countable = false;
#endif

constexpr std::size_t points = 2 + 2 * 11 + 2;  // of two layers, without those inside attention

// Looks at every value, and does almost nothing.
struct Count {
  void operator()(const Point&, const auto& value) { sum += value.data()[0]; }
  float sum = 0;
};

}  // namespace

TEST_CASE("without a probe, a point takes no instruction") {
  const bool same_logits = model(ids) == without_points(ids);
  REQUIRE(same_logits);
  if (!is_countable) SKIP("what this build takes depends on more than the points");
  const std::size_t needed = instructions_of([] { static_cast<void>(without_points(ids)); });
  if (needed == 0) SKIP("this system lets no process be traced");
  const std::size_t taken = instructions_of([] { static_cast<void>(model(ids)); });
  const std::size_t counted = instructions_of([] { static_cast<void>(model(ids, Count{})); });
  INFO(taken << " instructions, " << needed << " without points, " << counted << " with a probe");
  CHECK(needed > 10000);
  CHECK(taken < needed + points);
  CHECK(counted > needed + points);  // the count shows a probe
}

TEST_CASE("without a probe, a point on a tape takes no instruction") {
  Tape tape;
  if (!is_countable) SKIP("what this build takes depends on more than the points");
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
  CHECK(taken < needed + points);
}

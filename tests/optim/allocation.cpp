#include <weft/optim/adamw.hpp>
#include <weft/optim/sgd.hpp>

#include <catch2/catch_test_macros.hpp>
#include <tests/optim/model.hpp>

#include <cstdlib>
#include <new>

namespace {

std::size_t allocations = 0;

void* counted(std::size_t bytes, std::size_t alignment) {
  ++allocations;
  const std::size_t whole = (bytes + alignment) / alignment * alignment;
  if (void* memory = std::aligned_alloc(alignment, whole)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t bytes) { return counted(bytes, alignof(std::max_align_t)); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return counted(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

TEST_CASE("a step allocates nothing, not even the first") {
  using namespace weft;
  weft_tests::SmallModel<float> model;
  AdamW adamw{model, {.clip_norm = 1}};
  SGD sgd{model, {.momentum = 0.9}};
  Tape tape;
  for (int step = 0; step < 3; ++step) {
    weft_tests::set_gradient(tape, model.weight, {1});  // the bias goes without
    const std::size_t before = allocations;
    const StepReport report = step % 2 == 0 ? adamw.step(tape) : sgd.step(tape);
    const std::size_t after = allocations;
    CHECK(after == before);
    CHECK(report.without_gradient.size() == 1);
  }
  CHECK(allocations > 0);  // the counter works
}

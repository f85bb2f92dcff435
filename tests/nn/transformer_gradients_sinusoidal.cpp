#include <tests/nn/transformer_gradients.hpp>

TEST_CASE("transformers with sinusoidal positions have the gradients of their loss") {
  weft_tests::check_transformer_gradients<weft::nn::Positions::sinusoidal>();
}

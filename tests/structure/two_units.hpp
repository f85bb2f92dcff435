#pragma once

#include <weft/core/tensor.hpp>

#include <string>

namespace other_unit {

std::string instruction_set();
weft::Tensor<float, 2, 2> squared(const weft::Tensor<float, 2, 2>& matrix);

}  // namespace other_unit

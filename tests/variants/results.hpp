#pragma once

#include <string>
#include <vector>

// Numbers that a build of the library computes. results.cpp is compiled once for each way of
// building, under another function name, and the programs here compare what comes out.
namespace variants {

struct Number {
  std::string name;
  double in_float;   // computed in float
  double in_double;  // the same computed in double
};

struct Results {
  std::string instruction_set;
  int threads;
  std::vector<Number> numbers;
};

}  // namespace variants

#include "compare.hpp"

// Prints every bit of what this build computes. With an argument it also says, first, which build
// it is. The exit status is 1 where float and double disagree.

namespace variants {
Results results();
}

int main(int count, char** arguments) {
  const variants::Results results = variants::results();
  if (count > 1)
    std::printf("%s: %s, threads: %d\n", arguments[1], results.instruction_set.c_str(),
                results.threads);
  for (const variants::Number& number : results.numbers)
    std::printf("%-20s %a %a\n", number.name.c_str(), number.in_float, number.in_double);
  const std::string wrong = variants::disagreements(results);
  std::fputs(wrong.c_str(), stderr);
  return wrong.empty() && !results.numbers.empty() ? 0 : 1;
}

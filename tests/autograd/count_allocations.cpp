// test_autograd counts its allocations like test_train.
#include <tests/train/count_allocations.cpp>

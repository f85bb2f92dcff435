#include "worker.hpp"

#include <weft/io/npy.hpp>
#include <weft/ops/attention.hpp>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string_view>
#include <utility>

// Causal attention in weft, through the operation on a tape, on one thread.
//
//   compare_attention FOLDER
//
// answers for a number of positions N and a width W of a head
//
//   write N W             writes q, k, v and dz, the gradient of the result, to the folder, and
//                         what it makes of them, z, dq, dk and dv, an .npy each
//   time N W forward K    seconds of K forward passes
//   time N W both K       seconds of K forward and backward passes

namespace {

using namespace weft;

constexpr std::size_t tokens = 1536, heads = 4;

template <std::size_t Positions, std::size_t Width>
class Attention {
 public:
  Attention() {
    std::uint64_t key = 0;
    for (Array* array : {&q_, &k_, &v_, &dz_}) {
      Random random = Random(1).fork("operand", key++);
      for (float& element : *array) element = random.normal();
    }
  }

  void write(const std::string& folder) {
    forward();
    both();
    const std::pair<const char*, const Array*> arrays[] = {{"q", &q_},   {"k", &k_},   {"v", &v_},
                                                           {"dz", &dz_}, {"z", &z_},   {"dq", &dq_},
                                                           {"dk", &dk_}, {"dv", &dv_}};
    for (const auto& [name, array] : arrays) save_npy(folder + "/" + name + ".npy", *array);
  }

  void forward() {
    for (std::size_t row = 0; row < rows; row += piece) {
      const auto z = attention<heads>(tape_.constant(part(q_, row)), tape_.constant(part(k_, row)),
                                      tape_.constant(part(v_, row)));
      copy(z.data(), z_, row);
      tape_.reset();
    }
  }

  void both() {
    for (std::size_t row = 0; row < rows; row += piece) {
      const auto q = tape_.variable(part(q_, row)), k = tape_.variable(part(k_, row)),
                 v = tape_.variable(part(v_, row));
      const auto z = attention<heads>(q, k, v);
      std::copy_n(dz_.data() + row * row_size, z.size(), z.target().data);
      tape_.backward();
      copy(q.gradient_data(), dq_, row);
      copy(k.gradient_data(), dk_, row);
      copy(v.gradient_data(), dv_, row);
      tape_.reset();
    }
  }

 private:
  // Few enough sequences at a time that they stay in the core's cache.
  static constexpr std::size_t rows = tokens / Positions;
  static constexpr std::size_t piece = Positions < 64 ? 4 : Positions < 128 ? 2 : 1;
  static constexpr std::size_t row_size = Positions * heads * Width;
  using Array = Tensor<float, rows, Positions, heads * Width>;  // (batch, position, head * feature)

  static auto part(const Array& array, std::size_t row) {
    return View<const float, piece, Positions, heads * Width>(array.data() + row * row_size);
  }
  static void copy(const float* from, Array& array, std::size_t row) {
    std::copy_n(from, piece * row_size, array.data() + row * row_size);
  }

  Array q_, k_, v_, dz_, z_, dq_, dk_, dv_;
  Tape tape_;
};

struct Case {
  std::function<void(const std::string& folder)> write;
  std::function<void()> forward, both;
};
using Cases = std::map<std::pair<std::size_t, std::size_t>, Case>;

template <std::size_t Positions, std::size_t Width>
void add(Cases& cases) {
  const auto attention = std::make_shared<Attention<Positions, Width>>();
  cases[{Positions, Width}] = {
      [attention](const std::string& folder) { attention->write(folder); },
      [attention] { attention->forward(); }, [attention] { attention->both(); }};
}

template <std::size_t Positions>
void add_widths(Cases& cases) {
  add<Positions, 16>(cases);
  add<Positions, 32>(cases);
  add<Positions, 64>(cases);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: compare_attention FOLDER\n");
    return 2;
  }
  const std::string folder = argv[1];
  std::filesystem::create_directories(folder);
  Cases cases;
  add_widths<24>(cases);
  add_widths<64>(cases);
  add_widths<128>(cases);
  add_widths<256>(cases);
  add_widths<512>(cases);
  return compare::serve([&](std::istream& words, std::ostream& reply) {
    std::string command, pass;
    std::size_t positions = 0, width = 0, count = 0;
    words >> command >> positions >> width >> pass >> count;
    const Case& attention = cases.at({positions, width});
    if (command == "write") attention.write(folder);
    else
      reply << compare::seconds_of(count, pass == "forward" ? attention.forward : attention.both);
  });
}

#pragma once

#include <weft/kernels/embedding.hpp>
#include <weft/ops/axes.hpp>

namespace weft::inline WEFT_TARGET {

namespace detail {

struct Embedding {
  static constexpr const char* name = "embedding";

  void forward(Memory&, auto y, auto ids, auto table) const {
    check(ids.data(), ids.size(), table.leading());
    kernels::embedding(table.data(), ids.data(), ids.size(), rows_of(table.shape()).extent,
                         y.data());
  }

  // dtable(ids(i)) += dy(i)
  void backward(auto y, auto ids, auto table) const {
    if (auto dtable = table.target_of_zeros())
      kernels::embedding_backward(y.gradient_data(), ids.data(), ids.size(),
                                rows_of(table.shape()).extent, dtable.data);
  }

 private:
  static void check(const int* ids, std::size_t count, std::size_t table_rows) {
    for (std::size_t i = 0; i < count; ++i)
      if (ids[i] < 0 || static_cast<std::size_t>(ids[i]) >= table_rows)
        fail(name, "an id must be a row of the table",
             "id " + std::to_string(ids[i]) + " at " + std::to_string(i) + ", " +
                 std::to_string(table_rows) + " rows");
  }
};

}  // namespace detail

// y(i...) = table(ids(i...)): ids are integers of any shape (...), table has shape (rows, n), and
// y has shape (..., n). Throws Error where an id is no row of the table.
template <Operand Ids, Operand Table>
auto embedding(const Ids& ids, const Table& table) {
  using T = element_of<Table>;
  using S = detail::with_last_axis<shape_of<Ids>, shape_of<Table>::last>;
  constexpr bool valid = shape_of<Table>::rank == 2 && std::is_same_v<element_of<Ids>, int>;
  static_assert(valid,
                "weft: embedding(ids, table) needs int ids and a table of shape (rows, n)");
  const std::size_t leading = shape_of<Ids>::rank > 0 ? leading_of(ids) : S::leading;
  if constexpr (valid) return apply<T, S>(detail::Embedding{}, leading, ids, table);
  else return apply<T, S>(detail::Refused{}, leading, ids, table);
}

}  // namespace weft

#include <weft/ops/attention.hpp>

#include <weft/autograd/gradient_check.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "numbers.hpp"

using namespace weft;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// One head of one batch element by its definition, in double.
struct Reference {
  std::size_t positions, width;
  std::vector<double> scores, pattern, z;
};

template <class Q, class K, class V>
Reference reference(std::size_t b, std::size_t h, std::size_t width, const Q& q, const K& k,
                    const V& v, bool causal, double scale, std::size_t valid) {
  const std::size_t n = q.extent(1);
  Reference r{n, width, {}, {}, {}};
  r.scores.resize(n * n, -infinity);
  r.pattern.resize(n * n);
  r.z.resize(n * width);
  const auto at = [&](const auto& x, std::size_t position, std::size_t w) {
    return static_cast<double>(x(b, position, h * width + w));
  };
  for (std::size_t i = 0; i < n; ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < valid && (!causal || j <= i); ++j) {
      double& score = r.scores[i * n + j] = 0;
      for (std::size_t w = 0; w < width; ++w) score += scale * at(q, i, w) * at(k, j, w);
      sum += r.pattern[i * n + j] = std::exp(score);
    }
    for (std::size_t j = 0; j < n; ++j) {
      if (sum > 0) r.pattern[i * n + j] /= sum;
      if (r.pattern[i * n + j] == 0) continue;
      for (std::size_t w = 0; w < width; ++w)
        r.z[i * width + w] += r.pattern[i * n + j] * at(v, j, w);
    }
  }
  return r;
}

template <std::size_t Heads, class Z, class Q, class K, class V>
double difference_to_reference(const Z& z, const Q& q, const K& k, const V& v, bool causal,
                               double scale, const Tensor<int, dynamic>& lengths) {
  const std::size_t width = q.extent(2) / Heads;
  double worst = 0;
  for (std::size_t b = 0; b < q.extent(0); ++b)
    for (std::size_t h = 0; h < Heads; ++h) {
      const Reference r = reference(b, h, width, q, k, v, causal, scale,
                                    static_cast<std::size_t>(lengths(b)));
      for (std::size_t i = 0; i < q.extent(1); ++i)
        for (std::size_t w = 0; w < width; ++w) {
          const double found = static_cast<double>(z(b, i, h * width + w));
          const double difference = std::abs(found - r.z[i * width + w]);
          if (!(difference <= worst)) worst = difference;
        }
    }
  return worst;
}

// Values and gradients, causal and not, all keys and some.
template <std::size_t Heads, class Q, class K, class V>
void check(const Q& q, const K& k, const V& v) {
  const std::size_t positions = q.extent(1), width = q.extent(2) / Heads;
  Tensor<int, dynamic> all(q.extent(0)), some(q.extent(0));
  all.fill(static_cast<int>(positions));
  for (std::size_t b = 0; b < some.size(); ++b)
    some(b) = static_cast<int>((b * 5 + positions / 2) % (positions + 1));
  for (const bool causal : {true, false})
    for (const auto* lengths : {&all, &some}) {
      const AttentionOptions<double> options{.causal = causal, .scale = causal ? 0.0 : 0.7};
      const double scale = causal ? 1 / std::sqrt(static_cast<double>(width)) : 0.7;
      INFO(to_string(typename Q::shape_type{}, q.leading())
           << ", heads " << Heads << ", causal " << causal << ", some " << (lengths == &some));
      const auto z = attention<Heads>(q, k, v, *lengths, options);
      CHECK(difference_to_reference<Heads>(z, q, k, v, causal, scale, *lengths) < 1e-13);
      const auto gradient = check_gradient(
          [&](auto x, auto y, auto u) { return attention<Heads>(x, y, u, *lengths, options); }, q,
          k, v);
      INFO(gradient.where);
      CHECK(gradient.passed());
      CHECK(gradient.compared == q.size() + k.size() + v.size());
    }
}

template <std::size_t Batch, std::size_t Positions, std::size_t Heads, std::size_t Width>
void check_shape(std::size_t batch = Batch) {
  check<Heads>(numbers<double, Batch, Positions, Heads * Width>(1, batch),
               numbers<double, Batch, Positions, Heads * Width>(2, batch),
               numbers<double, Batch, Positions, Heads * Width>(3, batch));
}

}  // namespace

TEST_CASE("attention of few positions has the values and gradients of its definition") {
  check_shape<1, 1, 1, 1>();
  check_shape<2, 2, 1, 3>();
  check_shape<1, 3, 3, 1>();
  check_shape<3, 5, 2, 4>();
  check_shape<2, 8, 1, 8>();
  check_shape<1, 9, 3, 5>();
  check_shape<1, 17, 2, 3>();
  check_shape<dynamic, 4, 2, 2>(3);
  check_shape<dynamic, 7, 1, 17>(1);
  check_shape<2, 6, 1, 2>();
  check_shape<1, 10, 2, 2>();
  check_shape<4, 3, 1, 2>();
  check_shape<1, 15, 1, 3>();
  check_shape<1, 16, 1, 4>();
  check_shape<dynamic, 12, 2, 1>(2);
}

TEST_CASE("attention in several blocks has the values and gradients of its definition") {
  check_shape<1, 32, 1, 2>();
  check_shape<1, 33, 1, 2>();
  check_shape<dynamic, 71, 1, 1>(1);
}

TEST_CASE("attention reads q, k and v that are parts of one array") {
  auto qkv = numbers<double, 2, 6, 36>(4);
  check<2>(qkv.view().slice<2, 0, 12>(), qkv.view().slice<2, 12, 12>(),
           qkv.view().slice<2, 24, 12>());
  auto turned = numbers<double, 4, 5, 3>(5);
  check<2>(turned.view().permute<2, 1, 0>(), numbers<double, 3, 5, 4>(6),
           numbers<double, 3, 5, 4>(7));
}

TEST_CASE("a variable that is query, key and value at once collects all its gradients") {
  const auto x = numbers<double, 2, 5, 6>(1), y = numbers<double, 2, 5, 6>(2);
  const auto passed = [](auto function, auto... inputs) {
    const auto gradient = check_gradient(function, inputs...);
    INFO(gradient.where);
    CHECK(gradient.passed());
  };
  passed([](auto a) { return attention<2>(a, a, a); }, x);
  passed([](auto a, auto b) { return attention<2>(a, a, b); }, x, y);
  passed([](auto a, auto b) { return attention<2>(a, b, a); }, x, y);
  passed([](auto a, auto b) { return attention<2>(a, b, b); }, x, y);
  passed([](auto a) { return attention<3>(attention<2>(a, a, a), a, a, {.causal = false}); }, x);
}

TEST_CASE("what no one differentiates gets no gradient, and the others theirs") {
  const auto q = numbers<double, 1, 40, 2>(1), k = numbers<double, 1, 40, 2>(2),
             v = numbers<double, 1, 40, 2>(3);
  CHECK(check_gradient([&](auto x) { return attention<1>(x, k, v); }, q).passed());
  CHECK(check_gradient([&](auto x) { return attention<1>(q, x, v); }, k).passed());
  CHECK(check_gradient([&](auto x) { return attention<1>(q, k, x); }, v).passed());
  Tape tape;
  static_cast<void>(attention<1>(tape.constant(q), k, v));
  CHECK(tape.size() == 0);
}

TEST_CASE("attention in float agrees with double at the sizes of a small transformer") {
  const auto q = numbers<float, 2, 70, 64>(1), k = numbers<float, 2, 70, 64>(2),
             v = numbers<float, 2, 70, 64>(3);
  const Tensor<int, dynamic> lengths{70, 41};
  for (const bool causal : {true, false}) {
    const auto z = attention<4>(q, k, v, lengths, {.causal = causal});
    CHECK(difference_to_reference<4>(z, q, k, v, causal, 0.25, lengths) < 1e-6);
  }
}

TEST_CASE("keys behind the valid length are not read and get gradients of zero") {
  auto q = numbers<double, 1, 40, 4>(1), k = numbers<double, 1, 40, 4>(2),
       v = numbers<double, 1, 40, 4>(3);
  for (auto* x : {&k, &v})
    std::fill(x->data() + 35 * 4, x->end(), std::numeric_limits<double>::quiet_NaN());
  for (const bool causal : {true, false}) {
    Tape tape;
    const auto a = tape.variable(q), b = tape.variable(k), c = tape.variable(v);
    const auto z = attention<2>(a, b, c, Tensor<int, 1>{35}, {.causal = causal});
    for (std::size_t i = 0; i < z.size(); ++i) CHECK(std::isfinite(z.data()[i]));
    std::fill_n(z.target().data, z.size(), 1.0);
    tape.backward();
    for (const double element : Tensor(a.gradient())) CHECK(std::isfinite(element));
    for (const auto& x : {b, c})
      for (std::size_t i = 35 * 4; i < x.size(); ++i) CHECK(x.gradient().data()[i] == 0);
  }
}

TEST_CASE("a query that sees no key gets zeros") {
  const auto x = numbers<float, 2, 3, 4>(1);
  const auto z = attention<2>(x, x, x, Tensor<int, 2>{0, 3});
  CHECK(Tensor(z[0]) == Tensor<float, 3, 4>());
  CHECK(Tensor(z[1]) != Tensor<float, 3, 4>());
}

namespace {

// Notes what it is shown.
template <std::size_t N>
struct Recorder {
  std::vector<Tensor<float, N, N>> seen_scores{}, seen_patterns{};
  std::vector<std::size_t> order{};

  void scores(std::size_t batch, std::size_t head, View<const float, N, N> view) {
    order.push_back(batch * 10 + head);
    seen_scores.emplace_back(view);
  }
  void pattern(std::size_t, std::size_t, View<const float, N, N> view) {
    seen_patterns.emplace_back(view);
  }
};

}  // namespace

TEST_CASE("an observer sees scores and pattern of each head, and changes no bit") {
  const auto q = numbers<float, 2, 37, 36>(1), k = numbers<float, 2, 37, 36>(2),
             v = numbers<float, 2, 37, 36>(3);
  const Tensor<int, dynamic> lengths{37, 20};
  Recorder<37> seen;
  const auto z = attention<3>(q, k, v, lengths, {}, seen);
  CHECK(z == attention<3>(q, k, v, lengths));
  CHECK(seen.order == std::vector<std::size_t>{0, 1, 2, 10, 11, 12});
  for (std::size_t b = 0; b < 2; ++b)
    for (std::size_t h = 0; h < 3; ++h) {
      const Reference r = reference(b, h, 12, q, k, v, true, 1 / std::sqrt(12.0),
                                    static_cast<std::size_t>(lengths(b)));
      for (std::size_t i = 0; i < 37; ++i)
        for (std::size_t j = 0; j < 37; ++j) {
          const auto score = static_cast<double>(seen.seen_scores[b * 3 + h](i, j));
          const double expected = r.scores[i * 37 + j];
          if ((std::isinf(expected) && score != expected) || std::abs(score - expected) > 1e-5)
            FAIL_CHECK(score << " at " << i << ", " << j);
        }
      CHECK(greatest_difference(seen.seen_patterns[b * 3 + h], r.pattern) < 1e-6);
    }
}

TEST_CASE("what an observer changes is used by what follows") {
  const auto x = numbers<double, 2, 3, 4>(1), v = numbers<double, 2, 3, 4>(2);
  struct FirstOnly {  // every query of head 1 looks at the first position only
    void edit_scores(std::size_t, std::size_t head, View<double, 3, 3> view,
                     View<double, 3, 3>) const {
      for (std::size_t i = 0; i < 3 && head == 1; ++i) view(i, 0) = 1000;
    }
  };
  struct Doubled {
    void edit_pattern(std::size_t, std::size_t, View<double, 3, 3> view,
                      View<double, 3, 3>) const {
      for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t j = 0; j < 3; ++j) view(i, j) *= 2;
    }
  };
  const auto plain = attention<2>(x, x, v);
  const auto first = attention<2>(x, x, v, {}, FirstOnly{});
  const auto twice = attention<2>(x, x, v, {}, Doubled{});
  for (std::size_t b = 0; b < 2; ++b)
    for (std::size_t n = 0; n < 3; ++n)
      for (std::size_t i = 0; i < 4; ++i) {
        CHECK(first(b, n, i) == (i < 2 ? plain(b, n, i) : v(b, 0, i)));
        CHECK(twice(b, n, i) == 2 * plain(b, n, i));
      }
}

namespace {

// Edits of every kind of slope: 0 where an element is replaced, f' where it becomes f(x), 1 beyond.
struct Mixed {
  template <class T, std::size_t N>
  static void edit(const View<T, N, N>& view, const View<T, N, N>& slope) {
    for (std::size_t i = 0; i < view.extent(0); ++i)
      for (std::size_t j = 0; j < view.extent(1); ++j) {
        const std::size_t kind = (3 * i + j) % 4;
        if (kind == 0) view(i, j) = T(0.3), slope(i, j) = 0;
        if (kind == 1) view(i, j) *= T(-1.5), slope(i, j) *= T(-1.5);
        if (kind == 2) slope(i, j) *= 2 * view(i, j), view(i, j) *= view(i, j);
      }
  }
};
struct MixedScores {
  void edit_scores(std::size_t, std::size_t head, const auto& view, const auto& slope) const {
    if (head != 1) Mixed::edit(view, slope);
  }
};
struct MixedPattern {
  void edit_pattern(std::size_t, std::size_t, const auto& view, const auto& slope) const {
    Mixed::edit(view, slope);
  }
};
struct MixedBoth : MixedScores, MixedPattern {};
struct Idle {
  void edit_scores(std::size_t, std::size_t, const auto&, const auto&) const {}
  void edit_pattern(std::size_t, std::size_t, const auto&, const auto&) const {}
};

template <std::size_t Heads, class Observer, class X>
void check_edited_gradients(const Observer& observer, const X& q, const X& k, const X& v) {
  Tensor<int, dynamic> some(q.extent(0));
  for (std::size_t b = 0; b < some.size(); ++b)
    some(b) = static_cast<int>((b * 5 + q.extent(1) / 2) % (q.extent(1) + 1));
  for (const bool causal : {true, false}) {
    INFO(to_string(q.shape()) << ", heads " << Heads << ", causal " << causal);
    const auto gradient = check_gradient(
        [&](auto x, auto y, auto u) {
          const AttentionOptions<double> options{.causal = causal};
          return attention<Heads>(x, y, u, some, options, observer);
        },
        q, k, v);
    INFO(gradient.where);
    CHECK(gradient.passed());
  }
}

template <std::size_t Batch, std::size_t Positions, std::size_t Features, std::size_t Heads,
          class Observer>
void check_edited_shape(const Observer& observer, std::size_t batch = Batch) {
  check_edited_gradients<Heads>(observer, numbers<double, Batch, Positions, Features>(1, batch),
                                numbers<double, Batch, Positions, Features>(2, batch),
                                numbers<double, Batch, Positions, Features>(3, batch));
}

}  // namespace

TEST_CASE("gradients pass through what an observer changed by its slopes") {
  check_edited_shape<2, 3, 4, 2>(MixedScores{});
  check_edited_shape<2, 3, 4, 2>(MixedPattern{});
  check_edited_shape<3, 1, 2, 1>(MixedBoth{});
  check_edited_shape<dynamic, 5, 6, 3>(MixedBoth{}, 2);
  check_edited_shape<1, 9, 3, 1>(MixedBoth{});
  check_edited_shape<1, 17, 2, 2>(MixedBoth{});
}

TEST_CASE("an observer that changes nothing changes no bit of a gradient") {
  const auto q = numbers<float, 2, 37, 36>(1), k = numbers<float, 2, 37, 36>(2),
             v = numbers<float, 2, 37, 36>(3), seed = numbers<float, 2, 37, 36>(4);
  const auto gradients = [&](const auto& observer) {
    Tape tape;
    const auto a = tape.variable(q), b = tape.variable(k), c = tape.variable(v);
    const auto z = attention<3>(a, b, c, {}, observer);
    std::copy(seed.begin(), seed.end(), z.target().data);
    tape.backward();
    return std::tuple{Tensor(z.value()), Tensor(a.gradient()), Tensor(b.gradient()),
                      Tensor(c.gradient())};
  };
  CHECK(gradients(Idle{}) == gradients(NoObserver{}));
  CHECK(gradients(MixedScores{}) != gradients(NoObserver{}));
}

TEST_CASE("what the mask hides stays hidden whatever an observer writes there") {
  const auto x = numbers<double, 1, 5, 4>(1);
  struct Everywhere {
    void edit_scores(std::size_t, std::size_t, View<double, 5, 5> view,
                     View<double, 5, 5>) const {
      for (std::size_t i = 0; i < 5; ++i)
        for (std::size_t j = i + 1; j < 5; ++j) view(i, j) = 100;
    }
    void edit_pattern(std::size_t, std::size_t, View<double, 5, 5> view,
                      View<double, 5, 5>) const {
      for (std::size_t i = 0; i < 5; ++i)
        for (std::size_t j = i + 1; j < 5; ++j) view(i, j) = 100;
    }
  };
  CHECK(attention<2>(x, x, x, {}, Everywhere{}) == attention<2>(x, x, x));
}

TEST_CASE("attention refuses batch extents that differ and lengths out of range") {
  using Catch::Matchers::Message;
  const Tensor<float, dynamic, 3, 4> two(2), three(3);
  CHECK_THROWS_AS((attention<2>(two, three, two)), Error);
  CHECK_THROWS_AS((attention<2>(two, two, three)), Error);
  CHECK_THROWS_MATCHES(
      (attention<2>(two, two, two, Tensor<int, dynamic>(3))), Error,
      Message("[attention] q, k, v and the lengths must have the same batch extent: 2, 2, 2, 3"));
  CHECK_THROWS_MATCHES((attention<2>(two, two, two, Tensor<int, 2>{0, 4})), Error,
                       Message("[attention] a length must lie between 0 and the number of "
                               "positions: length 4 at 1, positions 3"));
  CHECK_THROWS_AS((attention<2>(two, two, two, Tensor<int, 2>{-1, 3})), Error);
  Tape tape;
  const auto lengths = tape.constant(Tensor<int, 2>{3, 2});
  CHECK_NOTHROW(attention<2>(two, two, two, lengths));
  tape.reset();
  CHECK_THROWS_MATCHES(
      (attention<2>(two, two, two, lengths)), Error,
      Message("[attention] the lengths are from before the last reset of their tape"));
}

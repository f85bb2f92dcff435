#include <weft/kernels/attention.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <vector>

using namespace weft;
using kernels::AttentionHead;

namespace {

std::vector<double> numbers(std::size_t count, std::size_t key) {
  std::vector<double> result(count);
  for (std::size_t i = 0; i < count; ++i)
    result[i] = std::sin(static_cast<double>(1 + i * 7 + key * 1001));
  return result;
}

std::size_t padded(std::size_t queries) { return kernels::pattern_row<double>(queries); }

bool sees(const AttentionHead& head, std::size_t i, std::size_t j) {
  return j < head.valid && (!head.causal || j + head.queries <= i + head.keys);
}

// Everything one head computes, by its definition. Arrays have rows of `row` elements.
struct Naive {
  std::vector<double> pattern, z, dq, dk, dv;

  Naive(const AttentionHead& head, double scale, const std::vector<double>& q,
        const std::vector<double>& k, const std::vector<double>& v, const std::vector<double>& dz)
      : pattern(head.queries * head.keys),
        z(q.size()), dq(q.size()), dk(k.size()), dv(k.size()) {
    for (std::size_t i = 0; i < head.queries; ++i) {
      std::vector<double> dp(head.keys);
      double sum = 0, mean = 0;
      for (std::size_t j = 0; j < head.keys; ++j) {
        if (!sees(head, i, j)) continue;
        double score = 0;
        for (std::size_t w = 0; w < head.width; ++w) {
          score += scale * q[i * head.row + w] * k[j * head.row + w];
          dp[j] += dz[i * head.row + w] * v[j * head.row + w];
        }
        sum += pattern[i * head.keys + j] = std::exp(score);
      }
      for (std::size_t j = 0; j < head.keys; ++j) {
        double& p = pattern[i * head.keys + j];
        if (p > 0) p /= sum;
        mean += p * dp[j];
      }
      for (std::size_t j = 0; j < head.keys; ++j) {
        const double p = pattern[i * head.keys + j];
        const double ds = scale * p * (dp[j] - mean);
        for (std::size_t w = 0; w < head.width && p > 0; ++w) {
          z[i * head.row + w] += p * v[j * head.row + w];
          dv[j * head.row + w] += p * dz[i * head.row + w];
          dq[i * head.row + w] += ds * k[j * head.row + w];
          dk[j * head.row + w] += ds * q[i * head.row + w];
        }
      }
    }
  }
};

// The greatest difference within the first `width` elements of each row, and any change behind.
double difference(const AttentionHead& head, const std::vector<double>& found,
                  const std::vector<double>& expected, double before) {
  double worst = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const bool inside = i % head.row < head.width;
    const double error = std::abs(found[i] - (inside ? expected[i] + before : before));
    if (!(error <= worst)) worst = error;
  }
  return worst;
}

// Whether the registers that hold the queries hold numbers, behind the last query too.
bool has_numbers(const AttentionHead& head, const std::vector<double>& pattern) {
  for (std::size_t j = 0; j < head.keys; ++j)
    for (std::size_t i = 0; i < kernels::whole_registers<double>(head.queries); ++i)
      if (!std::isfinite(pattern[j * head.pattern_row + i])) return false;
  return true;
}

void check(const AttentionHead& head) {
  INFO(head.queries << " queries, " << head.keys << " keys, width " << head.width << ", valid "
                    << head.valid << ", causal " << head.causal);
  const double scale = 0.6;
  const auto q = numbers(head.queries * head.row, 1), dz = numbers(head.queries * head.row, 4);
  auto k = numbers(head.keys * head.row, 2), v = numbers(head.keys * head.row, 3);
  const Naive expected(head, scale, q, k, v, dz);
  for (auto* x : {&k, &v})  // a cache that is not full
    for (std::size_t i = head.valid * head.row; i < x->size(); ++i) (*x)[i] = NAN;

  std::vector<double> pattern(head.keys * head.pattern_row, NAN), z(q.size(), 9);
  const kernels::QueryRange all{0, head.queries};
  {
    Scratch scratch;
    const double* queries = kernels::attention_queries(head, scale, q.data(), scratch);
    kernels::attention_scores(head, all, queries, k.data(), pattern.data());
  }
  kernels::attention_pattern(head, all, pattern.data());
  kernels::attention_values(head, all, pattern.data(), v.data(), z.data());
  double worst = 0;
  for (std::size_t i = 0; i < head.queries; ++i)
    for (std::size_t j = 0; j < head.keys; ++j) {
      const double p = expected.pattern[i * head.keys + j];
      const double error = std::abs(pattern[j * head.pattern_row + i] - p);
      if (!(error <= (p == 0 ? 0 : worst))) worst = p == 0 ? 1 : error;
    }
  CHECK(worst < 1e-14);
  CHECK(has_numbers(head, pattern));
  for (std::size_t i = 0; i < z.size(); ++i) z[i] -= i % head.row < head.width ? 0 : 9;
  CHECK(difference(head, z, expected.z, 0) < 1e-13);

  for (const Write write : {Write::store, Write::add}) {
    const double before = 2, base = write == Write::add ? before : 0;
    std::vector<double> dq(q.size(), before), dk(k.size(), before), dv(k.size(), before);
    std::vector<double> dscores(pattern.size(), NAN);
    kernels::attention_backward<double>(head, scale, pattern.data(), dz.data(),
                                        {q.data(), dq.data(), write}, {k.data(), dk.data(), write},
                                        {v.data(), dv.data(), write}, dscores.data());
    CHECK(has_numbers(head, dscores));
    for (auto* x : {&dq, &dk, &dv})
      for (std::size_t i = 0; i < x->size(); ++i)
        if (i % head.row >= head.width) (*x)[i] -= before - base;  // must not have been touched
    CHECK(difference(head, dq, expected.dq, base) < 1e-13);
    CHECK(difference(head, dk, expected.dk, base) < 1e-13);
    CHECK(difference(head, dv, expected.dv, base) < 1e-13);
  }
}

}  // namespace

TEST_CASE("one head has the values and gradients of its definition") {
  for (const std::size_t positions : {1u, 2u, 7u, 16u, 24u, 33u, 64u, 65u, 100u})
    for (const std::size_t width : {1u, 3u, 16u, 20u})
      for (const bool causal : {true, false})
        check({positions, positions, width, width + 2, padded(positions) + padded(1), positions,
               causal});
}

TEST_CASE("queries that follow a cache of keys see all of it") {
  for (const std::size_t queries : {1u, 5u, 32u, 40u})
    for (const std::size_t keys : {40u, 71u, 97u})
      for (const std::size_t missing : {0u, 3u, 34u, 40u})
        for (const bool causal : {true, false})
          check({queries, keys, 4, 4, padded(queries), keys - missing, causal});
}

TEST_CASE("the phases give the same bits for ranges of queries as for all at once") {
  for (const std::size_t positions : {24u, 64u, 100u, 130u})
    for (const bool causal : {true, false}) {
      const AttentionHead head{positions, positions, 5, 7, padded(positions), positions - 3, causal};
      const auto q = numbers(positions * head.row, 1), k = numbers(positions * head.row, 2);
      const auto v = numbers(positions * head.row, 3);
      Scratch scratch;
      const double* queries = kernels::attention_queries(head, 0.4, q.data(), scratch);
      std::vector<double> expected;
      for (const std::size_t step : {positions, std::size_t{16}, std::size_t{48}}) {
        std::vector<double> pattern(positions * head.pattern_row), z(q.size());
        for (std::size_t begin = 0; begin < positions; begin += step) {
          const kernels::QueryRange range{begin, std::min(begin + step, positions)};
          kernels::attention_scores(head, range, queries, k.data(), pattern.data());
          kernels::attention_pattern(head, range, pattern.data());
          kernels::attention_values(head, range, pattern.data(), v.data(), z.data());
        }
        if (step == positions) expected = z;
        CHECK(z == expected);
      }
    }
}

TEST_CASE("a query whose scores are all -infinity has a pattern of zeros") {
  const AttentionHead head{5, 5, 1, 1, kernels::pattern_row<float>(5), 5, true};
  std::vector<float> scores(head.keys * head.pattern_row, -INFINITY);
  scores[2 * head.pattern_row + 4] = 7;
  kernels::attention_pattern(head, {0, head.queries}, scores.data());
  for (std::size_t key = 0; key < head.keys; ++key)
    for (std::size_t query = 0; query < head.queries; ++query)
      CHECK(scores[key * head.pattern_row + query] == (query == 4 && key == 2 ? 1.0f : 0.0f));
}

TEST_CASE("scores that are not numbers are not hidden") {
  const AttentionHead head{3, 3, 1, 1, kernels::pattern_row<float>(3), 3, false};
  std::vector<float> scores(3 * head.pattern_row, 1.0f);
  scores[head.pattern_row + 1] = NAN;
  kernels::attention_pattern(head, {0, head.queries}, scores.data());
  CHECK(scores[0] > 0);
  for (std::size_t key = 0; key < 3; ++key) CHECK(std::isnan(scores[key * head.pattern_row + 1]));
}

TEST_CASE("fill_hidden fills what a query does not see and leaves the rest") {
  for (const AttentionHead& head : {AttentionHead{5, 5, 1, 1, 16, 5, true},
                                    AttentionHead{3, 5, 1, 1, 16, 2, true},
                                    AttentionHead{2, 9, 1, 1, 16, 8, false}}) {
    std::vector<float> scores(head.keys * head.pattern_row, 3.0f);
    kernels::fill_hidden(head, -INFINITY, scores.data());
    for (std::size_t i = 0; i < head.queries; ++i)
      for (std::size_t j = 0; j < head.keys; ++j)
        CHECK(scores[j * head.pattern_row + i] == (sees(head, i, j) ? 3.0f : -INFINITY));
  }
}

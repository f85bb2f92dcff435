#include "relation.hpp"

#include <weft/core/error.hpp>

#include <limits>
#include <numeric>
#include <string>

namespace task_vectors {

namespace {

struct Line {
  double slope, intercept, r_squared;
};

Line line_through(const std::vector<Point>& points) {
  const auto count = static_cast<double>(points.size());
  double x = 0, y = 0, xx = 0, xy = 0, yy = 0;
  for (const Point& point : points) {
    x += point.decodability / count;
    y += point.accuracy / count;
  }
  for (const Point& point : points) {
    const double dx = point.decodability - x, dy = point.accuracy - y;
    xx += dx * dx, xy += dx * dy, yy += dy * dy;
  }
  if (xx == 0 || yy == 0) return {0, y, 0};
  return {xy / xx, y - xy / xx * x, xy * xy / (xx * yy)};
}

// The points of each cluster.
std::vector<std::vector<Point>> clusters_of(const std::vector<Point>& points) {
  std::vector<std::vector<Point>> clusters;
  for (const Point& point : points) {
    if (point.cluster >= clusters.size()) clusters.resize(point.cluster + 1);
    clusters[point.cluster].push_back(point);
  }
  return clusters;
}

experiment::Interval interval_of(const std::vector<std::vector<Point>>& clusters,
                                 const weft::Random& random) {
  std::vector<double> numbers(clusters.size());
  std::iota(numbers.begin(), numbers.end(), 0.0);
  return experiment::bootstrap_interval(
      numbers, random, {.resamples = 2000}, [&](const std::vector<double>& drawn) {
        std::vector<Point> points;
        for (const double number : drawn) {
          const auto& cluster = clusters[static_cast<std::size_t>(number)];
          points.insert(points.end(), cluster.begin(), cluster.end());
        }
        return line_through(points).r_squared;
      });
}

}  // namespace

LinearFit fit_line(const std::vector<Point>& points, const weft::Random& random) {
  if (points.size() < 2)
    weft::fail("fit_line", "there must be two points or more", std::to_string(points.size()));
  const Line line = line_through(points);
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  experiment::Interval interval{line.r_squared, none, none};
  const auto clusters = clusters_of(points);
  if (clusters.size() > 1) interval = interval_of(clusters, random);
  // Not the interval's estimate, which adds the points up in another order.
  return {line.slope, line.intercept, {line.r_squared, interval.low, interval.high}};
}

}  // namespace task_vectors

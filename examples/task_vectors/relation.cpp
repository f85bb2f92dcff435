#include "relation.hpp"

#include <numeric>

namespace task_vectors {

namespace {

struct Line {
  double slope, intercept, r_squared;
};

// Through the points with these numbers.
Line line_through(const std::vector<Point>& points, const std::vector<double>& numbers) {
  const auto count = static_cast<double>(numbers.size());
  double x = 0, y = 0, xx = 0, xy = 0, yy = 0;
  for (const double number : numbers) {
    const Point& point = points[static_cast<std::size_t>(number)];
    x += point.decodability / count;
    y += point.accuracy / count;
  }
  for (const double number : numbers) {
    const Point& point = points[static_cast<std::size_t>(number)];
    const double dx = point.decodability - x, dy = point.accuracy - y;
    xx += dx * dx, xy += dx * dy, yy += dy * dy;
  }
  if (xx == 0 || yy == 0) return {0, y, 0};
  return {xy / xx, y - xy / xx * x, xy * xy / (xx * yy)};
}

}  // namespace

LinearFit fit_line(const std::vector<Point>& points, const weft::Random& random) {
  std::vector<double> numbers(points.size());
  std::iota(numbers.begin(), numbers.end(), 0.0);
  const experiment::Interval r_squared = experiment::bootstrap_interval(
      numbers, random, {.resamples = 2000},
      [&](const std::vector<double>& drawn) { return line_through(points, drawn).r_squared; });
  const Line line = line_through(points, numbers);
  return {line.slope, line.intercept, r_squared};
}

}  // namespace task_vectors

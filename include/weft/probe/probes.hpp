#pragma once

#include <weft/probe/point_name.hpp>

#include <tuple>

namespace weft::inline WEFT_TARGET {

// Several probes as one: what passes goes through each in turn, so that each sees what those before
// it made of it.
//
//   model(tokens, Probes(edit, cache));      // the cache keeps edited values
//
// The probes must outlive it.
template <class... Probe>
class Probes {
 public:
  explicit Probes(Probe&... probes) : probes_(probes...) {}

  bool wants(const Point& point) const {
    return std::apply([&](const auto&... probe) { return (weft::wants(probe, point) || ...); },
                      probes_);
  }

  void start(const PointList& points) const {
    const auto one = [&](auto& probe) {
      if constexpr (requires { probe.start(points); }) probe.start(points);
    };
    std::apply([&](auto&... probe) { (one(probe), ...); }, probes_);
  }

  template <class X>
  auto operator()(const Point& point, X&& value) const {
    if constexpr ((only_looks<Probe, X> && ...))
      std::apply([&](auto&... probe) { (show(probe, point, value), ...); }, probes_);
    else
      return passed<0>(point, std::remove_cvref_t<X>(std::forward<X>(value)));
  }

  template <class T, std::size_t N>
  void see_head(const Point& point, const HeadIndex& index, const View<const T, N, N>& view) const
    requires((SeesHeads<Probe, T> || ...) && !(EditsHeads<Probe, T> || ...))
  {
    std::apply([&](auto&... probe) { (show_head(probe, point, index, view), ...); }, probes_);
  }

  template <class T, std::size_t N>
  void edit_head(const Point& point, const HeadIndex& index, const View<T, N, N>& view,
                 const View<T, N, N>& slope) const
    requires(EditsHeads<Probe, T> || ...)
  {
    const auto one = [&](auto& probe) {
      if constexpr (EditsHeads<std::remove_reference_t<decltype(probe)>, T>) {
        if (weft::wants(probe, point)) probe.edit_head(point, index, view, slope);
      }
      show_head(probe, point, index, View<const T, N, N>(view));
    };
    std::apply([&](auto&... probe) { (one(probe), ...); }, probes_);
  }

 private:
  template <class P, class X>
  static void show(P& probe, const Point& point, const X& value) {
    if (weft::wants(probe, point)) probe(point, value);
  }

  template <class P, class T, std::size_t N>
  static void show_head(P& probe, const Point& point, const HeadIndex& index,
                        const View<const T, N, N>& view) {
    if constexpr (SeesHeads<P, T>)
      if (weft::wants(probe, point)) probe.see_head(point, index, view);
  }

  template <std::size_t I, class X>
  X passed(const Point& point, X value) const {
    if constexpr (I == sizeof...(Probe)) {
      return value;
    } else {
      auto& probe = std::get<I>(probes_);
      if (!weft::wants(probe, point)) return passed<I + 1>(point, std::move(value));
      weft::pass(probe, point, value);
      return passed<I + 1>(point, std::move(value));
    }
  }

  std::tuple<Probe&...> probes_;
};

}  // namespace weft

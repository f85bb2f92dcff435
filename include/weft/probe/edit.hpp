#pragma once

#include <weft/core/function.hpp>
#include <weft/probe/edit_operation.hpp>
#include <weft/probe/edit_source.hpp>

namespace weft::inline WEFT_TARGET {

// What becomes of an element x: f(x), and f'(x) for the backward pass. A value that does not depend
// on x has slope 0.
template <class T>
struct Changed {
  T value;
  T slope;
};

// A probe that changes values: any number of edits, which take place in the order in which they
// were added.
//
//   Edit edit;
//   edit.scale({.point = "blocks.1.attn.z", .heads = {0}}, 0);                // ablates a head
//   edit.replace({.point = "blocks.0.resid_post", .positions = {5}}, clean);  // patches
//   auto logits = model(tokens, edit);
//
// Each works element by element, at any point, scores and patterns included, and the backward pass
// goes through it: a gradient is multiplied by what the edit multiplied by, which is zero where it
// replaced. What the mask of attention hides stays hidden whatever is put there.
//
// The result of a head is changed by way of the sum: attn_out becomes attn_out plus the change.
//
// A run throws Error where the model has no such point, with the nearest names; where an index lies
// beyond its axis; and where a source does not fit, with both shapes. T is the element type of the
// model.
template <class T = float>
class Edit {
 public:
  using Source = EditSource<T>;

  // y = source.
  Edit& replace(Site where, Source source) {
    return add_rule(Kind::replace, std::move(where), std::move(source));
  }
  // y = x + source.
  Edit& add(Site where, Source source) {
    return add_rule(Kind::add, std::move(where), std::move(source));
  }
  // y = factor x.
  Edit& scale(Site where, Source factor) {
    return add_rule(Kind::scale, std::move(where), std::move(factor));
  }
  // y = x + strength (to - from), from one mean to another: steering along their difference.
  // Turner et al. 2023, "Activation addition".
  Edit& shift(Site where, Source from, Source to, T strength = 1) {
    add_rule(Kind::shift, std::move(where), std::move(to));
    rules_.back().from.push_back(std::move(from));
    rules_.back().strength = strength;
    return *this;
  }

  // y = f(x), told which element x is:
  //   edit.apply({.point = "blocks.0.mlp.post"}, [](const ElementIndex&, float x) {
  //     const float y = std::tanh(x);
  //     return Changed<float>{y, 1 - y * y};
  //   });
  // What is not a function of one element at a time is a probe of one's own: see probe/point.hpp.
  Edit& apply(Site where, Function<Changed<T>(const ElementIndex&, T)> function) {
    add_rule(Kind::apply, std::move(where), T{});
    rules_.back().function = std::move(function);
    return *this;
  }

  // Whether it changes nothing.
  bool empty() const { return rules_.empty(); }

  // What makes it a probe.
  bool wants(const Point& point) const {
    for (const Rule& rule : rules_)
      if (rule.where.matches(point)) return true;
    return false;
  }
  void start(const PointList& points) const {
    for (const Rule& rule : rules_) rule.where.check(points);
  }
  template <class X>
  std::remove_cvref_t<X> operator()(const Point& point, X&& value) const {
    constexpr bool same_elements = std::is_same_v<element_of<X>, T>;
    static_assert(same_elements, "weft: an edit of T is for the values of a model of T");
    if constexpr (same_elements)
      if (wants(point)) return apply_like(detail::EditOperation<T, Edit>{this, point}, value);
    return std::forward<X>(value);
  }
  template <std::size_t N>
  void edit_head(const Point& point, const HeadIndex& index, const View<T, N, N>& view,
                 const View<T, N, N>& slope) const {
    if (!wants(point)) return;
    const auto& strides = view.strides();
    change(point, detail::layout_of_head(index, N, strides[0], strides[1]), view.data(),
           slope.data());
  }
  void change(const Point& point, const detail::AxisLayout& layout, T* data, T* slopes) const {
    for (const Rule& rule : rules_)
      if (rule.where.matches(point)) follow(rule, point, layout, data, slopes);
  }

 private:
  enum class Kind { replace, add, scale, shift, apply };
  struct Rule {
    Kind kind;
    detail::SiteInUse where;
    Source source;
    std::vector<Source> from;  // of a shift
    T strength;                // of a shift
    Function<Changed<T>(const ElementIndex&, T)> function;  // to apply
  };

  Edit& add_rule(Kind kind, Site where, Source source) {
    rules_.push_back({kind, detail::SiteInUse(std::move(where)), std::move(source), {}, {}, {}});
    return *this;
  }

  static void follow(const Rule& rule, const Point& point, const detail::AxisLayout& layout,
                     T* data, T* slopes) {
    const detail::SourceInUse<T> source(rule.source, point, layout);
    const detail::SourceInUse<T> from(rule.from.empty() ? rule.source : rule.from[0], point,
                                      layout);
    rule.where.for_each_element(point, layout, [&](const ElementIndex& index, std::size_t i) {
      const T given = source(point, index);
      switch (rule.kind) {
        case Kind::replace: data[i] = given, slopes[i] = 0; break;
        case Kind::add: data[i] += given; break;
        case Kind::scale: data[i] *= given, slopes[i] *= given; break;
        case Kind::shift: data[i] += rule.strength * (given - from(point, index)); break;
        case Kind::apply: {
          const Changed<T> changed = rule.function(index, data[i]);
          data[i] = changed.value, slopes[i] *= changed.slope;
          break;
        }
      }
    });
  }

  std::vector<Rule> rules_;
};

}  // namespace weft

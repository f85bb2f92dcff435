#pragma once

#include <weft/nn/transformer.hpp>
#include <weft/probe/layout.hpp>
#include <weft/probe/probes.hpp>

#include <vector>

namespace weft::inline WEFT_TARGET::nn {

// The keys and values of texts that grow token by token, so that a new token costs a run over
// itself and not over all before it.
//
//   KeyValueCache<config> cache(model, texts.leading());
//   auto logits = cache.start(texts);            // of the whole texts, (batch, position, token)
//   auto next = cache.step(tokens, positions);   // of one more token in each, (batch, 1, token)
//
// Length is the most tokens of a text; how many are in use is told step by step, for each text
// apart, so that short and long texts grow side by side. A step's logits are those of a run over
// the whole text up to rounding. The model must outlive the cache.
//
// Both runs are the model's own: what a run over single tokens cannot know, their positions and
// what they see of the tokens before, a probe puts in at the points that it passes.
template <TransformerConfig config, std::size_t Length = config.positions, class T = float>
class KeyValueCache {
  static_assert(Length > 0 && Length <= config.positions,
                "weft: a cache of keys and values has at most config.positions positions");
  using Model = Transformer<config, T>;

 public:
  KeyValueCache(const Model& model, std::size_t texts) : model_(model), texts_(texts) {
    const std::size_t size = texts * Length * config.width;
    for (std::size_t layer = 0; layer < config.layers; ++layer)
      layers_.push_back({std::vector<T>(size), std::vector<T>(size), {}});
  }

  std::size_t texts() const { return texts_; }

  // The logits of whole texts, (batch, Length); their keys and values are kept. What stands behind
  // the end of a text is read but changes nothing before it: any token will do.
  // edit, if any, is an Edit of scores or patterns, as in steering; see interpret/score_bias.hpp.
  // Throws Error where the number of texts is another, where a token is not in the vocabulary, and
  // for edits of other points.
  template <class Editor = NoProbe>
  auto start(const View<const int, dynamic, Length>& tokens, const Editor& edit = {}) {
    check_texts("start", tokens.leading());
    Keeper keeper{this};
    OnlyHeads<Editor> heads{&edit};
    if constexpr (is_no_probe<Editor>) return model_(tokens, keeper);
    else return model_(tokens, Probes(heads, keeper));
  }

  // The logits of one token more in each text, (batch, 1, token): tokens(b) at positions(b). They
  // see what was kept of the positions before theirs, and are kept. Throws Error as start(), and
  // where a position is not below Length.
  template <class Editor = NoProbe>
  auto step(const View<const int, dynamic>& tokens, const View<const int, dynamic>& positions,
            const Editor& edit = {}) {
    check_texts("step", tokens.leading());
    check_texts("step", positions.leading());
    Stepper<Editor> stepper{this, std::vector<std::size_t>(texts_), &edit};
    for (std::size_t b = 0; b < texts_; ++b) {
      if (positions(b) < 0 || static_cast<std::size_t>(positions(b)) >= Length)
        fail("step", "a position must lie within the cache",
             std::to_string(positions(b)) + " of " + std::to_string(Length));
      stepper.positions[b] = static_cast<std::size_t>(positions(b));
    }
    return model_(View<const int, dynamic, 1>(tokens.data(), texts_, {tokens.strides()[0], 1}),
                  stepper);
  }

 private:
  struct Layer {
    std::vector<T> keys, values;  // (text, position, feature)
    std::vector<T> queries;       // of a step, (text, feature)
  };

  // Lets an edit change scores and patterns, and refuses all else.
  template <class Editor>
  struct OnlyHeads {
    const Editor* edit;

    void start(const PointList& points) const { edit->start(points); }
    bool wants(const Point& point) const { return edit->wants(point); }
    template <class X>
    std::remove_cvref_t<X> operator()(const Point& point, X&& value) const {
      refuse(point);
      return std::forward<X>(value);
    }
    template <std::size_t N>
    void edit_head(const Point& point, const HeadIndex& index, const View<T, N, N>& view,
                   const View<T, N, N>& slope) const {
      edit->edit_head(point, index, view, slope);
    }
  };

  // Keeps the keys and values of whole texts.
  struct Keeper {
    KeyValueCache* cache;

    bool wants(const Point& point) const {
      return point.name == "attn.k" || point.name == "attn.v";
    }
    void operator()(const Point& point, const auto& value) const {
      if (!wants(point)) return;
      Layer& layer = cache->layers_[point.layer];
      std::copy_n(value.data(), value.size(),
                  (point.name == "attn.k" ? layer.keys : layer.values).data());
    }
  };

  // Makes of a run over one token a text one of that token in its place.
  template <class Editor>
  struct Stepper {
    KeyValueCache* cache;
    std::vector<std::size_t> positions;
    const Editor* edit;

    bool wants(const Point& point) const {
      return point.name != "attn.scores" && point.name != "attn.pattern" &&
             point.name != "attn.result";
    }
    void start(const PointList& points) const {
      if constexpr (!is_no_probe<Editor>) edit->start(points);
    }

    template <class X>
    std::remove_cvref_t<X> operator()(const Point& point, X&& value) const {
      if (weft::wants(*edit, point)) refuse(point);
      std::remove_cvref_t<X> changed(std::forward<X>(value));
      if (point.name == "embed") add_positions(changed.data());
      if (point.name == "pos_embed") std::fill_n(changed.data(), changed.size(), T{0});
      if (point.name == "attn.q")
        cache->layers_[point.layer].queries.assign(changed.data(),
                                                   changed.data() + changed.size());
      if (point.name == "attn.k") keep(changed.data(), cache->layers_[point.layer].keys);
      if (point.name == "attn.v") keep(changed.data(), cache->layers_[point.layer].values);
      if (point.name == "attn.z") attend(point.layer, changed.data());
      return changed;
    }

   private:
    // The position vectors of the tokens' own places, in which they differ.
    void add_positions(T* embedded) const {
      if constexpr (config.position_encoding != Positions::none)
        for (std::size_t b = 0; b < positions.size(); ++b) {
          const T* vector = cache->position_vector(positions[b]);
          for (std::size_t i = 0; i < config.width; ++i)
            embedded[b * config.width + i] += vector[i];
        }
    }

    void keep(const T* one, std::vector<T>& all) const {
      for (std::size_t b = 0; b < positions.size(); ++b)
        std::copy_n(one + b * config.width, config.width,
                    all.data() + (b * Length + positions[b]) * config.width);
    }

    void attend(std::size_t number, T* z) const {
      constexpr std::size_t width = config.width / config.heads;
      const Layer& layer = cache->layers_[number];
      for (std::size_t b = 0; b < positions.size(); ++b)
        for (std::size_t h = 0; h < config.heads; ++h) {
          const std::size_t all = b * Length * config.width + h * width;
          const std::size_t one = b * config.width + h * width;
          attend_head({number, b, h}, layer.queries.data() + one, layer.keys.data() + all,
                      layer.values.data() + all, z + one);
        }
    }

    struct Place {
      std::size_t layer, text, head;
    };

    // The attention of one query to the keys up to its position.
    void attend_head(const Place& place, const T* q, const T* k, const T* v, T* z) const {
      constexpr std::size_t width = config.width / config.heads;
      const std::size_t keys = positions[place.text] + 1;
      const kernels::AttentionHead head{.queries = 1,
                                        .keys = keys,
                                        .width = width,
                                        .row = config.width,
                                        .pattern_row = kernels::pattern_row<T>(1),
                                        .valid = keys,
                                        .causal = true};
      Scratch scratch;
      T* scores = scratch.allocate<T>(keys * head.pattern_row);
      const T scale = 1 / std::sqrt(static_cast<T>(width));
      const T* query = kernels::attention_queries(head, scale, q, scratch);
      kernels::attention_scores(head, {0, 1}, query, k, scores);
      change("attn.scores", place, head, scores, scratch);
      kernels::attention_pattern(head, {0, 1}, scores);
      change("attn.pattern", place, head, scores, scratch);
      kernels::attention_values(head, {0, 1}, scores, v, z);
    }

    void change(std::string_view name, const Place& place, const kernels::AttentionHead& head,
                T* values, Scratch& scratch) const {
      if constexpr (!is_no_probe<Editor>) {
        const Point point{name, place.layer, config.heads};
        if (!edit->wants(point)) return;
        using namespace weft::detail;
        const std::size_t query = positions[place.text];
        T* slopes = scratch.allocate<T>(head.keys * head.pattern_row);
        std::fill_n(slopes, head.keys * head.pattern_row, T{1});
        edit->change(point,
                     {.extents = {positions.size(), Length, config.heads, Length},
                      .strides = {0, 0, 0, head.pattern_row},
                      .begin = {place.text, query, place.head, 0},
                      .end = {place.text + 1, query + 1, place.head + 1, head.keys},
                      .axes = {sequence_axis, head_axis, position_axis, feature_axis},
                      .rank = 4,
                      .is_causal = true},
                     values, slopes);
      }
    }
  };

  [[noreturn]] static void refuse(const Point& point) {
    fail("KeyValueCache", "only scores and patterns can be edited while a text grows",
         to_string(point));
  }

  const T* position_vector(std::size_t position) const {
    if constexpr (config.position_encoding == Positions::learned)
      return model_.pos_embed.weight.value.data() + position * config.width;
    else
      return model_.pos_embed.weight.data() + position * config.width;
  }

  void check_texts(const char* operation, std::size_t texts) const {
    if (texts != texts_)
      fail(operation, "there must be as many texts as the cache was made for",
           std::to_string(texts) + " of " + std::to_string(texts_));
  }

  const Model& model_;
  std::size_t texts_;
  std::vector<Layer> layers_;
};

}  // namespace weft::nn

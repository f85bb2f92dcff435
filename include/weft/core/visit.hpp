#pragma once

#include <weft/core/error.hpp>
#include <weft/core/shape.hpp>

#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace weft::inline WEFT_TARGET {

// What a model shows of itself.
//
// A module is a struct with `void visit(auto&& visitor)`, which calls visitor("name", member) for
// each parameter and each module it is made of. A parameter is a struct with a tensor `value` and
// the tag `is_parameter`. Initialisers, optimisers and files know a model only through this.
template <class P>
concept ParameterLike = requires(P& parameter) {
  typename std::remove_cvref_t<P>::is_parameter;
  parameter.value.data();
};

namespace detail {

// Where a walk through a model stands: "blocks.0.attn". Kept out of line, since it is used once for
// each member of each module.
class Path {
 public:
  // Goes down to a member; what it returns brings leave() back.
  [[gnu::noinline]] std::size_t enter(std::string_view name) {
    const std::size_t length = text_.size();
    if (length > 0) text_ += '.';
    text_ += name;
    return length;
  }
  [[gnu::noinline]] std::size_t enter(std::size_t index) { return enter(std::to_string(index)); }
  [[gnu::noinline]] void leave(std::size_t length) { text_.resize(length); }

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

template <class Function>
class Walk {
 public:
  explicit Walk(Function& function) : function_(function) {}

  template <class Member>
  void operator()(std::string_view name, Member& member) {
    const std::size_t length = path_.enter(name);
    descend(member);
    path_.leave(length);
  }

  template <class Member>
  void descend(Member& member) {
    if constexpr (ParameterLike<Member>) {
      function_(path_.text(), member);
    } else if constexpr (requires { member.visit(*this); }) {
      member.visit(*this);
    } else {
      std::size_t index = 0;
      for (auto& element : member) {
        const std::size_t length = path_.enter(index++);
        descend(element);
        path_.leave(length);
      }
    }
  }

 private:
  Path path_;
  Function& function_;
};

}  // namespace detail

// Calls function(path, parameter) for every parameter of a model, in the order of its visitors.
// Paths join names with dots: "blocks.0.attn.query.weight".
template <class Model, class Function>
void for_each_parameter(Model& model, Function&& function) {
  // visit is written once, for models that may change; a constant model shows constant parameters.
  auto& mutable_model = const_cast<std::remove_const_t<Model>&>(model);
  if constexpr (std::is_const_v<Model>) {
    auto constant = [&](const std::string& name, auto& parameter) {
      function(name, std::as_const(parameter));
    };
    detail::Walk<decltype(constant)>(constant).descend(mutable_model);
  } else {
    detail::Walk<std::remove_reference_t<Function>>(function).descend(mutable_model);
  }
}

// Its address stands for a type. Compiles faster than comparing std::type_info.
template <class T>
inline constexpr char type_tag = 0;

// A parameter without its type, for code that is compiled once for all models.
struct AnyParameter {
  std::string path;
  void* data;
  AnyShape shape;
  const char* type;  // type_tag of its elements

  // The elements; none where they are not of type T.
  template <class T>
  std::span<T> elements() const {
    if (type != &type_tag<T>) return {};
    return {static_cast<T*>(data), shape.size()};
  }
};

namespace detail {

// A template of its list, so that it costs only those who use it, and not everyone who includes it.
template <class List>
struct ParameterCollector {
  List& list;

  void operator()(const std::string& path, auto& parameter) const {
    using T = std::remove_reference_t<decltype(*parameter.value.data())>;
    add(path, parameter.value.data(), parameter.value.shape(), &type_tag<T>);
  }
  [[gnu::noinline]] void add(const std::string& path, void* data, AnyShape shape,
                             const char* type) const {
    list.push_back({path, data, shape, type});
  }
};

}  // namespace detail

// The parameters of a model, in the order of its visitors. Those of a constant model must not be
// written to.
template <class Model>
std::vector<AnyParameter> parameters_of(Model& model) {
  std::vector<AnyParameter> list;
  for_each_parameter(const_cast<std::remove_const_t<Model>&>(model),
                     detail::ParameterCollector<std::vector<AnyParameter>>{list});
  return list;
}

}  // namespace weft
